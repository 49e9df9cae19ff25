"""The verdict of a transfer study in sentences that claim no more than was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsys.evaluation.study import methods
from recsys.evaluation.study.methods import ALONE, TRANSFER
from recsys.evaluation.study.results import StudyPoint
from recsys.wording import Message, in_a_row, listed


def study_verdict(axis: str, scenarios: Sequence[str], points: Sequence[StudyPoint]) -> tuple[str, str]:
    """The level ("helps", "mixed", "no evidence", "harms") and the result in sentences, a message."""
    source = _source(axis, scenarios)
    good = [point for point in points if point.helps]
    if not good:
        level, sentences = _no_help(source, points)
        return level, in_a_row([*sentences, *_whole_history(points)])
    best = max(good, key=lambda point: point.against(ALONE).difference.value)
    sentences = [
        Message(
            "Transfer {source} helps where {items} known: most with {observed}, NDCG@10 {transfer} instead of {alone}, "
            "{difference} on {users:,} users not trained on, and better than the {controls}.",
            source=source,
            items=_items([p.observed for p in good]),
            observed=best.observed,
            transfer=best.methods[TRANSFER].text,
            alone=best.methods[ALONE].text,
            difference=best.against(ALONE).difference.signed(),
            users=best.users,
            controls=listed(methods.names("control", must_beat=True), "and"),
        )
    ]
    if others := [point.observed for point in points if point not in good]:
        sentences.append(Message("No gain is shown where {items} known.", items=_items(others)))
    sentences += _alternatives(good, best)
    sentences.append(
        Message(
            "{harmed:.1%} of users get worse lists with {observed} known, {helped:.1%} better ones.",
            harmed=best.harmed,
            observed=best.observed,
            helped=best.helped,
        )
    )
    required = [name for name in methods.names("prior", must_beat=True) if name in best.methods]
    clear = not _better_priors(good, best) and all(point.beats(name) for point in good for name in required)
    return ("helps" if clear else "mixed"), in_a_row([*sentences, *_whole_history(points)])


def _better_priors(good: Sequence[StudyPoint], best: StudyPoint) -> list[str]:
    priors = [name for name in methods.names("prior") if name in best.methods]
    return [name for name in priors if any(point.loses_to(name) for point in good)]


def _alternatives(good: Sequence[StudyPoint], best: StudyPoint) -> list[Message]:
    """What does as well or better where transfer helps: simple methods, and controls that it need not beat."""
    sentences = []
    better = _better_priors(good, best)
    equal = [
        name
        for name in methods.names("prior")
        if name in best.methods and name not in better and not all(point.beats(name) for point in good)
    ]
    if better:
        sentences.append(
            Message(
                "But {methods} does better at some of these, without any transfer of this kind.",
                methods=listed(better, "and"),
            )
        )
    if equal:
        named = listed(equal, "and")
        sentences.append(Message("It is not shown to be better than {methods} everywhere.", methods=named))
    for name in (n for n in methods.names("control", must_beat=False) if n in best.methods):
        if not any(point.beats(name) for point in good):
            sentences.append(
                Message("The control “{name}” does about as well: it may not matter which source it is.", name=name)
            )
    return sentences


def saved_verdict(study: Mapping[str, Any]) -> str:
    """The verdict of a saved study as a message, made from its numbers; its text where it was worded otherwise."""
    text = str(study.get("verdict", ""))
    try:
        points = [StudyPoint.from_json(point) for point in study["points"]]
        made = study_verdict(study["axis"], study["scenarios"], points)[1]
    except (KeyError, IndexError, TypeError, ValueError, StopIteration):  # of an earlier version, or damaged
        return text
    return made if made == text else text


def _source(axis: str, scenarios: Sequence[str]) -> Message:
    if axis == "scenarios":
        first, second = scenarios
        return Message("from a user’s own interests in {source} to {target}", source=first, target=second)
    return Message("from the nearest user" if axis == "users" else "from a user’s own earlier interests")


def _whole_history(points: Sequence[StudyPoint]) -> list[Message]:
    """Where all that is known of a user, read together, is shown to be better than its parts; [] if nowhere."""
    names = (ALONE, next(name for name in methods.names("prior") if name == "own history, decayed"))
    better = [
        point.observed
        for point in points
        if all(
            any(c.second == name and c.significant and c.difference.value > 0 for c in point.of_whole_history)
            for name in names
        )
    ]
    if not better:
        return []
    return [
        Message(
            "The transfer of the whole history is better than {methods} where {items} known.",
            methods=listed(names, "and"),
            items=_items(better),
        )
    ]


def _no_help(source: str, points: Sequence[StudyPoint]) -> tuple[str, list[Message]]:
    largest = max((point.against(ALONE).difference for point in points), key=lambda estimate: estimate.value)
    sentences = [
        Message(
            "No evidence that transfer {source} helps at any α > 0: the largest difference to α = 0 is {difference} "
            "NDCG@10.",
            source=source,
            difference=largest.signed(),
        )
    ]
    if better := [point.observed for point in points if point.beats(ALONE)]:
        sentences.append(
            Message(
                "Where {items} known it is better than no transfer, but not than the {controls}.",
                items=_items(better),
                controls=listed(methods.names("control", must_beat=True), "and"),
            )
        )
    if worse := [point.observed for point in points if point.loses_to(ALONE)]:
        return "harms", [*sentences, Message("It makes lists worse where {items} known.", items=_items(worse))]
    return "no evidence", sentences


def _items(ks: Sequence[int]) -> Message:
    known = listed([str(k) for k in ks], "or")
    return Message("{known} item is" if list(ks) == [1] else "{known} items are", known=known)

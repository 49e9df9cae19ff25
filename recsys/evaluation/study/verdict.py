"""The verdict of a transfer study in sentences that claim no more than was shown."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.evaluation.study import methods
from recsys.evaluation.study.methods import ALONE, TRANSFER
from recsys.evaluation.study.results import StudyPoint

SOURCES = {
    "users": "from the nearest user",
    "time": "from a user’s own earlier interests",
    "scenarios": "from a user’s own interests in {0} to {1}",
}


def study_verdict(axis: str, scenarios: Sequence[str], points: Sequence[StudyPoint]) -> tuple[str, str]:
    """The level ("helps", "mixed", "no evidence", "harms") and the result in sentences."""
    source = SOURCES[axis].format(*scenarios)
    good = [point for point in points if point.helps]
    if not good:
        level, text = _no_help(source, points)
        return level, text + _whole_history(points)
    best = max(good, key=lambda point: point.against(ALONE).difference.value)
    sentences = [
        f"Transfer {source} helps where {_items([p.observed for p in good])} known: most with {best.observed}, NDCG@10 "
        f"{best.methods[TRANSFER].text} instead of {best.methods[ALONE].text}, "
        f"{best.against(ALONE).difference.signed()} on {best.users:,} users not trained on, and better than "
        f"the {_join(methods.names('control', must_beat=True))}."
    ]
    if others := [point.observed for point in points if point not in good]:
        sentences.append(f"No gain is shown where {_items(others)} known.")
    priors = [name for name in methods.names("prior") if name in best.methods]
    better = [name for name in priors if any(point.loses_to(name) for point in good)]
    equal = [name for name in priors if name not in better and not all(point.beats(name) for point in good)]
    if better:
        sentences.append(f"But {_join(better)} does better at some of these, without any transfer of this kind.")
    if equal:
        sentences.append(f"It is not shown to be better than {_join(equal)} everywhere.")
    for name in (n for n in methods.names("control", must_beat=False) if n in best.methods):
        if not any(point.beats(name) for point in good):
            sentences.append(f"The control “{name}” does about as well: it may not matter which source it is.")
    sentences.append(
        f"{best.harmed:.1%} of users get worse lists with {best.observed} known, {best.helped:.1%} better ones."
    )
    required = [name for name in methods.names("prior", must_beat=True) if name in best.methods]
    clear = not better and all(point.beats(name) for point in good for name in required)
    return ("helps" if clear else "mixed"), " ".join(sentences) + _whole_history(points)


def _whole_history(points: Sequence[StudyPoint]) -> str:
    """Where all that is known of a user, read together, is shown to be better than its parts; "" if nowhere."""
    names = (ALONE, "own history, decayed")
    better = [
        point.observed
        for point in points
        if all(
            any(c.second == name and c.significant and c.difference.value > 0 for c in point.of_whole_history)
            for name in names
        )
    ]
    if not better:
        return ""
    return f" The transfer of the whole history is better than {_join(names)} where {_items(better)} known."


def _no_help(source: str, points: Sequence[StudyPoint]) -> tuple[str, str]:
    largest = max((point.against(ALONE).difference for point in points), key=lambda estimate: estimate.value)
    text = (
        f"No evidence that transfer {source} helps at any α > 0: the largest difference to α = 0 is "
        f"{largest.signed()} NDCG@10."
    )
    if better := [point.observed for point in points if point.beats(ALONE)]:
        controls = _join(methods.names("control", must_beat=True))
        text += f" Where {_items(better)} known it is better than no transfer, but not than the {controls}."
    if worse := [point.observed for point in points if point.loses_to(ALONE)]:
        return "harms", f"{text} It makes lists worse where {_items(worse)} known."
    return "no evidence", text


def _items(ks: Sequence[int]) -> str:
    words = _join([str(k) for k in ks], "or")
    return f"{words} item is" if list(ks) == [1] else f"{words} items are"


def _join(words: Sequence[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"

"""The verdict of a transfer study in plain words that don't flatter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recsys.evaluation.study.results import StudyPoint
    from recsys.evaluation.study.transfer_study import TransferStudy

_PLAIN = ("popularity", "early popularity")
_OTHERS = (*_PLAIN, "own history, decayed", "shrinkage to the mean user", "neighbours’ mean")
_SOURCE = {
    "users": "the nearest person’s taste",
    "time": "a person’s own earlier taste",
    "scenarios": "a person’s own taste in {0} to recommend in {1}",
}


def verdict_of(study: TransferStudy) -> tuple[str, str]:
    """How good the news is ("helps", "mixed", "no evidence", "harms") and what was found."""
    what = _SOURCE[study.axis].format(*study.scenarios)
    good = [point for point in study.points if point.helps]
    bad = [point for point in study.points if _loses(point, "target alone")]
    if not good:
        return _nothing(study, what, bad)
    best = max(good, key=lambda point: point.against("target alone").difference.value)
    gain, low, high = (_signed(x) for x in vars(best.against("target alone").difference).values())
    text = [
        f"Borrowing {what} helps where {_items([p.observed for p in good])} known: most with {best.observed}, NDCG@10 "
        f"{best.methods['transfer'].text} instead of {best.methods['target alone'].text}, {gain} [{low}, {high}] on "
        f"{best.people:,} people never trained on, and more than a random source gives."
    ]
    silent = [point.observed for point in study.points if point not in good]
    if silent:
        text.append(f"No gain is shown where {_items(silent)} known.")
    better = [name for name in _OTHERS if any(_loses(point, name) for point in good)]
    even = [name for name in _OTHERS if name not in better and not all(point.beats(name) for point in good)]
    if better:
        text.append(f"But {_and(better)} does better at some of these, without any transfer of this kind.")
    if even:
        text.append(f"It is not shown to be better than {_and(even)} everywhere.")
    if not any(point.beats("shuffled pairs") for point in good):
        text.append("Shuffled pairs do about as well: it may not matter whose taste it is.")
    text.append(f"{best.harmed:.1%} of people are served worse with {best.observed} known, {best.helped:.1%} better.")
    plain = all(point.beats(name) for point in good for name in _PLAIN)
    return ("helps" if plain and not better else "mixed"), " ".join(text)


def _nothing(study: TransferStudy, what: str, bad: Sequence[StudyPoint]) -> tuple[str, str]:
    gains = [point.against("target alone").difference for point in study.points]
    largest = max(gains, key=lambda estimate: estimate.value)
    text = (
        f"No evidence that borrowing {what} helps at any α > 0: the largest difference to α = 0 is "
        f"{_signed(largest.value)} [{_signed(largest.low)}, {_signed(largest.high)}] NDCG@10."
    )
    alone = [point.observed for point in study.points if point.beats("target alone")]
    if alone:
        text += f" Where {_items(alone)} known it beats no transfer, but is not shown to beat a random source."
    if bad:
        return "harms", f"{text} It makes things worse where {_items([point.observed for point in bad])} known."
    return "no evidence", text


def _loses(point: StudyPoint, name: str) -> bool:
    return point.against(name).significant and point.against(name).difference.value < 0


def _items(ks: Sequence[int]) -> str:
    words = _and([str(k) for k in ks], "or")
    return f"{words} item is" if list(ks) == [1] else f"{words} items are"


def _and(words: Sequence[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):.4f}".replace("0.", ".", 1)

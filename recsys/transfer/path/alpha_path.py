"""The exact path: every α at which the ordered list of the k best items changes, computed and not sampled.

An item's score α · source + (1 − α) · target is a straight line over α, so the list changes only where two lines cross.
The sweep goes from α = 0 to 1 and finds after each change the next crossing: of two neighbours in the list, or of its
last item with one outside. The order is decided exactly (`crossings`), also where many lines meet in one point.

Ties: the list of a step is valid for every α strictly between its start and its end. At a start or end two or more
items have the same score, and the lower index comes first: `AlphaPath.at` gives the list for any α, these included. A
list that is valid at a single point only is not a step.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from recsys.data.dataset import read_only
from recsys.errors import InputError
from recsys.transfer.path.crossings import CLOSE, TINY, Overtakings, earliest, exact_alpha
from recsys.transfer.path.skyband import contenders
from recsys.wording import Message

_MAX_ENTRIES = 20_000_000  # list entries of a path in total: about 200 MB
_MAX_SCORE = 1e300  # sums of larger scores overflow


@dataclass(frozen=True)
class Step:
    """One list and the interval of α on which it is valid.

    Attributes:
        start, end: 0 ≤ start < end ≤ 1.
        items: indexes, best first; k of them, or all that are allowed when those are fewer.
    """

    start: float
    end: float
    items: tuple[int, ...]


@dataclass(frozen=True)
class Change:
    """The change between one step and the next.

    Attributes:
        alpha: where it happens.
        entered, left: items that enter and leave the list.
        overtakes: (winner, loser) pairs: the winner ranked below the loser before and ranks above it (or without it)
            after.
    """

    alpha: float
    entered: tuple[int, ...]
    left: tuple[int, ...]
    overtakes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class AlphaPath:
    """All lists from α = 0 to α = 1.

    Attributes:
        k: the requested length.
        steps: cover [0, 1] without gaps, each with another list than the one before.
        changes: between the steps, one fewer than `steps`.
        contenders: int64 (m,), the items that can be in the list at some α, ascending; may contain a few others.
        target, source: float64 (m,), their scores at α = 0 and at α = 1.
    """

    k: int
    steps: tuple[Step, ...]
    changes: tuple[Change, ...]
    contenders: np.ndarray
    target: np.ndarray
    source: np.ndarray
    _starts: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("contenders", "target", "source"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        object.__setattr__(self, "_starts", tuple(step.start for step in self.steps))

    def step_at(self, alpha: float) -> Step:
        """The step that contains α; the later one where two meet. Raises InputError outside [0, 1]."""
        check_alpha(alpha)
        return self.steps[bisect_right(self._starts, alpha) - 1]

    def at(self, alpha: float) -> tuple[int, ...]:
        """The list at exactly this α, ties to the lower index. Raises InputError outside [0, 1]."""
        check_alpha(alpha)
        if not len(self.contenders):
            return ()
        scores = alpha * self.source + (1 - alpha) * self.target
        width = min(self.k, len(scores))
        slack = 1e-14 * max(np.abs(self.source).max(), np.abs(self.target).max())
        near = np.flatnonzero(scores >= np.partition(scores, len(scores) - width)[len(scores) - width] - slack)
        weight = Fraction(alpha)
        exact = {i: weight * Fraction(self.source[i]) + (1 - weight) * Fraction(self.target[i]) for i in near.tolist()}
        best = sorted(exact, key=lambda i: (-exact[i], i))[:width]
        return tuple(self.contenders[best].tolist())


def check_alpha(alpha: float) -> float:
    """α itself. Raises InputError unless it is a number from 0 to 1."""
    if not 0 <= alpha <= 1:  # false for NaN too
        raise InputError("alpha", "must be between 0 and 1", alpha, "Use a value in that range.")
    return alpha


def alpha_path(target_scores: np.ndarray, source_scores: np.ndarray, k: int) -> AlphaPath:
    """Every α in [0, 1] at which the ordered list of the k best items changes, and what changes there.

    Args:
        target_scores, source_scores: float (n,), an item's score at α = 0 and at α = 1; computed in float64. −inf in
            either leaves the item out. The items are the indexes 0 … n − 1.
        k: list length, at least 1; the list is shorter when fewer items are allowed.

    Returns:
        The lists from α = 0 to α = 1, and each change between two of them.

    Raises:
        InputError: shapes differ, k < 1, a score is NaN, +inf or beyond 1e300, or the lists would not fit in memory.
    """
    target, source = _scores("target_scores", target_scores), _scores("source_scores", source_scores)
    if target.shape != source.shape:
        rule = Message("must have the shape {shape} of target_scores", shape=str(target.shape))
        raise InputError("source_scores", rule, source.shape)
    if k < 1:
        raise InputError("k", "must be at least 1", k)
    allowed = np.flatnonzero((target > -np.inf) & (source > -np.inf))
    target, source = target[allowed], source[allowed]
    if k < len(allowed):
        inside = contenders(target, source, k)
        allowed, target, source = allowed[inside], target[inside], source[inside]
    sweep = _Sweep(target, source, min(k, len(allowed)))
    steps, changes = _merge(sweep, allowed.tolist())
    return AlphaPath(k, steps, changes, allowed, target, source)


def _scores(name: str, values: np.ndarray) -> np.ndarray:
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1:
        raise InputError(name, "must have one dimension", scores.ndim)
    if not (scores <= _MAX_SCORE).all() or (scores < -_MAX_SCORE)[scores > -np.inf].any():
        rule = Message("must be numbers between −{most:g} and {most:g}, or −inf for items left out", most=_MAX_SCORE)
        raise InputError(name, rule)
    return scores


class _Sweep:
    """The list just after some α, and the next crossing that changes it.

    Invariant: an item v below u overtakes u exactly if s_v > s_u, once, at an α that follows from their two lines.
    """

    def __init__(self, target: np.ndarray, source: np.ndarray, width: int) -> None:
        self.target, self.source = target, source
        self.t, self.s = target.tolist(), source.tolist()
        order = np.lexsort((np.arange(len(target)), -source, -target))  # just after α = 0
        self.items: list[int] = order[:width].tolist()
        self.outside = np.ones(len(target), dtype=bool)
        self.outside[self.items] = False
        self.swaps = [self._swap(rank) for rank in range(width - 1)]
        self.entry = self._entry()

    def _swap(self, rank: int) -> float:
        """α at which the item below `rank` overtakes the one there; infinity for never."""
        u, v = self.items[rank], self.items[rank + 1]
        q = self.s[v] - self.s[u]
        p = self.t[u] - self.t[v]
        return p / (p + q) if q > 0 else np.inf

    def _entry(self) -> tuple[float, int]:
        """α of the next entry and the item that enters: of several at one α, the one with the highest rank after it."""
        if not self.items:
            return np.inf, -1
        t, s = self.t[self.items[-1]], self.s[self.items[-1]]
        p, q = t - self.target, self.source - s
        alphas = np.full(len(p), np.inf)
        np.divide(p, p + q, out=alphas, where=(q > 0) & self.outside)
        winner = int(alphas.argmin())
        least = float(alphas[winner])
        near = np.flatnonzero(alphas <= least * CLOSE + TINY)
        if len(near) > 1 and least < np.inf:
            pairs = Overtakings(*np.broadcast_arrays(t, s, self.target[near], self.source[near]))
            first = near[earliest(pairs)]
            winner = int(
                first[self.source[first].argmax()]
            )  # of lines through one point, the steepest is above after it
        return least, winner

    def advance(self) -> tuple[float, int, int] | None:
        """Applies the next change and returns (α, winner, loser); α is rounded once. None at the end."""
        rank = self._next()
        if rank is None:
            return None
        last = len(self.items) - 1
        loser = self.items[rank]
        if rank == last:
            winner = self.entry[1]
            self.outside[winner], self.outside[loser] = False, True
            self.items[rank] = winner
        else:
            winner = self.items[rank + 1]
            self.items[rank], self.items[rank + 1] = winner, loser
        for near in range(max(rank - 1, 0), min(rank + 2, last)):
            self.swaps[near] = self._swap(near)
        if rank >= last - 1:
            self.entry = self._entry()
        return exact_alpha(self.t[loser], self.s[loser], self.t[winner], self.s[winner]), winner, loser

    def _next(self) -> int | None:
        """The rank at which the next change happens; the last rank means an entry."""
        alphas = [*self.swaps, self.entry[0]]
        least = min(alphas)
        if least == np.inf:
            return None
        limit = least * CLOSE + TINY
        near = [rank for rank, alpha in enumerate(alphas) if alpha <= limit]
        if len(near) > 1:
            upper = [self.items[rank] for rank in near]
            lower = [self.items[rank + 1] if rank < len(self.swaps) else self.entry[1] for rank in near]
            pairs = Overtakings(self.target[upper], self.source[upper], self.target[lower], self.source[lower])
            return near[int(earliest(pairs)[0])]
        return near[0]


def _merge(sweep: _Sweep, names: Sequence[int]) -> tuple[tuple[Step, ...], tuple[Change, ...]]:
    """Steps and changes from single crossings: crossings at one α are one change, those at 0 and 1 are none."""
    steps: list[Step] = []
    changes: list[Change] = []
    start, before = 0.0, [names[i] for i in sweep.items]
    crossing = sweep.advance()
    while crossing is not None and crossing[0] < 1.0:
        alpha, pairs = crossing[0], []
        while crossing is not None and crossing[0] == alpha:
            pairs.append((names[crossing[1]], names[crossing[2]]))
            after = [names[i] for i in sweep.items]
            crossing = sweep.advance()
        if alpha > 0.0 and after != before:
            steps.append(Step(start, alpha, tuple(before)))
            changes.append(_change(alpha, before, after, pairs))
            start = alpha
        before = after
        if len(steps) * len(before) > _MAX_ENTRIES:
            raise InputError("k", "must give lists that fit in memory", len(before), "Use a smaller k.")
    return (*steps, Step(start, 1.0, tuple(before))), tuple(changes)


def _change(alpha: float, before: list[int], after: list[int], pairs: list[tuple[int, int]]) -> Change:
    if len(pairs) == 1:
        winner, loser = pairs[0]
        if winner in before:
            return Change(alpha, (), (), tuple(pairs))
        return Change(alpha, (winner,), (loser,), tuple(pairs))
    old, new = set(before), set(after)
    entered, left = tuple(i for i in after if i not in old), tuple(i for i in before if i not in new)
    return Change(alpha, entered, left, tuple(pair for pair in pairs if pair[0] in new))

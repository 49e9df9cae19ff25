"""Stable order of many rows, fast: the key and the row number share one integer, which numpy sorts with SIMD."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


def stable_order(keys: np.ndarray) -> np.ndarray:
    """The permutation that sorts `keys` (n,), equal ones in their old order: int32 or int64 (n,).

    Whole numbers whose range and row number fit into 63 bits together are sorted packed (several times faster than
    numpy's stable argsort); the rest by that argsort.
    """
    n = len(keys)
    small = _small(n)
    if not n:
        return np.zeros(0, dtype=small)
    low, high = float(keys.min()), float(keys.max())
    row_bits = max(int(n - 1).bit_length(), 1)
    if high - low < 2.0 ** (62 - row_bits) and abs(low) < 2**53 and abs(high) < 2**53:
        packed = np.empty(n, dtype=np.int64)
        np.subtract(keys, keys.dtype.type(low), out=packed, casting="unsafe")
        if keys.dtype.kind != "f" or _whole(keys, packed, low):
            packed <<= row_bits
            numbers: np.ndarray = np.arange(n, dtype=small)
            packed |= numbers
            del numbers
            packed.sort()
            packed &= (1 << row_bits) - 1
            return np.asarray(packed.astype(small))
    return np.asarray(np.argsort(keys, kind="stable").astype(small))


def _whole(keys: np.ndarray, packed: np.ndarray, low: float) -> bool:
    """Whether nothing was cut off, looked up in slices that need no memory."""
    step = 1 << 20
    return all(np.array_equal(packed[i : i + step] + low, keys[i : i + step]) for i in range(0, len(keys), step))


@dataclass(frozen=True, eq=False)
class PersonOrder:
    """Rows by person, then time, then place in the file.

    Attributes:
        rows: their numbers, int (n,).
        users: int32 (n,) person codes in this order; seconds: float64 (n,) or None.
    """

    rows: np.ndarray
    users: np.ndarray
    seconds: np.ndarray | None

    @cached_property
    def tied(self) -> np.ndarray:
        """Which rows share person and time (person alone without times) with another: bool (n,)."""
        return in_runs(self.users) if self.seconds is None else in_runs(self.users, self.seconds)

    def only(self, keep: np.ndarray) -> PersonOrder:
        """Without the rows where `keep` (bool, by row number) is false."""
        if keep.all():
            return self
        here = keep[self.rows]
        return PersonOrder(self.rows[here], self.users[here], None if self.seconds is None else self.seconds[here])


def person_order(users: np.ndarray, items: np.ndarray, seconds: np.ndarray | None) -> PersonOrder:
    """The rows that have a person, an item (codes ≥ 0) and a finite time, in order; `seconds` None: in file order."""
    usable = (users >= 0) & (items >= 0)
    if seconds is not None:
        usable &= np.isfinite(seconds)
    rows = None if usable.all() else np.flatnonzero(usable).astype(_small(len(users)))
    if rows is not None:
        users, seconds = users[rows], None if seconds is None else seconds[rows]
    order = _order(users, seconds)
    if order is None:
        every = np.arange(len(users), dtype=_small(len(users))) if rows is None else rows
        return PersonOrder(every, users, seconds)
    counts = np.bincount(users)
    in_order = np.repeat(np.arange(len(counts), dtype=users.dtype), counts)
    return PersonOrder(
        order if rows is None else rows[order], in_order, None if seconds is None else np.take(seconds, order)
    )


def _order(users: np.ndarray, seconds: np.ndarray | None) -> np.ndarray | None:
    """The permutation, or None where nothing has to move."""
    if seconds is None:
        return None if _ascending(users) else stable_order(users)
    if _ascending(users) and ((np.diff(seconds) >= 0) | (np.diff(users) > 0)).all():
        return None
    if _ascending(seconds):
        return stable_order(users)
    by_time = stable_order(seconds)
    return np.take(by_time, stable_order(np.take(users, by_time)))


def _ascending(values: np.ndarray) -> bool:
    """Whether no value is below the one before it; looks at slices, so that a shuffled file is told at once."""
    step = 1 << 18
    later, earlier = values[1:], values[:-1]
    return all((later[i : i + step] >= earlier[i : i + step]).all() for i in range(0, len(later), step))


def _small(n: int) -> type[np.signedinteger]:
    return np.int32 if n < 2**31 else np.int64


def in_runs(*columns: np.ndarray) -> np.ndarray:
    """Which entries equal a neighbour in every column: bool (n,), for columns in sorted order."""
    n = len(columns[0])
    same = np.ones(max(n - 1, 0), dtype=bool)
    for column in columns:
        same &= column[1:] == column[:-1]
    member = np.zeros(n, dtype=bool)
    member[1:] |= same
    member[:-1] |= same
    return member

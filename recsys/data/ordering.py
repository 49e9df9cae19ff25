"""Fast stable sorting of many rows: key and row number are packed into one integer, which numpy sorts with SIMD."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


def stable_order(keys: np.ndarray) -> np.ndarray:
    """The permutation that sorts `keys` (n,), equal keys in their given order: int32 or int64 (n,).

    Whole numbers that fit into 63 bits together with the row number are packed; other keys are sorted by numpy's
    stable argsort. `user_order` takes 2.1 CPU-seconds for 10 million rows, numpy.lexsort 4.1.
    """
    n = len(keys)
    index_type = _index_type(n)
    if not n:
        return np.zeros(0, dtype=index_type)
    low, high = float(keys.min()), float(keys.max())
    row_bits = max(int(n - 1).bit_length(), 1)
    if high - low < 2.0 ** (62 - row_bits) and abs(low) < 2**53 and abs(high) < 2**53:
        packed = np.empty(n, dtype=np.int64)
        np.subtract(keys, keys.dtype.type(low), out=packed, casting="unsafe")
        if keys.dtype.kind != "f" or _is_exact(keys, packed, low):
            packed <<= row_bits
            numbers: np.ndarray = np.arange(n, dtype=index_type)
            packed |= numbers
            del numbers
            packed.sort()
            packed &= (1 << row_bits) - 1
            return np.asarray(packed.astype(index_type))
    return np.asarray(np.argsort(keys, kind="stable").astype(index_type))


def _is_exact(keys: np.ndarray, packed: np.ndarray, low: float) -> bool:
    """Whether no fraction was cut off; compared in slices, to save memory."""
    step = 1 << 20
    return all(np.array_equal(packed[i : i + step] + low, keys[i : i + step]) for i in range(0, len(keys), step))


@dataclass(frozen=True, eq=False)
class UserOrder:
    """Rows ordered by user, then time, then position in the file.

    Attributes:
        rows: row numbers, int (n,).
        users: int32 (n,) user codes in this order; seconds: float64 (n,) in this order, or None.
    """

    rows: np.ndarray
    users: np.ndarray
    seconds: np.ndarray | None

    @cached_property
    def tied(self) -> np.ndarray:
        """Which rows share user and time (only the user without times) with another row: bool (n,)."""
        return has_equal_neighbour(self.users, *(() if self.seconds is None else (self.seconds,)))

    def filtered(self, keep: np.ndarray) -> UserOrder:
        """The order of the rows where `keep` (bool, by row number) is true."""
        if keep.all():
            return self
        kept = keep[self.rows]
        return UserOrder(self.rows[kept], self.users[kept], None if self.seconds is None else self.seconds[kept])


def user_order(users: np.ndarray, items: np.ndarray, seconds: np.ndarray | None) -> UserOrder:
    """The rows that have a user and an item (codes ≥ 0) and a finite time; in file order where `seconds` is None."""
    usable = (users >= 0) & (items >= 0)
    if seconds is not None:
        usable &= np.isfinite(seconds)
    rows = None if usable.all() else np.flatnonzero(usable).astype(_index_type(len(users)))
    if rows is not None:
        users, seconds = users[rows], None if seconds is None else seconds[rows]
    order = _order(users, seconds)
    if order is None:
        all_rows = np.arange(len(users), dtype=_index_type(len(users))) if rows is None else rows
        return UserOrder(all_rows, users, seconds)
    counts = np.bincount(users)
    ordered_users = np.repeat(np.arange(len(counts), dtype=users.dtype), counts)
    return UserOrder(
        order if rows is None else rows[order], ordered_users, None if seconds is None else np.take(seconds, order)
    )


def _order(users: np.ndarray, seconds: np.ndarray | None) -> np.ndarray | None:
    """The permutation, or None if the rows are in order already."""
    if seconds is None:
        return None if _ascending(users) else stable_order(users)
    if _ascending(users) and ((np.diff(seconds) >= 0) | (np.diff(users) > 0)).all():
        return None
    if _ascending(seconds):
        return stable_order(users)
    by_time = stable_order(seconds)
    return np.take(by_time, stable_order(np.take(users, by_time)))


def _ascending(values: np.ndarray) -> bool:
    """Whether no value is below the one before it; compared in slices, so that an unordered file is noticed early."""
    step = 1 << 18
    later, earlier = values[1:], values[:-1]
    return all((later[i : i + step] >= earlier[i : i + step]).all() for i in range(0, len(later), step))


def _index_type(n: int) -> type[np.signedinteger]:
    return np.int32 if n < 2**31 else np.int64


def has_equal_neighbour(*columns: np.ndarray) -> np.ndarray:
    """Which entries of sorted columns equal a neighbour in every column: bool (n,)."""
    n = len(columns[0])
    same = np.ones(max(n - 1, 0), dtype=bool)
    for column in columns:
        same &= column[1:] == column[:-1]
    found = np.zeros(n, dtype=bool)
    found[1:] |= same
    found[:-1] |= same
    return found

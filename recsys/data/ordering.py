"""Stable order of many rows, fast: the key and the row number share one integer, which numpy sorts with SIMD."""

from __future__ import annotations

import numpy as np


def stable_order(keys: np.ndarray) -> np.ndarray:
    """The permutation that sorts `keys` (n,), equal ones in their old order: int32 or int64 (n,).

    Whole numbers whose range and row number fit into 63 bits together are sorted packed (several times faster than
    numpy's stable argsort); the rest by that argsort.
    """
    n = len(keys)
    small = np.int32 if n < 2**31 else np.int64
    if not n:
        return np.zeros(0, dtype=small)
    low, high = float(keys.min()), float(keys.max())
    row_bits = max(int(n - 1).bit_length(), 1)
    if high - low < 2.0 ** (62 - row_bits) and abs(low) < 2**53 and abs(high) < 2**53:
        packed = np.empty(n, dtype=np.int64)
        np.subtract(keys, keys.dtype.type(low), out=packed, casting="unsafe")
        if keys.dtype.kind != "f" or _whole(keys, packed, low):
            packed <<= row_bits
            packed |= np.arange(n, dtype=small)
            packed.sort()
            packed &= (1 << row_bits) - 1
            return np.asarray(packed.astype(small))
    return np.asarray(np.argsort(keys, kind="stable").astype(small))


def _whole(keys: np.ndarray, packed: np.ndarray, low: float) -> bool:
    """Whether nothing was cut off, looked up in slices that need no memory."""
    step = 1 << 20
    return all(np.array_equal(packed[i : i + step] + low, keys[i : i + step]) for i in range(0, len(keys), step))


def usable_order(users: np.ndarray, items: np.ndarray, seconds: np.ndarray | None) -> np.ndarray:
    """The numbers of the rows that have a person, an item and a time (codes ≥ 0, finite), by person, then time, then
    row: int (≤ n,)."""
    usable = (users >= 0) & (items >= 0)
    if seconds is not None:
        usable &= np.isfinite(seconds)
    small = np.int32 if len(users) < 2**31 else np.int64
    if usable.all():
        order = person_order(users, seconds)
        return np.arange(len(users), dtype=small) if order is None else order
    rows = np.flatnonzero(usable).astype(small)
    order = person_order(users[rows], None if seconds is None else seconds[rows])
    return rows if order is None else rows[order]


def person_order(users: np.ndarray, seconds: np.ndarray | None) -> np.ndarray | None:
    """Stable order by person, then time: int (n,); None when the rows are in order already."""
    steps = np.diff(users)
    if seconds is None:
        return None if (steps >= 0).all() else stable_order(users)
    later = np.diff(seconds) >= 0
    if (steps >= 0).all() and (later | (steps > 0)).all():
        return None
    if later.all():
        return stable_order(users)
    by_time = stable_order(seconds)
    order: np.ndarray = by_time[stable_order(users[by_time])]
    return order


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

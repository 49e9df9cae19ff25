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
        packed = (keys - keys.dtype.type(low)).astype(np.int64)
        if keys.dtype.kind != "f" or np.array_equal(packed + low, keys):
            packed <<= row_bits
            packed |= np.arange(n, dtype=np.int64)
            packed.sort()
            packed &= (1 << row_bits) - 1
            return packed.astype(small)
    return np.argsort(keys, kind="stable").astype(small)


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
    return by_time[stable_order(users[by_time])]


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

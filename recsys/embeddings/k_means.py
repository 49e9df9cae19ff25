"""k-means in matrix products: the groups of the map, and the lists in which neighbours are looked up."""

from __future__ import annotations

import numpy as np

_CELLS = 8_000_000


def k_means(
    vectors: np.ndarray, n: int, *, seed: int = 0, rounds: int = 25, sample: int | None = None, spread: bool = False
) -> np.ndarray:
    """Centres of at most `n` groups: float32 (≤ n, d); fewer when there are fewer distinct rows (Lloyd 1982).

    Args:
        vectors: float32 (rows, d).
        n: groups wanted, at least 1.
        rounds: passes at most; ends when nobody changes groups.
        sample: learn from this many rows, drawn at random (None: all).
        spread: start from rows far from each other (k-means++, Arthur & Vassilvitskii 2007) instead of any rows.
    """
    rng = np.random.default_rng(seed)
    rows = vectors if sample is None or sample >= len(vectors) else vectors[rng.permutation(len(vectors))[:sample]]
    n = min(n, len(rows))
    centres = _far_apart(rows, n, rng) if spread else np.unique(rows[rng.permutation(len(rows))[:n]], axis=0)
    before = np.full(len(rows), -1)
    for _ in range(rounds):
        groups = assign(rows, centres)
        if np.array_equal(groups, before):
            break
        before = groups
        centres = centres_of(rows, groups)
    return centres


def assign(vectors: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The nearest centre of each row: int64 (rows,)."""
    half = 0.5 * np.einsum("nd,nd->n", centres, centres)
    nearest = np.empty(len(vectors), dtype=np.int64)
    size = max(1, _CELLS // len(centres))
    for start in range(0, len(vectors), size):
        part = vectors[start : start + size]
        nearest[start : start + size] = np.argmax(part @ centres.T - half, axis=1)
    return nearest


def centres_of(vectors: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The mean of each group that has members: float32 (groups, d)."""
    from scipy.sparse import csr_matrix

    sizes = np.bincount(groups)
    rows = np.arange(len(groups))
    member = csr_matrix((np.ones(len(groups), np.float32), (groups, rows)), shape=(len(sizes), len(groups)))
    held = sizes > 0
    means: np.ndarray = (member @ vectors)[held] / sizes[held, None]
    return means.astype(np.float32)


def _far_apart(rows: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    chosen = [int(rng.integers(len(rows)))]
    gap = ((rows - rows[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < n and gap.sum() > 0:
        chosen.append(int(rng.choice(len(rows), p=gap / gap.sum())))
        gap = np.minimum(gap, ((rows - rows[chosen[-1]]) ** 2).sum(axis=1))
    return rows[chosen]

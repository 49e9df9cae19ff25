"""Item vectors before training: an SVD of windowed pointwise mutual information (Levy & Goldberg 2014).

Items that occur together in histories start close together, so that the network need not learn that first.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recsys.data.dataset import Dataset
from recsys.models.baselines.markov import windowed_counts

SPREAD = 0.05  # standard deviation of the vectors


def warm_vectors(dataset: Dataset, size: int, window: int = 10, seed: int = 0) -> np.ndarray:
    """float32 (n_items + 1, size) with standard deviation 0.05; items without interactions (and padding) are zero."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(scale=SPREAD, size=(dataset.n_items + 1, size)).astype(np.float32)
    counts = windowed_counts(dataset, window)
    counts = sparse.csr_matrix(counts + counts.T)
    rank = min(size, dataset.n_items - 1)
    if counts.nnz and rank >= 1:
        factors = _factors(_positive_pmi(counts), rank, rng)
        scale = factors[dataset.item_counts > 0].std()
        if scale > 0:
            vectors[:, :rank] = factors / scale * SPREAD
    vectors[dataset.item_counts == 0] = 0.0
    return vectors


def _factors(matrix: sparse.csr_matrix, rank: int, rng: np.random.Generator, rounds: int = 4) -> np.ndarray:
    """U·√S of the largest singular values, by randomised subspace iteration (Halko et al. 2011): float64 (n, rank)."""
    basis = rng.normal(size=(matrix.shape[1], min(rank + 10, matrix.shape[1])))
    for _ in range(rounds):
        basis = np.linalg.qr(matrix.T @ (matrix @ basis))[0]
    left, values, _ = np.linalg.svd(matrix @ basis, full_matrices=False)
    factors: np.ndarray = left[:, :rank] * np.sqrt(values[:rank])
    return factors


def _positive_pmi(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """max(0, log(n(i, j)·N / (n(i)·n(j)^0.75 …))), contexts smoothed by the power 0.75."""
    total = np.asarray(counts.sum(axis=1)).ravel().astype(np.float64)
    smoothed = total**0.75
    coo = counts.tocoo()
    pmi = np.log(coo.data * smoothed.sum() / (total[coo.row] * smoothed[coo.col]))
    positive = pmi > 0
    return sparse.csr_matrix((pmi[positive], (coo.row[positive], coo.col[positive])), shape=counts.shape)

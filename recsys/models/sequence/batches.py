"""Histories cut into chunks and packed into batches of similar lengths, anew for each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset


@dataclass(frozen=True, eq=False)
class SequenceBatch:
    """Chunks of similar lengths.

    Args:
        items: int64 (B, T), padded with 0 on the right.
        lengths: int64 (B,).
        weights: float32 (B, T) of each item as a target; None where all count alike.
    """

    items: np.ndarray
    lengths: np.ndarray
    weights: np.ndarray | None = None

    @property
    def examples(self) -> int:
        """Interactions read."""
        return int(self.lengths.sum())


def epoch_batches(
    dataset: Dataset, max_length: int, tokens: int, rng: np.random.Generator, weights: np.ndarray | None = None
) -> Iterator[SequenceBatch]:
    """Every interaction of all users with two or more, once.

    A history is cut every `max_length` steps from a random offset, so that an item has other neighbours in each epoch;
    consecutive chunks share one item, so that every pair of consecutive items is kept. Batches hold about `tokens`
    items and come in random order.

    Args:
        weights: float32 (n,) of each interaction, see `rating_weights`.
    """
    starts, lengths = _chunks(dataset, max_length, rng)
    order = np.lexsort((rng.random(len(starts)), lengths))
    starts, lengths = starts[order], lengths[order]
    cuts = _cuts(lengths, tokens)
    for cut in rng.permutation(len(cuts) - 1):
        first, last = cuts[cut], cuts[cut + 1]
        at = np.arange(lengths[last - 1])
        inside = at < lengths[first:last, None]
        index = np.where(inside, starts[first:last, None] + at, 0)
        items = np.where(inside, dataset.sequence[index], 0).astype(np.int64)
        yield SequenceBatch(
            items, lengths[first:last], None if weights is None else np.where(inside, weights[index], 0)
        )


def count_batches(dataset: Dataset, max_length: int, tokens: int) -> int:
    """About how many batches an epoch has."""
    return max(1, round(int(dataset.lengths[dataset.lengths > 1].sum()) * (1 + 1 / max_length) / tokens))


def _chunks(dataset: Dataset, max_length: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """First index in `sequence` and length of every chunk; a chunk has 2 … context + 1 items."""
    users = np.flatnonzero(dataset.lengths > 1)
    length = dataset.lengths[users]
    # The first chunk of a long history has a random length, the others are full; short histories are one chunk.
    offset = np.where(length > max_length + 1, rng.integers(1, max_length + 1, len(users)), 0)
    count = np.where(offset > 0, 1 + -(-(length - 1 - offset) // max_length), 1)
    owner = np.repeat(np.arange(len(users)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    first = np.where(place == 0, 0, offset[owner] + (place - 1) * max_length)
    last = np.where(
        offset[owner] == 0, length[owner] - 1, np.minimum(offset[owner] + place * max_length, length[owner] - 1)
    )
    return dataset.offsets[users][owner] + first, last - first + 1


def _cuts(lengths: np.ndarray, tokens: int) -> list[int]:
    """Where to cut the chunks (sorted by length) so that rows × longest stays at most `tokens`."""
    cuts = [0]
    while cuts[-1] < len(lengths):
        first = cuts[-1]
        rows = np.arange(1, len(lengths) - first + 1)[: tokens + 1]
        fits = rows * lengths[first : first + len(rows)] <= tokens
        cuts.append(first + max(1, int(fits.sum())))
    return cuts

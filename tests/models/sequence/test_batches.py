from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.data.dataset import Dataset
from recsys.models.sequence.batches import count_batches, epoch_batches
from tests.models.small import dataset_of


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=12),
    st.integers(2, 9),
    st.integers(8, 60),
    st.integers(0, 9),
)
def test_every_step_from_item_to_item_is_seen_exactly_once(
    lengths: list[int], max_length: int, tokens: int, seed: int
) -> None:
    numbers = iter(range(1, 1000))
    histories = [[next(numbers) for _ in range(length)] for length in lengths]
    data = dataset_of(histories, 1000)
    seen: Counter[tuple[int, int]] = Counter()
    for batch in epoch_batches(data, max_length, tokens, np.random.default_rng(seed)):
        assert batch.items.shape[1] == batch.lengths.max() <= max_length + 1
        assert batch.items.size <= max(tokens, max_length + 1)
        for row, length in zip(batch.items, batch.lengths, strict=True):
            assert length >= 2 and (row[length:] == 0).all()
            seen.update(zip(row[: length - 1].tolist(), row[1:length].tolist(), strict=True))
    expected = Counter(step for history in histories for step in pairwise(history))
    assert seen == expected


def test_epochs_differ_and_a_seed_repeats(planted: Dataset) -> None:
    def first(seed: int) -> np.ndarray:
        return next(iter(epoch_batches(planted, 5, 200, np.random.default_rng(seed)))).items

    np.testing.assert_array_equal(first(1), first(1))
    assert first(1).shape != first(2).shape or (first(1) != first(2)).any()


@pytest.mark.parametrize("tokens", [100, 1000])
def test_the_number_of_batches_is_foreseen(planted: Dataset, tokens: int) -> None:
    found = len(list(epoch_batches(planted, 10, tokens, np.random.default_rng(0))))
    assert count_batches(planted, 10, tokens) == pytest.approx(found, rel=0.35, abs=1)


def test_histories_of_one_item_make_no_batch() -> None:
    assert list(epoch_batches(dataset_of([[1], [2]], 2), 5, 50, np.random.default_rng(0))) == []

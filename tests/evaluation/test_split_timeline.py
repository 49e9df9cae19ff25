"""The timeline of a split shows each interaction in its part."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import Split, cold_users, leave_one_out, time_split
from recsys.evaluation.split_timeline import PARTS, split_timeline


@pytest.mark.parametrize("split_by", [leave_one_out, time_split, cold_users])
def test_each_interaction_is_in_its_part_of_the_split(uneven: Dataset, split_by: Callable[[Dataset], Split]) -> None:
    split = split_by(uneven)
    timeline = split_timeline(uneven, split)
    assert timeline
    tests = {uneven.users.external(int(u)): len(p) for u, p in zip(split.test.users, split.test.positives, strict=True)}
    for row in timeline:
        assert set(row.part) <= set(PARTS)
        trained = row.part.count("trained on")
        assert trained == len(split.train.history(uneven.users.index(row.user)))
        assert ("test" in row.part) == (row.user in tests)
        if split_by is not time_split:
            assert row.part.count("test") == tests.get(row.user, 0)

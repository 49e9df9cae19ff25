"""Changes of interests over time: groups half-way and now, beside what half a history changes by chance."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.samples import FOLDER
from recsys.embeddings import cluster, extract
from recsys.embeddings.changes import SHORTEST, Changes, changes_over_time, largest_flows, most_changed
from recsys.embeddings.interests import InterestModel, interest_model
from recsys.runs import load_run
from tests.conftest import planted_dataset
from tests.embeddings.test_extraction import Means


@pytest.fixture(scope="module")
def sample() -> tuple[Changes, np.ndarray]:
    """The changes of the sample's users, and which of them were given a new main interest half-way through the time."""
    run, dataset = load_run(FOLDER / "run")
    model = interest_model(run.model, dataset)
    found = changes_over_time(model, dataset, cluster(extract(model, dataset).users))
    table = dataset.user_table
    return found, (table["planted interest"] != table["planted interest in 2024"]).to_numpy()[found.users]


def test_users_with_a_new_planted_interest_change_group_and_others_mostly_stay(
    sample: tuple[Changes, np.ndarray],
) -> None:
    found, drifts = sample
    assert found.changed[drifts].mean() > 1.8 * found.changed[~drifts].mean()  # 42% and 20%
    assert found.share.low > found.by_chance.high
    assert found.share.value == pytest.approx(found.changed.mean())


def test_without_a_history_that_can_be_halved_there_are_no_changes() -> None:
    dataset = planted_dataset(users=20, items=12, length=SHORTEST - 1)
    model = InterestModel(Means(12), dataset.catalogue)
    found = changes_over_time(model, dataset, cluster(model.encode(dataset.histories())))
    assert len(found.users) == len(found.moved) == 0 and np.isnan(found.share.value)
    assert largest_flows(found, 5) == () and len(most_changed(found, None, 5)) == 0


def test_those_who_moved_farthest_come_first_and_a_single_user_is_always_shown(
    sample: tuple[Changes, np.ndarray],
) -> None:
    found, _ = sample
    rows = most_changed(found, None, 50)
    assert len(rows) == 50 and found.changed[rows].all()
    assert (np.diff(found.moved[rows]) <= 0).all()
    stayed = int(found.users[~found.changed][0])
    assert not len(most_changed(found, np.array([stayed]), 50))
    assert found.users[most_changed(found, np.array([stayed]), 50, every=True)].tolist() == [stayed]


def test_flows_between_groups_count_the_users_who_changed(sample: tuple[Changes, np.ndarray]) -> None:
    found, _ = sample
    flows = largest_flows(found, 1000)
    assert sum(count for _, _, count in flows) == found.changed.sum()
    before, after, count = flows[0]
    assert before != after
    assert count == ((found.earlier_group == before) & (found.group == after)).sum()
    assert largest_flows(found, 3) == flows[:3]

"""Two camps in a group: told from one Gaussian, however long it is."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.samples import FOLDER
from recsys.embeddings import cluster, extract
from recsys.embeddings.camps import FEWEST, camps
from recsys.embeddings.interests import interest_model
from recsys.runs import load_run


def cloud(n: int, seed: int, shift: np.ndarray | None = None) -> np.ndarray:
    rng = np.random.default_rng(seed)
    middle = np.array([8.0, *np.zeros(11)])
    return middle + (0 if shift is None else shift) + rng.normal(0, 1, (n, 12)) * np.linspace(2.0, 0.3, 12)


def test_two_clouds_are_two_and_their_members_are_told_apart() -> None:
    far = np.array([0.0, 9.0, *np.zeros(10)])
    found = camps(np.concatenate([cloud(90, 0), cloud(50, 1, far)]))
    assert found is not None and found.are_two and found.p <= 0.01
    assert found.second[90:].mean() > 0.9 and found.second[:90].mean() < 0.1


def test_one_long_cloud_is_one_in_about_95_of_100_draws() -> None:
    found = [camps(cloud(120, seed), seed=seed) for seed in range(40)]
    assert sum(one is not None and one.are_two for one in found) <= 5


def test_a_few_outliers_are_no_camp_and_a_few_users_no_group() -> None:
    far = np.array([0.0, 40.0, *np.zeros(10)])
    outliers = camps(np.concatenate([cloud(100, 0), cloud(6, 1, far)]))
    assert outliers is not None and not outliers.are_two
    assert camps(cloud(FEWEST - 1, 0)) is None
    same = camps(np.ones((30, 4)))
    assert same is not None and not same.are_two


def test_groups_of_the_sample_that_join_two_planted_interests_are_called_two() -> None:
    run, dataset = load_run(FOLDER / "run")
    model = interest_model(run.model, dataset)
    vectors = extract(model, dataset).users
    interest, clusters = dataset.user_table["planted interest"].to_numpy(), cluster(vectors)
    for group in range(len(clusters)):
        rows = clusters.members(group)
        shares = np.sort(np.unique(interest[rows], return_counts=True)[1] / len(rows))
        found = camps(vectors[rows])
        assert found is not None
        assert found.are_two == (shares[-2] > 0.2), (interest[rows][:5], shares, found.p)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_camps(seed: int) -> None:
    first, second = (camps(cloud(60, 3), seed=seed) for _ in range(2))
    assert first is not None and second is not None
    assert first.p == second.p and (first.second == second.second).all()

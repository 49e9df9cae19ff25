"""What the lessons measure, on data whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.embeddings.interests import InterestModel
from recsys.errors import InputError
from recsys.explain.lessons.cold_items import cold_items
from recsys.explain.lessons.kept_dimensions import kept_dimensions
from recsys.explain.lessons.learned_transfer import _cases, _over_alpha
from recsys.explain.lessons.matrix_excerpt import matrix_excerpt
from recsys.explain.lessons.measured_costs import measured_costs
from recsys.explain.lessons.random_source_trap import ALPHAS, KNOWN, random_source_trap
from recsys.models.baselines.popularity import Popularity
from tests.conftest import planted_dataset


class Halves:
    """Two interests as vectors: items of each half of the catalogue share one direction."""

    name, embedding_size = "halves", 4

    def __init__(self, dataset: Dataset) -> None:
        self.n_items = dataset.n_items
        rng = np.random.default_rng(1)
        half = (np.arange(self.n_items + 1) > self.n_items // 2).astype(np.float32)
        own = rng.normal(0, 0.2, (self.n_items + 1, 2))
        self.item_vectors = np.column_stack([1 - half, half, own]).astype(np.float32)
        self.item_vectors[0] = 0
        self.item_bias = np.zeros(self.n_items + 1, dtype=np.float32)

    def encode(self, histories: list[np.ndarray]) -> np.ndarray:
        empty = np.zeros(self.embedding_size)
        rows = [self.item_vectors[h].mean(axis=0) if len(h) else empty for h in histories]
        return np.array(rows, dtype=np.float32)

    def scores(self, histories: list[np.ndarray]) -> np.ndarray:
        scores = self.encode(histories) @ self.item_vectors.T + self.item_bias
        scores[:, 0] = -np.inf
        return np.asarray(scores, dtype=np.float32)


def test_the_excerpt_counts_cells_and_keeps_the_order_of_time(planted: Dataset) -> None:
    excerpt = matrix_excerpt(planted, users=5, items=8)
    assert len(excerpt.users) == 5 and len(excerpt.items) <= 8
    for row, column in excerpt.clicks:
        assert excerpt.items[column] in planted.history(int(excerpt.users[row]))
    first = [planted.catalogue.titles[excerpt.items[c]] for r, c in excerpt.clicks if r == 0]
    own = [planted.catalogue.titles[i] for i in planted.history(int(excerpt.users[0])) if i in excerpt.items]
    assert first == own
    filled = len({(int(u), int(i)) for u, i in zip(planted.user_of, planted.sequence, strict=True)})
    assert excerpt.cells == filled
    assert excerpt.filled == pytest.approx(filled / (planted.n_users * planted.n_items))


def test_all_dimensions_find_all_neighbours_and_few_find_few() -> None:
    vectors = np.random.default_rng(0).normal(size=(300, 8))
    found = kept_dimensions(vectors, 7)
    assert found.dimensions[-1] == 8 and found.kept[-1] == 10 and found.mean_kept[-1] == 10
    assert found.mean_kept[0] < 2 < found.mean_kept[-2]
    distance = np.linalg.norm(vectors - vectors[7], axis=1)
    assert set(found.nearest[-1]) == set(np.argsort(distance)[1:11])
    with pytest.raises(InputError, match="12 users"):
        kept_dimensions(vectors[:8], 0)


def test_a_text_that_names_the_interest_makes_up_for_missing_clicks() -> None:
    data = planted_dataset(users=150, items=80)
    found = cold_items(Halves(data), leave_one_out(data))  # type: ignore[arg-type]
    at = found.lengths.index(20)
    assert found.hit_rates["text"][at].value > found.hit_rates["nothing"][at].value + 0.1
    assert found.users > 100
    with pytest.raises(InputError, match="vectors"):
        cold_items(Popularity.fit(data), leave_one_out(data))
    split = leave_one_out(data)
    new = np.isin(split.train.sequence, [int(items[0]) for items in split.test.positives])
    with pytest.raises(InputError, match="in the training rows too"):
        cold_items(Halves(data), replace(split, train=split.train.with_rows(~new)))  # type: ignore[arg-type]


def test_a_random_source_has_its_smallest_error_above_zero_and_the_less_the_more_is_known() -> None:
    data = planted_dataset(users=120, items=60, length=30)
    split = leave_one_out(data)
    model = InterestModel(Halves(data), data.catalogue)  # type: ignore[arg-type]
    trap = random_source_trap(model, split.test.histories, split.test.positives)
    for curve in trap.errors.values():
        assert curve.shape == (len(KNOWN), len(ALPHAS)) and np.allclose(curve[:, 0], 1)
    best = trap.best("random")
    assert best[0] > 0 and best[-1] < best[0]
    assert trap.best("similar")[0] >= best[0]
    with pytest.raises(InputError, match="30 users"):
        random_source_trap(model, split.test.histories[:10], split.test.positives[:10])


def test_a_source_is_only_what_the_user_did_before_the_held_out_item(planted: Dataset) -> None:
    cases = _cases(planted, ("left", "right"))
    assert cases
    right, left = planted.catalogue.in_scenario("right"), planted.catalogue.in_scenario("left")
    for case in cases:
        history = planted.history(case.user)
        held_out = np.flatnonzero(right[history])[1]
        assert history[held_out] == case.held_out
        assert list(case.source) == [item for item in history[:held_out] if left[item]]
        assert list(case.known) == [history[np.flatnonzero(right[history])[0]]]


def test_the_quality_over_alpha_is_that_of_the_rank() -> None:
    target, source = np.array([-np.inf, 3.0, 2.0, 1.0]), np.array([-np.inf, 1.0, 2.0, 9.0])
    allowed = np.array([False, True, True, True])
    quality = _over_alpha(target, source, allowed, 3)
    assert quality[0] == pytest.approx(1 / np.log2(4)) and quality[-1] == 1  # third, then first
    tied = _over_alpha(np.array([-np.inf, 1.0, 1.0]), np.array([-np.inf, 1.0, 1.0]), np.array([False, True, True]), 1)
    assert tied[0] == pytest.approx(1 / np.log2(3))  # ties count against it


def test_the_five_costs_are_measured(planted: Dataset) -> None:
    costs = measured_costs(Halves(planted), planted, leave_one_out(planted).test)  # type: ignore[arg-type]
    assert costs.milliseconds > 0 and np.isnan(costs.dropped)  # no file was read
    assert all(0 <= kept <= 10 for each in costs.kept.values() for kept in each)
    assert costs.kept["group"][-1] > costs.kept["group"][0]
    assert 0 <= costs.short.value <= 1 and costs.influence.value >= 0
    with pytest.raises(InputError, match="vectors"):
        measured_costs(Popularity.fit(planted), planted, leave_one_out(planted).test)

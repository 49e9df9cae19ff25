"""Ranking among sampled items: what is drawn, and that it can order two models differently than all items do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from recsys.charts.rankings import orders_figure
from recsys.data.dataset import Catalogue, Dataset, History
from recsys.data.splits import leave_one_out
from recsys.errors import InputError
from recsys.evaluation import evaluate_models
from recsys.evaluation.protocols import evaluate_protocol, protocol
from recsys.evaluation.sampled_ranking import CandidateSampler, compare_orders
from recsys.metrics import mask_seen
from recsys.models.baselines import fit_baseline
from tests.models.small import dataset_of

ITEMS, USERS = 1000, 80


class PlacedAt:
    """Puts the held-out item of each user, which is the user's first item + 1, behind so many others."""

    def __init__(self, name: str, behind: Sequence[int]) -> None:
        self.name, self.behind, self.n_items = name, behind, ITEMS

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        scores = np.zeros((len(histories), ITEMS + 1), dtype=np.float32)
        for row, history in zip(scores, histories, strict=True):
            wanted = int(history[0]) + 1
            others = np.setdiff1d(np.arange(1, ITEMS + 1), [*history, wanted])
            row[wanted] = 1
            row[np.random.default_rng(wanted).permutation(others)[: self.behind[wanted // 10 % len(self.behind)]]] = 2
        scores[:, 0] = -np.inf
        return scores


@pytest.fixture(scope="module")
def spread() -> Dataset:
    return dataset_of([[10 * user + 1, 10 * user + 5, 10 * user + 6, 10 * user + 2] for user in range(USERS)], ITEMS)


def test_candidates_are_unseen_items_of_the_scenario_of_the_held_out_item() -> None:
    ids = [f"i{n}" for n in range(1, 13)]
    catalogue = Catalogue.bare(ids, ["a"] * 6 + ["b"] * 6)
    histories = [np.array([1, 2, 7]), np.array([8])]
    masked = mask_seen(np.ones((2, 13), dtype=np.float32), histories)
    drawn = np.zeros(13, dtype=int)
    for seed in range(60):
        kept = CandidateSampler(catalogue, 2, seed).only_sampled(masked, [np.array([3]), np.array([12])])
        first, second = (np.flatnonzero(row > -np.inf) for row in kept)
        assert 3 in first and len(first) == 3 and set(first) <= {3, 4, 5, 6}
        assert 12 in second and len(second) == 3 and set(second) <= {7, 9, 10, 11, 12}
        drawn[first] += 1
    assert drawn[4:7].sum() == 120 and drawn[4:7].min() > 28  # each of the three with probability 2/3
    everything = CandidateSampler(catalogue, 99, 0).only_sampled(masked, [np.array([3]), np.array([12])])
    assert [int((row > -np.inf).sum()) for row in everything] == [4, 5]


def test_with_all_items_drawn_it_is_the_full_ranking(spread: Dataset) -> None:
    split = leave_one_out(spread)
    models = {"near": PlacedAt("near", [3]), "markov": fit_baseline("markov", split.train)}
    full, sampled = (evaluate_models(models, split.test, split.train, sampled=n) for n in (0, ITEMS))
    for name in models:
        assert full[name].estimates == sampled[name].estimates


def test_every_model_is_ranked_among_the_same_items(spread: Dataset) -> None:
    split = leave_one_out(spread)
    models = {name: PlacedAt(name, [400]) for name in ("one", "other")}
    report = evaluate_models(models, split.test, split.train, sampled=99)
    assert np.array_equal(report["one"].ranks, report["other"].ranks)
    assert report["one"].ranks.max() <= 100 and 30 < report["one"].ranks.mean() < 50
    assert evaluate_models(models, split.test, split.train)["one"].ranks.tolist() == [401] * USERS


def test_sampling_orders_two_models_differently_and_says_so(spread: Dataset) -> None:
    """Half of the time first, else last, against always behind 15 others: of 1,000 items or of 100."""
    split = leave_one_out(spread)
    models = {"half": PlacedAt("half", [0, 990]), "near": PlacedAt("near", [15]), "far": PlacedAt("far", [990])}
    full, sampled = (evaluate_models(models, split.test, split.train, sampled=n) for n in (0, 99))
    orders = compare_orders(full, sampled)
    assert [(pair.first, pair.second, pair.differs) for pair in orders.pairs] == [
        ("half", "near", True),
        ("half", "far", False),
        ("near", "far", False),
    ]
    assert orders.pairs[0].full == pytest.approx(0.5) and orders.pairs[0].sampled < -0.1
    assert orders.pairs[0].differently > 0.9 and orders.pairs[1].differently == 0
    assert orders.frequency == pytest.approx(np.mean([pair.differently for pair in orders.pairs]))
    assert orders.sentence.startswith("The two rankings order 1 of 3 pairs of models differently")
    figure = orders_figure(full, sampled, orders)
    assert figure.layout.title.text == "Sampled negatives order 1 of 3 pairs of models differently"
    assert [list(trace.y) for trace in figure.data] == [[1, 2], [2, 1], [3, 3]]


def test_the_two_reports_must_be_of_the_same_models(spread: Dataset) -> None:
    split = leave_one_out(spread)
    one, two = {"near": PlacedAt("near", [3])}, {"far": PlacedAt("far", [9])}
    alone, both = (evaluate_models(models, split.test, split.train) for models in (one, one | two))
    with pytest.raises(InputError, match="same models and users"):
        compare_orders(both, alone)
    with pytest.raises(InputError, match="at least two models"):
        compare_orders(alone, alone)


def test_the_protocol_holds_out_the_last_item_and_says_that_it_is_not_comparable(planted: Dataset) -> None:
    chosen = protocol("sampled-negatives")
    assert chosen.sampled == 999 and "Not comparable across settings" in chosen.limit
    report = evaluate_protocol(
        planted, "sampled-negatives", {"markov": lambda split: fit_baseline("markov", split.train)}
    )
    test = leave_one_out(planted).test
    assert report.protocol == "sampled-negatives" and np.array_equal(report.users, test.users)
    unnamed = replace(planted, catalogue=Catalogue.bare(planted.items.ids))
    everything = evaluate_protocol(
        unnamed, "sampled-negatives", {"markov": lambda split: fit_baseline("markov", split.train)}
    )
    full = evaluate_models({"markov": fit_baseline("markov", leave_one_out(unnamed).train)}, test, planted)
    assert np.array_equal(everything["markov"].ranks, full["markov"].ranks)
    assert (report["markov"].ranks <= full["markov"].ranks).all()

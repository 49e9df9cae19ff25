"""Models evaluated on planted data: the informed model wins, a constant one is last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from recsys.data.dataset import Dataset, History
from recsys.data.splits import Split, leave_one_out
from recsys.errors import InputError
from recsys.evaluation import Report, evaluate_models
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import Recommender


@dataclass(frozen=True)
class Planted:
    """Scores the planted next item highest: the one after the last item, in its half of the items."""

    n_items: int
    name: str = "planted"
    noise: float = 0.0

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        rng = np.random.default_rng(0)
        out = rng.normal(0, 1e-3 + self.noise, (len(histories), self.n_items + 1)).astype(np.float32)
        half = self.n_items // 2
        for row, history in zip(out, histories, strict=True):
            last = int(history[-1]) - 1 if len(history) else 0
            row[last // half * half + (last % half + 1) % half + 1] += 1
        out[:, 0] = -np.inf
        return out


@dataclass(frozen=True)
class Constant:
    """Gives every item the same score."""

    n_items: int
    name: str = "constant"

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        out = np.zeros((len(histories), self.n_items + 1), np.float32)
        out[:, 0] = -np.inf
        return out


@pytest.fixture(scope="module")
def split(planted: Dataset) -> Split:
    return leave_one_out(planted)


@pytest.fixture(scope="module")
def report(split: Split, planted: Dataset) -> Report:
    n = planted.n_items
    models = {"planted": Planted(n), "twin": Planted(n, noise=1e-4), "constant": Constant(n)}
    return evaluate_models(models, split.test, split.train)


def test_the_informed_model_wins_and_the_verdict_says_so(report: Report) -> None:
    assert report["planted"].estimates["ndcg@10"].value > 0.7
    assert report.comparisons[1].significant
    assert not report.comparisons[0].significant
    assert report.verdict.endswith(
        f"planted is better than constant (NDCG@10 {report.comparisons[1].difference.text}, Holm p = 0.002)."
    )


def evaluated_with(split: Split, first: Recommender, *baselines: str) -> Report:
    models = {first.name: first} | {name: fit_baseline(name, split.train) for name in baselines}
    return evaluate_models(models, split.test, split.train)


def test_the_verdict_names_the_best_simple_baseline_and_the_interval_of_the_difference(split: Split) -> None:
    report = evaluated_with(split, Planted(split.train.n_items), "popularity", "item-knn")
    rival, difference = report["item-knn"], report.against("item-knn").difference
    assert report.best_baseline is rival
    assert report.verdict == (
        f"planted reaches NDCG@10 {report['planted'].estimates['ndcg@10'].text} on 120 users. Better than Item-kNN, "
        f"the best simple baseline ({rival.estimates['ndcg@10'].text}): difference {difference.text}."
    )


def test_the_verdict_says_not_better_when_no_difference_is_shown(split: Split) -> None:
    weak = Planted(split.train.n_items, noise=50.0)
    assert (
        "Not better than Item-kNN, the best simple baseline"
        in evaluated_with(split, weak, "popularity", "item-knn").verdict
    )
    copy = fit_baseline("markov", split.train)
    copy.name = "copy"
    same = evaluated_with(split, copy, "markov")
    assert "Not better than Markov scores" in same.verdict and "difference 0.000 [0.000, 0.000]" in same.verdict


def test_parts_of_a_model_are_listed_but_are_no_rivals(split: Split) -> None:
    n, markov = split.train.n_items, fit_baseline("markov", split.train)
    models = {"planted": Planted(n), "network alone": Planted(n, noise=1.0), "markov": markov}
    report = evaluate_models(models, split.test, split.train, parts=("network alone",))
    assert report.best_baseline is report["markov"] and "network alone" not in report.verdict
    alone, markov_only, both = (
        report[name].estimates["ndcg@10"].text for name in ("network alone", "markov", "planted")
    )
    assert report.parts_sentence == f"NDCG@10: network alone {alone}; Markov alone {markov_only}; both together {both}."
    assert report.to_json()["parts"] == ["network alone"]


def test_a_constant_model_ranks_last(report: Report) -> None:
    constant = report["constant"]
    assert constant.estimates["hr@10"].value == 0
    assert constant.estimates["auc"].value == pytest.approx(0.5)
    assert constant.estimates["balanced_accuracy"].value == pytest.approx(0.5)


def test_every_estimate_lies_in_its_interval(report: Report) -> None:
    for model in report.models:
        for name, estimate in model.estimates.items():
            assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9, (model.name, name)


def test_lists_hold_no_item_of_the_history(report: Report, split: Split) -> None:
    for history, listed in zip(split.test.histories, report["planted"].lists, strict=True):
        assert not set(history.tolist()) & set(listed[listed > 0].tolist())


def test_ranks_and_lists_agree(report: Report, split: Split) -> None:
    model = report["planted"]
    hit = [int(p[0]) in listed[:5] for p, listed in zip(split.test.positives, model.lists, strict=True)]
    np.testing.assert_array_equal(hit, model.ranks <= 5)
    np.testing.assert_array_equal(model.per_user["hr@5"], hit)


def test_json_holds_the_documented_metrics(report: Report) -> None:
    answer = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert answer["protocol"] == "leave-one-out"
    for name in ("ndcg@10", "hr@10", "mrr", "coverage@10"):
        assert set(answer["models"]["planted"][name]) == {"value", "low", "high"}


def test_same_seed_same_report(report: Report, split: Split, planted: Dataset) -> None:
    again = evaluate_models({"constant": Constant(planted.n_items)}, split.test, split.train)
    assert again["constant"].estimates == report["constant"].estimates


def test_progress_increases_and_may_stop_the_evaluation(split: Split, planted: Dataset) -> None:
    seen: list[float] = []
    evaluate_models({"c": Constant(planted.n_items)}, split.test, split.train, progress=lambda f, m: seen.append(f))
    assert seen == sorted(seen)
    assert seen[-1] == 1

    def stop(fraction: float, message: str) -> None:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        evaluate_models({"c": Constant(planted.n_items)}, split.test, split.train, progress=stop)


def test_invalid_input_is_refused(split: Split, planted: Dataset) -> None:
    with pytest.raises(InputError, match="same items"):
        evaluate_models({"c": Constant(7)}, split.test, split.train)
    with pytest.raises(InputError, match="at least one model"):
        evaluate_models({}, split.test, split.train)
    with pytest.raises(InputError, match="k must be at least 1"):
        evaluate_models({"c": Constant(planted.n_items)}, split.test, split.train, ks=(0,))

"""Conformance of every metric in the table: shape, range, NaN, direction; a new line reaches report, shell and page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset, History
from recsys.data.splits import Holdout, Split, leave_one_out
from recsys.errors import InputError
from recsys.evaluation import Report, evaluate_models
from recsys.evaluation.html_report import evaluation_html
from recsys.metrics import registry
from recsys.metrics.registry import METRICS, Metric, find_metric, metric_label

KEYS = [key for metric in METRICS for key, _ in metric.keys((1, 10))]


@dataclass(frozen=True)
class Scores:
    """A model with fixed scores, looked up by history."""

    rows: dict[int, np.ndarray]
    n_items: int
    name: str

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        out = np.stack([self.rows[id(history)] for history in histories]).astype(np.float32)
        out[:, 0] = -np.inf
        return out


def fixed(name: str, holdout: Holdout, scores: np.ndarray) -> Scores:
    rows = {id(history): row for history, row in zip(holdout.histories, scores, strict=True)}
    return Scores(rows, scores.shape[1] - 1, name)


@pytest.fixture(scope="module")
def split(planted: Dataset) -> Split:
    return leave_one_out(planted)


@pytest.fixture(scope="module")
def report(split: Split) -> Report:
    """Models that differ by design: the held-out item first or last; popular or random or unpopular items first; items
    of the history's categories or of the other ones first."""
    rng, holdout, counts = np.random.default_rng(0), split.test, split.train.item_counts
    n, items = len(holdout), split.train.n_items + 1
    noise = rng.random((n, items))
    hit = np.zeros((n, items))
    for row, positives in zip(hit, holdout.positives, strict=True):
        row[positives] = 1
    half = np.arange(items) <= split.train.n_items / 2
    same = np.array([half if half[history].mean() > 0.5 else ~half for history in holdout.histories])
    scores = {
        "right": noise + 10 * hit,
        "wrong": noise - 10 * hit,
        "random": noise,
        "popular": np.tile(counts.astype(float), (n, 1)),
        "unpopular": np.tile(-counts.astype(float), (n, 1)),
        "same categories": noise + 10 * same,
        "other categories": noise - 10 * same,
    }
    models = {name: fixed(name, holdout, values) for name, values in scores.items()}
    return evaluate_models(models, holdout, split.train, ks=(1, 10))


def test_names_are_unique_and_described() -> None:
    assert len({(metric.name, metric.k is None) for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.label and metric.formula and metric.help.endswith(".") and metric.low < metric.high
        assert (metric.per_user is None) != (metric.of_lists is None)
        assert metric_label(metric.default_key((10,), 10)).startswith(metric.label)
    with pytest.raises(InputError, match="must be one of ndcg"):
        find_metric("ndcg")


@pytest.mark.parametrize("key", KEYS)
def test_one_value_per_user_inside_the_range(report: Report, key: str) -> None:
    metric = find_metric(key)
    for model in report.models:
        estimate = model.estimates[key]
        assert metric.low - 1e-9 <= estimate.low <= estimate.value <= estimate.high <= metric.high + 1e-9
        if metric.per_user is not None:
            values = model.per_user[key]
            assert values.shape == (len(report.users),) and values.dtype == np.float64
            assert ((values >= metric.low - 1e-9) & (values <= metric.high + 1e-9)).all(), "all users have a history"


PLANTED = {
    "ndcg": ("right", "wrong"),
    "hr": ("right", "wrong"),
    "mrr": ("right", "wrong"),
    "recall": ("right", "wrong"),
    "precision": ("right", "wrong"),
    "map": ("right", "wrong"),
    "auc": ("right", "wrong"),
    "balanced_accuracy": ("right", "wrong"),
    "serendipity": ("right", "popular"),
    "coverage": ("random", "popular"),
    "gini": ("random", "popular"),
    "long_tail": ("unpopular", "popular"),
    "arp": ("unpopular", "popular"),
    "popularity_lift": ("unpopular", "popular"),
    "novelty": ("unpopular", "popular"),
    "diversity": ("random", "same categories"),
    "calibration": ("same categories", "other categories"),
    "unexpectedness": ("unpopular", "popular"),
}


@pytest.mark.parametrize("key", [metric.default_key((10,), 10) for metric in METRICS])
def test_the_direction_agrees_with_a_planted_better_model(report: Report, key: str) -> None:
    metric = find_metric(key)
    better, worse = (report[name].estimates[key].value for name in PLANTED[metric.name])
    assert better < worse if metric.better == "lower" else better > worse
    best = report.best(key)
    if metric.better == "neither":
        assert best == ""
    elif metric.better == "lower":
        assert report[best].estimates[key].value <= better
    else:
        assert report[best].estimates[key].value >= better


def test_planted_values_by_hand(report: Report) -> None:
    right, popular = report["right"], report["popular"]
    reachable = report.repeats.reachable  # repeats are misses
    for key in ("ndcg@10", "hr@1", "mrr", "recall@1", "precision@1", "map@10"):
        assert right.estimates[key].value == pytest.approx(reachable), key
    assert right.estimates["precision@10"].value == pytest.approx(reachable / 10)
    assert right.estimates["auc"].value == pytest.approx(reachable + (1 - reachable) / 2)
    assert report["wrong"].estimates["auc"].value == pytest.approx((1 - reachable) / 2)
    assert popular.estimates["unexpectedness@10"].value == popular.estimates["serendipity@10"].value == 0
    assert popular.estimates["long_tail@1"].value == 0


def test_users_without_a_history_have_no_calibration_and_are_left_out(split: Split) -> None:
    holdout = replace(split.test, histories=(np.array([], np.int32), *split.test.histories[1:]))
    model = fixed("m", holdout, np.random.default_rng(0).random((len(holdout), split.train.n_items + 1)))
    found = evaluate_models({"m": model}, holdout, split.train)["m"]
    values = found.per_user["calibration@10"]
    assert np.isnan(values[0]) and np.isfinite(values[1:]).all()
    assert found.estimates["calibration@10"].value == pytest.approx(values[1:].mean())
    assert found.per_user["ndcg@10"].shape == values.shape and np.isfinite(found.per_user["ndcg@10"]).all()


def test_a_metric_that_is_defined_for_no_user_is_left_out(split: Split) -> None:
    bare = replace(split.train, catalogue=Catalogue.bare(split.train.items.ids))
    model = fixed("m", split.test, np.random.default_rng(0).random((len(split.test), bare.n_items + 1)))
    report = evaluate_models({"m": model}, split.test, bare)
    assert "calibration@10" not in report["m"].estimates and "calibration@10" not in report.metrics
    assert "ndcg@10" in report.metrics
    json.dumps(report.to_json(), allow_nan=False)


def test_a_new_line_in_the_table_reaches_the_report_the_json_and_the_html(
    split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = Metric(
        "toy", "Toy metric", "lower", 0, 1, 10, "k / 100", "Nobody 2026", "One hundredth of the list length.",
        per_user=lambda output, k: np.full(len(output.lists), k / 100),
    )  # fmt: skip
    monkeypatch.setattr(registry, "METRICS", (*METRICS, toy))
    scores = np.random.default_rng(0).random((len(split.test), split.train.n_items + 1))
    models = {name: fixed(name, split.test, scores) for name in ("a", "b")}
    report = evaluate_models(models, split.test, split.train)
    assert report.metrics[-1] == "toy@10" and report["a"].estimates["toy@5"].value == pytest.approx(0.05)
    shown = report.to_json()
    assert shown["metrics"]["toy@10"]["formula"] == "k / 100"  # type: ignore[index]
    assert shown["models"]["b"]["toy@20"]["value"] == pytest.approx(0.2)  # type: ignore[index]
    html = evaluation_html(report, split.train, {})
    assert "Toy metric@10" in html and "Nobody 2026" in html

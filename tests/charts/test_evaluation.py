"""Figures of Evaluate: titles agree with the values, and hostile names stay text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plotly.graph_objects import Figure

from recsys.charts.evaluation import (
    alpha_figure,
    intervals_figure,
    like_figure,
    pareto_figure,
    win_loss_figure,
)
from recsys.charts.segments import exposure_figure, segments_figure, split_figure
from recsys.charts.study import gain_by_known_items_figure, gain_figure, methods_figure
from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.evaluation import Report, evaluate_models
from recsys.evaluation.quality_over_alpha import CONTROLS, QualityOverAlpha
from recsys.evaluation.segments import Grouping, ItemGroup, exposure_by, grouping, item_groups, segment
from recsys.evaluation.split_timeline import split_timeline
from recsys.evaluation.study.methods import METHODS, reported
from recsys.metrics.registry import metric_label
from recsys.metrics.uncertainty import Estimate
from recsys.models.baselines import fit_baseline

HOSTILE = "<b>bold</b>"


@pytest.fixture(scope="module")
def report(planted: Dataset) -> Report:
    split = leave_one_out(planted)
    models = {HOSTILE: fit_baseline("markov", split.train), "popularity": fit_baseline("popularity", split.train)}
    return evaluate_models(models, split.test, split.train)


def clean(figure: Figure) -> None:
    assert "<b>bold" not in figure.to_json().replace("\\u003c", "<")
    assert figure.layout.meta["alternative"]
    assert figure.layout.title.text


def test_one_row_per_model_best_on_top_with_its_interval(report: Report) -> None:
    figure = intervals_figure(report, "ndcg@10")
    rows = [trace for trace in figure.data if trace.error_x.array is not None]
    assert len(rows) == 2
    assert rows[-1].x[0] == report[HOSTILE].estimates["ndcg@10"].value
    assert report[HOSTILE].estimates["ndcg@10"].text in figure.data[-1].text[0]
    assert figure.layout.title.text.startswith("&lt;b&gt;bold")
    assert "<b>bold" not in figure.to_json().split('"meta"')[0]


@pytest.mark.parametrize(
    ("name", "label"), [("ndcg@10", "NDCG@10"), ("popularity_lift@5", "Popularity lift@5"), ("mrr", "MRR")]
)
def test_metrics_have_labels(name: str, label: str) -> None:
    assert metric_label(name) == label


def test_the_front_holds_only_models_that_no_other_beats_in_both() -> None:
    figure = pareto_figure(
        [("slow", 10, 0.2), ("bad", 5, 0.05), ("quick", 1, 0.1), (HOSTILE, 12, 0.1)], "ndcg@10", "ms"
    )
    assert list(figure.data[0].x) == [1, 10]
    title = figure.layout.title.text.replace("<br>", " ")
    assert title.startswith("Nothing is both cheaper and better than quick, slow")


def test_users_carry_their_position_and_are_counted() -> None:
    figure = win_loss_figure(HOSTILE, "b", (np.array([1, 5, 3]), np.array([2, 4, 3])), ["u1", "u2", HOSTILE])
    assert "better for 1 users" in figure.layout.title.text.replace("<br>", " ")
    assert [list(t.customdata) for t in figure.data[1:]] == [[0], [1], [2]]
    assert figure.data[3].text[0] == "&lt;b&gt;bold&lt;/b&gt;"


def test_of_very_many_users_some_are_points_and_the_title_counts_all() -> None:
    ranks = np.array([1, 5, 3, 1, 9]), np.array([2, 4, 3, 2, 1])
    figure = win_loss_figure("a", "b", ranks, ["u0", "u3", "u4"], np.array([0, 3, 4]))
    points = {trace.name: (list(trace.customdata), list(trace.text)) for trace in figure.data[1:]}
    assert points == {
        "better by a": ([0, 3], ["u0", "u3"]), "better by b": ([4], ["u4"]), "equal": ([], [])
    }  # fmt: skip
    assert "better for 2 users, b for 2" in figure.layout.title.text.replace("<br>", " ")


def test_groups_are_rows_and_small_ones_hollow(planted: Dataset, report: Report) -> None:
    split = leave_one_out(planted)
    found = segment(
        report[HOSTILE].per_user["ndcg@10"], grouping(planted, split.test, "scenario"), "ndcg@10", smallest=61
    )
    figure = segments_figure(found)
    assert [trace.marker.symbol for trace in figure.data] == ["circle-open"] * 2
    clean(figure)
    clean(exposure_figure(exposure_by(report[HOSTILE].lists, planted, item_groups(planted, "tag")), "tag"))


def test_groups_of_one_name_are_two_rows(planted: Dataset) -> None:
    values = np.repeat([0.0, 1.0], 40)
    found = segment(values, Grouping("g", ("a", "a"), values.astype(int)), "ndcg@10")
    assert [trace.y[0] for trace in segments_figure(found).data] == ["a (40) · 2", "a (40)"]
    assert len({trace.marker.color for trace in segments_figure(found).data}) == 2  # one of them is the lowest
    rows = [ItemGroup("a", 0.5, 0.5, 0.5)] * 2
    assert list(exposure_figure(rows, "tag").data[0].x) == ["a", "a · 2"]


def test_the_split_is_drawn_by_date_or_by_position(planted: Dataset) -> None:
    split = leave_one_out(planted)
    rows = [replace(row, user=HOSTILE) for row in split_timeline(planted, split)]
    for dated in (True, False):
        figure = split_figure(rows, "Rows", dated)
        assert {trace.name for trace in figure.data} == {"trained on", "validation", "test"}
        clean(figure)


def test_the_curve_shows_both_controls_and_its_verdict() -> None:
    estimates = tuple(Estimate(v, v - 0.01, v + 0.01) for v in (0.1, 0.12, 0.08))
    curve = QualityOverAlpha(
        "nearest", 10, np.array([0, 0.5, 1]), estimates, dict.fromkeys(CONTROLS, estimates),
        Estimate(0.02, 0.01, 0.03), 0.001, Estimate(0.0, -0.01, 0.01), (0.5, 0.5), 0.1, 50,
    )  # fmt: skip
    figure = alpha_figure(curve)
    assert "smoothing, not shared interests" in figure.layout.title.text.replace("<br>", " ")
    assert figure.layout.title.text.startswith("Targets: all users. ")
    assert alpha_figure(curve, "the newest").layout.title.text.startswith("Targets: the newest. ")
    assert len(figure.data) == 4


def test_like_accuracy_is_compared_with_a_constant_answer() -> None:
    figure = like_figure({HOSTILE: Estimate(0.7, 0.68, 0.72), "b": Estimate(0.5, 0.48, 0.52)})
    assert figure.layout.shapes[0].x0 == 0.5
    assert "70%" in figure.layout.title.text


def point(k: int, transfer: float, alone: float) -> dict[str, object]:
    one = {"value": transfer, "low": transfer - 0.01, "high": transfer + 0.01}
    other = {"value": alone, "low": alone - 0.01, "high": alone + 0.01}
    gain = {"value": transfer - alone, "low": -0.01, "high": 0.2}
    against = {"against": "target alone", **gain, "shown": abs(transfer - alone) > 0.02}
    methods = {"transfer": one, "target alone": other, "random source": other, "shuffled pairs": other, HOSTILE: other}
    return {
        "observed": k,
        "people": 100,
        "gain": [{"alpha": 0.0, "value": 0.0, "low": 0.0, "high": 0.0}, {"alpha": 0.5, **gain}],
        "methods": methods,
        "comparisons": [against],
    }


def test_every_line_of_the_study_is_named_at_its_end_and_no_two_names_overlap() -> None:
    near = {m.name: {"value": 0.05 + 1e-5 * i, "low": 0.04, "high": 0.06} for i, m in enumerate(METHODS)}
    points = [{**point(k, 0.2, 0.1), "methods": near} for k in (0, 3, 20)]
    figure = gain_by_known_items_figure(points)
    assert not figure.layout.showlegend
    names = {note.text for note in figure.layout.annotations}
    assert names == {f"{m.label} (control)" if m.role == "control" else m.label for m in reported()}
    assert {note.x for note in figure.layout.annotations} == {2} and list(figure.layout.xaxis.ticktext) == [
        "0",
        "3",
        "20",
    ]
    low, high = figure.layout.yaxis.range
    plot = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    heights = sorted((note.y - low) / (high - low) * plot - note.ay for note in figure.layout.annotations)
    assert min(np.diff(heights)) > 16.9 and heights[0] > -1 and heights[-1] < plot + 1
    assert [trace.name for trace in figure.data if trace.fill] == [
        f"{m.label} (control, 95% interval)" for m in METHODS if m.role == "control"
    ]


def test_the_study_says_where_the_gain_is_and_only_then_that_little_known_helps() -> None:
    assert "α = 0.5" in gain_figure(point(1, 0.2, 0.1)).layout.title.text
    figure = methods_figure(point(3, 0.2, 0.1))
    assert "Transfer ranks best of 5" in figure.layout.title.text.replace("<br>", " ")
    assert [t.marker.symbol for t in figure.data].count("circle-open") == 2


@pytest.mark.parametrize(
    ("gains", "title"),
    [
        ([0.1, 0.01], "The fewer items are known, the more transfer helps"),
        ([0.1, 0.03, -0.1], "The fewer items are known, the more transfer helps"),
        ([0.1, 0.01, 0.05], "Transfer helps most where 1 item is known: +0.1000 [−0.0100, +0.2000] NDCG@10"),
        ([0.0, 0.1], "Transfer helps most where 2 items are known: +0.1000 [−0.0100, +0.2000] NDCG@10"),
        ([0.1], "Transfer helps most where 1 item is known: +0.1000 [−0.0100, +0.2000] NDCG@10"),
        ([-0.1, -0.2], "Transfer is not shown to help, however many items are known"),
        ([0.01, 0.0], "Transfer is not shown to help, however many items are known"),
    ],
)
def test_the_title_of_the_study_claims_a_trend_only_where_it_is_shown(gains: list[float], title: str) -> None:
    points = [point(k, 0.3 + gain, 0.3) for k, gain in enumerate(gains, 1)]
    assert gain_by_known_items_figure(points).layout.title.text.replace("<br>", " ") == title


def test_a_trend_needs_a_gain_that_is_shown_where_the_fewest_items_are_known() -> None:
    unsure, sure = point(1, 0.4, 0.3), point(2, 0.35, 0.3)
    unsure["comparisons"][0]["shown"] = False  # type: ignore[index]
    figure = gain_by_known_items_figure([unsure, sure])
    assert figure.layout.title.text.replace("<br>", " ").startswith("Transfer helps most where 2 items are known")

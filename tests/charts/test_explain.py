"""Figures of Explain: bars carry their position in the history, titles name the result, data are only text."""

from __future__ import annotations

import numpy as np

from recsys.charts.explain import attention_figure, deletion_figure, influence_figure, parts_figure
from recsys.charts.style import SOURCE, TARGET
from recsys.explain.attention import AttentionMap, DeletionStudy
from recsys.explain.history_influence import Influence
from recsys.explain.score_parts import ScorePart
from recsys.metrics.uncertainty import Estimate

HOSTILE = "<script>x</script>"
FOUND = Influence(9, np.array([4, 5, 6]), 2.0, 1, np.array([0.5, -0.2, 1.0]), np.array([3, 1, 40]))


def test_the_largest_influence_is_on_top_and_in_the_title() -> None:
    figure = influence_figure(FOUND, [HOSTILE, "b", "c"], HOSTILE)
    bars = figure.data[0]
    assert list(bars.customdata) == [1, 0, 2]
    assert list(figure.data[1].text) == ["", " rank 1 → 3", " rank 1 → 40"]
    assert "“c” supports" in figure.layout.title.text.replace("<br>", " ")
    assert "<script>" not in "".join(figure.layout.yaxis.ticktext) + figure.layout.title.text


def test_only_the_strongest_are_drawn() -> None:
    assert list(influence_figure(FOUND, ["a", "b", "c"], "x", limit=2).data[0].customdata) == [0, 2]


def test_the_title_says_when_no_item_supports_the_recommendation() -> None:
    none = Influence(9, np.array([4]), 0.0, 1, np.array([-0.1]), np.array([1]))
    assert influence_figure(none, ["a"], "x").layout.title.text.startswith("No item of this history")
    empty = Influence(9, np.array([], int), 0.0, 1, np.array([]), np.array([], int))
    assert influence_figure(empty, [], "x").layout.title.text.startswith("No item of this history")


def test_source_is_orange_and_target_blue() -> None:
    figure = parts_figure([ScorePart("target", 1.0), ScorePart("source", 0.5), ScorePart("markov", 0.1)], "t")
    assert list(figure.data[0].marker.color[:2]) == [TARGET, SOURCE]
    assert figure.data[0].marker.color[2] not in (TARGET, SOURCE)


def test_the_heatmap_shows_the_newest_items_of_one_head() -> None:
    weights = np.random.default_rng(0).dirichlet(np.ones(6), size=(2, 2, 6)).astype(np.float32)
    found = AttentionMap(np.arange(1, 7), weights, 0)
    figure = attention_figure(found, [HOSTILE] * 6, 1, 0, newest=4)
    np.testing.assert_array_equal(np.array(figure.data[0].z), weights[1, 0][-4:, -4:])
    assert "In layer 2, head 1," in figure.layout.title.text.replace("<br>", " ")
    assert "<script>" not in figure.data[0].text[0][0]


def test_deletion_curves_are_labelled_and_their_title_is_the_result() -> None:
    line = np.linspace(1, 0, 11)
    study = DeletionStudy(
        {"influence": line**2, "attention": line, "random": line},
        dict.fromkeys(("influence", "attention", "random"), Estimate(0.5, 0.4, 0.6)),
        {"attention": Estimate(-0.1, -0.2, -0.05), "random": Estimate(-0.1, -0.2, 0.05)},
        {"attention": 0.001, "random": 0.2},
        40,
    )
    figure = deletion_figure(study)
    assert "sooner than by attention; no difference from random" in figure.layout.title.text.replace("<br>", " ")
    assert {label for trace in figure.data for label in trace.text if label} == {
        "by influence",
        "by attention",
        "by random",
    }

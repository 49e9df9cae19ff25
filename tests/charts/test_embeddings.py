"""Figures of a projection: each point once in its group, hostile names as text, the number in the title."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.charts.embeddings import (
    ColourScale,
    cloud_figure,
    column_figure,
    history_lengths_figure,
    number_of_groups_figure,
    quality_figure,
)
from recsys.charts.style import alternative_of
from recsys.embeddings import Clusters, Quality

HOSTILE = "<b onclick=x>bold</b>"


def test_every_point_is_drawn_once_in_its_group() -> None:
    points = np.random.default_rng(0).normal(size=(30, 3))
    labels = np.arange(30) % 3
    figure = cloud_figure(points, [HOSTILE] * 30, labels, ["one", HOSTILE, "three"], chosen=[4])
    *groups, chosen = figure.data
    assert [len(trace.x) for trace in groups] == [10, 10, 10]
    np.testing.assert_allclose(groups[1].x, points[labels == 1, 0])
    assert len({trace.marker.symbol for trace in groups}) == 3 and len({trace.marker.color for trace in groups}) == 3
    assert chosen.x[0] == points[4, 0]
    shown = " ".join([*groups[0].text, groups[1].name, groups[1].hovertemplate])
    assert "<b" not in shown and "&lt;b" in shown


def test_numbers_are_coloured_on_a_scale_with_labels_at_its_ends() -> None:
    points, places = np.random.default_rng(0).normal(size=(30, 3)), np.arange(30)
    scale = ColourScale(HOSTILE, places, ["#000000", "#FFFFFF"], "1 item", HOSTILE)
    figure = cloud_figure(points, ["x"] * 30, places, [], scale=scale, chosen=[4])
    trace, chosen = figure.data
    np.testing.assert_array_equal(trace.marker.color, places)
    assert (trace.marker.cmin, trace.marker.cmax) == (0, 255) and trace.marker.colorbar.ticktext[0] == "1 item"
    shown = trace.name + trace.marker.colorbar.title.text + trace.marker.colorbar.ticktext[1]
    assert "<b" not in shown and "&lt;b" in shown and chosen.x[0] == points[4, 0]


def test_many_points_are_thinned_out_evenly() -> None:
    figure = cloud_figure(np.zeros((50_000, 3)), ["x"] * 50_000, np.zeros(50_000, int), ["all"])
    assert 10_000 <= len(figure.data[0].x) <= 20_000
    assert "50,000 points" in alternative_of(figure)


def test_the_quality_is_in_the_title_and_drawn_from_0_to_1() -> None:
    figure = quality_figure(Quality(0.971, 0.94, 0.634, 15, 1500))
    assert "63% of the 15 nearest neighbours" in figure.layout.title.text.replace("<br>", " ")
    assert sorted(figure.data[0].x) == [0.634, 0.94, 0.971]
    assert tuple(figure.layout.xaxis.range) == (0, 1.02)


def test_a_column_compares_the_group_with_all_users() -> None:
    figure = column_figure("age", {"18–24": (0.5, 0.2), HOSTILE: (0.5, 0.8)})
    assert "18–24” is 50% here, 20% of all" in figure.layout.title.text.replace("<br>", " ")
    assert list(figure.data[0].x) == [0.5, 0.5] and list(figure.data[1].x) == [0.2, 0.8]
    assert "<b" not in "".join(figure.data[0].y)


@pytest.mark.parametrize("overall", [np.array([1]), np.array([3, 3, 3]), np.arange(1, 500)])
def test_lengths_are_shares_of_users(overall: np.ndarray) -> None:
    figure = history_lengths_figure(overall[-1:], overall)
    for trace in figure.data:
        assert sum(trace.y) == pytest.approx(1.0)
    assert f"Median history: {overall[-1]} items here" in figure.layout.title.text


def test_the_criterion_of_the_number_of_groups_is_drawn_with_the_chosen_one_marked() -> None:
    found = Clusters(np.array([0, 1, 2, 0]), np.eye(3, 2), 0.29, ((2, 0.3), (3, 0.29), (4, 0.2)))
    figure = number_of_groups_figure(found)
    assert "3 groups" in figure.layout.title.text and "within 5%" in figure.layout.title.text.replace("<br>", " ")
    compared, chosen = figure.data
    assert (list(compared.x), list(compared.y)) == ([2, 3, 4], [0.3, 0.29, 0.2])
    assert (list(chosen.x), list(chosen.y)) == ([3], [0.29])
    assert "2 groups: 0.300" in alternative_of(figure)

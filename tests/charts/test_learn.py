"""Figures of Learn: the title is the answer at the control's value."""

from __future__ import annotations

import numpy as np

from recsys.charts.learn import matrices_figure, sampled_figure, smoothing_figure, two_ways_figure, weights_figure
from recsys.explain import lessons


def title(figure: object) -> str:
    return str(figure.layout.title.text).replace("<br>", " ")  # type: ignore[attr-defined]


def test_the_item_that_is_listened_to_most_is_named_as_text() -> None:
    figure = weights_figure(["a", "<i>b</i>"], np.array([0.3, 0.7]), np.array([0.5, 0.5]))
    assert title(figure) == "The newest item listens 70% to “&lt;i&gt;b&lt;/i&gt;”"
    assert list(figure.data[1].x) == [0.5, 0.5]


def test_the_blend_shows_its_numbers() -> None:
    figure = matrices_figure(lessons.SOURCE, lessons.TARGET, lessons.worked_example(0.5), 0.5)
    assert [list(row) for row in figure.data[2].text] == [["0.45", "0.6"], ["0.45", "0.7"], ["0.65", "0.65"]]
    assert title(figure) == "At α = 0.50 each number is 50% source and 50% target"


def test_rings_sit_on_lines_and_the_leader_is_named() -> None:
    ways = lessons.two_ways()
    figure = two_ways_figure(ways, 0.0)
    assert "put Trail map first" in title(figure)
    assert "put Jazz record first" in title(two_ways_figure(ways, 1.0))
    for line, rings in zip(figure.data[::2], figure.data[1::2], strict=True):
        np.testing.assert_allclose(line.y[::2], rings.y, atol=1e-12)


def test_the_winner_changes_with_the_number_sampled() -> None:
    sampled = (100, 9999)
    rates = {
        "the specialist": [lessons.sampled_hit_rate(lessons.SPECIALIST, n) for n in sampled],
        "the generalist": [lessons.sampled_hit_rate(lessons.GENERALIST, n) for n in sampled],
    }
    assert "the generalist looks better" in title(sampled_figure(sampled, rates, 100))
    assert "the specialist looks better" in title(sampled_figure(sampled, rates, 9999))


def test_the_best_alpha_of_a_random_source_is_in_the_title() -> None:
    figure = smoothing_figure(lessons.smoothing(1), 1)
    assert title(figure) == "With 1 known item even a random source is best at α = 0.67, not 0"
    assert len(figure.data) == 6

"""Figures of Learn: the title is the answer at the control's value."""

from __future__ import annotations

import numpy as np

from recsys.charts.learn import (
    blend_error_figure,
    compare_blends_figure,
    matrices_figure,
    sampled_figure,
    weights_figure,
)
from recsys.explain import worked_examples


def title(figure: object) -> str:
    return str(figure.layout.title.text).replace("<br>", " ")  # type: ignore[attr-defined]


def test_the_item_with_the_largest_weight_is_in_the_title_as_text() -> None:
    figure = weights_figure(["a", "<i>b</i>"], np.array([0.3, 0.7]), np.array([0.5, 0.5]))
    assert title(figure) == "The newest item gives 70% of its attention to “&lt;i&gt;b&lt;/i&gt;”"
    assert list(figure.data[1].x) == [0.5, 0.5]


def test_the_blend_shows_its_numbers() -> None:
    figure = matrices_figure(worked_examples.SOURCE, worked_examples.TARGET, worked_examples.worked_blend(0.5), 0.5)
    assert [list(row) for row in figure.data[2].text] == [["0.45", "0.6"], ["0.45", "0.7"], ["0.65", "0.65"]]
    assert title(figure) == "At α = 0.50 each number is 50% source and 50% target"


def test_markers_lie_on_the_lines_and_the_first_item_is_named() -> None:
    comparison = worked_examples.compare_blends()
    figure = compare_blends_figure(comparison, 0.0)
    assert "rank Trail map first" in title(figure)
    assert "rank Jazz record first" in title(compare_blends_figure(comparison, 1.0))
    for line, markers in zip(figure.data[::2], figure.data[1::2], strict=True):
        np.testing.assert_allclose(line.y[::2], markers.y, atol=1e-12)


def test_the_better_model_changes_with_the_number_of_sampled_items() -> None:
    sampled = (100, 9999)
    rates = {
        "the specialist": [worked_examples.sampled_hit_rate(worked_examples.SPECIALIST, n) for n in sampled],
        "the generalist": [worked_examples.sampled_hit_rate(worked_examples.GENERALIST, n) for n in sampled],
    }
    assert "the generalist has the higher hit rate" in title(sampled_figure(sampled, rates, 100))
    assert "the specialist has the higher hit rate" in title(sampled_figure(sampled, rates, 9999))


def test_the_best_alpha_of_a_random_source_is_in_the_title() -> None:
    figure = blend_error_figure(worked_examples.blend_error(1), 1)
    assert title(figure) == "With 1 observed item, even a random source is best at α = 0.67, not 0"
    assert len(figure.data) == 6

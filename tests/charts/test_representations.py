"""Figures of interests and next choice: the title says the result, hostile titles are text."""

from __future__ import annotations

import numpy as np

from recsys.charts.representations import like_newest_figure, reliance_figure, replaced_figure
from recsys.explain.representations import LikeNewest, Reliance

FOUND = Reliance(np.array([7, 8]), np.array([0.3, 0.2]), np.array([0.6, 0.1]), (0.5, 0.3))


def title(figure: object) -> str:
    return str(figure.layout.title.text).replace("<br>", " ")  # type: ignore[attr-defined]


def test_reliance_is_cumulative_and_the_title_follows_the_control() -> None:
    figure = reliance_figure(FOUND, ["<b>x</b>", "y"])
    assert title(figure) == "The newest item decides 60% of the next choice and 30% of the interests"
    assert np.allclose(figure.data[0].y, [0.6, 0.7]) and np.allclose(figure.data[1].y, [0.3, 0.5])
    assert "<b>" not in "".join(figure.data[0].hovertext)
    assert title(reliance_figure(FOUND, ["x", "y"], 9)).startswith("The 2 newest items decide 70%")


def test_kinds_of_both_lists() -> None:
    figure = like_newest_figure(LikeNewest("shop", 0.8, 0.2, 0.25), 10)
    assert title(figure) == "8 of 10 next choices are “shop” like the newest item; by interests it is 2"
    assert list(figure.data[0].x) == [0.25, 0.2, 0.8]


def test_items_replaced_over_alpha() -> None:
    alphas = np.linspace(0, 1, 11)
    figure = replaced_figure(alphas, np.arange(11), np.arange(11) // 2, 0.3, 10)
    assert title(figure) == "At α = 0.30 the source’s next choice replaces 3 of 10 items, its interests 1"

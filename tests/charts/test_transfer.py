"""The figures say what the path says."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.charts.transfer import bump_chart, score_curves, what_changed
from recsys.transfer.path.alpha_path import AlphaPath, alpha_path

TITLES = ("", "Alien", "Heat", "<b>Up</b>", "Ran")
TAGS = ((), ("space",), ("crime",), ("family",), ("war",))
TARGET_SCORES = np.array([-np.inf, 3.0, 2.0, 0.0, 1.0])
SOURCE_SCORES = np.array([-np.inf, 0.0, 1.0, 4.0, 2.0])


@pytest.fixture(scope="module")
def path() -> AlphaPath:
    return alpha_path(TARGET_SCORES, SOURCE_SCORES, 2)


def test_lines_of_the_bump_chart_follow_the_ranks(path: AlphaPath) -> None:
    figure = bump_chart(path, TITLES, alpha=0.3)
    lines = {trace.name: trace for trace in figure.data}
    for alpha in (0.01, 0.2, 0.45, 0.7, 0.99):
        for rank, item in enumerate(path.step_at(alpha).items, 1):
            name = next(name for name in lines if TITLES[item].strip("<b>/") in name)
            assert np.interp(alpha, lines[name].x, lines[name].y) == pytest.approx(rank)


def test_a_long_line_is_thinned_only_where_it_is_level() -> None:
    scores = np.random.default_rng(5).normal(size=(2, 61)).astype(np.float32)
    scores[:, 0] = -np.inf
    path = alpha_path(scores[0], scores[1], 6)
    lines = {trace.name: trace for trace in bump_chart(path, [f"item {n}" for n in range(61)]).data}
    assert len(path.steps) > 30
    assert max(len(line.x) for line in lines.values()) < 2 * len(path.steps)
    for step in path.steps:
        for rank, item in enumerate(step.items, 1):
            if line := lines.get(f"item {item}"):
                assert np.interp((step.start + step.end) / 2, line.x, line.y) == pytest.approx(rank)


def test_an_item_outside_the_list_waits_below_it(path: AlphaPath) -> None:
    lines = {trace.name: trace for trace in bump_chart(path, TITLES).data}
    assert np.interp(0.01, lines["Ran"].x, lines["Ran"].y) == 3.0  # k = 2


def test_the_title_is_a_sentence_with_the_number_of_changes(path: AlphaPath) -> None:
    assert f"changes {len(path.steps) - 1} times" in bump_chart(path, TITLES).layout.title.text
    same = alpha_path(TARGET_SCORES, TARGET_SCORES, 2)
    assert "the same at every α" in bump_chart(same, TITLES).layout.title.text


def test_hostile_titles_are_text(path: AlphaPath) -> None:
    for figure in (bump_chart(path, TITLES), score_curves(path, TITLES)):
        assert "<b>Up" not in figure.to_json().replace("\\u003c", "<")


def test_score_curves_join_both_ends_and_the_limit_is_the_kth_score(path: AlphaPath) -> None:
    figure = score_curves(path, TITLES, alpha=0.5)
    ends = {(trace.y[0], trace.y[1]) for trace in figure.data[:-1]}
    assert (3.0, 0.0) in ends and (0.0, 4.0) in ends
    limit = figure.data[-1]
    for alpha, score in zip(limit.x, limit.y, strict=True):
        blended = np.sort((1 - alpha) * TARGET_SCORES[1:] + alpha * SOURCE_SCORES[1:])[::-1]
        assert score == pytest.approx(blended[1])


def test_what_changed_compares_with_the_targets_own_list(path: AlphaPath) -> None:
    figure = what_changed(path, TAGS, alpha=1.0)
    own, now = figure.data[-2:]
    shares = dict(zip(now.y, now.x, strict=True))
    assert shares["family"] == 0.5 and shares["space"] == 0.0
    assert dict(zip(own.y, own.x, strict=True))["space"] == 0.5
    assert figure.layout.title.text in {f"At α = 1.00 the list has more “{tag}”" for tag in ("family", "war")}


def test_what_changed_names_a_tag_that_is_only_lost(path: AlphaPath) -> None:
    tags = [(), ("space",), *[()] * (len(TAGS) - 2)]
    assert what_changed(path, tags, alpha=1.0).layout.title.text == "At α = 1.00 the list has less “space”"
    assert what_changed(path, tags, alpha=0.0).layout.title.text == "The tags of the list have not changed"
    assert what_changed(path, [()] * len(TAGS), alpha=1.0).layout.title.text == "The tags of the list have not changed"

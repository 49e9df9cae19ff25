"""Data of the same rows that are about sessions, or have no dates, are shown as such."""

from __future__ import annotations

from dataclasses import replace

from recsys.data.dataset import Dataset
from ui import cache
from ui.language import in_language


def titles(dataset: Dataset) -> str:
    shapes = in_language("en", lambda: cache.shapes_of("en", dataset), dataset.sessions)
    return " ".join(str(figure.layout.title.text) for figure in shapes.values())


def test_figures_of_the_same_rows_speak_of_users_or_of_sessions(planted: Dataset) -> None:
    assert "user" in titles(planted)
    assert "session" in titles(replace(planted, sessions=True))
    assert "session" not in titles(planted)


def test_figures_and_report_of_the_same_rows_know_whether_their_times_are_dates(planted: Dataset) -> None:
    steps = replace(planted, calendar=False)
    assert titles(planted) != titles(steps)
    dated, stepped = (cache.quality_of(data).findings for data in (planted, steps))
    assert {one.name for one in dated} != {one.name for one in stepped}

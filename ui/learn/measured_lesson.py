"""The data of a lesson for a page: from its open run, else from the sample's, with a sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from recsys.errors import StudioError
from recsys.wording import tr
from recsys.workspace.classes import OpenClass
from recsys.workspace.names import known_name
from recsys.workspace.sample_run import SAMPLE_RUN, run_folder
from ui.learn.measure import Data, measured
from ui.learn.ranges import with_range
from ui.learn.texts import Lesson, fill
from ui.shell import state
from ui.shell.page_context import PageContext
from ui.shell.widgets import escape_markdown


@dataclass(frozen=True, eq=False)
class MeasuredLesson:
    """A lesson with the data of its figure.

    Attributes:
        lesson: its question has the range that suits the data.
        data: from `measured`.
        name: of the run on screen.
        run: the id of the run that was measured, to which a learner's answers belong; "" for the sample.
        sentence: says so where that is not the open run; else "".
    """

    lesson: Lesson
    data: Data
    name: str
    run: str
    sentence: str


def lesson_data(page: PageContext, lesson: Lesson, shown: Mapping[str, str]) -> MeasuredLesson:
    """The lesson on the open run."""
    return _measured(page.run_folder, page.run_id, lesson, shown)


def class_lesson(found: OpenClass, lesson: Lesson, shown: Mapping[str, str]) -> MeasuredLesson:
    """The lesson on the run of a class; on the sample's once that run is deleted."""
    try:
        folder = run_folder(found.run, state.workspace()) if found.run else None
    except StudioError:
        folder = None
    return _measured(folder, found.run, lesson, shown)


def _measured(folder: Path | None, run: str, lesson: Lesson, shown: Mapping[str, str]) -> MeasuredLesson:
    with st.spinner(shown["measure"]):
        data, reason = measured(folder, lesson.key)
    lesson = with_range(lesson, data)
    if not reason:
        name = shown["sample_run"] if run == SAMPLE_RUN else tr(known_name(str(data["run"])))
        return MeasuredLesson(lesson, data, name, "" if run == SAMPLE_RUN else run, "")
    sentence = shown["sample_none"]
    if reason != "none":
        sentence = fill(shown["sample_cannot"], reason=escape_markdown(tr(reason), 200))
    return MeasuredLesson(lesson, data, shown["sample_run"], "", sentence)

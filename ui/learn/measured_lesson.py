"""The data of a lesson for a page: from its open run, else from the sample's, with a sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from recsys.wording import tr
from recsys.workspace.names import known_name
from recsys.workspace.sample_run import SAMPLE_RUN
from ui.learn.measure import Data, measured
from ui.learn.texts import Lesson, fill
from ui.shell.page_context import PageContext
from ui.shell.widgets import escape_markdown


def lesson_data(page: PageContext, lesson: Lesson, shown: Mapping[str, str]) -> tuple[Data, str, str]:
    """The data of a lesson's figure, the name of its run on screen, and a sentence where that is not the open run."""
    with st.spinner(shown["measure"]):
        data, reason = measured(page.run_folder, lesson.key)
    if not reason:
        return data, shown["sample_run"] if page.view.run == SAMPLE_RUN else tr(known_name(str(data["run"]))), ""
    sentence = shown["sample_none"]
    if reason != "none":
        sentence = fill(shown["sample_cannot"], reason=escape_markdown(tr(reason), 200))
    return data, shown["sample_run"], sentence

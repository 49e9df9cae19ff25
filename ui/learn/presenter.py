"""Presenter mode: a lesson in large type without menu, one step per key, with notes for the speaker."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ui.components.presenter_keys import presenter_keys
from ui.learn.question import comparison
from ui.learn.texts import Lesson, fill
from ui.shell.page_context import PageContext

_STEP, _NOTES = "present_step", "present_notes"
_STYLE = """<style>
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stExpandSidebarButton"] { display: none !important; }
[data-testid="stMainBlockContainer"] { padding: 1.2rem 3rem 1rem; max-width: none; }
.st-key-presented p, .st-key-presented li { font-size: 1.5rem; line-height: 1.5; }
.st-key-presented .katex { font-size: 1.1em; }
</style>"""


def present(
    page: PageContext,
    lesson: Lesson,
    words: Mapping[str, str],
    truth: float,
    values: Mapping[str, str],
    figure: Callable[[bool], None],
) -> None:
    """Shows a lesson up to the current step: its paragraphs, the figure, the question, the answer.

    Args:
        values: of the answer, escaped.
        figure: draws the figure; with True, with what the question asks for.
    """
    st.html(_STYLE)
    paragraphs = lesson.paragraphs
    steps = len(paragraphs) + 3
    pressed = presenter_keys(words["keys"])
    name = f"{_STEP}_{lesson.key}"
    step = min(max(st.session_state.get(name, 1) + {"next": 1, "back": -1}.get(pressed, 0), 1), steps)
    st.session_state[name] = step
    st.session_state[_NOTES] = st.session_state.get(_NOTES, False) ^ (pressed == "notes")
    if pressed == "leave":
        page.set_view(mode="")
        st.rerun()
    beside = step > len(paragraphs)  # then the figure stands at the right, and only the last paragraph stays
    left, right = st.columns(2, gap="large") if beside else (st.container(), None)
    with left, st.container(key="presented"):
        for paragraph in paragraphs[-1:] if beside else paragraphs[:step]:
            st.markdown(paragraph)
        if step >= len(paragraphs) + 2:
            st.markdown(f"**{lesson.question.text}**")
        if step == steps:
            st.markdown(f"**{comparison(lesson.question, words, None, truth)}**")
            st.markdown(fill(lesson.answer, **values))
    if right is not None:
        with right:
            figure(step == steps)
    st.caption(fill(words["step"], step=step, steps=steps) + f" · {words['keys']}")
    if st.session_state[_NOTES]:
        st.info(f"**{words['notes']}:** {lesson.notes}")

"""Learn: one lesson at a time, text left and figure right, and the glossary."""

from __future__ import annotations

import streamlit as st

from ui.glossary import GLOSSARY
from ui.learn.lessons import LESSONS
from ui.shell.frame import guarded_fragment
from ui.shell.page_context import PageContext
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown

NAMES = {key: lesson.name for key, lesson in LESSONS.items()} | {"glossary": "Glossary"}


def learn(page: PageContext) -> None:
    """The row of lessons and the open one."""
    with open_tab(page, NAMES, "learn_tab") as chosen:
        if chosen == "glossary":
            _glossary()
        else:
            _lesson(page, chosen)


def _lesson(page: PageContext, key: str) -> None:
    """Text, question and the next step on the left, the figure with its control on the right."""
    lesson = LESSONS[key]
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(lesson.text)
        st.markdown(f"**Try and answer:** {lesson.question}")
        with st.expander("Answer"):
            st.markdown(lesson.answer)
        _next_step(page, key)
    with right:
        guarded_fragment()(lesson.show)(page)


def _next_step(page: PageContext, lesson: str) -> None:
    """The primary button: the next lesson, after the last one Transfer."""
    keys = list(LESSONS)
    following = keys[keys.index(lesson) + 1 :][:1]
    label = f"Next lesson: {LESSONS[following[0]].name}" if following else "Next: try it on Transfer"
    if st.button(label, type="primary", key="learn_next", icon=":material/arrow_forward:"):
        page.go("learn", tab=following[0]) if following else page.go("transfer")


def _glossary() -> None:
    """The terms of this studio, searchable."""
    part = st.text_input("Find a term", key="glossary_find").casefold()
    terms = sorted(GLOSSARY.items(), key=lambda entry: entry[0].casefold())
    matching = {term: text for term, text in terms if part in f"{term} {text}".casefold()}
    if not matching:
        st.write("No term contains this text.")
    left, right = st.columns(2, gap="large")
    for number, (term, text) in enumerate(matching.items()):
        (left if number % 2 == 0 else right).markdown(f"**{escape_markdown(term)}:** {escape_markdown(text, 400)}")

"""Learn: one lesson at a time, text left and figure right; the class; and the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from recsys.data.name_search import find_names
from recsys.wording import tr
from ui.components.lesson_figure import lesson_figure
from ui.components.terms import link_name, term_links
from ui.glossary import glossary_in
from ui.language import language
from ui.learn.class_view import class_tab
from ui.learn.figures import LessonFigure, build
from ui.learn.guide import stories_tab
from ui.learn.measure import truth
from ui.learn.measured_lesson import lesson_data
from ui.learn.presenter import present
from ui.learn.question import ask, prediction_of
from ui.learn.texts import Lesson, fill, lessons, words
from ui.shell.frame import guarded_fragment
from ui.shell.page_context import PageContext
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset

OLD_TABS = {"blend": "transfer", "same": "transfer", "ranking": "real", "proves": "real"}
"""Lessons of earlier versions, in links -> the one that has their subject now."""


def learn(page: PageContext) -> None:
    """The row of lessons and the open one."""
    lang = language()
    shown, course = words(lang), lessons(lang)
    if page.view.tab in OLD_TABS:
        page.set_view(tab=OLD_TABS[page.view.tab])
    term_links({link_name(key): pair for key, pair in glossary_in(lang).items()})
    if page.view.mode == "present":
        lesson = course.get(page.view.tab) or next(iter(course.values()))
        _presented(page, lesson, shown)
        return
    tabs = {key: f"{place} {lesson.title}" for place, (key, lesson) in enumerate(course.items(), 1)}
    tabs |= {name: shown[name] for name in ("stories", "class", "glossary")}
    with open_tab(page, tabs, "learn_tab") as chosen:
        if chosen == "glossary":
            _glossary(lang, shown)
        elif chosen == "stories":
            stories_tab(page, shown)
        elif chosen == "class":
            class_tab(page, course, shown)
        else:
            _lesson(page, course[chosen], shown)


def _lesson(page: PageContext, lesson: Lesson, shown: Mapping[str, str]) -> None:
    """Text, figure, question and the next step."""
    found = lesson_data(page, lesson, shown)
    lesson = found.lesson
    built = build(lesson, found.data, found.name, prediction_of(page, found).revealed)
    left, right = st.columns([5, 6], gap="large")
    with left:
        for paragraph in lesson.paragraphs:
            st.markdown(paragraph)
    with right:
        _figure(built, lesson, shown)
        if found.sentence:
            st.caption(found.sentence)
        ask(page, found, shown, truth(lesson.key, found.data), fill(lesson.answer, **built.values))
        if lesson.key == "real":
            _own_study(page, lesson)
        _next_step(page, lesson, shown)


def _own_study(page: PageContext, lesson: Lesson) -> None:
    """The verdict of the learner's newest study on the data of the open run, and the way to a new one."""
    data = page.dataset if page.space.entries("study") else None
    if data is not None and (verdict := _newest_verdict(page, data)):
        st.markdown(fill(lesson.words["verdict"], verdict=escape_markdown(verdict, 600)))
    if st.button(lesson.words["study"], key="learn_study"):
        page.go("evaluate", tab="study")


def _newest_verdict(page: PageContext, data: Dataset) -> str:
    """Of the newest study of this version on this data under its rule for chosen items; "" where there is none."""
    from recsys.evaluation.study.verdict import saved_verdict  # heavy: Learn opens without it
    from recsys.jobs.studies import saved_studies

    return next((tr(saved_verdict(content)) for _, content in saved_studies(page.space, data)), "")


def _figure(built: LessonFigure, lesson: Lesson, shown: Mapping[str, str], large: bool = False) -> None:
    choose = lesson.words.get("choose", "")
    key = f"lesson_{lesson.key}"
    lesson_figure(built.figures, key=key, control=lesson.control, choose=choose, table=shown["table"], large=large)


def _next_step(page: PageContext, lesson: Lesson, shown: Mapping[str, str]) -> None:
    """The primary button: the next lesson, after the last one Transfer; beside it the presenter."""
    course = list(lessons(language()).values())
    following = course[[one.key for one in course].index(lesson.key) + 1 :][:1]
    label = fill(shown["next"], title=following[0].title) if following else shown["last"]
    with st.container(horizontal=True):
        if st.button(label, type="primary", key="learn_next", icon=":material/arrow_forward:"):
            page.go("learn", tab=following[0].key) if following else page.go("transfer")
        if st.button(shown["present"], key="learn_present", icon=":material/slideshow:"):
            page.set_view(mode="present", tab=lesson.key)
            st.rerun()


def _presented(page: PageContext, lesson: Lesson, shown: Mapping[str, str]) -> None:
    found = lesson_data(page, lesson, shown)
    lesson, data = found.lesson, found.data

    def figure(revealed: bool) -> None:
        _figure(build(lesson, data, found.name, revealed), lesson, shown, large=True)

    values = build(lesson, data, found.name, True).values
    guarded_fragment()(present)(page, lesson, shown, truth(lesson.key, data), values, figure)


def _glossary(lang: str, shown: Mapping[str, str]) -> None:
    """The terms of this studio, searchable."""
    part = st.text_input(shown["find"], key="glossary_find")
    terms = sorted(glossary_in(lang).values(), key=lambda entry: entry[0].casefold())
    matching = [(term, text) for term, text in terms if find_names(part, [f"{term} {text}"])]
    if not matching:
        st.write(shown["no_term"])
    left, right = st.columns(2, gap="large")
    for number, (term, text) in enumerate(matching):
        (left if number % 2 == 0 else right).markdown(f"**{escape_markdown(term)}:** {escape_markdown(text, 400)}")

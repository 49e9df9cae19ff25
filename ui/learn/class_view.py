"""The tab Class: open or join one; the teacher's screen with the live histogram; the student's page of answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from recsys.charts.learn import predictions_figure
from recsys.workspace.class_results import Change, lesson_result, students
from recsys.workspace.classes import Answer, OpenClass, answers_csv, answers_of
from ui.language import language
from ui.learn.classroom import (
    change_lesson,
    end_class,
    joined,
    send_answer,
    sent,
    start_class,
    student_link,
    teaches,
)
from ui.learn.measure import truth
from ui.learn.measured_lesson import class_lesson
from ui.learn.question import guess
from ui.learn.ranges import FROM_DATA
from ui.learn.texts import Lesson, Question, fill
from ui.shell import state
from ui.shell.errors import ErrorDisplay, guarded_fragment
from ui.shell.figures import show_figure
from ui.shell.page_context import PageContext
from ui.shell.widgets import download, escape_markdown, set_widget_value

Course = Mapping[str, Lesson]
Words = Mapping[str, str]
_TEACHER_SECONDS, _STUDENT_SECONDS = 2.0, 3.0  # between two looks at the class


def class_tab(page: PageContext, course: Course, words: Words) -> None:
    """What belongs to the visitor: opening and joining, the teacher's screen, or the student's page."""
    found = joined(page)
    if found is None:
        _begin(page, course, words)
    elif teaches(page, found.code):
        _teacher(page, found, course, words)
    else:
        guarded_fragment(_STUDENT_SECONDS)(_student)(page, found.code, course, words)


def _begin(page: PageContext, course: Course, words: Words) -> None:
    if page.view.code:
        st.warning(words["class_unknown"])
    teach, join = st.columns(2, gap="large")
    with teach:
        st.write(words["class_intro"])
        if st.button(words["class_open"], type="primary", key="class_open"):
            opened = start_class(page, next(iter(course)), language())
            page.set_view(code=opened.code, run=opened.run)
            st.rerun()
        st.caption(words["class_kept"])
    with join, st.form("class_join_form"):
        code = st.text_input(words["class_join"], key="class_code", max_chars=12)
        if st.form_submit_button(words["class_join_button"]) and code.strip():
            page.set_view(code=code.strip().upper())
            if (found := joined(page)) is not None:
                page.set_view(run=found.run)  # a lesson that a student opens has the numbers of the class
            st.rerun()


# the teacher's screen -----------------------------------------------------------------------------------------------


def _teacher(page: PageContext, found: OpenClass, course: Course, words: Words) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.metric(words["class_code"], found.code)
        st.caption(words["class_link"])
        st.code(student_link(found), language=None, wrap_lines=True)
        chosen = _choose_lesson(page, found, course, words)
        show = st.toggle(words["class_show_truth"], key="class_show_truth")
        _teacher_actions(page, found, words)
    with right:
        guarded_fragment(_TEACHER_SECONDS)(_live)(page, found, course[chosen], words, show)
    with st.expander(words["class_post"]):
        _all_lessons(found, course, words)


def _choose_lesson(page: PageContext, found: OpenClass, course: Course, words: Words) -> str:
    """The lesson that the class shows. Only a choice changes it: the teacher may have two windows open."""

    def change() -> None:
        with ErrorDisplay():
            change_lesson(page, found.code, st.session_state["class_lesson"])

    shown = found.lesson if found.lesson in course else next(iter(course))
    set_widget_value("class_lesson", shown)
    st.selectbox(
        words["class_lesson"],
        list(course),
        format_func=lambda key: course[key].title,
        key="class_lesson",
        on_change=change,
    )
    return shown


def _teacher_actions(page: PageContext, found: OpenClass, words: Words) -> None:
    root = state.workspace().root
    with st.container(horizontal=True):
        download(
            words["class_csv"],
            lambda: answers_csv(answers_of(root, found.code)).encode(),
            f"class-{found.code}.csv",
            "text/csv",
            "class_csv",
        )
        with st.popover(words["class_close"]):
            if st.button(words["class_confirm"], key="class_confirm"):
                end_class(page, found.code)
                page.set_view(code="")
                st.toast(words["class_closed"])
                st.rerun()


def _live(page: PageContext, found: OpenClass, lesson: Lesson, words: Words, show: bool) -> None:
    """The histogram of the lesson's predictions, and what changed between before and after."""
    now = joined(page)
    if now is None or now.lesson != found.lesson:
        st.rerun()  # closed, or another lesson chosen, in another window
    answers = answers_of(state.workspace().root, found.code)
    result = lesson_result(answers, lesson.key, lesson.check.right)
    question = _question(found, lesson, words)
    st.markdown(f"**{question.text}**")
    st.caption(fill(words["class_students"], students=students(answers)))
    if not len(result.predictions):
        st.write(words["class_none"])
    else:
        measured = truth(lesson.key, class_lesson(found, lesson, words).data) if show else None
        median = question.shown(float(np.median(result.predictions)))
        title = fill(words["class_histogram"], count=len(result.predictions), median=median)
        mark = "" if measured is None else fill(words["class_truth"], truth=question.shown(measured))
        axis = f"{words['class_axis']} ({question.unit})" if question.unit else words["class_axis"]
        ends = (question.low, question.high)
        figure = predictions_figure(result.predictions, ends, title, (axis, words["class_count"]), measured, mark)
        show_figure(figure, "class_histogram")
    st.markdown(f"**{lesson.check.text}**")
    st.write(_change_sentence(result.change, words))


def _question(found: OpenClass, lesson: Lesson, words: Words) -> Question:
    """The question of a lesson with its range on the run of the class, which is measured only where that is needed."""
    return (class_lesson(found, lesson, words).lesson if lesson.key in FROM_DATA else lesson).question


def _change_sentence(change: Change | None, words: Words) -> str:
    if change is None:
        return words["class_change_none"]
    estimate = change.change
    low, value, high = (f"{100 * x:+.0f}".replace("-", "−") for x in (estimate.low, estimate.value, estimate.high))
    shown = {"before": f"{change.before:.0%}", "after": f"{change.after:.0%}", "students": change.students}
    return fill(words["class_change"], change=f"{value} [{low}, {high}] {words['points']}", **shown)


def _all_lessons(found: OpenClass, course: Course, words: Words) -> None:
    answers = answers_of(state.workspace().root, found.code)
    rows = [_row(found, lesson, answers, words) for lesson in course.values()]
    names = ("lesson", "predictions", "median", "truth", "change")
    columns = [words[f"class_table_{name}"] for name in names]
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, width="stretch")


def _row(found: OpenClass, lesson: Lesson, answers: tuple[Answer, ...], words: Words) -> tuple[str, ...]:
    result = lesson_result(answers, lesson.key, lesson.check.right)
    median = measured = "–"
    if len(result.predictions):
        asked = class_lesson(found, lesson, words)
        median = asked.lesson.question.shown(float(np.median(result.predictions)))
        measured = asked.lesson.question.shown(truth(lesson.key, asked.data))
    change = "–" if result.change is None else _change_sentence(result.change, words)
    return lesson.title, str(len(result.predictions)), median, measured, change


# the student's page -------------------------------------------------------------------------------------------------


def _student(page: PageContext, code: str, course: Course, words: Words) -> None:
    """The questions of the lesson that the teacher shows, one below the other; each keeps what was sent."""
    found = joined(page)
    if found is None:
        st.rerun()  # the class was closed: the page says so
    lesson = course.get(found.lesson) or next(iter(course.values()))
    st.caption(fill(words["class_joined"], code=escape_markdown(code)))
    st.subheader(lesson.title, anchor=False)
    own = {kind: value for (key, kind), value in sent(page, code).items() if key == lesson.key}
    _check(page, code, lesson, "before", own.get("before"), words)
    _predict(page, found, lesson, own.get("prediction"), words)
    if "prediction" in own:
        _check(page, code, lesson, "after", own.get("after"), words)
    with st.container(horizontal=True):
        if st.button(words["class_see"], key="class_see"):
            page.go("learn", tab=lesson.key)
        if st.button(words["class_leave"], key="class_leave", type="tertiary"):
            page.set_view(code="", tab="")
            st.rerun()


def _check(page: PageContext, code: str, lesson: Lesson, kind: str, now: float | None, words: Words) -> None:
    """The question with options, before or after the lesson; `now` is what was sent."""
    check = lesson.check
    with st.container(border=True):
        name = words["class_pre" if kind == "before" else "class_post"]
        if now is not None and 0 <= int(now) < len(check.options):
            st.markdown(f"**{name}:** {check.text}")
            st.markdown(fill(words["class_sent"], answer=check.options[int(now)]))
            return
        chosen = st.radio(f"**{name}:** {check.text}", check.options, index=None, key=f"class_{kind}_{lesson.key}")
        if st.button(words["class_send"], key=f"class_send_{kind}", disabled=chosen is None) and chosen is not None:
            send_answer(page, code, lesson.key, kind, check.options.index(chosen))
            st.rerun()


def _predict(page: PageContext, found: OpenClass, lesson: Lesson, now: float | None, words: Words) -> None:
    """The number that is predicted; `now` is what was sent."""
    question = _question(found, lesson, words)
    with st.container(border=True):
        st.markdown(f"**{words['predict']}:** {question.text}")
        if now is not None:
            st.markdown(fill(words["class_sent"], answer=question.shown(now)))
            return
        value = guess(question, f"class_guess_{lesson.key}")
        if st.button(words["class_send"], key="class_send_prediction"):
            send_answer(page, found.code, lesson.key, "prediction", value)
            st.rerun()

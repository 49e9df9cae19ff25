"""The question of a lesson: predicted, then revealed and compared, once for each run.

A prediction is kept in the learner's space; that of a student in a class is kept by the class alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from recsys.workspace.learning import keep_learning, read_learning
from ui.learn.classroom import class_asking, send_answer, sent
from ui.learn.measured_lesson import MeasuredLesson
from ui.learn.texts import Question, decimals, fill, number_text
from ui.shell.page_context import PageContext

CLOSE = 0.1  # of the slider's range: a prediction that near is called close


@dataclass(frozen=True)
class Prediction:
    """What a learner has predicted; None before, and whether the answer is on screen."""

    value: float | None
    revealed: bool


def prediction_of(page: PageContext, shown: MeasuredLesson) -> Prediction:
    """The learner's prediction in a lesson on its run."""
    kept = read_learning(page.space.folder).get(_key(shown), {})
    found = class_asking(page)
    value = sent(page, found.code).get((shown.lesson.key, "prediction")) if found else kept.get("prediction")
    valid = isinstance(value, int | float) and not isinstance(value, bool)
    return Prediction(float(value) if valid else None, kept.get("revealed") is True)  # type: ignore[arg-type]


def _key(shown: MeasuredLesson) -> str:
    """Under which a prediction is kept; those of the sample stand under the lesson alone, as in earlier versions."""
    return f"{shown.lesson.key}@{shown.run}" if shown.run else shown.lesson.key


def ask(page: PageContext, lesson: MeasuredLesson, words: Mapping[str, str], truth: float, answer: str) -> None:
    """Shows the question, and what belongs to its state: the slider, the prediction, or the answer."""
    now, question = prediction_of(page, lesson), lesson.lesson.question
    with st.container(border=True, key="learn_question"):
        st.markdown(f"**{words['predict']}:** {question.text}")
        if now.revealed:
            st.markdown(f"**{comparison(question, words, now.value, truth)}**")
            st.markdown(answer)
            _button(page, lesson, "reset", words, prediction=None, revealed=None)
        elif now.value is None:
            _slider(page, lesson, words)
        else:
            st.markdown(fill(words["predicted"], prediction=question.shown(now.value)))
            with st.container(horizontal=True):
                _button(page, lesson, "reveal", words, revealed=True)
                _button(page, lesson, "reset", words, prediction=None)


def guess(question: Question, key: str) -> float:
    """The slider for a prediction; it starts in the middle."""
    digits = decimals(question.step)
    middle = round(question.low + round((question.high - question.low) / 2 / question.step) * question.step, digits)
    ends = (question.low, question.high, middle, question.step)
    low, high, start, step = (float(x) for x in ends)
    return float(
        st.slider(
            question.text,
            low,
            high,
            start,
            step,
            key=key,
            label_visibility="collapsed",
            format=f"%.{digits}f" + ("%%" if question.unit == "%" else ""),
        )
    )


def _slider(page: PageContext, lesson: MeasuredLesson, words: Mapping[str, str]) -> None:
    value = guess(lesson.lesson.question, f"learn_guess_{_key(lesson)}")
    with st.container(horizontal=True):
        if st.button(words["keep"], key="learn_keep"):
            _keep(page, lesson, prediction=value)
        _button(page, lesson, "without", words, revealed=True)


def _button(page: PageContext, lesson: MeasuredLesson, name: str, words: Mapping[str, str], **values: object) -> None:
    kind = "tertiary" if name in ("reset", "without") else "secondary"
    if st.button(words[name], key=f"learn_{name}", type=kind):  # type: ignore[arg-type]
        _keep(page, lesson, **values)


def _keep(page: PageContext, lesson: MeasuredLesson, **values: Any) -> None:
    """Keeps values in the learner's space; the prediction goes to the class that asks for it instead."""
    found = class_asking(page)
    if found is not None and "prediction" in values:
        send_answer(page, found.code, lesson.lesson.key, "prediction", values.pop("prediction"))
    if values:
        keep_learning(page.space.folder, _key(lesson), **values)
    st.rerun()


def comparison(question: Question, words: Mapping[str, str], value: float | None, truth: float) -> str:
    """What was predicted, what is measured, and by how much the prediction was off."""
    measured = question.shown(truth)
    if value is None:
        return fill(words["unpredicted"], truth=measured)
    off, predicted = abs(value - truth), question.shown(value)
    unit = words["points"] if question.unit == "%" else question.unit
    difference = f"{number_text(off, decimals(question.step))} {unit}".strip()
    shown = {"prediction": predicted, "truth": measured, "difference": difference}
    if predicted == measured:
        return fill(words["exact"], **shown)
    if off <= CLOSE * (question.high - question.low):
        return fill(words["close"], **shown)
    return fill(words["off_high" if value > truth else "off_low"], **shown)

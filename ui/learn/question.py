"""The question of a lesson: predicted, then revealed and compared. The prediction is kept in the learner's space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from recsys.workspace.learning import keep_learning, read_learning
from ui.learn.classroom import send_answer
from ui.learn.texts import Lesson, Question, fill
from ui.shell.page_context import PageContext

CLOSE = 0.1  # of the slider's range: a prediction that near is called close


@dataclass(frozen=True)
class Prediction:
    """What a learner has predicted; None before, and whether the answer is on screen."""

    value: float | None
    revealed: bool


def prediction_of(page: PageContext, key: str) -> Prediction:
    """The learner's prediction in a lesson."""
    kept = read_learning(page.space.folder).get(key, {})
    value = kept.get("prediction")
    valid = isinstance(value, int | float) and not isinstance(value, bool)
    return Prediction(float(value) if valid else None, kept.get("revealed") is True)  # type: ignore[arg-type]


def ask(page: PageContext, lesson: Lesson, words: Mapping[str, str], truth: float, answer: str) -> None:
    """Shows the question, and what belongs to its state: the slider, the prediction, or the answer."""
    now, question = prediction_of(page, lesson.key), lesson.question
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
    middle = question.low + round((question.high - question.low) / 2 / question.step) * question.step
    ends = (question.low, question.high, middle, question.step)
    shown = "%.2f" if question.step < 0.1 else "%.1f" if question.step < 1 else "%.0f"
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
            format=shown + ("%%" if question.unit == "%" else ""),
        )
    )


def _slider(page: PageContext, lesson: Lesson, words: Mapping[str, str]) -> None:
    value = guess(lesson.question, f"learn_guess_{lesson.key}")
    with st.container(horizontal=True):
        if st.button(words["keep"], key="learn_keep"):
            send_answer(page, lesson.key, "prediction", value)
            _keep(page, lesson, prediction=value)
        _button(page, lesson, "without", words, revealed=True)


def _button(page: PageContext, lesson: Lesson, name: str, words: Mapping[str, str], **values: object) -> None:
    kind = "tertiary" if name in ("reset", "without") else "secondary"
    if st.button(words[name], key=f"learn_{name}", type=kind):  # type: ignore[arg-type]
        _keep(page, lesson, **values)


def _keep(page: PageContext, lesson: Lesson, **values: object) -> None:
    keep_learning(page.space.folder, lesson.key, **values)
    st.rerun()


def comparison(question: Question, words: Mapping[str, str], value: float | None, truth: float) -> str:
    """What was predicted, what is measured, and by how much the prediction was off."""
    measured = question.shown(truth)
    if value is None:
        return fill(words["unpredicted"], truth=measured)
    off, predicted = abs(value - truth), question.shown(value)
    unit = words["points"] if question.unit == "%" else question.unit
    number = f"{off:.2f}" if question.step < 0.1 else f"{off:.1f}"
    shown = {"prediction": predicted, "truth": measured, "difference": f"{number} {unit}".strip()}
    if predicted == measured:
        return fill(words["exact"], **shown)
    if off <= CLOSE * (question.high - question.low):
        return fill(words["close"], **shown)
    return fill(words["off_high" if value > truth else "off_low"], **shown)

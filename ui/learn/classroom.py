"""The class that a visitor takes part in or has opened, by the code in the URL and the keys in their space."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from recsys.errors import StudioError
from recsys.workspace.classes import (
    OpenClass,
    add_answer,
    close_class,
    find_class,
    is_teacher,
    open_class,
    own_answers,
    show_lesson,
)
from recsys.workspace.learning import CLASSES, keep_learning, read_learning
from recsys.workspace.sample_run import SAMPLE_RUN, sample_run
from ui.shell import state
from ui.shell.page_context import PageContext


def joined(page: PageContext) -> OpenClass | None:
    """The class of the code in the URL; None without one, and once it is closed."""
    if not page.view.code:
        return None
    try:
        return find_class(state.workspace().root, page.view.code)
    except StudioError:
        return None


def class_asking(page: PageContext) -> OpenClass | None:
    """The class that this visitor, a student of it, answers on the page of a lesson; None where another run is open."""
    found = joined(page)
    if found is None or teaches(page, found.code):
        return None
    return found if (page.run_id or SAMPLE_RUN) == (found.run or SAMPLE_RUN) else None


def send_answer(page: PageContext, code: str, lesson: str, kind: str, value: float | None) -> None:
    """Sends an answer to a class; None takes it back. Raises UnknownIdError, InputError."""
    add_answer(state.workspace().root, code, page.space.id, lesson, kind, value)


def sent(page: PageContext, code: str) -> Mapping[tuple[str, str], float]:
    """What this visitor has sent to a class: lesson and kind -> value."""
    return own_answers(state.workspace().root, code, page.space.id)


def teaches(page: PageContext, code: str) -> bool:
    """Whether this visitor has opened the class."""
    return is_teacher(state.workspace().root, code, teacher_key(page, code))


def teacher_key(page: PageContext, code: str) -> str:
    """The key of a class that this visitor has opened; "" for others."""
    return str(read_learning(page.space.folder).get(CLASSES, {}).get(code, ""))


def start_class(page: PageContext, lesson: str, lang: str) -> OpenClass:
    """Opens a class on the open run, or on the sample's. Raises StudioError where too many are open."""
    opened, key = open_class(state.workspace().root, lesson, page.run_id or (SAMPLE_RUN if sample_run() else ""), lang)
    keep_learning(page.space.folder, CLASSES, **{opened.code: key})
    return opened


def end_class(page: PageContext, code: str) -> None:
    """Deletes the class and all its answers. Raises InputError for others than its teacher."""
    close_class(state.workspace().root, code, teacher_key(page, code))
    keep_learning(page.space.folder, CLASSES, **{code: None})


def change_lesson(page: PageContext, code: str, lesson: str) -> None:
    """Shows another lesson to the class. Raises InputError for others than its teacher."""
    show_lesson(state.workspace().root, code, teacher_key(page, code), lesson)


def student_link(found: OpenClass) -> str:
    """The address that students open."""
    here = urlsplit(str(st.context.url or ""))
    lang = "" if found.language == "en" else found.language
    asked = {"code": found.code, "tab": "class", "run": found.run, "lang": lang}
    return urlunsplit((here.scheme, here.netloc, here.path, urlencode({k: v for k, v in asked.items() if v}), ""))

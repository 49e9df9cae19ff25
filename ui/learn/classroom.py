"""The class that a visitor takes part in or has opened, by the code in the URL and the keys in their space."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from recsys.errors import StudioError
from recsys.workspace.classes import OpenClass, add_answer, close_class, find_class, is_teacher, open_class, show_lesson
from recsys.workspace.learning import keep_learning, read_learning
from ui.shell import state
from ui.shell.page_context import PageContext

_KEYS = "classes"  # in the teacher's learning file: code -> key


def joined(page: PageContext) -> OpenClass | None:
    """The class of the code in the URL; None without one, and once it is closed: then what was sent is forgotten."""
    if not page.view.code:
        return None
    try:
        return find_class(state.workspace().root, page.view.code)
    except StudioError:
        own = read_learning(page.space.folder)
        if entry := own.get(_sent_key(page.view.code)):
            keep_learning(page.space.folder, _sent_key(page.view.code), **dict.fromkeys(entry))
        return None


def send_answer(page: PageContext, lesson: str, kind: str, value: float) -> None:
    """Sends an answer to the class that the visitor has joined; nothing happens without one, and for its teacher."""
    found = joined(page)
    if found is None or teaches(page, found.code):
        return
    add_answer(state.workspace().root, found.code, page.space.id, lesson, kind, value)
    keep_learning(page.space.folder, _sent_key(found.code), **{f"{lesson}.{kind}": value})


def sent(page: PageContext, code: str, lesson: str, kind: str) -> float | None:
    """What this visitor has sent to a class; None for nothing."""
    value = read_learning(page.space.folder).get(_sent_key(code), {}).get(f"{lesson}.{kind}")
    return float(value) if isinstance(value, int | float) else None


def teaches(page: PageContext, code: str) -> bool:
    """Whether this visitor has opened the class."""
    return is_teacher(state.workspace().root, code, teacher_key(page, code))


def teacher_key(page: PageContext, code: str) -> str:
    """The key of a class that this visitor has opened; "" for others."""
    return str(read_learning(page.space.folder).get(_KEYS, {}).get(code, ""))


def start_class(page: PageContext, lesson: str, lang: str) -> OpenClass:
    """Opens a class on the open run. Raises StudioError where too many are open."""
    opened, key = open_class(state.workspace().root, lesson, page.view.run, lang)
    keep_learning(page.space.folder, _KEYS, **{opened.code: key})
    return opened


def end_class(page: PageContext, code: str) -> None:
    """Deletes the class and all its answers. Raises InputError for others than its teacher."""
    close_class(state.workspace().root, code, teacher_key(page, code))
    keep_learning(page.space.folder, _KEYS, **{code: None})


def change_lesson(page: PageContext, code: str, lesson: str) -> None:
    """Shows another lesson to the class. Raises InputError for others than its teacher."""
    show_lesson(state.workspace().root, code, teacher_key(page, code), lesson)


def student_link(found: OpenClass) -> str:
    """The address that students open."""
    here = urlsplit(str(st.context.url or ""))
    lang = "" if found.language == "en" else found.language
    asked = {"code": found.code, "tab": "class", "run": found.run, "lang": lang}
    return urlunsplit((here.scheme, here.netloc, here.path, urlencode({k: v for k, v in asked.items() if v}), ""))


def _sent_key(code: str) -> str:
    return f"class_{code.strip().upper()}"

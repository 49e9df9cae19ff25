"""The language of the interface: which one the visitor reads, and its catalogue of translations.

The library words its messages through the catalogue found here. To write a sentence that is shown:

    from recsys.wording import tr
    st.button(tr("Train again"))                        a literal, found in the catalogue of the language
    st.caption(tr("{n:,} users", n=dataset.n_users))    values in named places, formatted by the translation too
    tr_n("{n} job", "{n} jobs", count)                  by number
    Message("Compare runs")                             in a table at module level; `tr(...)` where it is shown

After new sentences: `python -m ui.language.po_files`, then fill the empty translations in ui/language/zh/*.po.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from recsys.wording import Catalogue, Message, tr, use_catalogue
from ui.language.session_words import sessions_catalogue

FOLDER = Path(__file__).parent
LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "简体中文"}
COOKIE = "studio_language"
_IN_SESSION, _CHOSEN = "language", "language_chosen"
_OVER_SESSIONS = "language_over_sessions"  # in the session: whether the open data hold sessions in place of users
_OF_FILE: ContextVar[tuple[str, bool]] = ContextVar("_OF_FILE", default=("", False))
"""The language of the file that is made now, "" for none, and whether its data hold sessions in place of users."""
T = TypeVar("T")


class WordedLater(Message):
    """A message that is worded when Streamlit writes it: for what is named once for all visitors, as a spinner is."""

    __slots__ = ()

    def __str__(self) -> str:
        return tr(self.template, **self.values)


def language() -> str:
    """The language of this run of the page: "en" or "zh"; English outside of a page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    return str(st.session_state.get(_IN_SESSION, "en"))


def chosen_language() -> str:
    """The language that was chosen in this session, by the switch or by a link; "" for none."""
    return str(st.session_state.get(_CHOSEN, ""))


def begin_language() -> None:
    """Sets the language at the start of a page: `?lang=` of the link, else the chosen one, else the browser's."""
    asked = str(st.query_params.get("lang", ""))
    if asked in LANGUAGES:
        st.session_state[_CHOSEN] = asked
    st.session_state[_IN_SESSION] = chosen_language() or _of_browser()


def word_for_sessions(sessions: bool) -> None:
    """Says for this page whether its data hold sessions in place of users; their sentences say so."""
    st.session_state[_OVER_SESSIONS] = sessions


def over_sessions() -> bool:
    """Whether this page, or the file that is made now, is about sessions; False outside of both."""
    lang, sessions = _OF_FILE.get()
    if lang:
        return sessions
    return get_script_run_ctx(suppress_warning=True) is not None and bool(st.session_state.get(_OVER_SESSIONS))


def choose_language(lang: str) -> None:
    """Remembers a choice for this session; `ui.shell.state` stores it in a cookie."""
    st.session_state[_CHOSEN] = st.session_state[_IN_SESSION] = lang


def _of_browser() -> str:
    """The language of an earlier visit, else the one the browser asks for, else English."""
    remembered = str(st.context.cookies.get(COOKIE, ""))
    if remembered in LANGUAGES:
        return remembered
    return "zh" if str(st.context.locale or "").lower().startswith("zh") else "en"


@cache
def catalogue(lang: str) -> Catalogue:
    """All translations of a language, from its files; {} for English."""
    from ui.language.po_files import read_catalogue  # heavy: only for languages other than English

    return {} if lang == "en" else read_catalogue(FOLDER / lang)


@cache
def _catalogue_over_sessions(lang: str) -> Catalogue:
    return sessions_catalogue(catalogue("zh"), catalogue(lang))  # every sentence has an entry in Chinese


def in_language(lang: str, make: Callable[[], T], sessions: bool = False) -> T:
    """What `make` returns, worded in a language: for files, which are made outside the run of a page.

    Args:
        sessions: whether the data hold sessions in place of users.
    """
    before = _OF_FILE.set((lang, sessions))
    try:
        return make()
    finally:
        _OF_FILE.reset(before)


def file_language() -> str:
    """The language of the file that is made now: "en" or "zh"."""
    return _OF_FILE.get()[0] or "en"


def _of_reader() -> Catalogue:
    """The catalogue of whoever sees this run of a page, or reads this file; English in jobs and in a shell."""
    lang = _OF_FILE.get()[0] or language()
    return _catalogue_over_sessions(lang) if over_sessions() else catalogue(lang)


use_catalogue(_of_reader)

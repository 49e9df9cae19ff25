"""Inputs and outputs that several pages repeat."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|>~$:<&])")


def escape_markdown(text: object, limit: int = 200) -> str:
    """Text from data, safe inside Streamlit's markdown: every sign with a meaning is escaped, lines are joined."""
    joined = " ".join(str(text).split())
    return _MARKDOWN.sub(r"\\\1", joined if len(joined) <= limit else joined[: limit - 1] + "…")


def settings_words(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """Settings of several models as one line: `item-knn (neighbours 200, shrink 10); markov (…)`, safe in markdown."""
    each = []
    for name, chosen in settings.items():
        values = ", ".join(
            f"{escape_markdown(setting.replace('_', ' '))} {escape_markdown(value)}"
            for setting, value in chosen.items()
        )
        each.append(f"{escape_markdown(name)} ({values})")
    return "; ".join(each)


def set_widget_value(key: str, value: object) -> None:
    """Has the widget of this key show a value, whatever it showed before: for widgets whose value is in the URL.

    A choice reaches the URL in the widget's `on_change`, before the page runs; what the URL says then always wins.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def number_duplicates(names: Mapping[str, str]) -> dict[str, str]:
    """The same names by key, those that stand there twice numbered: a list tells its options apart by their text."""
    shown: dict[str, str] = {}
    taken: set[str] = set()
    for key, name in names.items():
        number, fresh = 1, name
        while fresh in taken:
            number += 1
            fresh = f"{name} ({number})"
        taken.add(fresh)
        shown[key] = fresh
    return shown


def download(label: str, make: Callable[[], bytes], file_name: str, mime: str, key: str) -> None:
    """A download that is made only when it is asked for, and doesn't run the page again."""
    st.download_button(
        label, make, file_name=file_name, mime=mime, key=key, on_click="ignore", icon=":material/download:"
    )


def person_label(dataset: Dataset, user: int) -> str:
    """How a person is shown in pickers: id, number of items, latest title."""
    history = dataset.history(user)
    latest = f" · last “{dataset.catalogue.titles[history[-1]][:40]}”" if len(history) else ""
    return f"{dataset.users.external(user)} · {len(history):,} items{latest}"


def person_picker(label: str, dataset: Dataset, key: str, chosen: int | None = None, help: str | None = None) -> int:
    """Picks one person by typing part of an id. Returns the user index."""
    index = 0 if chosen is None else chosen
    return int(
        st.selectbox(
            label,
            range(dataset.n_users),
            index=index,
            format_func=lambda user: person_label(dataset, user),
            key=key,
            help=help,
        )
    )

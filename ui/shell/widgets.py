"""Widgets and text helpers that several pages share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from recsys.wording import numbered, tr
from ui.language import in_language, language, over_sessions

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset

T = TypeVar("T")
_UNSENT = "frame_unsent"  # in the session: keys of widgets whose value may not have reached the browser
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|>~$:<&])")


def escape_markdown(text: object, limit: int = 200) -> str:
    """Text from data for Streamlit's markdown: special characters are escaped, lines joined, long texts cut."""
    return _MARKDOWN.sub(r"\\\1", one_line(text, limit))


def one_line(text: object, limit: int = 200) -> str:
    """Text from data as a select box shows it, which knows no markdown: lines joined, long texts cut."""
    joined = " ".join(str(text).split())
    return joined if len(joined) <= limit else joined[: limit - 1] + "…"


def settings_text(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """Settings of several models as one line: `Item-kNN (neighbours 200, shrink 10); …`, safe in markdown."""
    from recsys.models.baselines.tuning import SETTING_NAMES
    from recsys.models.table import model_label

    each = []
    for name, chosen in settings.items():
        values = tr(", ").join(
            f"{escape_markdown(tr(SETTING_NAMES.get(setting, setting.replace('_', ' '))))} {escape_markdown(value)}"
            for setting, value in chosen.items()
        )
        each.append(tr("{model} ({settings})", model=escape_markdown(tr(model_label(name))), settings=values))
    return tr("; ").join(each)


def option_labels(labels: Mapping[T, str]) -> Callable[[T], str]:
    """The `format_func` of a widget with these options: their labels in the language of the reader, worded now; equal
    ones are numbered."""
    return number_duplicates({option: tr(label) for option, label in labels.items()}).__getitem__


def url_switch(label: str, options: Mapping[T, str], shown: T, key: str, choose: Callable[[T], None]) -> None:
    """A segmented control without a visible label, for a value that is in the URL.

    Args:
        options: their labels.
        shown: the value in the URL.
        choose: writes a choice there. A browser that is just drawing the page may send that nothing is chosen, which is
            no choice.
    """

    def take() -> None:
        chosen = st.session_state[key]
        if chosen in options:
            choose(chosen)

    set_widget_value(key, shown)
    st.segmented_control(
        label,
        list(options),
        required=True,
        key=key,
        on_change=take,
        format_func=option_labels(options),
        label_visibility="collapsed",
    )


def set_widget_value(key: str, value: object) -> None:
    """Sets the value that the widget of this key shows, for widgets whose value is in the URL.

    A choice reaches the URL in the widget's `on_change`, before the page runs; after that the URL decides. A value is
    sent once, or it would take back what the user chooses meanwhile; but a run that the next one interrupts may never
    reach the browser, which would then show the first option. So it is sent until a run has come to its end.
    """
    unsent = st.session_state.setdefault(_UNSENT, set())
    if key in unsent or key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
        unsent.add(key)


def widget_values_sent() -> None:
    """To be called at the end of a page's run: what `set_widget_value` has set has reached the browser."""
    st.session_state[_UNSENT] = set()


def number_duplicates(names: Mapping[T, str]) -> dict[T, str]:
    """The same names by key, with duplicates numbered, because widgets distinguish options by their text alone.

    Names that are cut must be cut before, or two of them may be equal again.
    """
    return dict(zip(names, numbered(names.values()), strict=True))


def download(label: str, make: Callable[[], bytes], file_name: str, mime: str, key: str) -> None:
    """A download button whose file, in the words of the page, is made when it is clicked; the page does not run."""
    made = partial(in_language, language(), make, over_sessions())
    st.download_button(
        label, made, file_name=file_name, mime=mime, key=key, on_click="ignore", icon=":material/download:"
    )


def multiselect_by_id(
    label: str, names: Mapping[str, str], key: str, first: Sequence[str] = (), most: int | None = None
) -> list[str]:
    """A multiselect of saved entries whose choice stays when their names change, or the language they are worded in.

    A browser sends back the names that it has drawn. So with other names it is another widget, which begins with what
    the session remembers as chosen.

    Args:
        names: by id, as they are now; no two are equal.
        key: in the session: the ids that are chosen, of which those not offered are left out.
        first: chosen at first.
        most: how many can be chosen; None for any number.
    """
    before = [one for one in st.session_state.get(key, first) if one in names]
    drawn = hashlib.blake2b("\0".join(names.values()).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    st.session_state[key] = st.multiselect(
        label, list(names), before, names.__getitem__, key=f"{key}_{drawn}", max_selections=most
    )
    return list(st.session_state[key])


def chosen_indexes(key: str, before: Sequence[int] = ()) -> list[int]:
    """The users or items that the widget of this key has chosen; a browser may send a label that no picker offers any
    more in place of one.

    Args:
        before: what is chosen where the widget has not been drawn yet.
    """
    return [one for one in st.session_state.get(key, before) if isinstance(one, int)]


def user_label(dataset: Dataset, user: int) -> str:
    """A user as shown in pickers: id, number of items, latest title."""
    history = dataset.history(user)
    values = {"user": dataset.users.external(user), "items": len(history)}
    if not len(history):
        return tr("{user} · {items:,} items", **values)
    title = dataset.catalogue.titles[history[-1]][:40]
    return tr("{user} · {items:,} items · last “{title}”", **values, title=title)


def user_picker(label: str, dataset: Dataset, key: str, chosen: int | None = None) -> int:
    """Picks one user by typing part of an id. Returns the user index."""
    users, shown = range(dataset.n_users), (lambda user: user_label(dataset, user))
    return int(st.selectbox(label, users, index=0 if chosen is None else chosen, format_func=shown, key=key))

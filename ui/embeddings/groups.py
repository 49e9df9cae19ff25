"""Groups of users on the map: two camps, comparison with another group, and the saved groups of the visitor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from recsys.cases.parties import column_groups, group_of
from recsys.cases.party_names import GROUP
from recsys.charts.style import format_number, format_percent
from recsys.data.export import csv_bytes
from recsys.embeddings.camps import Camps, camps
from recsys.embeddings.group_comparison import Difference, GroupComparison, compare_groups
from recsys.embeddings.group_names import name_user_groups
from recsys.embeddings.group_profile import UNKNOWN
from recsys.errors import InputError, StudioError
from recsys.wording import Message, tr
from recsys.workspace import MAX_ENTRY_NAME
from ui import cache
from ui.components.point_map import Choice, identity_of, set_choice
from ui.components.point_map.payload import cut, signature
from ui.embeddings.map_context import MapContext
from ui.glossary import meaning_of
from ui.run_context import cohort
from ui.shell.errors import guarded_callback, show_error
from ui.shell.widgets import download, escape_markdown, number_duplicates, one_line, set_widget_value

MAP = "map_users"  # the key of the map of users
_EVERYBODY = "all other users"
_COMPARED = "map_compared_with"  # in the session: what a group was last compared with


def save_group(context: MapContext, rows: np.ndarray, name: str, automatic: bool = False) -> str:
    """Saves users as a group in the visitor's space and returns its id.

    Args:
        name: in English where the app gives it.
    """
    ids = context.dataset.users.externals(rows)
    meta = {"automatic": automatic, "run": context.page.run_id, "dataset": context.dataset.name}
    return context.page.space.save_cohort(name, ids, meta).id


def in_english(context: MapContext, shown: str) -> str:
    """The name of a group on the map as it is saved: in English where it has words of this app.

    Args:
        shown: as the browser sends it, in the language of the reader.
    """
    clusters = cache.groups_of(context.context.folder, context.representation)[1]
    saved = (entry.label for entry in context.page.space.entries("cohort"))
    return {cut(tr(name)): str(name) for name in (*clusters, UNKNOWN, Message("other"), *saved)}.get(shown, shown)


# two camps ------------------------------------------------------------------------------------------------------------


def camps_line(context: MapContext, chosen: Choice) -> None:
    """Says when the chosen group is two camps, and offers to split it."""
    found = _camps(context.context.folder, signature(chosen.rows), chosen.rows)
    if found is None or not found.are_two:
        return
    parts = chosen.rows[~found.second], chosen.rows[found.second]
    names = _names_of(context, parts)
    words = [
        tr(GROUP, interests=escape_markdown(tr(name), 60), n=len(rows)) for name, rows in zip(names, parts, strict=True)
    ]
    p = format_number(found.p)
    st.markdown(tr("**Two camps:** {first}; {second} :gray[p = {p}]", first=words[0], second=words[1], p=p))
    st.button(
        tr("Split into two groups"),
        key="map_split",
        on_click=_split,
        args=(context, parts, names),
        help=tr(
            "Saves both camps as groups and shows the larger one. The test compares the split with that of one "
            "Gaussian with the same covariance (SigClust)."
        ),
    )


@st.cache_resource(max_entries=40, show_spinner=False)
def _camps(folder: str, group: str, _rows: np.ndarray) -> Camps | None:
    return camps(cache.embeddings_of(folder, "interests").users[_rows])


def _names_of(context: MapContext, parts: Sequence[np.ndarray]) -> tuple[str, ...]:
    """Names for groups without a common user, by what is distinctive in each."""
    return _found_names(context.context.folder, signature(*parts), parts)


@st.cache_resource(max_entries=40, show_spinner=False)
def _found_names(folder: str, groups: str, _parts: Sequence[np.ndarray]) -> tuple[str, ...]:
    dataset = cache.open_run(folder)[1]
    labels = np.full(dataset.n_users, len(_parts))
    for number, rows in enumerate(_parts):
        labels[rows] = number
    return name_user_groups(labels, dataset)[: len(_parts)]


@guarded_callback
def _split(context: MapContext, parts: Sequence[np.ndarray], names: Sequence[str]) -> None:
    for rows, name in zip(parts, names, strict=True):
        save_group(context, rows, Message(GROUP, interests=name, n=len(rows)))
    _show(context, parts[0], tr(names[0]))
    st.toast(tr("Saved both camps as groups. They are under “Saved groups”, below the map."))


def _show(context: MapContext, rows: np.ndarray, name: str) -> None:
    set_choice(MAP, rows, context.dataset.n_users, name, identity_of(context.dataset.users.ids))


# comparison -----------------------------------------------------------------------------------------------------------


def compare_tab(context: MapContext, chosen: Choice) -> None:
    """What distinguishes the chosen group from another one."""
    others = _groups(context)
    kept = st.session_state.get("map_compare", st.session_state.get(_COMPARED))  # the latter where the tab was closed
    set_widget_value("map_compare", kept if kept in others else _EVERYBODY)
    with_whom = st.selectbox(tr("Compare with"), list(others), format_func=others.__getitem__, key="map_compare")
    st.session_state[_COMPARED] = with_whom
    try:
        found = _comparison(context, chosen, with_whom)
    except InputError as refused:  # too few users
        st.caption(escape_markdown(tr(refused.message), 300))
        return
    except StudioError as error:
        show_error(error)
        return
    st.caption(_sizes(found, shared=found.shared if with_whom != _EVERYBODY else 0))
    for of_second in (False, True):
        tags = tr(
            "**Less here: tags** :gray[share of a user’s items]"
            if of_second
            else "**More here: tags** :gray[share of a user’s items]"
        )
        items = tr(
            "**Less here: items** :gray[share of users]" if of_second else "**More here: items** :gray[share of users]"
        )
        _differences(tags, found.typical("tag", of_second=of_second))
        _differences(items, found.typical("item", of_second=of_second, top=5))
    if not any(one.significant for one in found.differences):
        st.markdown(tr("No tag or item differs significantly."))
    st.caption(
        tr("Differences in percentage points with 95% intervals; significant at 5% after Holm’s correction."),
        help=meaning_of("Interval", "Holm correction"),
    )
    download(tr("Export comparison (CSV)"), lambda: _csv(found), "comparison.csv", "text/csv", "map_comparison")


def _sizes(found: GroupComparison, shared: int) -> str:
    """How many users are compared."""
    counts = {"here": found.users[0], "there": found.users[1]}
    if shared:
        return tr(
            "{here:,} users here, {there:,} in the other group; {shared:,} of both are left out of it.",
            **counts,
            shared=shared,
        )
    return tr("{here:,} users here, {there:,} in the other group.", **counts)


def _comparison(context: MapContext, chosen: Choice, with_whom: str) -> GroupComparison:
    if with_whom == _EVERYBODY:
        others = np.setdiff1d(np.arange(context.dataset.n_users), chosen.rows)
    else:
        others = group_of(context.context, with_whom, None)[0]
    with st.spinner(tr("Comparing both groups …")):
        return _compared(context.context.folder, signature(chosen.rows, others), chosen.rows, others)


@st.cache_resource(max_entries=40, show_spinner=False)
def _compared(folder: str, groups: str, _first: np.ndarray, _second: np.ndarray) -> GroupComparison:
    return compare_groups(_first, _second, cache.open_run(folder)[1])


def _groups(context: MapContext) -> dict[str, str]:
    """Everything a group can be compared with: how it is written in a link -> its name."""
    _, names = cache.groups_of(context.context.folder)
    found = {_EVERYBODY: tr("All other users")}
    found |= {f"cluster:{number}": tr(name) for number, name in enumerate(names)}
    saved = context.page.space.entries("cohort")
    found |= {f"group:{entry.id}": tr("Saved: {name}", name=entry.label) for entry in saved}
    columns = column_groups(context.dataset.user_table)
    found |= {text: f"{column}: {value}" for text, (column, value, _) in columns.items()}
    return number_duplicates({text: one_line(name, 60) for text, name in found.items()})


def _differences(heading: str, entries: Sequence[Difference]) -> None:
    if entries:
        lines = [
            tr(
                "{name} :gray[{here} against {there}, {points}]",
                name=escape_markdown(one.name, 34),
                here=format_percent(one.first),
                there=format_percent(one.second),
                points=_points(one),
            )
            for one in entries
        ]
        st.markdown("  \n".join([heading, *lines]))


def _points(one: Difference) -> str:
    value, low, high = (
        format_number(100 * end) for end in (one.difference.value, one.difference.low, one.difference.high)
    )
    return f"{'+' * (one.difference.value > 0)}{value} [{low}, {high}]"


def _csv(found: GroupComparison) -> bytes:
    rows = found.differences
    return csv_bytes(
        {
            "kind": [one.kind for one in rows],
            "name": [one.name for one in rows],
            "share here": [one.first for one in rows],
            "share in the other group": [one.second for one in rows],
            "difference": [one.difference.value for one in rows],
            "low": [one.difference.low for one in rows],
            "high": [one.difference.high for one in rows],
            "p (Holm)": [one.p_holm for one in rows],
        }
    )


# saved groups ---------------------------------------------------------------------------------------------------------


def saved_groups(context: MapContext) -> None:
    """The visitor's saved groups: show one on the map, rename it, export it."""
    space = context.page.space
    now = {entry.id: tr(entry.label) for entry in space.entries("cohort")}
    if not now:
        st.caption(tr("None yet. Draw a lasso or choose a group, then press “Save group”."))
        return
    names = number_duplicates({entry_id: one_line(name, 80) for entry_id, name in now.items()})
    picker, new_name = st.columns(2, vertical_alignment="bottom")
    picked = picker.selectbox(tr("Group"), list(names), format_func=names.__getitem__, key="map_saved_group")
    renamed = new_name.text_input(tr("Name"), now[picked], max_chars=MAX_ENTRY_NAME, key=f"map_saved_name_{picked}")
    try:
        users, _, _ = group_of(context.context, f"group:{picked}", None)
        ids = cohort(picked)[1]
    except StudioError as error:
        show_error(error)
        return
    if len(users) == len(ids):
        st.caption(tr("{n:,} users. Delete it on Home, under saved work.", n=len(ids)))
    else:
        st.caption(
            tr(
                "{n:,} users; {here:,} of them are in this data. Delete it on Home, under saved work.",
                n=len(ids),
                here=len(users),
            )
        )
    with st.container(horizontal=True):
        st.button(
            tr("Show on the map"),
            key="map_show_saved",
            on_click=_show,
            args=(context, users, now[picked]),
            disabled=not len(users),
        )
        st.button(
            tr("Rename"),
            key="map_rename",
            on_click=_rename,
            args=(context, picked, renamed.strip()),
            disabled=renamed.strip() in ("", now[picked]),
        )
        download(
            tr("Export users (CSV)"), lambda: csv_bytes({"user_id": ids}), "group.csv", "text/csv", "map_group_csv"
        )


@guarded_callback
def _rename(context: MapContext, entry_id: str, name: str) -> None:
    context.page.space.rename(entry_id, name)

"""The drawer over the map: the profile of the chosen users or items, and what to do with them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from recsys.cases.party_names import GROUP, LASSO
from recsys.charts.embeddings import column_figure, history_lengths_figure
from recsys.charts.style import format_number, format_percent
from recsys.data.export import csv_bytes
from recsys.embeddings.group_profile import GroupProfile, OverRepresented, profile_group
from recsys.embeddings.neighbours import nearest
from recsys.transfer import MINIMUM_GROUP
from recsys.wording import Message, tr, tr_n
from recsys.workspace import MAX_ENTRY_NAME
from ui import cache
from ui.components.point_map import Choice
from ui.components.point_map.payload import signature
from ui.embeddings.groups import camps_line, compare_tab, in_english, save_group
from ui.embeddings.map_context import MapContext
from ui.glossary import meaning_of
from ui.language import LANGUAGES, in_language, over_sessions
from ui.shell.errors import guarded_callback
from ui.shell.figures import show_figure
from ui.shell.widgets import download, escape_markdown

_CONFIG = {"displayModeBar": False}


def drawer(context: MapContext, chosen: Choice) -> None:
    """The profile of the choice; for users also the buttons that make them source or target."""
    if not len(chosen.rows):
        return
    if context.entity == "items":
        _items(context, chosen)
        return
    profile = _profile(context.context.folder, signature(chosen.rows), chosen.rows)
    st.markdown(f"#### {_title(context, chosen)}")
    st.caption(_summary(profile))
    _party_buttons(context, chosen, profile)
    picked = len(chosen.rows) == 1
    if not picked:
        camps_line(context, chosen)
    both = [tr("Interests"), tr("Users")]
    interests, users, *compared, last = st.tabs(
        [*both, tr("Nearest")] if picked else [*both, tr("Compare"), tr("Save")], on_change="rerun"
    )
    with interests:
        _interests(context, chosen, profile)
    with users:
        _users(context, profile)
    for tab in compared:
        if tab.open:  # a comparison with everybody takes long
            with tab:
                compare_tab(context, chosen)
    with last:
        if picked:
            _nearest_users(context, int(chosen.rows[0]))
        else:
            _save_form(context, chosen, profile)


@st.cache_resource(max_entries=40, show_spinner=False)
def _profile(folder: str, group: str, _rows: np.ndarray) -> GroupProfile:
    return profile_group(_rows, cache.open_run(folder)[1])


def _title(context: MapContext, chosen: Choice) -> str:
    if chosen.kind == "pick":
        return tr("User {user}", user=escape_markdown(context.names[int(chosen.rows[0])], 40))
    size = tr_n("{n:,} user", "{n:,} users", len(chosen.rows))
    return f"{escape_markdown(chosen.name, 60)} · {size}" if chosen.name else size


def _summary(profile: GroupProfile) -> str:
    tags = tr(", ").join(escape_markdown(tag.name, 30) for tag in profile.tags[:3])
    history = tr(
        "Median history {n} items" if profile.users > 1 else "History {n} items",
        n=format_number(int(np.median(profile.lengths))),
    )
    if tags:
        return tr("{history}; over-represented: {tags}.", history=history, tags=tags)
    return tr("{history}.", history=history)


def _party_buttons(context: MapContext, chosen: Choice, profile: GroupProfile) -> None:
    left, right = st.columns(2)
    too_few = 1 < len(chosen.rows) < MINIMUM_GROUP
    reason = tr(
        "A group needs at least {n} users: the mean of a small one reveals its members. Choose one user, or more.",
        n=MINIMUM_GROUP,
    )
    for column, role in ((left, "source"), (right, "target")):
        column.button(
            tr(":orange[◆] Use as source" if role == "source" else ":blue[●] Use as target"),
            key=f"map_use_{role}",
            on_click=_use_as,
            args=(context, chosen, role, profile),
            disabled=too_few,
            help=reason if too_few else None,
            width="stretch",
        )


@guarded_callback
def _use_as(context: MapContext, chosen: Choice, role: str, profile: GroupProfile) -> None:
    """Writes the chosen users into the URL; a group is saved first."""
    if len(chosen.rows) == 1:
        party = f"user:{context.dataset.users.external(int(chosen.rows[0]))}"
    else:
        party = f"group:{save_group(context, chosen.rows, default_name(context, chosen, profile), automatic=True)}"
    context.page.set_view(**{role: party})


def default_name(context: MapContext, chosen: Choice, profile: GroupProfile) -> Message:
    """The name of a group before the visitor gives it one."""
    interests = in_english(context, chosen.name) or ", ".join(tag.name for tag in profile.tags[:2]) or LASSO
    return Message(GROUP, interests=interests, n=profile.users)


def _interests(context: MapContext, chosen: Choice, profile: GroupProfile) -> None:
    if profile.tags:
        _over_represented(tr("Over-represented tags"), profile.tags)
    if chosen.kind == "pick":
        history = context.dataset.history(int(chosen.rows[0]))[::-1][:8]
        titles = context.dataset.catalogue.titles
        _list(tr("**Newest items**"), [escape_markdown(titles[item], 46) for item in history])
    else:
        _over_represented(tr("Over-represented items"), profile.items)


def _over_represented(heading: str, entries: Sequence[OverRepresented]) -> None:
    lines = [
        f"{escape_markdown(entry.name, 34)} :gray[{format_percent(entry.share)} · {format_number(entry.lift)}×]"
        for entry in entries
    ]
    _list(f"**{heading}** :gray[{tr('share of interactions · times the share of all users')}]", lines)


def _list(heading: str, lines: Sequence[str], help: str | None = None) -> None:
    st.markdown("  \n".join([heading, *lines]), help=help)


def _users(context: MapContext, profile: GroupProfile) -> None:
    if profile.users == 1:
        values = {name: next(v for v, (own, _) in shares.items() if own) for name, shares in profile.columns.items()}
        lines = [f"{escape_markdown(name, 30)}: {escape_markdown(value, 40)}" for name, value in values.items()]
        st.markdown("  \n".join(lines) or tr("The data has no other columns about this user."))
    else:
        lengths = history_lengths_figure(profile.lengths, context.dataset.lengths)
        show_figure(lengths, "map_lengths", config=_CONFIG)
        for name, shares in profile.columns.items():
            show_figure(column_figure(name, shares), f"map_column_{name}", config=_CONFIG)
    if len(profile.scenarios) > 1:
        scenarios = " · ".join(
            f"{escape_markdown(name, 30)} {format_percent(share)}" for name, share in profile.scenarios.items()
        )
        st.caption(tr("Interactions by scenario: {shares}", shares=scenarios))


def _nearest_users(context: MapContext, user: int) -> None:
    rows, similarity = nearest(context.vectors, user, 10, context.vector_lengths)
    st.caption(
        tr("Highest cosine similarity of embeddings. On the map, lines lead to these users."),
        help=meaning_of("Cosine similarity"),
    )
    lengths = context.dataset.lengths
    lines = [
        f"{escape_markdown(context.names[int(row)], 30)} :gray[{format_number(float(value))} · "
        f"{tr('{n:,} items', n=int(lengths[row]))}]"
        for row, value in zip(rows, similarity, strict=True)
    ]
    st.markdown("  \n".join(lines))


def _save_form(context: MapContext, chosen: Choice, profile: GroupProfile) -> None:
    suggestion = default_name(context, chosen, profile)
    name = st.text_input(
        tr("Name of the group"), value=tr(suggestion), max_chars=MAX_ENTRY_NAME, key=f"map_name_{chosen.seq}"
    )
    ids = context.dataset.users.externals(chosen.rows)
    download(tr("Export users (CSV)"), lambda: csv_bytes({"user_id": ids}), "group.csv", "text/csv", "map_export")
    if st.button(tr("Save group"), key="map_save", disabled=not name.strip()):
        offered = {in_language(lang, partial(tr, suggestion), over_sessions()) for lang in LANGUAGES}
        save_group(context, chosen.rows, suggestion if name in offered else name.strip())
        st.toast(tr("Saved: {name}. Transfer and Evaluate can use it.", name=escape_markdown(name, 60)))


def _items(context: MapContext, chosen: Choice) -> None:
    data = context.dataset
    titles, items = data.catalogue.titles, chosen.rows + 1
    first, single = int(items[0]), len(items) == 1
    title = escape_markdown(titles[first], 60) if single else tr("{n:,} items", n=len(items))
    st.markdown(f"#### {title}")
    choosers = len(np.unique(data.user_of[np.isin(data.sequence, items)]))
    st.caption(tr_n("Chosen by {n:,} user.", "Chosen by {n:,} users.", choosers))
    if single:
        st.markdown(escape_markdown(data.catalogue.texts[first]) or tr("No description."))
        if data.catalogue.tags[first]:
            tags = tr(", ").join(escape_markdown(tag, 30) for tag in data.catalogue.tags[first])
            st.caption(tr("Tags: {tags}", tags=tags))
        rows, similarity = nearest(context.vectors, first - 1, 8, context.vector_lengths)
        lines = [
            f"{escape_markdown(titles[int(row) + 1], 44)} :gray[{format_number(float(value))}]"
            for row, value in zip(rows, similarity, strict=True)
        ]
        _list(tr("**Nearest items** :gray[cosine similarity]"), lines, meaning_of("Cosine similarity"))
    else:
        most_popular = items[np.argsort(-data.item_counts[items], kind="stable")][:12]
        lines = [f"{escape_markdown(titles[item], 44)} :gray[{data.item_counts[item]:,}]" for item in most_popular]
        _list(tr("**Most popular** :gray[interactions]"), lines)

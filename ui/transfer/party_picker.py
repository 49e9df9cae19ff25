"""Which users are the target or the source: the picker of each kind of party (user, group, earlier self …)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from recsys.cases.parties import (
    MEDOID,
    SEVERAL,
    SeveralUsers,
    column_groups,
    moment,
    read_items,
    read_scenarios,
    write_items,
)
from recsys.data.ids import IdMap
from recsys.data.name_search import folded
from recsys.errors import InputError
from recsys.models.recommender import Encoder
from recsys.transfer import AGREEMENTS, MINIMUM_GROUP, MOST_USERS
from recsys.wording import Message, tr
from ui import cache
from ui.glossary import meaning_of
from ui.run_context import RunContext
from ui.shell.frame import PageContext
from ui.shell.state import MAX_VALUE_LENGTH
from ui.shell.widgets import (
    chosen_indexes,
    escape_markdown,
    number_duplicates,
    one_line,
    option_labels,
    user_label,
    user_picker,
)
from ui.transfer.item_picker import offered_items

MAX_LISTED = 3_000  # users up to which all are offered in one list
KINDS: dict[str, Message] = {
    "user": Message("User"),
    SEVERAL: Message("Several users together"),
    "group": Message("Group of users"),
    "near": Message("Nearest users"),
    "everyone": Message("All users (average)"),
    "before": Message("The same user, earlier"),
    "scenario": Message("The same user, in another scenario"),
    "items": Message("New user: choose items"),
}
TARGET_KINDS = ("user", SEVERAL, "group", "everyone", "items")
LEFT_OUT: dict[str, Message] = {"any": Message("What any of them has"), "all": Message("What all of them have")}
GROUPS = ("group", "cluster", "column")


def pick_party(page: PageContext, context: RunContext, side: str) -> str:
    """The kind of party, and the picker of this kind.

    Args:
        side: "target" or "source".

    Returns:
        The choice as it is written in the URL; "" while there is none.
    """
    written = getattr(page.view, side)
    now = written.partition(":")[0]
    now = "group" if now in GROUPS else now
    kinds = TARGET_KINDS if side == "target" else _source_kinds(page, context)
    kind = st.selectbox(
        tr("Kind"),
        kinds,
        index=kinds.index(now) if now in kinds else 0,
        format_func=option_labels(KINDS),
        key=f"{side}_kind_{written}",
    )
    pickers: dict[str, Callable[[PageContext, RunContext, str, str], str]] = {
        "user": _user,
        SEVERAL: _several,
        "group": _group,
        "near": _near,
        "before": _before,
        "scenario": _scenario,
        "items": _items,
    }
    return pickers[kind](page, context, side, written) if kind in pickers else kind


def _source_kinds(page: PageContext, context: RunContext) -> tuple[str, ...]:
    single = page.view.target.partition(":")[0] in ("user", "items")
    offered = {
        "before": single and not context.dataset.sessions,  # a session has no earlier interests
        "scenario": single and len(context.dataset.catalogue.scenario_names) > 1,
        "near": isinstance(context.run.model, Encoder),
    }
    return tuple(kind for kind in KINDS if offered.get(kind, True))


def history_of(context: RunContext, target: str) -> Sequence[object] | np.ndarray:
    """The history of a target that is a user or a composed history, oldest first."""
    kind, _, value = target.partition(":")
    return context.known_histories[context.dataset.users.index(value)] if kind == "user" else read_items(value)


def _user(page: PageContext, context: RunContext, side: str, written: str) -> str:
    data = context.dataset
    kind, _, value = written.partition(":")
    now = data.users.index(value) if kind == "user" and value in data.users else None
    if data.n_users <= MAX_LISTED:
        user = user_picker(tr("Search"), data, f"{side}_person_{written}", now)
        _preview(context, user)
        return (
            f"user:{data.users.external(user)}"
            if now is not None or st.button(tr("Choose this user"), key=f"{side}_take")
            else ""
        )
    typed = value if kind == "user" else ""
    part = st.text_input(tr("Part of a user id"), value=typed, key=f"{side}_part_{written}")
    found, more = matching(data.users, part)
    if not found:
        st.caption(tr("No user id matches."))
        return ""
    user_id = st.radio(
        tr("Matching users"),
        found,
        index=found.index(value) if value in found else None,
        format_func=number_duplicates({user: escape_markdown(user) for user in found}).__getitem__,
        key=f"{side}_found_{part}",
    )
    if more:
        st.caption(tr("{n:,} more match. Type more of the id.", n=more))
    if user_id is not None:
        _preview(context, data.users.index(user_id))
    return "" if user_id is None else f"user:{user_id}"


def _several(page: PageContext, context: RunContext, side: str, written: str) -> str:
    data, named = context.dataset, _named_so_far(written)
    now = [data.users.index(user) for user in named.ids if user in data.users][:MOST_USERS]
    key, options = f"{side}_several_{written}", list(range(data.n_users))
    if data.n_users > MAX_LISTED:
        part = st.text_input(tr("Part of a user id"), key=f"{side}_several_part_{written}")
        found, more = matching(data.users, part)
        options = list(dict.fromkeys([*chosen_indexes(key, now), *now, *map(data.users.index, found)]))
        if more:
            st.caption(tr("{n:,} more match. Type more of the id.", n=more))
    chosen = st.multiselect(
        tr("Users, from 2 to {n}", n=MOST_USERS),
        options,
        default=now,
        format_func=lambda user: user_label(data, user),
        max_selections=MOST_USERS,
        key=key,
        placeholder=tr("Type part of an id"),
    )
    agreement = st.segmented_control(
        tr("Way of agreeing"), list(AGREEMENTS), format_func=option_labels(AGREEMENTS), default=named.agreement,
        required=True, key=f"{side}_agreement_{written}", help=meaning_of("Agreement", "Least misery", "Most pleasure"),
    )  # fmt: skip
    left_out_by = named.left_out_by
    if side == "target" and context.run.repeats.kind == "allow":
        st.caption(tr(context.run.repeats.sentence))
    elif side == "target":
        left_out_by = st.segmented_control(
            tr("Leave out"), list(LEFT_OUT), format_func=option_labels(LEFT_OUT), default=left_out_by, required=True,
            key=f"{side}_left_out_{written}",
        )  # fmt: skip
    if len(chosen) < 2:
        st.caption(tr("Choose at least two. The list changes once they are chosen."))
        return ""
    return _fitting(SeveralUsers(tuple(map(data.users.external, chosen)), agreement, left_out_by).text)


def _named_so_far(written: str) -> SeveralUsers:
    """The users that the URL names, if only one."""
    kind, _, value = written.partition(":")
    if kind == "user":
        return SeveralUsers((value,))
    try:
        named = SeveralUsers.parse(written)
    except InputError:
        return SeveralUsers()
    return named if named.agreement in AGREEMENTS else SeveralUsers(named.ids)


def _fitting(text: str) -> str:
    """The text of a party; "", and a warning, where it is too long for a link."""
    if len(text) <= MAX_VALUE_LENGTH:
        return text
    st.warning(
        tr(
            "The ids are too long for a link: {characters:,} of at most {most:,} characters.",
            characters=len(text),
            most=MAX_VALUE_LENGTH,
        )
    )
    return ""


def matching(users: IdMap, part: str, limit: int = 50) -> tuple[list[str], int]:
    """Ids that contain a text, upper and lower case alike, and how many more there are.

    The id itself comes first, then those that begin with the text, shorter ones before longer ones, so that every id
    is reached by typing it.
    """
    wanted = folded(part)
    found = [user for user, text in zip(users.ids, users.folded, strict=True) if wanted in text]
    found.sort(key=lambda user: (user != part.strip(), not folded(user).startswith(wanted), len(user)))
    return found[:limit], max(0, len(found) - limit)


def _preview(context: RunContext, user: int) -> None:
    """The newest items of a user, as one line."""
    history = context.known_histories[user][::-1][:5]
    titles = " · ".join(escape_markdown(context.dataset.catalogue.titles[item], 40) for item in history)
    st.caption(tr("Newest first: {titles}", titles=titles) if titles else tr("No items yet."))


def _group(page: PageContext, context: RunContext, side: str, written: str) -> str:
    options = _groups(page, context)
    if not options:
        st.caption(tr("No groups yet. Draw a lasso on the map in 3 Embeddings to save one."))
        return ""
    now = written.removesuffix(MEDOID)
    listed = list(options)
    if now.partition(":")[0] in GROUPS and now not in listed:
        options, listed = {now: tr("The group of this link"), **options}, [now, *listed]
    text = st.selectbox(
        tr("Group"),
        listed,
        help=meaning_of("Cluster"),
        index=listed.index(now) if now in listed else None,
        format_func=lambda text: options[text],
        placeholder=tr("Choose a group"),
        key=f"{side}_group_{written}",
    )
    if not isinstance(context.run.model, Encoder):  # no member is the most typical one without embeddings
        return text or ""
    ways = (Message("Mean"), Message("Most typical user"))
    way = st.segmented_control(
        tr("Represented by"), ways, format_func=tr, default=ways[written.endswith(MEDOID)], required=True,
        key=f"{side}_way_{written}", help=meaning_of("Medoid"),
    )  # fmt: skip
    return "" if text is None else text + (MEDOID if way == ways[1] else "")


def _groups(page: PageContext, context: RunContext) -> dict[str, str]:
    """Saved groups, clusters of users, and groups of the user table: shown names by how they are written in the URL."""
    saved = {f"group:{entry.id}": tr("Saved: {name}", name=entry.label) for entry in page.space.entries("cohort")}
    clusters = {}
    if isinstance(context.run.model, Encoder):
        found, names = cache.groups_of(context.folder)
        clusters = {
            f"cluster:{n}": tr("Cluster: {name} · {users:,}", name=name, users=found.sizes[n])
            for n, name in enumerate(names)
        }
    columns = {
        text: f"{one_line(column, 60)}: {one_line(value, 60)} · {users:,}"
        for text, (column, value, users) in column_groups(context.dataset.user_table).items()
    }
    return number_duplicates(saved | clusters | columns)


def _near(page: PageContext, context: RunContext, side: str, written: str) -> str:
    kind, _, value = written.partition(":")
    now = int(value) if kind == "near" and value.isdecimal() else 20
    count = st.slider(
        tr("Number of users"),
        MINIMUM_GROUP,
        100,
        min(max(now, MINIMUM_GROUP), 100),
        key=f"{side}_near_{written}",
    )
    said = tr("The users with the embeddings most similar to the target’s.")
    st.caption(said, help=meaning_of("Cosine similarity"))
    return f"near:{count}"


def _before(page: PageContext, context: RunContext, side: str, written: str) -> str:
    data, target = context.dataset, page.view.target.partition(":")
    known = history_of(context, page.view.target)
    if len(known) < 3:
        st.caption(tr("This user has too few items to split the history."))
        return ""
    value = written.partition(":")[2]
    now = int(value) if written.startswith("before:") and value.isdecimal() else len(known) // 2
    stops = range(1, len(known))
    user = data.users.index(target[2]) if target[0] == "user" else None
    first = st.select_slider(
        tr("Split the history at"),
        stops,
        value=min(max(now, 1), len(known) - 1),
        format_func=lambda n: f"{n} · {tr(moment(data, user, n))}",
        key=f"{side}_before_{written}",
    )
    if data.dated and user is not None:
        st.caption(tr("The items before this day are the source, the items since then the target."))
    else:
        st.caption(tr("The items before this one are the source, the items since then the target."))
    return f"before:{first}"


def _scenario(page: PageContext, context: RunContext, side: str, written: str) -> str:
    names = context.dataset.catalogue.scenario_names
    kind, _, value = written.partition(":")
    now = read_scenarios(value, names) if kind == "scenario" else _scenarios_by_items(context, page.view.target)
    left, right = st.columns(2)
    source = left.selectbox(
        tr("Source scenario"), names, index=names.index(now[0]) if now[0] in names else 0, key=f"{side}_from_{written}"
    )
    rest = [name for name in names if name != source]
    target = right.selectbox(
        tr("Recommend in"), rest, index=rest.index(now[-1]) if now[-1] in rest else 0, key=f"{side}_to_{written}"
    )
    return f"scenario:{source}>{target}"


def _scenarios_by_items(context: RunContext, target: str) -> list[str]:
    """The two scenarios with most items of the target, the first one with more."""
    catalogue, (kind, _, value) = context.dataset.catalogue, target.partition(":")
    user = context.dataset.users.index(value) if kind == "user" else None
    history = np.empty(0, np.int32) if user is None else context.known_histories[user]
    counts = Counter(catalogue.scenarios[item] for item in history)
    return sorted(catalogue.scenario_names, key=lambda name: (-counts[name], name))[:2]


def _items(page: PageContext, context: RunContext, side: str, written: str) -> str:
    data = context.dataset
    kind, _, value = written.partition(":")
    now = [data.items.index(item) for item in read_items(value) if item in data.items] if kind == "items" else []
    key = f"{side}_items_{written}"
    found = offered_items(context, f"{side}_items_part_{written}")
    options = list(dict.fromkeys([*chosen_indexes(key, now), *now, *found]))
    chosen = st.multiselect(
        tr("Items, oldest first"),
        options,
        default=now,
        format_func=context.item_labels.__getitem__,
        max_selections=12,
        key=key,
        placeholder=tr("Type a title"),
    )
    return _fitting("items:" + write_items(data.items.externals(chosen))) if chosen else ""

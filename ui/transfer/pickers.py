"""Who gives and who receives: one dropdown and one picker for each end, swap, surprise, and what may be recommended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st

from recsys.models.recommender import Encoder
from recsys.transfer import MINIMUM_GROUP
from ui import cache
from ui.run_context import RunContext
from ui.shell.frame import PageContext
from ui.shell.state import MAX_VALUE_LENGTH
from ui.shell.widgets import escape_markdown, user_picker
from ui.transfer.parties import MEDOID, moment, read_items, read_scenarios, write_items
from ui.transfer.rules_panel import rules_panel
from ui.transfer.scored_pair import random_pair

MANY = 3_000  # people up to which all are offered in one list
KINDS: Mapping[str, str] = {
    "user": "A person",
    "group": "A group",
    "near": "The nearest people",
    "everyone": "Everybody on average",
    "before": "The same person, earlier",
    "scenario": "The same person, in another scenario",
    "items": "A new person, made by clicking items",
}
GROUPS = ("group", "cluster", "column")


def picker_row(studio: PageContext, context: RunContext, names: tuple[str, str]) -> None:
    """The row above the mixer. `names` are shown on the two buttons. What is inside a button is made when it opens."""
    target, swap, source, chance, rules = st.columns([5, 1.1, 5, 2.2, 2.2], vertical_alignment="bottom")
    with target:
        _opening(
            f":blue[●] Target: {escape_markdown(names[0], 40)}",
            "transfer_target",
            lambda: _pick_target(studio, context),
        )
    with swap:
        alone = studio.view.source.partition(":")[0] in ("near", "before", "scenario")
        if st.button("⇄", key="swap", help="Swap target and source", width="stretch", disabled=alone):
            _change(studio, target=studio.view.source, source=studio.view.target)
    with source:
        _opening(
            f":orange[◆] Source: {escape_markdown(names[1], 40)}",
            "transfer_source",
            lambda: _pick_source(studio, context),
        )
    with chance:
        if st.button("Surprise me", key="surprise", help="Two people of different tastes", width="stretch"):
            turn = st.session_state["surprises"] = st.session_state.get("surprises", 0) + 1
            picked = random_pair(context, turn)
            _change(studio, target=picked[0], source=picked[1])
    with rules:
        many = len(studio.view.rules.words())
        label = f"Rules ({many})" if many else "Rules"
        hint = "What may be recommended, and by which scores"
        _opening(label, "transfer_rules", lambda: rules_panel(studio, context), hint)


def _opening(label: str, key: str, body: Callable[[], None], hint: str | None = None) -> None:
    """A button with a panel. The body runs while the panel is open: thousands of labels are made when they are seen."""
    panel = st.popover(label, key=key, on_change="rerun", width="stretch", help=hint)
    if panel.open:
        with panel:
            body()


def _with_target(studio: PageContext, context: RunContext, target: str) -> dict[str, str]:
    """Another target, and a source that it can have: a moment of one history may lie past the end of another."""
    kind, _, moment_of = studio.view.source.partition(":")
    if kind not in ("before", "scenario"):
        return {"target": target}
    if target.partition(":")[0] not in ("user", "items"):
        return {"target": target, "source": "everyone"}
    known = len(_history(context, target))
    if kind == "before" and moment_of.isdecimal() and int(moment_of) >= known:
        return {"target": target, "source": f"before:{known // 2}" if known > 1 else "everyone"}
    return {"target": target}


def _history(context: RunContext, target: str) -> Sequence[object] | np.ndarray:
    """What a target who is a user, or made of items, has chosen, oldest first."""
    kind, _, value = target.partition(":")
    return context.known_histories[context.dataset.users.index(value)] if kind == "user" else read_items(value)


def _pick_target(studio: PageContext, context: RunContext) -> None:
    _pick(studio, context, "target", ("user", "group", "everyone", "items"))


def _pick_source(studio: PageContext, context: RunContext) -> None:
    _pick(studio, context, "source", _possible(studio, context))


def _possible(studio: PageContext, context: RunContext) -> tuple[str, ...]:
    one = studio.view.target.partition(":")[0] in ("user", "items")
    several = len(context.dataset.catalogue.scenario_names) > 1
    left_out = {*(() if one else ("before",)), *(() if one and several else ("scenario",))}
    if not isinstance(context.run.model, Encoder):
        left_out.add("near")
    return tuple(kind for kind in KINDS if kind not in left_out)


def _change(studio: PageContext, **view: str) -> None:
    studio.set_view(**view)
    st.rerun()


def _pick(studio: PageContext, context: RunContext, side: str, kinds: tuple[str, ...]) -> None:
    """One dropdown, one picker."""
    written = getattr(studio.view, side)
    now = written.partition(":")[0]
    now = "group" if now in GROUPS else now
    kind = st.selectbox(
        "Kind",
        kinds,
        index=kinds.index(now) if now in kinds else 0,
        format_func=lambda kind: KINDS[kind],
        key=f"{side}_kind_{written}",
    )
    pickers: dict[str, Callable[[PageContext, RunContext, str, str], str]] = {
        "user": _person,
        "group": _group,
        "near": _near,
        "before": _before,
        "scenario": _scenario,
        "items": _items,
    }
    chosen = pickers[kind](studio, context, side, written) if kind in pickers else kind
    if chosen and chosen != written:
        _change(studio, **(_with_target(studio, context, chosen) if side == "target" else {side: chosen}))


def _person(studio: PageContext, context: RunContext, side: str, written: str) -> str:
    data = context.dataset
    kind, _, value = written.partition(":")
    now = data.users.index(value) if kind == "user" and value in data.users else None
    if data.n_users <= MANY:
        user = user_picker("Search", data, f"{side}_person_{written}", now)
        preview(context, user)
        return f"user:{data.users.external(user)}" if now is not None or st.button("Take", key=f"{side}_take") else ""
    part = st.text_input("Part of an id", value=value if kind == "user" else "", key=f"{side}_part_{written}")
    found, more = matching(data.users.ids, part)
    if not found:
        st.caption("No user id contains this.")
        return ""
    user_id = st.radio(
        "Found",
        found,
        index=found.index(value) if value in found else None,
        format_func=escape_markdown,
        key=f"{side}_found_{part}",
    )
    if more:
        st.caption(f"And {more:,} more: type more of the id.")
    if user_id is not None:
        preview(context, data.users.index(user_id))
    return "" if user_id is None else f"user:{user_id}"


def matching(ids: Sequence[str], part: str, limit: int = 50) -> tuple[list[str], int]:
    """Ids that contain a text, upper and lower case alike, and how many more there are.

    The id itself comes first, then those that begin with the text, shorter ones before longer ones, so that every id
    is reached by typing it.
    """
    wanted = part.strip().casefold()
    found = [user for user in ids if wanted in user.casefold()]
    found.sort(key=lambda user: (user != part.strip(), not user.casefold().startswith(wanted), len(user)))
    return found[:limit], max(0, len(found) - limit)


def preview(context: RunContext, user: int) -> None:
    """The newest items of a person, as a line."""
    history = context.known_histories[user][::-1][:5]
    titles = " · ".join(escape_markdown(context.dataset.catalogue.titles[item], 40) for item in history)
    st.caption(f"Newest first: {titles}" if titles else "Nothing chosen yet.")


def _group(studio: PageContext, context: RunContext, side: str, written: str) -> str:
    options = _groups(studio, context)
    if not options:
        st.caption("No groups yet: lasso one on the map (3 Embeddings).")
        return ""
    now = written.removesuffix(MEDOID)
    listed = list(options)
    if now.partition(":")[0] in GROUPS and now not in listed:
        options, listed = {now: "The group of this link", **options}, [now, *listed]
    text = st.selectbox(
        "Group",
        listed,
        index=listed.index(now) if now in listed else None,
        format_func=lambda text: options[text],
        placeholder="Choose a group",
        key=f"{side}_group_{written}",
    )
    ways = ("Its mean", "Its most typical person")
    way = st.segmented_control(
        "It is stood for by", ways, default=ways[written.endswith(MEDOID)], required=True, key=f"{side}_way_{written}"
    )
    return "" if text is None else text + (MEDOID if way == ways[1] else "")


def _groups(studio: PageContext, context: RunContext) -> dict[str, str]:
    """Saved groups, clusters of the map, groups of the user table: how they are written, and shown."""
    saved = {f"group:{entry.id}": f"Saved: {entry.name}" for entry in studio.space.entries("cohort")}
    clusters = {}
    if isinstance(context.run.model, Encoder):
        found, names = cache.groups_of(context.folder)
        clusters = {f"cluster:{n}": f"Cluster: {name} · {found.sizes[n]:,}" for n, name in enumerate(names)}
    columns: dict[str, str] = {}
    for column in context.dataset.user_table.columns:
        values = context.dataset.user_table[column].dropna().astype(str).value_counts()
        if 1 < len(values) <= 30:
            columns |= {f"column:{column}={value}": f"{column}: {value} · {n:,}" for value, n in values.items()}
    return saved | clusters | columns


def _near(studio: PageContext, context: RunContext, side: str, written: str) -> str:
    kind, _, value = written.partition(":")
    now = int(value) if kind == "near" and value.isdecimal() else 20
    count = st.slider("How many", MINIMUM_GROUP, 100, min(max(now, MINIMUM_GROUP), 100), key=f"{side}_near_{written}")
    st.caption("People whose representations are most like the target’s.")
    return f"near:{count}"


def _before(studio: PageContext, context: RunContext, side: str, written: str) -> str:
    data, target = context.dataset, studio.view.target.partition(":")
    known = _history(context, studio.view.target)
    if len(known) < 3:
        st.caption("This person has too few items to be split.")
        return ""
    value = written.partition(":")[2]
    now = int(value) if written.startswith("before:") and value.isdecimal() else len(known) // 2
    stops = range(1, len(known))
    user = data.users.index(target[2]) if target[0] == "user" else None
    first = st.select_slider(
        "Their timeline: before, and since",
        stops,
        value=min(max(now, 1), len(known) - 1),
        format_func=lambda n: f"{n} · {moment(data, user, n)}",
        key=f"{side}_before_{written}",
    )
    st.caption("What they chose before this day is the source; what they chose since is the target.")
    return f"before:{first}"


def _scenario(studio: PageContext, context: RunContext, side: str, written: str) -> str:
    names = context.dataset.catalogue.scenario_names
    kind, _, value = written.partition(":")
    now = read_scenarios(value, names) if kind == "scenario" else _busiest(context, studio.view.target)
    left, right = st.columns(2)
    source = left.selectbox(
        "What they do in", names, index=names.index(now[0]) if now[0] in names else 0, key=f"{side}_from_{written}"
    )
    rest = [name for name in names if name != source]
    target = right.selectbox(
        "to recommend in", rest, index=rest.index(now[-1]) if now[-1] in rest else 0, key=f"{side}_to_{written}"
    )
    return f"scenario:{source}>{target}"


def _busiest(context: RunContext, target: str) -> list[str]:
    """The target's scenarios, the one they do most in first."""
    catalogue, (kind, _, value) = context.dataset.catalogue, target.partition(":")
    user = context.dataset.users.index(value) if kind == "user" else None
    history = np.empty(0, np.int32) if user is None else context.known_histories[user]
    counts = Counter(catalogue.scenarios[item] for item in history)
    return sorted(catalogue.scenario_names, key=lambda name: (-counts[name], name))[:2]


def _items(studio: PageContext, context: RunContext, side: str, written: str) -> str:
    data = context.dataset
    kind, _, value = written.partition(":")
    now = [data.items.index(item) for item in read_items(value) if item in data.items] if kind == "items" else []
    popular = np.argsort(-data.item_counts, kind="stable")[:5_000].tolist()
    options = list(dict.fromkeys([*now, *(item for item in popular if item)]))
    chosen = st.multiselect(
        "Click items, oldest first",
        options,
        default=now,
        format_func=lambda item: data.catalogue.titles[item][:60],
        max_selections=12,
        key=f"{side}_items_{written}",
        placeholder="Type a title",
    )
    text = "items:" + write_items(data.items.externals(chosen)) if chosen else ""
    if len(text) > MAX_VALUE_LENGTH:
        st.warning(
            f"The ids of these items are too long for a link ({len(text):,} of {MAX_VALUE_LENGTH:,} characters)."
        )
        return ""
    return text


def complete_pair(studio: PageContext, context: RunContext) -> None:
    """Fills in who is missing in the URL: two people of different tastes, so that something happens at once.

    Then the page begins again, so that the menu's links name them too.
    """
    view = studio.view
    if view.target and view.source:
        return
    target, source = random_pair(context, 0, view.target)
    _change(studio, target=view.target or target, source=view.source or source)

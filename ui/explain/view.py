"""Explain: one recommendation, its history as bars of influence; click one away and watch."""

from __future__ import annotations

import streamlit as st

from recsys.charts.explain import influence_figure
from recsys.charts.style import CONFIG
from recsys.errors import ProtectionError
from recsys.explain.score_parts import reason
from ui.explain.subject import ExplainedList, imagine, target_of, what_if
from ui.explain.tabs import more
from ui.run_context import RunContext
from ui.shell.frame import PageContext
from ui.shell.widgets import escape_markdown, set_widget_value

FOUND = 30  # items offered for a search
WORDS = "explain_words"  # session state: the list drawn last, and the item of each option it has had


def who(studio: PageContext, context: RunContext) -> str:
    """Whose recommendation, and how much of the source of Transfer is mixed in."""
    target = target_of(studio, context)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        _person(studio, context, target)
    with right:
        if studio.view.source:
            _alpha_slider(studio)
        else:
            st.caption("This is the person’s own list (α = 0). Choose a source on Transfer to explain a blend.")
            st.page_link("pages/4_Transfer.py", label="Choose a source", query_params=studio.params())
    return target


def _alpha_slider(studio: PageContext) -> None:
    """The α of the URL, which Transfer shows too."""
    key = "explain_alpha"
    set_widget_value(key, round(studio.view.alpha, 2))
    st.slider(
        "α, the share of the source chosen on Transfer",
        0.0,
        1.0,
        step=0.01,
        key=key,
        on_change=lambda: studio.set_view(alpha=st.session_state[key]),
        help="0 explains the person’s own list, 1 the source’s.",
    )


def _person(studio: PageContext, context: RunContext, target: str) -> None:
    users = context.dataset.users
    kind, _, value = target.removesuffix("!medoid").partition(":")
    if context.dataset.n_users <= 3000:
        known = kind == "user" and value in users
        now = value if known else target
        options = list(users.ids) if known else [target, *users.ids]
        chosen = st.selectbox("Person", options, index=options.index(now), key=f"explain_who_{target}")
    else:
        chosen = st.text_input("Person (an id)", value=value, key=f"explain_id_{target}").strip()
        now = value
    if chosen and chosen != now:
        users.index(chosen)  # an unknown id is refused here, before it gets into the URL
        studio.set_view(target=f"user:{chosen}")
        st.rerun()


def explain(studio: PageContext, context: RunContext, target: str) -> None:
    """The list, the bars, what is taken away and added, and the parts below."""
    try:
        why = imagine(studio, context, target)
    except ProtectionError as refused:
        st.warning(escape_markdown(str(refused), 600))
        st.page_link("pages/4_Transfer.py", label="Change it on Transfer", query_params=studio.params())
        return
    if not len(why.before) and not len(why.now):
        st.info("Nothing is known of this person, so there is nothing to leave out. Add an item below.")
    left, right = st.columns([2, 3], gap="large")
    with left:
        item = _list(why, target)
    with right:
        found = why.influence(item)
        _sentence(why, item, found.effects)
        titles = [why.title(int(known)) for known in why.now]
        bars = f"bars_{why.key}_{item}"
        st.plotly_chart(
            influence_figure(found, titles, why.title(item), most=12),
            key=bars,
            config=CONFIG,
            on_select=lambda: _click(why, target, bars),
            selection_mode="points",
            width="stretch",
        )
    _what_if(why, target)
    more(studio, why, item, found)


def _list(why: ExplainedList, target: str) -> int:
    """The list as imagined, each item with the place it had; the chosen item."""
    old, new = why.listed(0), why.listed(1)
    picked = what_if(why.context, target, "item")
    changed = len(why.now) != len(why.before) or bool((why.now != why.before).any())
    was = {item: place for place, item in enumerate(old, 1)}
    of, told = st.session_state.get(WORDS, ("", {}))
    told = told if of == picked else {}
    kept = st.session_state.pop(picked, None)
    if isinstance(kept, str):  # a browser tells an option's words, which have changed with its place
        kept = told.get(kept)
    options = list(new)
    if kept is not None and kept not in options and why.allowed[kept]:
        options.append(int(kept))  # it has fallen out of the list: its place is still worth watching
    if kept in options:
        st.session_state[picked] = kept

    def label(item: int) -> str:
        place = new.index(item) + 1 if item in new else why.rank(item)
        move = ""
        if changed:
            before = was.get(item)
            move = (
                " · new"
                if before is None
                else ""
                if before == place
                else f" · {'▲' if before > place else '▼'} was {before}"
            )
        return f"{place:,}  {escape_markdown(why.title(item), 60)}{move}"

    words = {item: label(item) for item in options}
    st.session_state[WORDS] = picked, told | {shown: item for item, shown in words.items()}
    return int(
        st.radio(
            "Recommended, as imagined" if changed else "Recommended",
            options,
            format_func=words.__getitem__,
            key=picked,
        )
    )


def _sentence(why: ExplainedList, item: int, effects: object) -> None:
    """The reason in words: the tag behind most of the support, and the place now."""
    place = why.rank(item)
    named = reason(why.context.dataset.catalogue, why.now, item, effects)  # type: ignore[arg-type]
    tag = (
        f"Most of its support shares the tag **{escape_markdown(named.tag, 40)}**: "
        f"{100 * named.share_of_history:.0f}% of this "
        f"history has it, {100 * named.share_of_catalogue:.0f}% of the catalogue."
        if named
        else "Its support shares no tag with it: it comes from who chose what, or from what is popular."
    )
    st.write(f"**{escape_markdown(why.title(item), 80)}** stands at place {place:,}. {tag}")


def _click(why: ExplainedList, target: str, bars: str) -> None:
    """A bar was clicked: its item is taken away, or no longer added, before the page is drawn again."""
    points = st.session_state[bars]["selection"]["points"]
    if not points:
        return
    gone, added = (what_if(why.context, target, part) for part in ("gone", "added"))
    data = points[0]["customdata"]
    position = int(data[0] if isinstance(data, list) else data)
    kept = [p for p in range(len(why.before)) if p not in st.session_state.get(gone, ())]
    if position < len(kept):
        st.session_state[gone] = sorted([*st.session_state.get(gone, ()), kept[position]])
    else:
        item = int(why.now[position])
        st.session_state[added] = [one for one in st.session_state[added] if one != item]


def _what_if(why: ExplainedList, target: str) -> None:
    """What is taken away and what is added; the list above follows at once."""
    left, right = st.columns(2, gap="large")
    with left:
        st.multiselect(
            "Taken away (click a bar, or pick here)",
            range(len(why.before)),
            format_func=lambda position: why.title(int(why.before[position])),
            key=what_if(why.context, target, "gone"),
            placeholder="nothing yet",
        )
    with right:
        part = st.text_input("Find an item to add", key="explain_find", placeholder="part of a title").casefold()
        chosen = list(st.session_state.get(what_if(why.context, target, "added"), ()))
        titles = why.context.dataset.catalogue.titles
        found = [i for i in range(1, len(titles)) if part in titles[i].casefold() and i not in why.before][:FOUND]
        st.multiselect(
            "Added, newest last",
            [*chosen, *(i for i in found if i not in chosen)],
            format_func=titles.__getitem__,
            key=what_if(why.context, target, "added"),
            placeholder="nothing yet",
        )

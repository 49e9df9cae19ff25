"""Explain: one recommendation list, the influence of each history item, and what happens when the history changes."""

from __future__ import annotations

import streamlit as st

from recsys.cases.parties import MEDOID, SEVERAL, name_of_party
from recsys.charts.explain import influence_figure
from recsys.charts.style import format_percent
from recsys.data.name_search import find_names
from recsys.errors import ProtectionError, StudioError
from recsys.explain.history_influence import Influence
from recsys.explain.score_parts import main_shared_tag
from recsys.models.recommender import Encoder
from recsys.wording import Message, tr
from ui.explain.explained_list import ExplainedList, edit_key, explained_list, explained_target, items_added
from ui.explain.tabs import explanation_tabs
from ui.glossary import meaning_of
from ui.run_context import RunContext
from ui.shell.figures import show_figure
from ui.shell.page_context import PageContext
from ui.shell.widgets import escape_markdown, number_duplicates, one_line, set_widget_value
from ui.transfer.party_picker import MAX_LISTED

SEARCH_RESULTS = 30
OPTION_LABELS = "explain_labels"  # session state: the list drawn last, and the item of each label it has had


def choose_target(page: PageContext, context: RunContext) -> str:
    """The row above the list: the user, α if Transfer has a source, and the next step. Returns the target."""
    target = explained_target(page, context)
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom", gap="medium")
    with left:
        _user_picker(page, context, target)
        if page.view.target.startswith(f"{SEVERAL}:"):
            st.caption(tr("The first of the users who are the target together: the list of each is explained alone."))
    if right.button(tr("Next: learn how it works"), type="primary", key="explain_next", width="stretch"):
        page.go("learn")
    with middle:
        if page.view.source:
            _alpha_slider(page)
        else:
            st.caption(tr("This is the user’s own list, without a source (α = 0)."))
            st.page_link("pages/4_Transfer.py", label=tr("Choose a source on Transfer"), query_params=page.params())
    return target


def _alpha_slider(page: PageContext) -> None:
    """The α of the URL, which Transfer shows too."""
    key = "explain_alpha"
    set_widget_value(key, round(page.view.alpha, 2))
    st.slider(
        tr("α, weight of the source chosen on Transfer"),
        0.0,
        1.0,
        step=0.01,
        key=key,
        on_change=lambda: page.set_view(alpha=st.session_state[key]),
        help=meaning_of("α"),
    )


def _user_picker(page: PageContext, context: RunContext, target: str) -> None:
    users = context.dataset.users
    kind, _, value = target.partition(":")
    shown = value if kind == "user" and value in users else ""
    name = "" if shown else _name_of(context, target)
    if context.dataset.n_users <= MAX_LISTED:
        options = list(users.ids) if shown else ["", *users.ids]
        labels = number_duplicates({user: user or name for user in options})
        key = f"explain_who_{target}"
        chosen = st.selectbox(tr("User"), options, index=options.index(shown), format_func=labels.__getitem__, key=key)
    else:
        chosen = st.text_input(tr("User id"), value=shown, key=f"explain_id_{target}", placeholder=name).strip()
    if chosen and chosen != shown:
        users.index(chosen)  # refuses an unknown id before it gets into the URL
        page.set_view(target=f"user:{chosen}")
        st.rerun()


def _name_of(context: RunContext, target: str) -> str:
    """The name of a target that is no user of the data; what the link says where it names nothing."""
    try:
        return one_line(tr(name_of_party(context, target)), 80)
    except StudioError:  # the list says what is wrong with it
        return one_line(target, 80)


def explain(page: PageContext, context: RunContext, target: str) -> None:
    """The list, the bars of influence, the edits of the history, and the tabs with further explanations."""
    if target.endswith(MEDOID) and not isinstance(context.run.model, Encoder):
        st.info(
            tr(
                "The list of one user is explained here. This run’s model has no user embeddings, so none of the group "
                "can be called its most typical user. Choose a user above."
            )
        )
        return
    try:
        explained = explained_list(page, context, target)
    except ProtectionError as refused:
        st.warning(escape_markdown(tr(refused.message), 600))
        st.page_link("pages/4_Transfer.py", label=tr("Change it on Transfer"), query_params=page.params())
        return
    if not len(explained.history) and not len(explained.edited_history):
        st.info(tr("This user has no history, so there is no item to remove. Add an item below."))
    if not explained.candidates.any():
        st.info(
            tr("The changed history has every item that the rules allow, so none is left to recommend. Undo a change.")
        )
        _edit_history(explained, target)
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        item = _recommended_items(explained, target)
    with right:
        influence = explained.influence(item)
        _reason(explained, influence)
        titles = _edited_titles(explained, target)
        bars = f"bars_{explained.cache_key}_{item}"
        show_figure(
            influence_figure(influence, titles, explained.title(item), limit=12),
            bars,
            on_select=lambda: _remove_clicked_item(explained, target, bars),
            selection_mode="points",
        )
    _edit_history(explained, target)
    explanation_tabs(page, explained, item)


def _recommended_items(explained: ExplainedList, target: str) -> int:
    """The list with the edited history, each item with its previous rank; returns the chosen item."""
    previous = {item: rank for rank, item in enumerate(explained.top_items(edited=False), 1)}
    options = explained.top_items(edited=True)
    ranks = {item: rank for rank, item in enumerate(options, 1)}
    key = edit_key(explained.context, target, "item")
    labels_of, known_labels = st.session_state.get(OPTION_LABELS, ("", {}))
    known_labels = known_labels if labels_of == key else {}
    chosen = st.session_state.pop(key, None)
    if isinstance(chosen, str):  # the browser sends the label of an option, which changes with the item's rank
        chosen = known_labels.get(chosen)
    if chosen is not None and chosen not in ranks and explained.candidates[chosen]:
        options.append(int(chosen))  # it has dropped out of the list: its rank is still shown
        ranks[int(chosen)] = explained.rank(int(chosen))
    if chosen in ranks:
        st.session_state[key] = chosen

    def label(item: int) -> str:
        move, rank, before = "", ranks[item], previous.get(item)
        if explained.edited and before is None:
            move = f" · {tr('new')}"
        elif explained.edited and before is not None and before != rank:
            move = f" · {'▲' if before > rank else '▼'} {tr('was {rank}', rank=before)}"
        return f"{rank:,}  {escape_markdown(explained.title(item), 120)}{move}"

    labels = number_duplicates({item: label(item) for item in options})
    st.session_state[OPTION_LABELS] = key, known_labels | {shown: item for item, shown in labels.items()}
    heading = tr("Recommended with the changed history" if explained.edited else "Recommended")
    tooltip = tr("Choose an item to explain.")
    return int(st.radio(heading, options, format_func=labels.__getitem__, key=key, help=tooltip))


def _reason(explained: ExplainedList, influence: Influence) -> None:
    """The item's rank, and the tag that most of its support shares."""
    item, catalogue = influence.item, explained.context.dataset.catalogue
    shared = main_shared_tag(catalogue, influence.history, item, influence.effects)
    reason = Message(
        "Its support shares no tag with it: it comes from users with similar histories, or from popularity."
    )
    if shared:
        reason = Message(
            "Most of its support shares the tag **{tag}**: {history} of this history, {catalogue} of the catalogue.",
            tag=escape_markdown(shared.tag, 40),
            history=format_percent(shared.share_of_history),
            catalogue=format_percent(shared.share_of_catalogue),
        )
    title = escape_markdown(explained.title(item), 80)
    text = tr("**{title}** has rank {rank:,}. {reason}", title=title, rank=influence.rank, reason=reason)
    st.markdown(text, help=meaning_of("Influence", "Candidate"))


def _remove_clicked_item(explained: ExplainedList, target: str, bars: str) -> None:
    """Removes the item of the clicked bar from the history, or from the added items."""
    points = st.session_state[bars]["selection"]["points"]
    if not points:
        return
    removed, added = (edit_key(explained.context, target, part) for part in ("removed", "added"))
    data = points[0]["customdata"]
    position = int(data[0] if isinstance(data, list) else data)
    remaining = _remaining(explained, target)
    if position < len(remaining):
        st.session_state[removed] = sorted([*st.session_state.get(removed, ()), remaining[position]])
    else:
        item = int(explained.edited_history[position])
        st.session_state[added] = [one for one in st.session_state[added] if one != item]


def _remaining(explained: ExplainedList, target: str) -> list[int]:
    """The positions of the history that are not removed."""
    removed = st.session_state.get(edit_key(explained.context, target, "removed"), ())
    return [position for position in range(len(explained.history)) if position not in removed]


def _history_titles(explained: ExplainedList) -> dict[int, str]:
    """The title at each position of the history; an item that was chosen twice is two, which are numbered."""
    titles = {position: one_line(explained.title(int(item)), 100) for position, item in enumerate(explained.history)}
    return number_duplicates(titles)


def _edited_titles(explained: ExplainedList, target: str) -> list[str]:
    """The titles of the changed history, as the pickers of the removed and of the added items name them."""
    titles, remaining = _history_titles(explained), _remaining(explained, target)
    labels = explained.context.item_labels
    added = explained.edited_history[len(remaining) :]
    return [*(titles[position] for position in remaining), *(labels[item] for item in added)]


def _edit_history(explained: ExplainedList, target: str) -> None:
    """Pickers of the removed and the added items; the list above follows at once."""
    catalogue, added_key = explained.context.dataset.catalogue, edit_key(explained.context, target, "added")
    left, right = st.columns(2, gap="large")
    with left:
        st.multiselect(
            tr("Removed from the history (click a bar, or choose here)"),
            range(len(explained.history)),
            format_func=_history_titles(explained).__getitem__,
            key=edit_key(explained.context, target, "removed"),
            placeholder=tr("none"),
        )
    with right:
        part = st.text_input(tr("Find an item to add"), key="explain_find", placeholder=tr("part of a title"))
        added = items_added(explained.context, target)
        had = {0, *explained.history.tolist()}
        found = find_names(part, catalogue.titles, catalogue.folded_titles)
        matching = [item for item in found if item not in had]
        st.multiselect(
            tr("Added to the history, newest last"),
            [*added, *(item for item in matching[:SEARCH_RESULTS] if item not in added)],
            format_func=explained.context.item_labels.__getitem__,
            key=added_key,
            placeholder=tr("none"),
        )

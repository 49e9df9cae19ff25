"""The tabs of Explain: smallest change, score parts, interests and next choice, similar items and tags, attention."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys.charts.explain import attention_figure, deletion_figure, influence_figure, parts_figure
from recsys.charts.style import format_number, format_percent
from recsys.explain.attention import (
    HeadComputation,
    SupportsAttention,
    attention_map,
    deletion_histories,
    trained_head,
)
from recsys.explain.counterfactual import Counterfactual, smallest_removal
from recsys.explain.score_parts import model_score_parts, shared_tags, similar_items, source_and_target
from recsys.jobs.description import JobDescription
from recsys.wording import Message, tr, tr_n, worded
from recsys.workspace.names import known_name
from ui.explain.explained_list import ExplainedList
from ui.explain.representations import show_representations
from ui.glossary import meaning_of
from ui.shell.figures import show_figure
from ui.shell.job_results import job_id, job_result
from ui.shell.page_context import PageContext
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown

TABS = {
    "smallest": Message("Smallest change"),
    "parts": Message("Parts of the score"),
    "both": Message("Interests and next choice"),
    "alike": Message("Similar items and tags"),
    "attention": Message("Attention"),
}
MAX_KEPT = 50  # counterfactuals in the session


def explanation_tabs(page: PageContext, explained: ExplainedList, item: int) -> None:
    """The row of tabs and the open one."""
    with open_tab(page, {key: tr(name) for key, name in TABS.items()}, "explain_tab") as chosen:
        if chosen == "smallest":
            _smallest_change(explained, item)
        elif chosen == "parts":
            _score_parts(explained, item)
        elif chosen == "both":
            show_representations(page, explained)
        elif chosen == "alike":
            _similar_items(explained, item)
        else:
            _attention(page, explained)


def _smallest_change(explained: ExplainedList, item: int) -> None:
    """The smallest set of history items without which the item leaves the list."""
    key = f"{explained.cache_key}:{item}"
    known: dict[str, Counterfactual] = st.session_state.setdefault("counterfactuals", {})
    if key not in known:
        st.caption(tr("Find the smallest set of history items without which this item leaves the list."))
        if not st.button(tr("Search"), key=f"search_{key}", help=meaning_of("Counterfactual")):
            return
        with st.spinner(tr("Removing sets of items …")):
            if len(known) >= MAX_KEPT:
                known.clear()
            known[key] = smallest_removal(
                explained.scorer,
                explained.edited_history,
                item,
                explained.candidates,
                explained.k,
                newest=explained.newest,
            )
    result = known[key]
    title = tr("“{title}”", title=explained.title(item))
    st.write(escape_markdown(tr(result.sentence(title, explained.k)), 300))
    if result.removed:
        titles = [explained.title(int(explained.edited_history[position])) for position in result.removed]
        st.write(" · ".join(escape_markdown(title, 80) for title in titles))
    st.caption(tr("{n:,} histories were compared for this result.", n=result.evaluations))


def _score_parts(explained: ExplainedList, item: int) -> None:
    """The margin by target and source, by the model's components, and the influence of the source's history."""
    alpha, candidates = explained.alpha, explained.candidates
    target_scores = explained.target_scores
    left, right = st.columns(2, gap="large")
    with left:
        source_scores = explained.source_scores if alpha else target_scores
        parts = source_and_target(target_scores, source_scores, alpha, item, candidates)
        total, source = sum(part.value for part in parts), parts[1].value
        if 0 <= source <= total and total > 0:
            share = format_percent(source / total)
            title = tr("At α = {alpha:.2f} the source contributes {share} of the margin", alpha=alpha, share=share)
        else:
            title = tr(
                "At α = {alpha:.2f} the source raises the margin by {points}"
                if source > 0
                else "At α = {alpha:.2f} the source lowers the margin by {points}",
                alpha=alpha,
                points=format_number(abs(source)),
            )
        show_figure(parts_figure(parts, title), "parts_parties")
        st.caption(
            tr("The margin is the item’s score minus the mean score of all candidates."), help=meaning_of("Margin")
        )
    with right:
        components = model_score_parts(explained.context.run.model, explained.edited_history, item, candidates)
        title = tr_n("The target’s score has {n} part", "The target’s score has {n} parts", len(components))
        show_figure(parts_figure(components, title), "parts_model")
    if alpha and explained.scored.rules.epsilon:
        st.caption(tr("The source is protected, so the influence of its history is not shown."))
    elif alpha:
        _source_influence(explained, item)


def _source_influence(explained: ExplainedList, item: int) -> None:
    """The influence of the history of a source that is a single user."""
    party = explained.pair.source.party
    if len(party.histories) != 1 or not len(party.histories[0]):
        return
    of_source = explained.source_influence(item)
    titles = [explained.title(int(known)) for known in party.histories[0]]
    st.caption(
        tr("Influence of the source’s history ({source}):", source=escape_markdown(worded(party.label), 60)),
        help=meaning_of("Influence"),
    )
    figure = influence_figure(of_source, titles, explained.title(item), limit=10)
    show_figure(figure, "source_bars")


def _similar_items(explained: ExplainedList, item: int) -> None:
    """The nearest items, and the item's tags in the history and in the catalogue."""
    data, history = explained.context.dataset, set(explained.edited_history.tolist())
    left, right = st.columns(2, gap="large")
    with left:
        similar, compared = similar_items(explained.context.run.model, data, item)
        st.caption(tr("Most similar items by {compared}", compared=compared), help=meaning_of("Cosine similarity"))
        rows = [
            {
                tr("item"): data.catalogue.titles[other],
                tr("cosine similarity"): format_number(cosine),
                tr("in the history"): tr("yes") if other in history else "",
            }
            for other, cosine in similar
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    with right:
        tags = shared_tags(data.catalogue, explained.edited_history, item)
        if not tags:
            st.write(tr("This item has no tags."))
            return
        st.caption(tr("The item’s tags: share of this history and of the catalogue"))
        rows = [
            {
                tr("tag"): tag.tag,
                tr("history"): format_percent(tag.share_of_history),
                tr("catalogue"): format_percent(tag.share_of_catalogue),
            }
            for tag in tags
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _attention(page: PageContext, explained: ExplainedList) -> None:
    """The attention weights, the computation of one head, and the deletion curves."""
    model, history = explained.context.run.model, explained.edited_history
    if not isinstance(model, SupportsAttention) or not len(history):
        st.write(tr("There is nothing to show: only attention models have attention weights, and only over a history."))
        return
    st.caption(
        tr(
            "Attention weights show which items the network combines, not why it recommends. The deletion curves below "
            "measure how much they explain."
        ),
        help=meaning_of("Attention", "Deletion curve"),
    )
    attention = attention_map(model, history)
    titles = [explained.title(int(known)) for known in attention.items]
    layers, heads = attention.weights.shape[:2]
    left, right = st.columns([3, 2], gap="large")
    with right:
        layer = _number_picker(tr("Layer"), layers, "layer", meaning_of("Layer"))
        head = _number_picker(tr("Head"), heads, "head", meaning_of("Head"))
        computation = trained_head(model, history, layer, head)
        if computation is not None:
            _head_table(computation, titles)
    with left:
        show_figure(attention_figure(attention, titles, layer, head), "attention")
        if attention.n_truncated:
            st.caption(
                tr(
                    "The network uses the newest {newest:,} items, not the {older:,} older ones.",
                    newest=len(attention.items),
                    older=attention.n_truncated,
                )
            )
    _deletion_curves(page, explained)


def _number_picker(label: str, count: int, key: str, help_text: str) -> int:
    """Picks a layer or a head: 0 … count − 1, shown from 1."""
    numbers = [tr("{n} of {count}", n=n + 1, count=count) for n in range(count)]
    return int(st.selectbox(label, range(count), format_func=numbers.__getitem__, key=key, help=help_text))


def _head_table(computation: HeadComputation, titles: list[str]) -> None:
    """The attention formula with the numbers of one head, newest item first."""
    st.latex(r"\mathrm{softmax}\left(\frac{QK^\top}{\sqrt{d_k}} + r\right) V")
    st.caption(
        tr(
            "The row of the newest item: d_k = {d_k}, √d_k = {root}; r depends on the distance between two items only.",
            d_k=computation.d_k,
            root=format_number(computation.d_k**0.5),
        ),
        help=meaning_of("Query, key, value", "Softmax"),
    )
    item = tr("item")
    columns = {
        item: titles,
        tr("weight"): map(format_percent, computation.weights),
        "q·k": map(format_number, computation.products),
        "÷ √d_k": map(format_number, computation.scaled),
        "r": map(format_number, computation.distance),
    }
    rows = pd.DataFrame({name: list(values) for name, values in columns.items()}).iloc[::-1]
    widths = {name: st.column_config.TextColumn(width=96 if name == item else 60) for name in columns}
    st.dataframe(rows, column_config=widths, hide_index=True, width="stretch", height=260)


def _deletion_curves(page: PageContext, explained: ExplainedList) -> None:
    """The deletion study of up to 80 users, computed in a job."""
    context = explained.context
    if len(deletion_histories(context.known_histories)) < 5:
        st.caption(tr("Deletion curves need at least 5 users with 5 to 30 items."), help=meaning_of("Deletion curve"))
        return
    wanted = job_id(page, "deletion", context.folder, context.run.id)
    label = Message("deletion curves of {run}", run=known_name(context.run.name))
    job = JobDescription(wanted, "deletion", page.space.id, run=page.run_id)
    study = job_result(page, job, label, button=tr("Draw the deletion curves"))
    if study is not None:
        show_figure(deletion_figure(study), "deletion")
        st.caption(
            tr("The first recommendation of each user; the random orders are averaged. Lower is better."),
            help=meaning_of("Deletion curve", "Margin"),
        )

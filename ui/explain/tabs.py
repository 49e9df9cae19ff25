"""Explain, further parts: the smallest change, what the score is made of, alike items, where the network looked."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys.charts.explain import attention_figure, deletion_figure, influence_figure, parts_figure
from recsys.charts.style import CONFIG, format_number, format_percent
from recsys.explain.attention import Attentive, DeletionStudy, attention_map, trained_head
from recsys.explain.counterfactual import Counterfactual, smallest_removal
from recsys.explain.history_influence import Influence, blended_with, influence
from recsys.explain.score_parts import alike_items, model_score_parts, shared_tags, source_and_target
from recsys.jobs.queue import Progress
from ui.explain.subject import ExplainedList
from ui.shell.frame import PageContext
from ui.shell.job_results import job_id, job_result
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown

TABS = {
    "smallest": "The smallest change",
    "parts": "What the score is made of",
    "alike": "Alike items and tags",
    "attention": "Where the network looked",
}


def more(studio: PageContext, why: ExplainedList, item: int, found: Influence) -> None:
    """The row of tabs and the open part."""
    with open_tab(studio, TABS, "explain_tab") as chosen:
        if chosen == "smallest":
            _smallest(why, item)
        elif chosen == "parts":
            _parts(why, item)
        elif chosen == "alike":
            _alike(why, item)
        else:
            _attention(studio, why)


def _smallest(why: ExplainedList, item: int) -> None:
    """The smallest set of history items without which the item is gone from the list."""
    key = f"{why.key}:{item}"
    known: dict[str, Counterfactual] = st.session_state.setdefault("counterfactuals", {})
    if key not in known:
        st.caption("Searches for the fewest history items whose absence drops this item out of the list.")
        if not st.button("Search", key=f"search_{key}"):
            return
        with st.spinner("Trying sets of items …"):
            if len(known) > 50:
                known.clear()
            known[key] = smallest_removal(why.scorer, why.now, item, why.allowed, why.k)
    result = known[key]
    st.write(escape_markdown(result.sentence(f"“{why.title(item)}”", why.k), 300))
    if result.removed:
        st.write(" · ".join(escape_markdown(why.title(int(why.now[position])), 80) for position in result.removed))
    st.caption(f"{result.scored:,} histories were scored to find out.")


def _parts(why: ExplainedList, item: int) -> None:
    """Source and target at this α; the model's voices; and what in the source's own history lends it."""
    model, party = why.context.run.model, why.pair.source.party
    left, right = st.columns(2, gap="large")
    with left:
        target_scores = why.own(why.pair.target.party)([why.now])[0]
        source_scores = why.source_scores if why.alpha else target_scores
        both = source_and_target(target_scores, source_scores, why.alpha, item, why.allowed)
        total = sum(part.value for part in both)
        lent = (
            format_percent(both[1].value / total)
            if total > 0 and 0 <= both[1].value <= total
            else format_number(both[1].value)
        )
        title = f"At α = {why.alpha:.2f} the source brings {lent} of the lead"
        st.plotly_chart(parts_figure(both, title), key="parts_ends", config=CONFIG, width="stretch")
        st.caption("The lead is the item’s score minus the mean score of all that may be recommended.")
    with right:
        parts = model_score_parts(model, why.now, item, why.allowed)
        title = "The target’s own part, by what spoke" if len(parts) > 1 else "The model has one voice"
        st.plotly_chart(parts_figure(parts, title), key="parts_voices", config=CONFIG, width="stretch")
    if why.alpha and why.scored.rules.epsilon:
        st.caption("The source is protected, so its history is not taken apart.")
    elif why.alpha and len(party.histories) == 1 and len(party.histories[0]):
        history = party.histories[0]
        scorer = blended_with(why.own(party), target_scores, 1 - why.alpha)
        lends = influence(scorer, history, item, why.allowed)
        titles = [why.title(int(known)) for known in history]
        drawn = influence_figure(lends, titles, why.title(item), most=10)
        st.caption(f"The same question for the source’s history ({escape_markdown(party.label, 60)}):")
        st.plotly_chart(drawn, key="source_bars", config=CONFIG, width="stretch")


def _alike(why: ExplainedList, item: int) -> None:
    """Nearest items in the catalogue, and the item's tags in the history against the catalogue."""
    data = why.context.dataset
    left, right = st.columns(2, gap="large")
    alike, by = alike_items(why.context.run.model, data, item)
    had = set(why.now.tolist())
    with left:
        st.caption(f"Nearest items, by {by}")
        rows = [
            {
                "item": data.catalogue.titles[one],
                "cosine": f"{value:.2f}",
                "in the history": "yes" if one in had else "",
            }
            for one, value in alike
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    with right:
        tags = shared_tags(data.catalogue, why.now, item)
        st.caption("Its tags: how much of this history has them, how much of the catalogue")
        if not tags:
            st.write("This item has no tags.")
            return
        rows = [
            {
                "tag": t.tag,
                "history": format_percent(t.share_of_history),
                "catalogue": format_percent(t.share_of_catalogue),
            }
            for t in tags
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _attention(studio: PageContext, why: ExplainedList) -> None:
    """Heatmaps with the formula in this person's numbers, and how far they explain anything."""
    model = why.context.run.model
    if not isinstance(model, Attentive) or not len(why.now):
        st.write("Only the attention model looks back at a history; this run has another model, or nothing is known.")
        return
    st.caption(
        "This is where the network looked, not why it recommends: the curve below shows how far looking explains "
        "anything."
    )
    found = attention_map(model, why.now)
    blocks, heads = found.weights.shape[:2]
    left, right = st.columns([3, 2], gap="large")
    with right:
        block = st.selectbox("Block", range(blocks), format_func=lambda b: f"{b + 1} of {blocks}", key="block")
        head = st.selectbox("Head", range(heads), format_func=lambda h: f"{h + 1} of {heads}", key="head")
        st.latex(r"\mathrm{softmax}\left(\frac{QK^\top}{\sqrt{d_k}} + r\right) V")
        numbers = trained_head(model, why.now, block, head)
        titles = [why.title(int(known)) for known in found.items]
        if numbers is not None:
            root = numbers.d_k**0.5
            st.caption(
                f"The newest item’s row: d_k = {numbers.d_k}, √d_k = {root:.3g}; r depends on the distance only."
            )
            rows = [
                {
                    "item": t[:26],
                    "weight": format_percent(w),
                    "q·k": format_number(p),
                    "q·k / √d_k": format_number(s),
                    "r": format_number(r),
                }
                for t, p, s, r, w in zip(
                    titles, numbers.products, numbers.scaled, numbers.distance, numbers.weights, strict=True
                )
            ]
            st.dataframe(pd.DataFrame(rows[::-1]), hide_index=True, width="stretch", height=260)
    with left:
        st.plotly_chart(attention_figure(found, titles, block, head), key="attention", config=CONFIG, width="stretch")
        if found.skipped:
            st.caption(
                f"The network reads the newest {len(found.items):,} items; {found.skipped:,} older ones are not read."
            )
    _deletion(studio, why)


def _deletion(studio: PageContext, why: ExplainedList) -> None:
    context = why.context
    histories = [h for h in context.known_histories if 5 <= len(h) <= 30][:80]

    def work(progress: Progress) -> DeletionStudy:
        from recsys.explain.attention import deletion_study

        return deletion_study(context.run.model, histories, progress=progress)

    if len(histories) < 5:
        st.caption("Too few people have 5 to 30 items for a deletion curve.")
        return
    wanted = job_id(studio, "deletion", context.folder, context.run.id)
    study = job_result(
        studio, wanted, "evaluate", f"deletion curves of {context.run.name}", work, "Draw the deletion curves"
    )
    if study is not None:
        st.plotly_chart(deletion_figure(study), key="deletion", config=CONFIG, width="stretch")
        st.caption(
            "Each person’s first recommendation; random orders are averaged. Lower is better at finding what matters."
        )

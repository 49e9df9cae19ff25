"""The tabs below the mixer: the open one is named in the URL, and only it is computed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys.charts.transfer import bump_chart, score_curves, what_changed
from recsys.models.recommender import top_k
from recsys.transfer import WAYS, blend_ways
from recsys.transfer.methods import DEFAULT
from recsys.wording import Message, tr
from ui.glossary import meaning_of
from ui.run_context import RunContext
from ui.shell.figures import show_figure
from ui.shell.frame import PageContext
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown
from ui.transfer.advice import helps, which_alpha
from ui.transfer.cases import compare_cases
from ui.transfer.export import export_downloads
from ui.transfer.privacy import privacy
from ui.transfer.report import CHANGE_COLUMNS, change_rows
from ui.transfer.scored_pair import ScoredPair

TABS = {
    "changes": Message("Every change"),
    "ways": Message("Ways of blending"),
    "alpha": Message("Which α?"),
    "help": Message("Does it help?"),
    "privacy": Message("Privacy of the source"),
    "cases": Message("Compare cases"),
    "files": Message("Export"),
}
WAY_NAMES = {
    "scores": Message("Scores"),
    "representations": Message("Representations"),
    "normalised": Message("Normalised"),
    "ranks": Message("Ranks"),
    "histories": Message("Histories"),
}


def tabs(page: PageContext, context: RunContext, scored: ScoredPair, requested: str) -> None:
    """The tabs, and the content of the open one. `requested` opens a tab (from the mixer's button)."""
    contents = {
        "changes": _changes,
        "ways": _ways,
        "alpha": which_alpha,
        "help": helps,
        "privacy": privacy,
        "cases": compare_cases,
        "files": export_downloads,
    }
    with open_tab(page, {key: tr(name) for key, name in TABS.items()}, "transfer_tab", requested) as chosen:
        contents[chosen](page, context, scored)


def _changes(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """Ranks over α, tags, scores over α, and a table with a row for each change."""
    titles, alpha = context.dataset.catalogue.titles, page.view.alpha
    show_figure(bump_chart(scored.path, titles, alpha), "bump")
    left, right = st.columns(2, gap="large")
    with left:
        show_figure(what_changed(scored.path, context.dataset.catalogue.tags, alpha), "changed")
    with right:
        show_figure(score_curves(scored.path, titles, alpha), "curves")
    rows = change_rows(scored.path, titles)
    if not rows:
        st.write(tr("Target and source have the same list in the same order, so nothing changes at any α."))
        return
    st.dataframe(
        pd.DataFrame(
            [
                {tr(CHANGE_COLUMNS[name]): tr(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
                for row in rows
            ]
        ),
        hide_index=True,
        width="stretch",
        height=min(420, 38 + 35 * len(rows)),
        column_config={
            tr("alpha"): st.column_config.NumberColumn(tr("at α ="), format="%.4f", help=tr("Exact, not sampled"))
        },
    )


def _ways(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """The list at this α for each way of blending, and where they differ for this pair."""
    if scored.rules.epsilon:
        st.info(
            tr(
                "Other ways of blending read the source’s history. "
                "It is protected, so only its noised scores are blended."
            )
        )
        return
    if scored.transfer.target.agreement or scored.transfer.source.agreement:
        st.info(
            tr("Other ways of blending need one embedding a side. Several users agree on scores, which are blended.")
        )
        return
    if scored.transfer.interests is not None:
        st.info(tr("Other ways of blending are compared for the next choice of the source. Transfer that to see them."))
        return
    if scored.transfer.method.name != DEFAULT:
        st.info(tr("Other ways of blending are compared for the linear blend only. Choose it above."))
        return
    alpha, k, titles = page.view.alpha, page.view.k, context.dataset.catalogue.titles
    ways = blend_ways(scored.transfer, alpha)
    lists = {name: [int(item) for item in top_k(scores[None], k)[0] if item] for name, scores in ways.items()}
    st.markdown(
        tr(
            "The list at α = {alpha:.3g}, blended in {ways} ways, from the model’s scores without a second score.",
            alpha=alpha,
            ways=len(lists),
        ),
        help=meaning_of("α", "Embedding", "Second score"),
    )
    for column, (name, items) in zip(st.columns(len(lists), gap="medium"), lists.items(), strict=True):
        shared = len(set(items) & set(lists["scores"]))
        with column:
            st.markdown(f"**{tr(WAY_NAMES[name])}**")
            st.caption(tr(WAYS[name]))
            st.caption(
                tr("The list above.")
                if name == "scores"
                else tr("Shares {shared} of {items} items with it.", shared=shared, items=len(items))
            )
            marks = ["" if item in lists["scores"] else " ◆" for item in items]
            rows = [
                f"{n}. {escape_markdown(titles[i], 60)}{mark}"
                for n, (i, mark) in enumerate(zip(items, marks, strict=True), 1)
            ]
            st.markdown("\n".join(rows))
    st.caption(tr("◆ is not in the list of blended scores."))

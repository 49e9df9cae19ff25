"""Who of several users is served how well by the list, below the mixer."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from recsys.cases.scoring import second_scorer
from recsys.transfer import Transfer, recommend
from recsys.transfer.satisfaction import Served, compare_with_mean, satisfaction_rows, satisfaction_sentence
from recsys.wording import tr
from ui.glossary import meaning_of
from ui.run_context import RunContext
from ui.shell.page_context import PageContext
from ui.shell.widgets import escape_markdown
from ui.transfer.scored_pair import ScoredPair


def show_satisfaction(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """A sentence about the user who is served least, and a table with a row for each user."""
    alpha, served = page.view.alpha, satisfaction_at(context, scored, page.view.alpha)
    rows = satisfaction_rows(context.dataset, *served)
    st.markdown(
        "**" + tr("Who is served how well, at α = {alpha:.3g}", alpha=alpha) + "**",
        help=meaning_of("Agreement", "Least misery", "Most pleasure"),
    )
    st.write(escape_markdown(tr(satisfaction_sentence(context.dataset, *served)), 600))
    st.dataframe(_table(rows), hide_index=True, width="stretch", column_config=_columns(rows))
    st.caption(
        tr(
            "Own best items: the first of the same items by the user’s own scores, without the source. The scores of "
            "all users are put on one scale before they agree. Every list is exact for each way of agreeing: all "
            "blend with the same source."
        )
    )


def satisfaction_at(context: RunContext, scored: ScoredPair, alpha: float) -> Served:
    """Of the list in the mixer, which has no diversity and no pins."""
    second, weight, k = second_scorer(context, scored.rules), scored.rules.weight, scored.path.k

    def by_same_rules(pair: Transfer) -> list[int]:
        return [int(item) for item in recommend(pair, alpha, k, second_scorer=second, weight=weight).items]

    return compare_with_mean(scored.transfer, scored.path.at(alpha), by_same_rules, second, weight)


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    """The columns on screen, by their names in files; without what is 0 or unknown for all users."""
    shown = pd.DataFrame(rows)
    shown["mean_percentile"] *= 100
    dropped = ["of", "share", *(["had"] if not shown["had"].any() else [])]
    by_mean = "found_by_mean" in shown
    first = ["user_id", "found", *(["found_by_mean", "mean_rank", "rank_by_mean"] if by_mean else ["mean_rank"])]
    return shown[[*first, *shown.columns.drop([*first, *dropped])]]


def _columns(rows: list[dict[str, object]]) -> dict[str, Any]:
    most = max(1, *(int(str(row["of"])) for row in rows))
    by_mean = tr("Own best items in the list if all agreed by the mean")
    by_mean_rank = tr("Mean rank of the list if all agreed by the mean")
    return {
        "user_id": tr("User"),
        "found": _bar(tr("Own best items in the list"), most),
        "found_by_mean": _bar(tr("In the list by the mean"), most, by_mean),
        "mean_rank": st.column_config.NumberColumn(
            tr("Mean rank of the list"), format="%.1f", help=tr("Where the list’s items are in the user’s own ranking")
        ),
        "rank_by_mean": st.column_config.NumberColumn(tr("Mean rank by the mean"), format="%.1f", help=by_mean_rank),
        "mean_percentile": st.column_config.ProgressColumn(
            tr("Place in the own ranking"), min_value=0, max_value=100, format="%.0f%%",
            help=tr("100%: the list is at the top of the user’s own ranking, 0%: at its end"),
        ),
        "had": st.column_config.NumberColumn(tr("Already chosen"), help=tr("Items of the list that the user has")),
    }  # fmt: skip


def _bar(label: str, most: int, help: str | None = None) -> Any:
    """A number of items as a bar that ends at `most`."""
    return st.column_config.ProgressColumn(label, min_value=0, max_value=most, format=f"%d / {most}", help=help)

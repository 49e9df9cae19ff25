"""Export: the list, the exact changes and the figures of the pair on screen as files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from recsys.cases.production import not_served
from recsys.cases.scoring import ranked_list, second_scorer
from recsys.charts.transfer import bump_chart, score_curves, what_changed
from recsys.data.export import csv_bytes, json_bytes, parquet_bytes
from recsys.models.recommender import Encoder
from recsys.transfer import Recommendations, Transfer
from recsys.transfer.satisfaction import Served, compare_with_mean, satisfaction_rows, satisfaction_sentence
from recsys.wording import Message, tr
from ui.run_context import RunContext
from ui.shell.frame import PageContext
from ui.shell.widgets import download, escape_markdown
from ui.transfer.advice import study_of
from ui.transfer.report import change_rows, production_zip, transfer_html
from ui.transfer.scored_pair import ScoredPair

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PARQUET = "application/vnd.apache.parquet"
FILE_COLUMNS = {
    "rank": Message("rank"),
    "item_id": Message("item_id"),
    "title": Message("title"),
    "scenario": Message("scenario"),
    "tags": Message("tags"),
    "score": Message("score"),
    "target_part": Message("target_part"),
    "source_part": Message("source_part"),
}
"""Columns of the exported list, which keep these names in files, and their labels on screen."""


def final_list(page: PageContext, context: RunContext, scored: ScoredPair) -> Recommendations:
    """The list at this α with all rules, the diversity control included."""
    return ranked_list(context, scored.transfer, scored.rules, page.view.alpha, page.view.k)


def export_downloads(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """The exported list, and the downloads."""
    exported = final_list(page, context, scored)
    rows = pd.DataFrame(exported.rows(context.dataset))
    shown, files = st.columns([3, 2], gap="large")
    with shown:
        st.write(escape_markdown(tr(scored.transfer.sentence(page.view.alpha)), 400))
        if scored.rules.words():
            said = tr("Rules: {rules}.", rules="; ".join(map(tr, scored.rules.words())))
            st.caption(escape_markdown(said, 600))
        if scored.rules.diversity:
            st.caption(
                tr("With diversity: the rank of an item also depends on its difference from the items above it.")
            )
        labels = {name: tr(label) for name, label in FILE_COLUMNS.items()}
        st.dataframe(rows, hide_index=True, width="stretch", height=38 + 35 * len(rows), column_config=labels)
    with files:
        _tables(
            tr("The list"), "recommendations", "out_list", rows,
            lambda: list_json(scored, page.view.alpha, rows) | satisfaction_json(page, context, scored, exported),
        )  # fmt: skip
        found = change_rows(scored.path, context.dataset.catalogue.titles)
        changes = pd.DataFrame([{n: str(v) if isinstance(v, str) else v for n, v in row.items()} for row in found])
        _tables(tr("Every exact change"), "changes", "out_path", changes, lambda: path_json(context, scored))
        _figures(page, context, scored)
        _report_and_bundle(page, context, scored, exported)


def _tables(title: str, name: str, key: str, rows: pd.DataFrame, content: Callable[[], dict[str, object]]) -> None:
    """Downloads of a table as CSV and Parquet, and of `content` as JSON."""
    st.markdown(f"**{title}**")
    with st.container(horizontal=True):
        download("CSV", lambda: csv_bytes(rows), f"{name}.csv", "text/csv", f"{key}_csv")
        download("Parquet", lambda: parquet_bytes(rows), f"{name}.parquet", PARQUET, f"{key}_parquet")
        download("JSON", lambda: json_bytes(content()), f"{name}.json", "application/json", f"{key}_json")


def _figures(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    catalogue, alpha = context.dataset.catalogue, page.view.alpha
    figures: dict[str, tuple[str, Callable[[], Figure]]] = {
        tr("Ranks over α"): ("ranks.html", lambda: bump_chart(scored.path, catalogue.titles, alpha)),
        tr("Tags"): ("tags.html", lambda: what_changed(scored.path, catalogue.tags, alpha)),
        tr("Scores"): ("scores.html", lambda: score_curves(scored.path, catalogue.titles, alpha)),
    }
    config = {"toImageButtonOptions": {"format": "svg"}, "displaylogo": False}
    st.markdown(f"**{tr('The figures')}**")
    with st.container(horizontal=True):
        for label, (name, draw) in figures.items():
            html = partial(lambda draw: draw().to_html(include_plotlyjs=True, config=config).encode(), draw)
            download(label, html, name, "text/html", f"out_{name}")
    st.caption(tr("HTML files work without a network. Their camera button saves SVG, the one on this page PNG."))


def _report_and_bundle(page: PageContext, context: RunContext, scored: ScoredPair, exported: Recommendations) -> None:
    study = study_of(page, context)
    served = satisfaction_of_list(page, context, scored, exported)
    report = partial(transfer_html, context, scored, exported, study, served)
    bundle, refused = partial(production_zip, context, study, scored.rules, scored.pair.named), not_served(scored.rules)
    st.markdown(f"**{tr('Report, and bundle for production')}**")
    with st.container(horizontal=True):
        download(tr("One-page report"), report, "transfer.html", "text/html", "out_report")
        if isinstance(context.run.model, Encoder) and refused is None:
            download(tr("Production bundle"), bundle, "production.zip", "application/zip", "out_bundle")
    st.caption(
        tr(refused)
        if refused is not None
        else tr(
            "The bundle serves blended lists by this transfer method without Streamlit and torch, with the α that the "
            "study supports."
        )
    )
    if scored.transfer.target.agreement:
        st.caption(tr("The production bundle serves single users, not several together."))


def list_json(scored: ScoredPair, alpha: float, rows: pd.DataFrame) -> dict[str, object]:
    """The list with target, source, α and rules; the rules as in a link."""
    return {
        "target": str(scored.pair.target.card.name),
        "source": str(scored.pair.source.card.name),
        "alpha": alpha,
        "rules": scored.rules.params(),
        **_interests(scored),
        "items": rows.to_dict("records"),
    }


def satisfaction_of_list(
    page: PageContext, context: RunContext, scored: ScoredPair, exported: Recommendations
) -> Served | None:
    """Who is served how well by the exported list, beside that by the mean; None unless several users are the target.

    The diversity and the rules about the exported list hold for both.
    """
    if not scored.transfer.target.agreement:
        return None
    rules, view = scored.rules, page.view

    def by_same_rules(pair: Transfer) -> np.ndarray:
        return ranked_list(context, pair, rules, view.alpha, view.k).items

    second = second_scorer(context, rules)
    return compare_with_mean(scored.transfer, exported.items, by_same_rules, second, rules.weight)


def satisfaction_json(
    page: PageContext, context: RunContext, scored: ScoredPair, exported: Recommendations
) -> dict[str, object]:
    """As `python -m recsys transfer --json` prints it; empty unless several users are the target."""
    served = satisfaction_of_list(page, context, scored, exported)
    if served is None:
        return {}
    sentence = str(satisfaction_sentence(context.dataset, *served))
    return {"satisfaction": satisfaction_rows(context.dataset, *served), "served_least": sentence}


def _interests(scored: ScoredPair) -> dict[str, object]:
    """The interests of the source with their weights, where they are transferred."""
    found = scored.transfer.interests
    return {} if found is None else {"interests": found.rows(scored.transfer.weights)}


def path_json(context: RunContext, scored: ScoredPair) -> dict[str, object]:
    """The path as `python -m recsys transfer --path --json` prints it."""
    steps = [
        {"from": step.start, "to": step.end, "items": context.dataset.items.externals(step.items)}
        for step in scored.path.steps
    ]
    names = {"target": str(scored.pair.target.card.name), "source": str(scored.pair.source.card.name)}
    return names | {"k": scored.path.k, "rules": scored.rules.params(), **_interests(scored), "steps": steps}

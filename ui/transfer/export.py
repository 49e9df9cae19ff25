"""Export: the list, the exact changes and the figures of the pair on screen as files."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pandas as pd
import streamlit as st

from recsys.charts.transfer import bump_chart, score_curves, what_changed
from recsys.models.recommender import Encoder
from recsys.transfer import Recommendations, recommend
from ui.run_context import RunContext
from ui.shell.frame import PageContext
from ui.shell.widgets import download, escape_markdown
from ui.transfer.advice import study_of
from ui.transfer.report import change_rows, production_zip, transfer_html
from ui.transfer.scored_pair import ScoredPair, second_scorer

CSV, JSON, PARQUET, HTML = "text/csv", "application/json", "application/vnd.apache.parquet", "text/html"


def final_list(page: PageContext, context: RunContext, scored: ScoredPair) -> Recommendations:
    """The list at this α with all rules, the diversity control included."""
    rules = scored.rules
    return recommend(
        scored.transfer,
        page.view.alpha,
        page.view.k,
        second_scorer=second_scorer(context, rules),
        weight=rules.weight,
        diversity=rules.diversity,
    )


def export_downloads(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """The exported list, and the downloads."""
    picks = final_list(page, context, scored)
    rows = pd.DataFrame(picks.rows(context.dataset))
    shown, files = st.columns([3, 2], gap="large")
    with shown:
        st.write(escape_markdown(scored.transfer.sentence(page.view.alpha), 400))
        if scored.rules.words():
            st.caption(escape_markdown(f"Rules: {'; '.join(scored.rules.words())}.", 600))
        if scored.rules.diversity:
            st.caption("With diversity: the rank of an item also depends on its difference from the items above it.")
        st.dataframe(rows, hide_index=True, width="stretch", height=38 + 35 * len(rows))
    with files:
        st.markdown("**The list**")
        with st.container(horizontal=True):
            download("CSV", lambda: _csv(rows), "recommendations.csv", CSV, "out_list_csv")
            download("Parquet", lambda: _parquet(rows), "recommendations.parquet", PARQUET, "out_list_parquet")
            download(
                "JSON",
                lambda: _json(list_json(scored, page.view.alpha, rows)),
                "recommendations.json",
                JSON,
                "out_list_json",
            )
        st.markdown("**Every exact change**")
        with st.container(horizontal=True):
            changes = pd.DataFrame(change_rows(scored.path, context.dataset.catalogue.titles))
            download("CSV", lambda: _csv(changes), "changes.csv", CSV, "out_path_csv")
            download("Parquet", lambda: _parquet(changes), "changes.parquet", PARQUET, "out_path_parquet")
            download("JSON", lambda: _json(path_json(context, scored)), "path.json", JSON, "out_path_json")
        st.markdown("**The figures**")
        with st.container(horizontal=True):
            for label, name, make in _figures(page, context, scored):
                download(label, make, name, HTML, f"out_{name}")
        st.caption("HTML files work without a network. Their camera button saves SVG, the one on this page PNG.")
        study = study_of(page, context)
        st.markdown("**Report, and bundle for production**")
        with st.container(horizontal=True):
            download(
                "One-page report",
                lambda: transfer_html(context, scored, picks, study),
                "transfer.html",
                HTML,
                "out_report",
            )
            if isinstance(context.run.model, Encoder) and not scored.rules.epsilon:
                zipped = "application/zip"
                download(
                    "Production bundle", lambda: production_zip(context, study), "production.zip", zipped, "out_bundle"
                )
        st.caption(
            "The production bundle contains all user embeddings, so it is not offered while the source is protected."
            if scored.rules.epsilon
            else "The bundle serves blended lists without Streamlit and torch, with the α that the study supports."
        )


def list_json(scored: ScoredPair, alpha: float, rows: pd.DataFrame) -> dict[str, object]:
    """The list with target, source, α and rules; the rules as in a link."""
    return {
        "target": scored.pair.target.card.name,
        "source": scored.pair.source.card.name,
        "alpha": alpha,
        "rules": scored.rules.params(),
        "items": rows.to_dict("records"),
    }


def path_json(context: RunContext, scored: ScoredPair) -> dict[str, object]:
    """The path as `python -m recsys transfer --path --json` prints it."""
    steps = [
        {"from": step.start, "to": step.end, "items": context.dataset.items.externals(step.items)}
        for step in scored.path.steps
    ]
    names = {"target": scored.pair.target.card.name, "source": scored.pair.source.card.name}
    return names | {"k": scored.path.k, "rules": scored.rules.params(), "steps": steps}


def _figures(page: PageContext, context: RunContext, scored: ScoredPair) -> list[tuple[str, str, Callable[[], bytes]]]:
    catalogue, alpha = context.dataset.catalogue, page.view.alpha

    def html_of(figure: object) -> bytes:
        config = {"toImageButtonOptions": {"format": "svg"}, "displaylogo": False}
        html: str = figure.to_html(include_plotlyjs=True, config=config)  # type: ignore[attr-defined]
        return html.encode("utf-8")

    return [
        ("Ranks over α", "ranks.html", lambda: html_of(bump_chart(scored.path, catalogue.titles, alpha))),
        ("Tags", "tags.html", lambda: html_of(what_changed(scored.path, catalogue.tags, alpha))),
        ("Scores", "scores.html", lambda: html_of(score_curves(scored.path, catalogue.titles, alpha))),
    ]


def _csv(rows: pd.DataFrame) -> bytes:
    from recsys.data.export import csv_bytes

    return csv_bytes(rows)


def _parquet(rows: pd.DataFrame) -> bytes:
    written = io.BytesIO()
    rows.to_parquet(written, index=False)
    return written.getvalue()


def _json(content: dict[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode("utf-8")

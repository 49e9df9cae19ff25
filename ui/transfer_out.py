"""Take it away: the list, the path and the figures of the case on screen as files."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pandas as pd
import streamlit as st

from recsys.charts.transfer import bump_chart, score_curves, what_changed
from recsys.models.recommender import Encoder
from recsys.transfer import Recommendations, recommend
from ui.frame import Studio
from ui.inputs import download, plain
from ui.transfer_case import Case, voice
from ui.transfer_ends import Room
from ui.transfer_help import study_of
from ui.transfer_report import production_zip, report_html
from ui.transfer_words import change_rows

CSV, JSON, PARQUET, HTML = "text/csv", "application/json", "application/vnd.apache.parquet", "text/html"


def final_list(studio: Studio, room: Room, case: Case) -> Recommendations:
    """The list at this α with all rules, the diversity control included."""
    rules = case.rules
    return recommend(
        case.both,
        studio.view.alpha,
        studio.view.k,
        beside=voice(room, rules),
        weight=rules.weight,
        diversity=rules.diversity,
    )


def take_away(studio: Studio, room: Room, case: Case) -> None:
    """The list as it goes out, and the downloads."""
    picks = final_list(studio, room, case)
    rows = pd.DataFrame(picks.rows(room.dataset))
    shown, files = st.columns([3, 2], gap="large")
    with shown:
        st.write(plain(case.both.sentence(studio.view.alpha), 400))
        if case.rules.words():
            st.caption(plain(f"Rules: {'; '.join(case.rules.words())}.", 600))
        if case.rules.diversity:
            st.caption("With the diversity control: an item also counts by how much it differs from those above it.")
        st.dataframe(rows, hide_index=True, width="stretch", height=38 + 35 * len(rows))
    with files:
        st.markdown("**The list**")
        with st.container(horizontal=True):
            download("CSV", lambda: _csv(rows), "recommendations.csv", CSV, "out_list_csv")
            download("Parquet", lambda: _parquet(rows), "recommendations.parquet", PARQUET, "out_list_parquet")
            download(
                "JSON",
                lambda: _json(list_json(case, studio.view.alpha, rows)),
                "recommendations.json",
                JSON,
                "out_list_json",
            )
        st.markdown("**Every exact change**")
        with st.container(horizontal=True):
            changes = pd.DataFrame(change_rows(case.path, room.dataset.catalogue.titles))
            download("CSV", lambda: _csv(changes), "changes.csv", CSV, "out_path_csv")
            download("Parquet", lambda: _parquet(changes), "changes.parquet", PARQUET, "out_path_parquet")
            download("JSON", lambda: _json(path_json(room, case)), "path.json", JSON, "out_path_json")
        st.markdown("**The figures**")
        with st.container(horizontal=True):
            for label, name, make in _figures(studio, room, case):
                download(label, make, name, HTML, f"out_{name}")
        st.caption("HTML files stand alone, without a network; their camera saves SVG, the one on this page PNG.")
        study = study_of(studio, room)
        st.markdown("**The whole case, and to production**")
        with st.container(horizontal=True):
            page = "One-page report"
            download(page, lambda: report_html(room, case, picks, study), "transfer.html", HTML, "out_report")
            if isinstance(room.run.model, Encoder) and not case.rules.epsilon:
                zipped = "application/zip"
                download(
                    "Production bundle", lambda: production_zip(room, study), "production.zip", zipped, "out_bundle"
                )
        st.caption(
            "The production bundle holds everybody’s vectors, so it is not offered while the source is protected."
            if case.rules.epsilon
            else "The bundle serves blended lists without Streamlit and torch; its policy is what the study supports."
        )


def list_json(case: Case, alpha: float, rows: pd.DataFrame) -> dict[str, object]:
    """The list with what it depends on; the rules as they stand in a link."""
    return {
        "target": case.pair.target.side.name,
        "source": case.pair.source.side.name,
        "alpha": alpha,
        "rules": case.rules.params(),
        "items": rows.to_dict("records"),
    }


def path_json(room: Room, case: Case) -> dict[str, object]:
    """The path as `python -m recsys transfer --path --json` prints it."""
    steps = [
        {"from": step.start, "to": step.end, "items": room.dataset.items.externals(step.items)}
        for step in case.path.steps
    ]
    sides = {"target": case.pair.target.side.name, "source": case.pair.source.side.name}
    return sides | {"k": case.path.k, "rules": case.rules.params(), "steps": steps}


def _figures(studio: Studio, room: Room, case: Case) -> list[tuple[str, str, Callable[[], bytes]]]:
    catalogue, alpha = room.dataset.catalogue, studio.view.alpha

    def page(figure: object) -> bytes:
        config = {"toImageButtonOptions": {"format": "svg"}, "displaylogo": False}
        html: str = figure.to_html(include_plotlyjs=True, config=config)  # type: ignore[attr-defined]
        return html.encode("utf-8")

    return [
        ("Ranks over α", "ranks.html", lambda: page(bump_chart(case.path, catalogue.titles, alpha))),
        ("Tags", "tags.html", lambda: page(what_changed(case.path, catalogue.tags, alpha))),
        ("Scores", "scores.html", lambda: page(score_curves(case.path, catalogue.titles, alpha))),
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

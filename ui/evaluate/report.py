"""Evaluate's tab "Report": downloads of the evaluation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from recsys.data.export import csv_bytes, json_bytes
from recsys.evaluation.segments import grouping, segment
from recsys.models.table import model_label, setting_label
from recsys.wording import Message, listed, tr
from recsys.workspace.names import known_name
from ui.evaluate.alpha import NEWEST_CURVE
from ui.evaluate.jobs import EvaluationContext
from ui.language import language
from ui.shell.widgets import download

if TYPE_CHECKING:
    from recsys.evaluation.quality_over_alpha import QualityOverAlpha


def report_tab(evaluated: EvaluationContext) -> None:
    """One self-contained HTML file, the figures as JSON, and each user's values as CSV."""
    st.write(
        tr("The report holds the data card, the model card, the protocol, all metrics with intervals, and versions.")
    )
    metrics = evaluated.report.to_json()
    html = partial(_html, evaluated, st.session_state.get(NEWEST_CURVE), language())  # made outside of the session
    with st.container(horizontal=True):
        download(tr("Export report (HTML)"), html, "evaluation.html", "text/html", "report_html")
        download(
            tr("Export metrics (JSON)"), lambda: json_bytes(metrics), "metrics.json", "application/json", "rep_json"
        )
        download(tr("Export users (CSV)"), lambda: csv_bytes(_users(evaluated)), "users.csv", "text/csv", "report_csv")


def _html(evaluated: EvaluationContext, newest: tuple[str, QualityOverAlpha, str] | None, lang: str) -> bytes:
    """The report.

    Args:
        newest: what NEWEST_CURVE holds, which may be of another run; None where no curve was computed.
    """
    from recsys.evaluation.html_report import evaluation_html

    run, report = evaluated.run, evaluated.report
    card: dict[str, Any] = {
        Message("name"): known_name(run.name),
        Message("model"): Message(model_label(run.model.name)),
        Message("parameters"): f"{run.parameters:,}",
        Message("trained"): run.created,
        Message("seconds of training"): f"{run.seconds:,.0f}",
        Message("epochs"): len(run.reports),
        Message("compared with"): listed([tr(model_label(name)) for name in run.baselines] or [""]),
        **{Message("setting of {model}, chosen on validation users: {setting}", model=tr(model_label(name)),
                   setting=setting): value
           for name, chosen in run.settings.items() for setting, value in chosen.items()},
        **{f"{tr(setting_label(name))} ({part})": value for part in ("model", "train")
           for name, value in dict(run.config.get(part, {})).items()},
        Message("intended use"): Message(
            "demonstrations, teaching and exploration; not for decisions about people"
        ),
    }  # fmt: skip
    values = report.models[0].per_user[report.main]
    dataset, users = evaluated.dataset, evaluated.holdout
    attributes = ["history length", *(["scenario"] if len(dataset.catalogue.scenario_names) > 1 else [])]
    segments = [segment(values, grouping(dataset, users, by), report.main) for by in attributes]
    curve, targets = newest[1:] if newest is not None and newest[0] == run.id else (None, "")
    title = Message("Evaluation of {run}", run=known_name(run.name))
    return evaluation_html(
        report, dataset, card, segments=segments, curve=curve, targets=targets, title=title, lang=lang
    ).encode()


def _users(evaluated: EvaluationContext) -> pd.DataFrame:
    """Each user's value of every metric that has one, and rank, by model."""
    report = evaluated.report
    columns: dict[str, Any] = {"user_id": evaluated.dataset.users.externals(report.users)}
    for model in report.models:
        columns |= {f"{model.name} {key}": model.per_user[key] for key in report.metrics if key in model.per_user}
        columns[f"{model.name} rank"] = model.ranks
    return pd.DataFrame(columns)

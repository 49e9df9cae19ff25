"""Evaluate, further parts: quality over α, protocols with their drawings, spread over seeds, downloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from recsys.charts.evaluation import alpha_figure, intervals_figure
from recsys.charts.segments import split_figure
from recsys.charts.style import CONFIG
from recsys.data.export import csv_bytes, json_bytes
from recsys.errors import StudioError
from recsys.evaluation.alpha_curve import SOURCES
from recsys.evaluation.protocols import PROTOCOLS, Protocol, split_timeline
from recsys.evaluation.segments import grouping, segment
from recsys.jobs.queue import Progress
from ui.evaluate.jobs import EvaluationContext, answer, job_id, trainers
from ui.run_context import group_of
from ui.shell.frame import show_error
from ui.shell.widgets import download, escape_markdown

if TYPE_CHECKING:
    from recsys.evaluation.alpha_curve import AlphaCurve
    from recsys.evaluation.evaluate import Report

EVERYBODY, SHORTEST = "everybody", "the quarter with the shortest histories"


def _targets(evaluated: EvaluationContext) -> dict[str, str]:
    """Groups of targets on offer: key -> shown name."""
    offered = {EVERYBODY: EVERYBODY, SHORTEST: SHORTEST}
    for entry in evaluated.studio.space.entries("cohort"):
        offered[f"group:{entry.id}"] = f"group “{entry.name}”"
    people = evaluated.dataset.user_table
    for column in people.columns:
        values = people[column].dropna().astype(str).unique()
        if 1 < len(values) <= 12:
            offered |= {f"column:{column}={value}": f"{column} {value}" for value in sorted(values)}
    return offered


def _users(evaluated: EvaluationContext, chosen: str) -> Sequence[int]:
    """The user indexes of a group of targets."""
    users = evaluated.split.test.users
    if chosen == EVERYBODY:
        return [int(user) for user in users]
    if chosen == SHORTEST:
        of = grouping(evaluated.dataset, evaluated.split.test, "history length").of
        return [int(user) for user, group in zip(users, of, strict=True) if group == 0]
    return [int(user) for user in group_of(evaluated.context, chosen, None)[0]]


def alpha_tab(evaluated: EvaluationContext) -> None:
    """NDCG over α for a group of targets and a way of choosing sources, with the controls."""
    offered = _targets(evaluated)
    left, right = st.columns(2)
    chosen = left.selectbox("Targets", list(offered), format_func=offered.__getitem__, key="curve_of")
    way = right.selectbox("Source", list(SOURCES), format_func=SOURCES.__getitem__, key="curve_way")
    users = set(_users(evaluated, chosen))
    holdout, model, dataset = evaluated.split.test, evaluated.run.model, evaluated.dataset
    places = [position for position, user in enumerate(holdout.users) if int(user) in users]

    def work(progress: Progress) -> AlphaCurve:
        from recsys.evaluation.alpha_curve import alpha_curve

        group = sorted(users)
        return alpha_curve(model, holdout, dataset, way, targets=places, group=group, progress=progress)

    wanted = job_id(evaluated.studio, "alpha", evaluated.context.folder, evaluated.run.id, chosen, way)
    curve = answer(
        evaluated.studio, wanted, "evaluate", f"quality over α of {evaluated.run.name}", work, "Draw the curve"
    )
    if curve is None:
        st.caption(
            "Blends up to 400 targets with their sources at eleven values of α and ranks every item each time. A "
            "random source and shuffled pairs are drawn beside it: what they gain as well is not borrowed interest."
        )
        return
    st.session_state["last_curve"] = (evaluated.run.id, curve)
    st.plotly_chart(alpha_figure(curve), key="alpha_curve", config=CONFIG, width="stretch")
    st.caption(
        "These people took part in training, so the curve is kinder than for new people: the tab “Does transfer help?” "
        "judges on people the model has never seen."
    )


def protocols_tab(evaluated: EvaluationContext) -> None:
    """Each protocol with its drawing; the other two train the models anew without the hidden rows."""
    for protocol in PROTOCOLS:
        with st.container(border=True):
            left, right = st.columns([2, 3], gap="large")
            with left:
                st.subheader(protocol.name, anchor=False)
                st.write(f"**{protocol.question}** {protocol.how}")
                st.caption(f"What it can’t tell: {protocol.limit}")
            with right:
                try:
                    split = protocol.split(evaluated.dataset)
                except StudioError as error:
                    show_error(error)
                    continue
                drawn = split_figure(
                    split_timeline(evaluated.dataset, split),
                    f"{len(split.test):,} people are judged, {split.train.n_interactions:,} rows are learned from",
                    dated=protocol.key == "time",
                )
                st.plotly_chart(drawn, key=f"split_{protocol.key}", config=CONFIG, width="stretch")
            _by_protocol(evaluated, protocol)


def _by_protocol(evaluated: EvaluationContext, protocol: Protocol) -> None:
    if protocol.key == evaluated.report.protocol:
        st.caption("This is the protocol of the verdict above: the run kept these rows aside when it was trained.")
        return
    report = _judged_by(evaluated, protocol.key, seed=0, button=f"Train anew and judge: {protocol.name.lower()}")
    if report is not None:
        st.write(escape_markdown(report.verdict, 400))
        st.plotly_chart(intervals_figure(report, report.main), key=f"by_{protocol.key}", config=CONFIG, width="stretch")


def _judged_by(evaluated: EvaluationContext, key: str, seed: int, button: str) -> Report | None:
    context = evaluated.context

    def work(progress: Progress) -> Report:
        from recsys.evaluation.protocols import evaluate_protocol

        return evaluate_protocol(context.dataset, key, trainers(context, seed, progress), progress=progress)

    wanted = job_id(evaluated.studio, "protocol", key, seed, context.folder, context.run.id)
    found: Report | None = answer(
        evaluated.studio, wanted, "evaluate", f"{key} evaluation of {context.run.name}", work, button
    )
    return found


SEEDS = (1, 2, 3)


def seeds(evaluated: EvaluationContext) -> None:
    """The run's model trained again with other seeds: how much is luck of the draw."""
    context = evaluated.context

    def work(progress: Progress) -> dict[int, float]:
        from recsys.evaluation import evaluate_models

        split, found = context.run.split(context.dataset), {}
        for number, seed in enumerate(SEEDS):

            def part(fraction: float, message: str, begun: int = number) -> None:
                progress((begun + fraction) / len(SEEDS), f"Seed {SEEDS[begun]}: {message}")

            model = trainers(context, seed, part)[context.run.model.name](split)
            report = evaluate_models({"again": model}, split.test, split.train, (10,))
            found[seed] = report["again"].estimates["ndcg@10"].value
        return found

    st.subheader("How much of it is the luck of the seed?", anchor=False)
    wanted = job_id(evaluated.studio, "seeds", context.folder, context.run.id)
    button = f"Train {len(SEEDS)} more times with other seeds"
    found = answer(evaluated.studio, wanted, "evaluate", f"{context.run.name} with other seeds", work, button)
    if found:
        own = evaluated.report[evaluated.report.names[0]].estimates["ndcg@10"].value
        values = [own, *found.values()]
        each = ", ".join(f"{value:.3f}" for value in values)
        st.write(f"NDCG@10 lies between {min(values):.3f} and {max(values):.3f} over {len(values)} seeds ({each}).")


def report_tab(evaluated: EvaluationContext) -> None:
    """One HTML file that stands alone, the JSON, and each person's figures."""
    st.write("The report holds the data card, the model card, the protocol, all figures with intervals, and versions.")
    with st.container(horizontal=True):
        download("Report (HTML)", lambda: _html(evaluated), "evaluation.html", "text/html", "report_html")
        download(
            "Figures (JSON)",
            lambda: json_bytes(evaluated.report.to_json()),
            "evaluation.json",
            "application/json",
            "rep_json",
        )
        download("Each person (CSV)", lambda: csv_bytes(_people(evaluated)), "people.csv", "text/csv", "report_csv")


def _html(evaluated: EvaluationContext) -> bytes:
    from recsys.evaluation.html_report import evaluation_html

    run, report = evaluated.run, evaluated.report
    card: dict[str, Any] = {
        "name": run.name,
        "model": run.model.name,
        "parameters": f"{run.parameters:,}",
        "trained": run.created,
        "seconds of training": f"{run.seconds:,.0f}",
        "epochs": len(run.reports),
        "beside it": ", ".join(run.baselines),
        **{f"setting of {name}, chosen on validation users: {setting}": value
           for name, chosen in run.settings.items() for setting, value in chosen.items()},
        **{f"{part} setting: {name}": value for part in ("model", "train")
           for name, value in dict(run.config.get(part, {})).items()},
        "meant for": "demonstrations, teaching and exploration; not for decisions about people",
    }  # fmt: skip
    first = report[report.names[0]]
    by = ["history length", *(["scenario"] if len(evaluated.dataset.catalogue.scenario_names) > 1 else [])]
    found = [
        segment(first.per_user[report.main], grouping(evaluated.dataset, evaluated.split.test, way), report.main)
        for way in by
    ]
    of, curve = st.session_state.get("last_curve", ("", None))
    title = f"Evaluation of {run.name}"
    drawn = curve if of == run.id else None
    return evaluation_html(report, evaluated.dataset, card, segments=found, curve=drawn, title=title).encode()


def _people(evaluated: EvaluationContext) -> pd.DataFrame:
    report = evaluated.report
    columns: dict[str, Any] = {"user_id": evaluated.dataset.users.externals(report.users)}
    for model in report.models:
        columns |= {f"{model.name} {metric}": model.per_user[metric] for metric in ("ndcg@10", "hr@10", "mrr", "auc")}
        columns[f"{model.name} rank"] = model.ranks
    return pd.DataFrame(columns)

"""Evaluate's tab "Compare": models side by side, quality against cost, users won and lost, variation over seeds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from recsys.charts.evaluation import pareto_figure, win_loss_figure
from recsys.evaluation.report import report_label
from recsys.jobs.description import JobDescription
from recsys.jobs.evaluations import MAIN
from recsys.metrics.registry import find_metric, metric_label
from recsys.models.recommender import Recommender
from recsys.runs import Run
from recsys.wording import Message, tr
from recsys.workspace.names import known_name
from ui.evaluate.jobs import COMPARED_RUNS, EvaluationContext
from ui.glossary import meaning_of
from ui.shell.figures import show_figure
from ui.shell.job_results import job_id, job_result
from ui.shell.widgets import escape_markdown, multiselect_by_id, number_duplicates, settings_text, user_label

MOST_POINTS = 20_000  # users drawn at most: the points of 250,000 are 11 MB
MILLISECONDS, MEGABYTES = Message("milliseconds to score one user"), Message("megabytes of weights")
BETTER: Mapping[str, Message] = {one: one for one in (Message("higher"), Message("lower"), Message("neither"))}


def compare_tab(evaluated: EvaluationContext) -> None:
    """Models and other runs side by side."""
    _choose_runs(evaluated)
    _table(evaluated)
    for comparison in evaluated.report.comparisons:
        sentence = tr(comparison.sentence(report_label))
        st.markdown(escape_markdown(sentence, 300), help=meaning_of("Holm correction", "NDCG"))
    left, right = st.columns(2, gap="large")
    with left:
        _quality_against_cost(evaluated)
    with right:
        if len(evaluated.report.models) > 1:
            _win_loss(evaluated)
    _seeds(evaluated)


def _choose_runs(evaluated: EvaluationContext) -> None:
    page = evaluated.page
    runs = {entry.id: tr(entry.label) for entry in page.space.entries("run") if entry.id != page.run_id}
    if not runs:
        return
    before = st.session_state.get(COMPARED_RUNS, [])
    label = tr("Compare with other runs on the same data")
    if multiselect_by_id(label, number_duplicates(runs), COMPARED_RUNS) != before:
        st.rerun()


def _table(evaluated: EvaluationContext) -> None:
    """Every metric of every model, and how each metric is defined."""
    report = evaluated.report
    rows = {
        tr(metric_label(key)): [
            ("★ " if m.name == report.best(key) else "") + m.estimates[key].text for m in report.models
        ]
        for key in report.metrics
    }
    table = pd.DataFrame(rows, index=[tr(m.label) for m in report.models]).T
    st.dataframe(table, width="stretch", height="content", key="compare_table")
    st.caption(
        tr("★ marks the best value where one direction is better. Brackets are 95% intervals."),
        help=meaning_of("Interval", "Bootstrap"),
    )
    with st.expander(tr("How each metric is defined")):
        metrics = {tr(metric_label(key)): find_metric(key) for key in report.metrics}
        columns = {
            tr("meaning"): [tr(metric.help) for metric in metrics.values()],
            tr("formula"): [tr(metric.formula) for metric in metrics.values()],
            tr("better"): [tr(BETTER[metric.better]) for metric in metrics.values()],
            tr("range"): [tr("{low:g} to {high:.3g}", low=metric.low, high=metric.high) for metric in metrics.values()],
            tr("paper"): [metric.paper for metric in metrics.values()],
        }
        st.dataframe(pd.DataFrame(columns, index=list(metrics)), width="stretch", key="metric_definitions")
    if evaluated.run.settings:
        chosen = settings_text(evaluated.run.settings)
        sentence = tr("Settings of the baselines, chosen on validation users: {settings}.", settings=chosen)
        st.caption(sentence, help=meaning_of("Baseline", "Validation"))


def _quality_against_cost(evaluated: EvaluationContext) -> None:
    report = evaluated.report
    costs = {cost: tr(cost) for cost in (MILLISECONDS, MEGABYTES)}
    cost = st.selectbox(tr("Cost"), list(costs), format_func=costs.__getitem__, key="cost")
    in_time = cost == MILLISECONDS
    rows = [
        (
            tr(m.label),
            m.milliseconds if in_time else _megabytes(evaluated.models[m.name]),
            m.estimates[report.main].value,
        )
        for m in report.models
    ]
    show_figure(pareto_figure(rows, report.main, costs[cost]), "pareto")


def _megabytes(model: Recommender) -> float:
    tensors = getattr(model, "tensors", None)
    return sum(t.nbytes for t in tensors().values()) / 1e6 if tensors else 0.0


def _win_loss(evaluated: EvaluationContext) -> None:
    """Users as points; selected ones can be opened in Transfer or Explain."""
    report, dataset = evaluated.report, evaluated.dataset
    others = {name: tr(report_label(name)) for name in report.names[1:]}
    second = st.selectbox(tr("Against"), list(others), format_func=others.__getitem__, key="against")
    first = report.names[0]
    n = len(report.users)
    positions = np.linspace(0, n - 1, min(n, MOST_POINTS)).astype(np.int64)
    labels = [tr("user {user}", user=dataset.users.external(int(u))) for u in report.users[positions]]
    names = tr(report_label(first)), tr(report_label(second))
    drawn = win_loss_figure(*names, (report[first].ranks, report[second].ranks), labels, positions)
    event = show_figure(drawn, "win_loss", on_select="rerun", selection_mode=("points", "box"))
    if len(positions) < n:
        st.caption(tr("Points: {n:,} of {all:,} users, evenly spread. The title counts all.", n=len(positions), all=n))
    points = event["selection"]["points"] if event else []
    chosen = [int(point["customdata"][0] if isinstance(point["customdata"], list) else point["customdata"])
              for point in points if "customdata" in point]  # fmt: skip
    differences = abs(report[first].per_user["mrr"] - report[second].per_user["mrr"])
    users = [int(report.users[position]) for position in (chosen or differences.argsort()[::-1][:20].tolist())[:50]]
    largest = tr("User (select points above, or one of the {n} with the largest difference)", n=len(users))
    user = st.selectbox(
        tr("User") if chosen or len(users) == 1 else largest,
        users,
        format_func=lambda user: user_label(dataset, user),
        key=f"win_loss_person_{second}",
    )
    with st.container(horizontal=True):
        target = f"user:{dataset.users.external(user)}"
        if st.button(tr("Open in Transfer"), key="open_transfer"):
            evaluated.page.go("transfer", target=target)
        if st.button(tr("Open in Explain"), key="open_explain"):
            evaluated.page.go("explain", target=target)


def other_seeds(run: Run) -> tuple[int, int, int]:
    """Three seeds that the run was not trained with."""
    own = run.config.get("seed", run.config.get("train", {}).get("seed"))
    first, second, third, *_ = (seed for seed in range(1, 5) if seed != own)
    return first, second, third


def _seeds(evaluated: EvaluationContext) -> None:
    """The run's model trained again with other seeds."""
    context, page = evaluated.context, evaluated.page
    st.subheader(tr("How much does the result vary with the seed?"), anchor=False, help=meaning_of("Seed"))
    seeds = other_seeds(context.run)
    further = (seed for seed in seeds if seed > 3)  # what earlier versions trained with 1, 2 and 3 is found again
    wanted = job_id(page, "seeds", context.folder, context.run.id, *further)
    job = JobDescription(wanted, "seeds", page.space.id, run=page.run_id, settings={"seeds": seeds})
    button = tr("Train with {n} other seeds", n=len(seeds))
    label = Message("{run} with other seeds", run=known_name(context.run.name))
    found = job_result(page, job, label, button=button)
    if found:
        values = [evaluated.report.models[0].estimates[MAIN].value, *found]
        st.write(
            tr(
                "{metric} is between {low:.3f} and {high:.3f} over {n} seeds ({values}).",
                metric=metric_label(MAIN),
                low=min(values),
                high=max(values),
                n=len(values),
                values=", ".join(f"{value:.3f}" for value in values),
            )
        )

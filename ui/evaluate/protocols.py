"""Evaluate's tab "Protocols": how rows were held out, and the evaluation by other protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from recsys.charts.evaluation import intervals_figure
from recsys.charts.rankings import orders_figure
from recsys.charts.segments import split_figure
from recsys.errors import StudioError
from recsys.evaluation.evaluate import users_evaluated
from recsys.evaluation.protocols import Protocol, protocols_for
from recsys.evaluation.protocols import protocol as find_protocol
from recsys.evaluation.sampled_ranking import compare_orders
from recsys.evaluation.split_timeline import TimelineRow, split_timeline
from recsys.jobs.description import JobDescription
from recsys.wording import Message, tr
from recsys.workspace.names import known_name
from ui.evaluate.jobs import EvaluationContext
from ui.glossary import terms_in
from ui.shell.figures import show_figure
from ui.shell.frame import show_error
from ui.shell.job_results import job_id, job_result
from ui.shell.widgets import escape_markdown

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset


def protocols_tab(evaluated: EvaluationContext) -> None:
    """Each protocol with a figure of its split; those with other held-out rows train the models anew without them."""
    for protocol in protocols_for(evaluated.dataset):
        with st.container(border=True):
            left, right = st.columns([2, 3], gap="large")
            with left:
                st.subheader(tr(protocol.name), anchor=False)
                st.write(f"**{tr(protocol.question)}** {tr(protocol.how)}")
                st.caption(
                    tr("Limit: {limit}", limit=protocol.limit),
                    help=terms_in(f"{protocol.name} {protocol.how} {protocol.limit}"),
                )
            with right:
                if protocol.sampled:
                    _evaluate_sampled(evaluated, protocol)
                    continue
                data = evaluated.dataset
                try:
                    timeline, users, rows = _drawn_split(data.fingerprint, data.repeats.text, protocol.key, data)
                except StudioError as error:
                    show_error(error)
                    continue
                drawn = split_figure(
                    timeline,
                    tr(
                        "{users:,} users are evaluated, {rows:,} rows are trained on",
                        users=users_evaluated(users, data.n_items),
                        rows=rows,
                    ),
                    dated=protocol.key == "time",
                    steps=not evaluated.dataset.dated,
                )
                show_figure(drawn, f"split_{protocol.key}")
            _evaluate_by(evaluated, protocol)


@st.cache_resource(max_entries=24, show_spinner=False)
def _drawn_split(
    fingerprint: str, repeats: str, key: str, _dataset: Dataset
) -> tuple[tuple[TimelineRow, ...], int, int]:
    """What the figure of a protocol's split says: rows of some users, held-out users, rows trained on."""
    split = find_protocol(key).split(_dataset)
    return split_timeline(_dataset, split), len(split.test), split.train.n_interactions


def _evaluate_sampled(evaluated: EvaluationContext, protocol: Protocol) -> None:
    """The run's models on the rows of the verdict, ranked among sampled items, beside their order among all items."""
    context, page = evaluated.context, evaluated.page
    wanted = job_id(
        page, "protocol", protocol.key, context.folder, context.run.id, *sorted(evaluated.settings["compared"])
    )
    settings = {**evaluated.settings, "protocol": protocol.key}
    job = JobDescription(wanted, "evaluate", page.space.id, run=page.run_id, settings=settings)
    label = Message("{protocol} evaluation of {run}", protocol=protocol.key, run=known_name(context.run.name))
    button = tr("Evaluate: {protocol}", protocol=tr(protocol.name).lower())
    report = job_result(page, job, label, button=button)
    if report is None:
        return
    if len(report.models) > 1:
        orders = compare_orders(evaluated.report, report)
        drawn = orders_figure(evaluated.report, report, orders)
        show_figure(drawn, "sampled_orders")
    show_figure(intervals_figure(report, report.main), "by_sampled")


def _evaluate_by(evaluated: EvaluationContext, protocol: Protocol) -> None:
    if protocol.key == evaluated.report.protocol:
        st.caption(tr("This is the protocol of the verdict above: these rows were held out when the run was trained."))
        return
    context, page = evaluated.context, evaluated.page
    wanted = job_id(page, "protocol", protocol.key, context.folder, context.run.id)
    job = JobDescription(wanted, "protocol", page.space.id, run=page.run_id, settings={"protocol": protocol.key})
    label = Message("{protocol} evaluation of {run}", protocol=protocol.key, run=known_name(context.run.name))
    button = tr("Train and evaluate: {protocol}", protocol=tr(protocol.name).lower())
    report = job_result(page, job, label, button=button)
    if report is not None:
        st.write(escape_markdown(tr(report.verdict), 400))
        show_figure(intervals_figure(report, report.main), f"by_{protocol.key}")

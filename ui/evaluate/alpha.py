"""Evaluate's tab "Quality over α"."""

from __future__ import annotations

import streamlit as st

from recsys.cases.parties import column_groups, group_of
from recsys.charts.evaluation import alpha_figure
from recsys.evaluation.quality_over_alpha import ALL_USERS, SOURCES
from recsys.evaluation.segments import grouping
from recsys.jobs.description import JobDescription
from recsys.wording import Message, tr, worded
from recsys.workspace.names import known_name
from ui.evaluate.jobs import EvaluationContext
from ui.glossary import meaning_of
from ui.shell.figures import show_figure
from ui.shell.job_results import job_id, job_result
from ui.shell.widgets import number_duplicates, one_line

ALL, SHORTEST = ALL_USERS, Message("the quarter with the shortest histories")
NEWEST_CURVE = "evaluate_newest_curve"  # in the session: (run id, curve, its targets as a message), for the report


def _targets(evaluated: EvaluationContext) -> dict[str, str]:
    """Groups of targets to choose from: key -> name, a message where it has words of this app."""
    offered: dict[str, str] = {ALL: ALL, SHORTEST: SHORTEST}
    for entry in evaluated.page.space.entries("cohort"):
        offered[f"group:{entry.id}"] = Message("group “{name}”", name=entry.label)
    columns = column_groups(evaluated.dataset.user_table, 12)
    return offered | {text: f"{one_line(name, 60)} {one_line(value, 60)}" for text, (name, value, _) in columns.items()}


def _users(evaluated: EvaluationContext, chosen: str) -> list[int]:
    """The user indexes of a group of targets other than all users."""
    if chosen == SHORTEST:
        users = evaluated.holdout.users
        of = grouping(evaluated.dataset, evaluated.holdout, "history length").of
        return [int(user) for user, group in zip(users, of, strict=True) if group == 0]
    return [int(user) for user in group_of(evaluated.context, chosen, None)[0]]


def alpha_tab(evaluated: EvaluationContext) -> None:
    """NDCG over α for a group of targets and a kind of source, with the controls."""
    offered = _targets(evaluated)
    left, right = st.columns(2)
    names = number_duplicates({key: worded(name) for key, name in offered.items()})
    chosen = left.selectbox(tr("Targets"), list(offered), format_func=names.__getitem__, key="curve_of")
    sources = {kind: tr(name) for kind, name in SOURCES.items()}
    kind = right.selectbox(tr("Source"), list(sources), format_func=sources.__getitem__, key="curve_way")
    run, targets = evaluated.run, None if chosen == ALL else _users(evaluated, chosen)
    wanted = job_id(evaluated.page, "alpha", evaluated.context.folder, run.id, chosen, kind)
    settings = {"source": str(kind), "targets": targets}
    job = JobDescription(wanted, "alpha", evaluated.page.space.id, run=evaluated.page.run_id, settings=settings)
    label = Message("quality over α of {run}", run=known_name(run.name))
    curve = job_result(evaluated.page, job, label, button=tr("Compute the curve"))
    if curve is None:
        st.caption(
            tr(
                "Blends up to 400 targets with their sources at eleven values of α and ranks all items each time. A "
                "random source and shuffled pairs are drawn too: a gain that they share does not come from shared "
                "interests."
            ),
            help=meaning_of("α", "NDCG", "Negative control"),
        )
        return
    named = "" if chosen == ALL else offered[chosen]
    st.session_state[NEWEST_CURVE] = (run.id, curve, named)
    show_figure(alpha_figure(curve, worded(named)), "alpha_curve")
    st.caption(
        tr(
            "The model was trained on these users, so the curve is more favourable than for new users. The tab “Does "
            "transfer help?” evaluates on users that the model was not trained on."
        ),
        help=meaning_of("NDCG", "Negative control"),
    )
    if chosen.startswith("group:"):
        st.caption(
            tr(
                "A group saved from the map was found with the users’ last items too, which are evaluated here: with "
                "sources of the same group the curve is more favourable still."
            )
        )

"""Which α to choose and whether it helps: the results of the transfer study for a pair like this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from recsys.cases.parties import read_scenarios
from recsys.charts.transfer import alpha_evidence
from recsys.errors import ArtifactError
from recsys.evaluation.study.results import suggestion_evidence
from recsys.evaluation.study.verdict import saved_verdict
from recsys.evaluation.study.what_helps import what_helps
from recsys.jobs.description import JobDescription
from recsys.jobs.studies import data_key, saved_studies, studied_model
from recsys.models.table import model_label
from recsys.transfer.alpha_suggestion import Suggestion, suggest_alpha
from recsys.transfer.certificate import Decision
from recsys.wording import Message, tr
from ui.glossary import meaning_of
from ui.run_context import RunContext
from ui.shell.errors import show_failure, show_verdict
from ui.shell.figures import show_figure
from ui.shell.frame import PageContext, guarded_fragment
from ui.shell.job_results import find_job, job_id
from ui.shell.widgets import escape_markdown
from ui.transfer.certificate import decision_of, evidence, not_certified, sentence
from ui.transfer.scored_pair import ScoredPair

AXES = {"before": "time", "scenario": "scenarios"}  # axis by kind of source; all other kinds are other users
SOURCES = {
    "users": Message("other users’ interests"),
    "time": Message("a user’s earlier interests"),
    "scenarios": Message("a user’s interests in another scenario"),
}
AXIS_NAMES = {"users": Message("users"), "time": Message("time"), "scenarios": Message("scenarios")}
RUN = Message("Run the study")
NEUTRAL_ALPHA = 0.3  # suggested where no study has shown an α that helps
LABELS = {
    "helps": Message("Does it help? Yes, somewhat →"),
    "mixed": Message("Does it help? Not more than simpler methods →"),
    "no evidence": Message("Does it help? Not shown →"),
    "harms": Message("Does it help? It harms →"),
}


def axis_of(page: PageContext) -> str:
    """The axis of the study that this kind of source belongs to: "users", "time" or "scenarios"."""
    return AXES.get(page.view.source.partition(":")[0], "users")


def scenarios_of(page: PageContext, context: RunContext) -> list[str]:
    """Source scenario and target scenario; empty on the other axes."""
    kind, _, value = page.view.source.partition(":")
    return list(read_scenarios(value, context.dataset.catalogue.scenario_names)) if kind == "scenario" else []


def study_of(page: PageContext, context: RunContext) -> Mapping[str, Any] | None:
    """The newest saved study of this data, axis and model; None where there is none."""
    asked = {"axis": axis_of(page), "scenarios": scenarios_of(page, context)}
    studies = saved_studies(page.space, context.dataset, context.run, **asked)
    return next((content for _, content in studies if "points" in content), None)


def what_to_transfer(page: PageContext, context: RunContext) -> str:
    """What the study of this data speaks for; the next choice where there is none, or an earlier one."""
    study = study_of(page, context)
    found = None if study is None else what_helps(list(study["points"]))
    return "next-choice" if found is None else found.what


def verdict_label(study: Mapping[str, Any] | None) -> str:
    """The label of the mixer's button that opens the tab "Does it help?"."""
    if study is None:
        return tr("Does it help? Not studied yet →")
    return tr(LABELS.get(str(study["level"]), Message("Does it help? →")))


def pair_certificate(page: PageContext, study: Mapping[str, Any] | None, scored: ScoredPair) -> Decision | None:
    """The certificate of the pair from the study of its axis; None without one."""
    try:
        return decision_of(study, axis_of(page) != "users", scored)
    except ArtifactError:  # a damaged study: the tab "Does it help?" shows the error
        return None


def where_to_begin(study: Mapping[str, Any] | None, decision: Decision | None, scored: ScoredPair) -> tuple[float, str]:
    """An α to begin with, and a sentence that says whether the certificate or a study supports it."""
    if decision:
        return decision.alpha, tr(sentence(decision))
    if study is not None and (reason := not_certified(study, scored)):
        said = tr("{reason} Try α = {alpha:.2f}, a neutral start.", reason=reason, alpha=NEUTRAL_ALPHA)
        return NEUTRAL_ALPHA, said
    try:
        suggestion = None if study is None else suggestion_for(study, scored)
    except ArtifactError:  # a damaged study: the tab "Which α?" shows the error
        suggestion = None
    if suggestion is not None and suggestion.helps:
        said = tr("Try α = {alpha:.2f}: it helped users with as little history.", alpha=suggestion.alpha)
        return suggestion.alpha, said
    return NEUTRAL_ALPHA, tr(
        "Try α = {alpha:.2f}: a neutral start, because no study of this model and data has been run."
        if suggestion is None
        else "Try α = {alpha:.2f}: a neutral start, because no α above 0 was shown to help such users.",
        alpha=NEUTRAL_ALPHA,
    )


def suggestion_for(study: Mapping[str, Any], scored: ScoredPair) -> Suggestion:
    """The α that a study suggests for the length of the target's history. Raises ArtifactError for a damaged study."""
    known = len(scored.pair.target.party.histories[0])
    return suggest_alpha([suggestion_evidence(point) for point in study["points"]], known, float(study["shrinkage"]))


def which_alpha(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """The suggested α, with the evidence for it."""
    study = study_of(page, context)
    if study is None:
        st.write(tr("A suggestion needs evidence from other users with as few items. Run the study once."))
        _start(page, context)
        return
    if scored.transfer.target.agreement:
        st.info(tr("The study held out single users, so it suggests no α for several users together."))
        return
    if len(scored.transfer.target.histories) > 1:
        st.info(tr("The study held out single users, so it suggests no α for a group."))
        return
    found = suggestion_for(study, scored)
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_figure(alpha_evidence(found, page.view.alpha), "evidence", caption=False)
    with right:
        st.subheader(f"α = {found.alpha:.2g}" if found.helps else tr("Leave α at 0"), anchor=False)
        st.write(escape_markdown(tr(found.evidence), 600))
        n = len(scored.pair.target.party.histories[0])
        st.caption(
            tr(
                "Shrinkage: α = c / (c + n) = {alpha:.2f} for n = {known:,} known items.",
                alpha=found.shrinkage,
                known=n,
            ),
            help=meaning_of("Shrinkage"),
        )
        label = tr("Set α to {alpha:.2g}", alpha=found.alpha)
        if st.button(label, key="use_alpha", disabled=found.alpha == page.view.alpha):
            page.set_view(alpha=float(found.alpha))
            st.rerun()


def helps(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """The verdict of the study, and the link to all of its figures."""
    study = study_of(page, context)
    if study is None:
        st.write(
            tr(
                "It is not known yet whether {source} help on this data. The study holds users out, predicts their "
                "next item, and compares transfer with simple methods and with a random source, which must not help.",
                source=SOURCES[axis_of(page)],
            )
        )
        _start(page, context)
        return
    if decision := decision_of(study, axis_of(page) != "users", scored):
        evidence(study, scored, decision)
    elif reason := not_certified(study, scored):
        st.write(escape_markdown(tr(reason)))
    show_verdict(str(study["level"]), tr(saved_verdict(study)))
    if found := what_helps(list(study["points"])):
        st.write(tr(found.sentence))
    st.caption(
        tr(
            "Source: {source}. Model: {model}, trained on {users:,} other users.",
            source=SOURCES[axis_of(page)],
            model=escape_markdown(tr(model_label(study["model"]))),
            users=int(study["trained_on"]),
        )
    )
    with st.container(horizontal=True):
        st.page_link(
            "pages/5_Evaluate.py",
            label=tr("All figures of the study"),
            query_params={**page.params(), "tab": "study"},
        )
        _start(page, context, Message("Run it again"))


def _start(page: PageContext, context: RunContext, label: Message = RUN) -> None:
    """The study of this axis: its progress, the reason of a failure, and the button that starts it."""
    axis, scenarios = axis_of(page), scenarios_of(page, context)
    model = studied_model(context.run, context.dataset)
    wanted = job_id(page, "study of the pair", axis, *data_key(context.dataset), *scenarios, model)
    job = find_job(page, wanted)
    if job is not None and job.active:
        guarded_fragment(1.0)(_progress)(page, wanted)
        return
    if job is not None and job.error:
        show_failure(job)
    elif job is not None and job.state == "stopped":
        st.warning(tr("The study was stopped before its end, so it has no verdict."))

    hint = tr("Several minutes, more on large data. It continues when you leave this page.")
    if st.button(tr(label), key=f"study_{label}", help=hint):
        settings = {"axis": axis, "scenarios": list(scenarios), "model": model}
        study = JobDescription(wanted, "study", page.space.id, run=page.run_id, settings=settings)
        name = Message("the study of transfer across {axis}", axis=AXIS_NAMES[axis])
        key = study.key(" ".join(data_key(context.dataset)))
        page.jobs.submit(page.space.id, "study", name, study, job_id=wanted, key=key)
        st.rerun()


def _progress(page: PageContext, wanted: str) -> None:
    job = find_job(page, wanted)
    if job is None or not job.active:
        st.rerun()
    st.progress(
        job.fraction, text=escape_markdown(tr(job.message) if job.message else tr("Waiting for a free worker …"))
    )

"""What a training will take, measured by a probe of about two seconds in a job of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.charts.style import format_number
from recsys.errors import StudioError
from recsys.jobs.description import JobDescription
from recsys.wording import Message, tr
from recsys.workspace import new_id
from ui.glossary import meaning_of
from ui.shell.frame import PageContext, guarded_fragment
from ui.shell.job_results import find_job
from ui.shell.widgets import escape_markdown
from ui.train.progress import clock

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.models.training.reports import Estimate
    from recsys.runs import TrainingPlan


def estimate_box(page: PageContext, dataset: Dataset, plan: TrainingPlan) -> None:
    """Parameters, memory and time of a plan."""
    st.session_state["train_whole_page"] = True
    estimate = _estimate(page, dataset, plan)
    guarded_fragment(None if estimate is not None else 0.5)(_box)(page, dataset, plan)


def _box(page: PageContext, dataset: Dataset, plan: TrainingPlan) -> None:
    estimate = _estimate(page, dataset, plan)
    if isinstance(estimate, str):
        st.caption(escape_markdown(tr(estimate), 400))
    else:
        _show(estimate)
    whole_page = st.session_state.pop("train_whole_page", False)
    if estimate is not None and not whole_page:
        st.rerun()  # ends the polling; never while the whole page is drawn, where a click would be lost


def _estimate(page: PageContext, dataset: Dataset, plan: TrainingPlan) -> Estimate | str | None:
    """The estimate, a sentence about what went wrong, or None while the probe runs (it is started if need be)."""
    estimates, key = _estimates(), _key(dataset, plan)
    if key not in estimates:
        probed, probe = st.session_state.get("train_probe", ("", ""))
        job = find_job(page, probe) if probed == key else None
        if job is None:  # not started yet, or ended so long ago that it is forgotten
            try:
                st.session_state["train_probe"] = (key, _start_probe(page, dataset, plan))
            except StudioError as error:  # too many jobs: the page goes on without an estimate
                return error.message
        elif not job.active:
            from recsys.models.training.reports import Estimate

            if len(estimates) > 50:
                estimates.clear()
            done = job.state == "done"
            estimates[key] = Estimate(**job.result) if done else job.error or Message("The probe was stopped.")
    return estimates.get(key)


def known_estimate(dataset: Dataset, plan: TrainingPlan) -> Estimate | None:
    """What `estimate_box` has measured for a plan; None while there is nothing."""
    found = _estimates().get(_key(dataset, plan))
    return None if isinstance(found, str) else found


def _estimates() -> dict[Any, Estimate | str]:
    known: dict[Any, Estimate | str] = st.session_state.setdefault("train_estimates", {})
    return known


def _key(dataset: Dataset, plan: TrainingPlan) -> tuple[str, str, str]:
    return dataset.fingerprint, str(plan.model), str(plan.train)


def _start_probe(page: PageContext, dataset: Dataset, plan: TrainingPlan) -> str:
    settings = {"plan": replace(plan, name="").to_json()}
    job = JobDescription(new_id(), "estimate", page.space.id, dataset=page.dataset_id, settings=settings)
    label = Message("measuring how fast this machine is")
    return page.jobs.submit(page.space.id, "estimate", label, job, job_id=job.id, key=job.key(dataset.fingerprint))


def _show(estimate: Estimate | None) -> None:
    """Three lines of the final size from the start; dashes while the probe runs."""
    values = ("–",) * 3
    how = tr("Measuring for two seconds how fast this machine is …")
    if estimate is not None:
        values = (
            format_number(estimate.parameters),
            f"{format_number(estimate.megabytes)} MB",
            tr("about {time}", time=clock(estimate.minutes * 60)),
        )
        how = tr(
            "{n:,} epochs of {seconds} s, measured here.",
            n=estimate.epochs,
            seconds=format_number(estimate.seconds_per_epoch),
        )
    lines = zip((tr("Parameters"), tr("Memory"), tr("Time")), values, strict=True)
    st.markdown("  \n".join(tr("{label}: {value}", label=label, value=f"**{value}**") for label, value in lines))
    st.caption(how, help=meaning_of("Parameters", "Epoch"))

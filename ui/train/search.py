"""Train's tab that searches for better settings: what is searched, its cost, and the search while it runs.

A space has one search for each dataset at a time. Its job is found by the dataset, so that it is there again after a
change of page or in another tab; finished trials are in the space, and a search that ended too early is offered again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.charts.style import format_number
from recsys.charts.tuning import search_progress
from recsys.jobs.description import JobDescription
from recsys.wording import Message, tr
from ui import cache
from ui.glossary import meaning_of
from ui.shell.errors import show_failure
from ui.shell.figures import show_figure
from ui.shell.frame import PageContext, guarded_fragment
from ui.shell.job_results import find_job, job_id
from ui.shell.widgets import escape_markdown
from ui.train.estimate import known_estimate
from ui.train.progress import WIDTHS, clock
from ui.train.search_result import saved_searches, show_result

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.jobs.queue import JobSnapshot
    from recsys.runs import TrainingPlan
    from recsys.runs.tuning import SearchPlan, Unfinished
    from recsys.runs.tuning.space import Dimension

MOST = 200  # trials that the page offers
_CHOSEN = "train_search"  # in the session: what was chosen for each dataset


def search_tab(page: PageContext, dataset: Dataset, plan: TrainingPlan | None) -> None:
    """Draws the tab.

    Args:
        plan: of the settings on the page; None while there are none.
    """
    wanted = job_id(page, "tune", page.dataset_id)
    job = find_job(page, wanted)
    if job is not None and job.active:
        guarded_fragment(0.5)(_watch)(page, wanted)
        return
    if job is not None and job.state == "failed":
        show_failure(job)
    _offer_unfinished(page, dataset)
    if saved := saved_searches(page, dataset):
        show_result(page, saved)
    with st.expander(tr("Search again") if saved else tr("New search"), expanded=not saved):
        if plan is None:
            st.caption(tr("A search starts from the settings on this page, which are not shown now."))
        else:
            _controls(page, dataset, plan)


def _controls(page: PageContext, dataset: Dataset, plan: TrainingPlan) -> None:
    from recsys.runs.tuning import SearchPlan
    from recsys.runs.tuning.plan import TRIALS

    st.markdown(
        tr(
            "Tries settings around those above on validation users, and then compares the best with the starting "
            "settings once, on the test items."
        ),
        help=meaning_of("Validation", "Held out"),
    )
    whole = cache.search_space_of(dataset.fingerprint, str(plan), SearchPlan(plan), dataset)
    labels = {dimension.name: tr(dimension.label) for dimension in whole}
    names, trials, time = st.columns([6, 2, 2])
    searched = names.multiselect(
        tr("Settings to search"),
        list(labels),
        format_func=lambda name: labels.get(name, name),
        key=_key(page, "names", list(labels)),
        help=tr("The others stay as they are above. Few settings are searched better than many."),
    )
    number = trials.number_input(
        tr("Trials"),
        2,
        MOST,
        key=_key(page, "trials", TRIALS),
        help=tr("Trainings of the model, and of each baseline. The first has the starting settings."),
    )
    minutes = time.number_input(
        tr("Time limit (minutes)"),
        1,
        100_000,
        key=_key(page, "minutes", None),
        placeholder=tr("none"),
        help=tr("No trial begins after it. Each baseline gets as much."),
    )
    _remember(page)
    if not searched:
        st.caption(tr("Choose at least one setting to search."))
        return
    seconds = None if minutes is None else 60.0 * minutes
    search = SearchPlan(plan, tuple(searched), int(number), seconds, plan.train.seed)
    space = [dimension for dimension in whole if dimension.name in searched]
    st.dataframe(_space_table(space), hide_index=True, width="stretch")
    epochs = next((dimension.default for dimension in whole if dimension.name == "epochs"), 1)
    _cost(search, dataset, plan, int(epochs))
    if st.button(tr("Search settings"), key="train_search_start"):
        _launch(page, dataset, search)


def _cost(search: SearchPlan, dataset: Dataset, plan: TrainingPlan, epochs: int) -> None:
    """How long the search will take, from the probe that the page has made for one training."""
    from recsys.runs.tuning import search_seconds

    measured = known_estimate(dataset, plan)
    if measured is None:
        st.caption(tr("Measuring for two seconds how fast this machine is …"))
        return
    seconds = search_seconds(search, measured.seconds_per_epoch, epochs, dataset)
    st.markdown(
        tr(
            "About {time}: {trials} trials of {epochs} epochs, {seconds} s each, and the baselines. Larger models take "
            "longer; trials in the worse half end early.",
            time=f"**{clock(seconds)}**",
            trials=search.trials,
            epochs=epochs,
            seconds=format_number(measured.seconds_per_epoch),
        ),
        help=meaning_of("Epoch", "Baseline"),
    )


def _space_table(space: Sequence[Dimension]) -> dict[str, list[str]]:
    """What is tried for each setting, as the columns of a table."""
    return {
        tr("Setting"): [tr(dimension.label) for dimension in space],
        tr("Start"): [format_number(dimension.default) for dimension in space],
        tr("Tried"): [_tried(dimension) for dimension in space],
    }


def _tried(dimension: Dimension) -> str:
    if dimension.choices:
        return tr(", ").join(format_number(value) for value in dimension.choices)
    low, high = format_number(dimension.low), format_number(dimension.high)
    return tr("{low} to {high}, by factors" if dimension.log else "{low} to {high}", low=low, high=high)


def _key(page: PageContext, name: str, default: Any) -> str:
    """The key of a control, which has the value that was chosen for this dataset before."""
    key = f"train_search_{name}_{page.dataset_id}"
    if key not in st.session_state:
        st.session_state[key] = st.session_state.get(_CHOSEN, {}).get(key, default)
    return key


def _remember(page: PageContext) -> None:
    """Keeps what was chosen, which Streamlit forgets when the page is left."""
    chosen = st.session_state.setdefault(_CHOSEN, {})
    for name in ("names", "trials", "minutes"):
        key = f"train_search_{name}_{page.dataset_id}"
        chosen[key] = st.session_state[key]


def _launch(page: PageContext, dataset: Dataset, search: SearchPlan) -> None:
    """Queues a search; it continues where trials of it are kept, and an equal one of any visitor is made once."""
    wanted = job_id(page, "tune", page.dataset_id)
    settings = {"search": search.to_json()}
    job = JobDescription(wanted, "tune", page.space.id, dataset=page.dataset_id, settings=settings)
    label, key = Message("a search over settings"), job.key(dataset.fingerprint)
    page.jobs.ensure(page.space.id, "tune", label, job, wanted, key)
    st.rerun()


def _watch(page: PageContext, wanted: str) -> None:
    job = find_job(page, wanted)
    if job is None or not job.active:
        st.rerun()
    trials = list(job.details.get("trials", ()))
    planned = int(job.details.get("planned", 0)) or max(len(trials), 1)
    curve, beside = st.columns(WIDTHS, gap="large")
    with curve:
        show_figure(search_progress(trials, planned), "train_search_curve")
    with beside:
        _running(page, job)


def _running(page: PageContext, job: JobSnapshot) -> None:
    left = "" if job.seconds_left is None else " · " + tr("{time} left", time=clock(job.seconds_left))
    if job.position:
        st.progress(0.0, text=tr("Position {place} in the queue", place=job.position))
    else:
        st.progress(job.fraction, text=f"{job.fraction:.0%}{left}")
    st.caption(escape_markdown(tr(job.message or "Waiting to start …"), 400))
    if job.details.get("restarted"):
        st.caption(escape_markdown(tr(job.details["restarted"]), 400))
    if st.button(tr("Stop the search"), key="train_search_stop", width="stretch"):
        page.jobs.stop(job.id, page.space.id)
    st.caption(
        tr("It continues when you leave this page. Finished trials are kept, also when it is stopped."),
        help=meaning_of("Epoch"),
    )


def _offer_unfinished(page: PageContext, dataset: Dataset) -> None:
    """Searches that were stopped or cut off, each with buttons to continue, to conclude and to discard it."""
    from recsys.runs.tuning import SEARCH_TRIALS, unfinished_searches

    for found in unfinished_searches(page.space.folder / SEARCH_TRIALS, dataset.fingerprint)[:3]:
        words, on, enough, away = st.columns([5, 2, 2, 1], vertical_alignment="center")
        words.write(_how_far(found))
        key = found.folder.name
        if on.button(tr("Continue the search"), key=f"train_search_resume_{key}", width="stretch"):
            _launch(page, dataset, found.plan)
        if enough.button(
            tr("Choose among these"),
            key=f"train_search_enough_{key}",
            width="stretch",
            disabled=len(found.trials) < 2,
            help=tr("Ends the search with the finished trials, and evaluates the best on the test items."),
        ):
            _launch(page, dataset, replace(found.plan, trials=len(found.trials)))
        if away.button(tr("Discard"), key=f"train_search_discard_{key}", width="stretch"):
            shutil.rmtree(found.folder, ignore_errors=True)
            st.rerun()


def _how_far(found: Unfinished) -> str:
    from recsys.runs.tuning import best_of

    done, best = len(found.trials), best_of(found.trials)
    if best is None:
        return tr("A search of {trials} trials was stopped before its first trial ended.", trials=found.plan.trials)
    return tr(
        "A search was stopped after {done} of {trials} trials. Best NDCG@10 so far on the validation users: {best}.",
        done=done,
        trials=found.plan.trials,
        best=format_number(best.value),
    )

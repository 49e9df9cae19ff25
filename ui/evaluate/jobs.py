"""The evaluation of the open run as a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from recsys.errors import ArtifactError, UnknownIdError
from recsys.jobs.description import JobDescription
from recsys.models.recommender import Recommender
from recsys.models.table import model_label
from recsys.runs import Run
from recsys.wording import Message, to_json, tr
from recsys.workspace.names import known_name
from ui import cache
from ui.run_context import RunContext
from ui.shell import state
from ui.shell.frame import PageContext
from ui.shell.job_results import job_id, job_result
from ui.shell.widgets import escape_markdown, one_line

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.data.splits import Holdout, Split
    from recsys.evaluation import Report


LONGEST_NAME = 40  # of a compared run or of its data, in characters
COMPARED_RUNS = "choose_runs"  # in the session: ids of runs chosen for comparison


@dataclass(frozen=True, eq=False)
class EvaluationContext:
    """What the page shows: the open run, the evaluated models, the report, and the settings of its job."""

    page: PageContext
    context: RunContext
    models: Mapping[str, Recommender]
    report: Report
    settings: Mapping[str, Any]

    @property
    def run(self) -> Run:
        return self.context.run

    @property
    def dataset(self) -> Dataset:
        return self.context.dataset

    @property
    def split(self) -> Split:
        return cache.split_of(self.context.folder)

    @cached_property
    def holdout(self) -> Holdout:
        """The users of the report with their held-out items: all of the split, or those drawn from very many."""
        held_out = self.split.test
        return held_out.part(np.flatnonzero(np.isin(held_out.users, self.report.users)))


def models_to_evaluate(context: RunContext, open_id: str) -> tuple[dict[str, Recommender], dict[str, str]]:
    """The run's models, the parts of its model, and the models of runs chosen for comparison; name -> id of these.

    Chosen runs that can no longer be opened are forgotten, which the page says once. Those that can't be judged on the
    same test items by the same rule are left out, which it says as long as they are chosen. The open run is not
    compared with itself.

    Args:
        open_id: of the open run.
    """
    models, compared = context.run.models | context.run.parts, dict[str, str]()
    for entry_id in tuple(st.session_state.get(COMPARED_RUNS, ())):
        if entry_id == open_id:
            continue
        try:
            run, dataset = cache.open_run(str(state.workspace().find(entry_id, "run")[1]))
        except (UnknownIdError, ArtifactError):
            st.session_state[COMPARED_RUNS] = [one for one in st.session_state[COMPARED_RUNS] if one != entry_id]
            st.info(tr("A run that was compared here has been deleted or can’t be opened. It is left out."))
            continue
        if reason := _not_comparable(context, run, dataset):
            st.info(
                tr(
                    "“{run}” is not compared: {reason}.",
                    run=escape_markdown(tr(known_name(run.name)), 60),
                    reason=tr(reason),
                )
            )
        else:
            name = Message("{model} of {run}", model=model_label(run.model.name), run=_shortened(known_name(run.name)))
            while name in models:
                name = Message("{name}′", name=name)
            models[name] = run.model
            compared[name] = entry_id
    return models, compared


def _shortened(name: str) -> str:
    """A name with its texts cut; a message, so that it is worded for each reader, where the app has given it."""
    if isinstance(name, Message):
        values = {place: _shortened(value) if isinstance(value, str) else value for place, value in name.values.items()}
        return Message(name.template, **values)
    return one_line(name, LONGEST_NAME)


def _not_comparable(context: RunContext, run: Run, dataset: Dataset) -> Message | None:
    """Why another run can't be judged beside the open one; None where it can."""
    if dataset.fingerprint != context.dataset.fingerprint:
        return Message("it was trained on other data")
    if run.holdout != context.run.holdout:
        return Message("it was trained on every row, test items included")
    if run.repeats != context.run.repeats:
        return Message("it was trained under another rule for already chosen items")
    return None


def evaluate_run(page: PageContext, context: RunContext) -> EvaluationContext | None:
    """The evaluation of the open run, started at once; None (with its progress on screen) until it is finished."""
    if context.run.holdout != "last-one":
        st.warning(
            tr("This run was trained on every row, so nothing is left to evaluate it on. Train one with a test set.")
        )
        st.page_link("pages/2_Train.py", label=tr("Train a model"), query_params=page.params())
        return None
    models, compared = models_to_evaluate(context, page.run_id)
    wanted = job_id(page, "evaluate", context.folder, context.run.id, *sorted(compared.items()))
    settings = {"compared": [[entry_id, to_json(name)] for name, entry_id in compared.items()]}
    job = JobDescription(wanted, "evaluate", page.space.id, run=page.run_id, settings=settings)
    report = job_result(page, job, Message("evaluating {run}", run=known_name(context.run.name)))
    return None if report is None else EvaluationContext(page, context, models, report, settings)

"""Evaluations as jobs: one for each question, found again after a page switch or refresh by the question."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.errors import InputError, UnknownIdError
from recsys.jobs.queue import JobSnapshot, Progress, Work
from recsys.models.recommender import Recommender
from recsys.runs import Run
from ui import cache
from ui.run_context import RunContext
from ui.shell import state
from ui.shell.errors import show_failure
from ui.shell.frame import PageContext, guarded_fragment
from ui.shell.widgets import escape_markdown

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.data.splits import Split
    from recsys.evaluation.evaluate import Report
    from recsys.evaluation.protocols import Trainer


@dataclass(frozen=True, eq=False)
class EvaluationContext:
    """What the page is about: the open run, the models judged, and what was found."""

    studio: PageContext
    context: RunContext
    models: Mapping[str, Recommender]
    report: Report

    @property
    def run(self) -> Run:
        return self.context.run

    @property
    def dataset(self) -> Dataset:
        return self.context.dataset

    @cached_property
    def split(self) -> Split:
        return self.context.run.split(self.context.dataset)


def job_id(studio: PageContext, *question: object) -> str:
    """The id of the job that answers a question of this person: always the same, and nobody else can guess it."""
    text = "\0".join([studio.space.id, *map(str, question)])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def job_of(studio: PageContext, wanted: str) -> JobSnapshot | None:
    """The job of that id, None before it was started."""
    try:
        return studio.jobs.snapshot(wanted, studio.space.id)
    except UnknownIdError:
        return None


def answer(studio: PageContext, wanted: str, kind: str, label: str, work: Work, button: str = "") -> Any | None:
    """The job's result; while there is none, its progress, or what went wrong with a way to try again.

    Args:
        button: what starts the job; "" starts it at once.
    """
    job, answers = job_of(studio, wanted), _answers()
    if job is not None and job.state == "done" and wanted not in answers:
        job = None  # answered so long ago that newer answers have taken its place

    def keep(progress: Progress) -> None:
        answers.put(wanted, work(progress))

    if job is None and (not button or st.button(button, key=f"start_{wanted}")):
        studio.jobs.ensure(studio.space.id, kind, label, keep, wanted)
        if button:
            st.rerun()
        job = job_of(studio, wanted)
    if job is None:
        return None
    if job.active:
        guarded_fragment(0.5)(_waiting)(studio, wanted)
        return None
    if job.state == "done":
        return answers.get(wanted)
    if job.error:
        show_failure(job)
    else:
        st.warning("This was stopped before it ended.")
    if st.button("Try again", key=f"again_{wanted}"):
        studio.jobs.ensure(studio.space.id, kind, label, keep, wanted)
        st.rerun()
    return None


class Answers:
    """The newest answers of all jobs, by job id; the oldest make room. A job itself keeps ids and numbers only."""

    def __init__(self, most: int = 24) -> None:
        self.most = most
        self._kept: dict[str, Any] = {}
        self._lock = threading.Lock()

    def put(self, job_id: str, answer: Any) -> None:
        with self._lock:
            self._kept.pop(job_id, None)
            self._kept[job_id] = answer
            while len(self._kept) > self.most:
                del self._kept[next(iter(self._kept))]

    def get(self, job_id: str) -> Any | None:
        """None when it has made room."""
        return self._kept.get(job_id)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._kept


@st.cache_resource
def _answers() -> Answers:
    return Answers()


def _waiting(studio: PageContext, wanted: str) -> None:
    job = job_of(studio, wanted)
    if job is None or not job.active:
        st.rerun()
    place = f"Place {job.position} in the queue" if job.position else escape_markdown(job.message or "Starting …")
    left = "" if job.seconds_left is None else f" · about {job.seconds_left:.0f} s left"
    st.progress(job.fraction, text=place + left)


def models_to_evaluate(context: RunContext) -> tuple[dict[str, Recommender], tuple[str, ...]]:
    """The run's models, the parts of its model, and models of other runs chosen for comparison, named apart; the ids
    of these runs."""
    models, compared = context.run.models | context.run.parts, []
    for entry_id in st.session_state.get("compared_runs", ()):
        run, dataset = cache.open_run(str(state.workspace().find(entry_id, "run")[1]))
        if dataset.fingerprint == context.dataset.fingerprint and run.holdout == context.run.holdout:
            name = f"{run.model.name} of {run.name}"[:60]
            while name in models:
                name += "′"
            models[name] = run.model
            compared.append(entry_id)
    return models, tuple(compared)


def evaluate_run(studio: PageContext, context: RunContext) -> EvaluationContext | None:
    """The evaluation of the open run, started by itself; None (with its progress on screen) until it is there."""
    if context.run.holdout != "last-one":
        st.warning(
            "This run learned from every row, so nothing is left to judge it by. Train one that keeps rows aside."
        )
        st.page_link("pages/2_Train.py", label="Train a model", query_params=studio.params())
        return None
    models, compared = models_to_evaluate(context)

    def work(progress: Progress) -> Report:
        return cache.report_of(context.folder, compared, models, progress)

    wanted = job_id(studio, "evaluate", context.folder, context.run.id, *compared)
    report = answer(studio, wanted, "evaluate", f"evaluating {context.run.name}", work)
    return None if report is None else EvaluationContext(studio, context, models, report)


def trainers(context: RunContext, seed: int, report: Callable[[float, str], object]) -> dict[str, Trainer]:
    """For each model of the run a function that trains its like on a split, with the run's settings and this seed."""
    return {name: _trainer(context.run, name, seed, report) for name in context.run.models}


def _trainer(run: Run, name: str, seed: int, report: Callable[[float, str], object]) -> Trainer:
    def make(split: Split) -> Recommender:
        from recsys.models.baselines.tuning import tune_baseline

        if name != "attention":
            return tune_baseline(name, split.train, split.validation, seed).model
        return _attention(run, split, seed, report)

    return make


def _attention(run: Run, split: Split, seed: int, report: Callable[[float, str], object]) -> Recommender:
    from recsys.models.attention.config import AttentionConfig
    from recsys.models.training.config import TrainConfig
    from recsys.models.training.loop import train

    shape = AttentionConfig.from_json(dict(run.config.get("model", {})))
    how = replace(TrainConfig.from_json(dict(run.config.get("train", {}))), seed=seed)
    trained = None
    for epoch in train(split.train, shape, how, split.validation):
        trained = epoch.model
        report(0.7 * epoch.epoch / epoch.epochs, f"Training attention, epoch {epoch.epoch} of {epoch.epochs}")
    if trained is None:
        raise InputError("training", "must last at least one epoch", fix="Train the run with more epochs.")
    return trained

"""The work of the job that searches for better settings of a training."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from recsys.charts.style import format_number
from recsys.errors import StudioError
from recsys.jobs.description import JobDescription
from recsys.jobs.progress import Progress
from recsys.jobs.trainings import THREADS, dataset_of
from recsys.wording import Message
from recsys.workspace import Workspace, read_content
from recsys.workspace.names import SEARCH

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs.tuning import KeptTrials, SearchPlan


def tune(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, str]:
    """Searches as planned in the setting "search", saves the result, and returns its id.

    Finished trials are kept in the space: a search that was stopped or killed continues after the last of them. The
    result of an equal job is copied.
    """
    from recsys.runs.training import torch_threads
    from recsys.runs.tuning import conclude, finish, search_settings
    from recsys.runs.tuning.progress import search_watch

    if copied := _copy_equal_search(job, workspace, progress):
        return {"search": copied}
    dataset, plan, kept = _begun(job, workspace, progress)
    with torch_threads(THREADS):
        for _ in search_settings(dataset, plan, kept, search_watch(plan, kept, progress), lambda: progress.stopping):
            progress(progress.newest.fraction, progress.newest.message, trials=trial_rows(plan, kept))
        progress(0.99, Message("Evaluating the best settings on the test items …"))
        found = conclude(dataset, plan, kept)
    meta = {
        "number": format_number(found.test.best.value),
        "fingerprint": dataset.fingerprint,
        "dataset": job.dataset,
        "level": found.level,
    }
    name = Message(SEARCH, trials=len(found.of_model), data=dataset.name)
    entry = workspace.space(job.space).save_json("search", name, found.to_json(), meta)
    finish(kept.folder)
    return {"search": entry.id}


def parts_of_search(job: JobDescription, workspace: Workspace) -> tuple[JobDescription, ...]:
    """The parts of a search that depend on no other, each a job of the kind "tune part"."""
    from recsys.runs.tuning import SearchPlan, independent_parts

    return tuple(
        replace(job, id=secrets.token_hex(12), kind="tune part", settings={**job.settings, "part": [model, number]})
        for model, number in independent_parts(SearchPlan.from_json(job.settings["search"]))
    )


def tune_part(job: JobDescription, workspace: Workspace, progress: Progress) -> None:
    """Does the "part" in the settings of a search; its trials stay in the space until the search takes them up."""
    from recsys.runs.training import torch_threads
    from recsys.runs.tuning import run_part
    from recsys.runs.tuning.progress import part_watch

    dataset, plan, kept = _begun(job, workspace, progress)
    model, number = job.settings["part"]
    with torch_threads(THREADS):
        watch = part_watch(plan, (model, number), progress)
        run_part(dataset, plan, kept, (model, number), watch, lambda: progress.stopping)
    progress(1.0, progress.newest.message, trials=trial_rows(plan, kept))


def _copy_equal_search(job: JobDescription, workspace: Workspace, progress: Progress) -> str:
    """Copies the search of an equal job into the job's space, under the name that the app gives; "" where there is
    none, or it is deleted already. An unfinished equal search in the space counts as finished then."""
    from recsys.runs.tuning import SEARCH_TRIALS, finish, read_search, search_folder

    if progress.equal_result is None:
        return ""
    space = workspace.space(job.space)
    try:
        entry, folder = workspace.find(str(progress.equal_result["search"]), "search")
        content, data = read_content(folder), workspace.find(job.dataset, "dataset")[0]
        found, meta = read_search(content), {**entry.meta, "dataset": job.dataset}
        name = Message(SEARCH, trials=len(found.of_model), data=data.name)
        copied = space.save_json("search", name, content, meta).id
    except StudioError:
        return ""
    stopped = search_folder(space.folder / SEARCH_TRIALS, found.plan, str(meta["fingerprint"]))
    finish(stopped if stopped.is_dir() else None)
    return copied


def _begun(job: JobDescription, workspace: Workspace, progress: Progress) -> tuple[Dataset, SearchPlan, KeptTrials]:
    """The data of a search, what it is to do, and its finished trials, which stay in the space."""
    from recsys.runs.tuning import SEARCH_TRIALS, KeptTrials, SearchPlan

    plan = SearchPlan.from_json(job.settings["search"])
    dataset = dataset_of(job, workspace)
    kept = KeptTrials.of(workspace.space(job.space).folder / SEARCH_TRIALS, plan, dataset)
    progress(0.001, Message("Preparing the search …"), trials=trial_rows(plan, kept), planned=plan.trials)
    return dataset, plan, kept


def trial_rows(plan: SearchPlan, kept: KeptTrials) -> list[dict[str, Any]]:
    """The trials of the model so far, also those of parts that run beside, for display: number, state, value."""
    trials = [trial for trial in kept.on_disk(plan.base.model.name) if trial.number < plan.trials]
    return [{"number": trial.number, "state": trial.state, "value": trial.value} for trial in trials]

"""The work of the job that searches for better settings of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recsys.charts.style import format_number
from recsys.jobs.description import JobDescription
from recsys.jobs.progress import Progress
from recsys.jobs.trainings import THREADS
from recsys.wording import Message
from recsys.workspace import Workspace
from recsys.workspace.names import SEARCH

if TYPE_CHECKING:
    from recsys.runs.tuning import KeptTrials, SearchPlan


def tune(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, str]:
    """Searches as planned in the setting "search", saves the result, and returns its id.

    Finished trials are kept in the space: a search that was stopped or killed continues after the last of them.
    """
    from recsys.data.storage import load_dataset
    from recsys.runs.training import torch_threads
    from recsys.runs.tuning import SEARCH_TRIALS, KeptTrials, SearchPlan, conclude, finish, search_settings
    from recsys.runs.tuning.progress import search_watch

    space, plan = workspace.space(job.space), SearchPlan.from_json(job.settings["search"])
    dataset = load_dataset(workspace.find(job.dataset, "dataset")[1])
    kept = KeptTrials.of(space.folder / SEARCH_TRIALS, plan, dataset)
    progress(0.001, Message("Preparing the search …"), trials=[], planned=plan.trials)
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
    entry = space.save_json("search", name, found.to_json(), meta)
    finish(kept.folder)
    return {"search": entry.id}


def trial_rows(plan: SearchPlan, kept: KeptTrials) -> list[dict[str, Any]]:
    """The trials of the model so far, for display: number, state, value."""
    trials = kept.of_model(plan.base.model.name)
    return [{"number": trial.number, "state": trial.state, "value": trial.value} for trial in trials]

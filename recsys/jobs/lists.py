"""The work of the job that ranks items for all users of a run."""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from recsys.data.dataset import Dataset
from recsys.files import replace_file
from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import job_folder
from recsys.jobs.progress import Progress
from recsys.jobs.values import save_value
from recsys.runs import Run, load_run
from recsys.wording import Message
from recsys.workspace import Workspace
from recsys.workspace.sample_run import run_folder

BATCH = 256
"""Users that are scored together. The last bits of a score may depend on it, so it is the same wherever it is done."""
MOST_PARTS = 32


def best_items(run: Run, dataset: Dataset, users: Sequence[int], k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best items of each user by the run's rule for already chosen ones: int32 (n, k), 0 where there are fewer,
    and their scores, float32 (n, k).

    Args:
        users: those that begin a batch of all users begin one here.
    """
    from recsys.models.recommender import top_k

    known = run.known_histories(dataset)
    items, best = np.zeros((len(users), k), np.int32), np.zeros((len(users), k), np.float32)
    for start in range(0, len(users), BATCH):
        batch = users[start : start + BATCH]
        left_out = [dataset.left_out(user, len(known[user])) for user in batch]
        scores = run.model.scores([known[user] for user in batch])
        ranked = top_k(scores, k, exclude=left_out)
        items[start : start + len(batch), : ranked.shape[1]] = ranked
        best[start : start + len(batch), : ranked.shape[1]] = np.take_along_axis(scores, ranked, axis=1)
    return items, best


def lists(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, str]:
    """The "k" best items of all users of a run: {"items", "scores"} of `best_items`, a large result.

    Each part is kept in the job's folder, and taken up from there.
    """
    run, dataset = _opened(job, workspace)
    begins, found = _begins(dataset.n_users), []
    for number, start in enumerate(begins):
        progress(number / len(begins), _doing(start, dataset))
        file = _file(job, workspace, start)
        if not file.is_file():
            _keep(run, dataset, job, start, file)
        with np.load(file, allow_pickle=False) as arrays:
            found.append((arrays["items"], arrays["scores"]))
    items, scores = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return save_value({"items": items, "scores": scores}, job, workspace)


def parts_of_lists(job: JobDescription, workspace: Workspace) -> tuple[JobDescription, ...]:
    """The parts of such a job, each of some users: jobs of the kind "lists part"."""
    _, dataset = _opened(job, workspace)
    return tuple(
        replace(
            job,
            id=secrets.token_hex(12),
            kind="lists part",
            settings={**job.settings, "start": start, "kept by": job.id},
        )
        for start in _begins(dataset.n_users)
    )


def lists_part(job: JobDescription, workspace: Workspace, progress: Progress) -> None:
    """Ranks items for the users from "start" on, and keeps the lists in the folder of the job whose id is "kept by"."""
    run, dataset = _opened(job, workspace)
    whole, start = replace(job, id=str(job.settings["kept by"])), int(job.settings["start"])
    progress(0.1, _doing(start, dataset))
    _keep(run, dataset, job, start, _file(whole, workspace, start))


def _opened(job: JobDescription, workspace: Workspace) -> tuple[Run, Dataset]:
    return load_run(run_folder(job.run, workspace))


def _size(users: int) -> int:
    """Users of a part: whole batches."""
    return BATCH * max(1, -(-users // (BATCH * MOST_PARTS)))


def _begins(users: int) -> range:
    """The first user of each part."""
    return range(0, users, _size(users))


def _keep(run: Run, dataset: Dataset, job: JobDescription, start: int, file: Path) -> None:
    users = range(start, min(start + _size(dataset.n_users), dataset.n_users))
    items, scores = best_items(run, dataset, users, int(job.settings["k"]))
    content = io.BytesIO()
    np.savez(content, items=items, scores=scores)
    replace_file(file, content.getvalue())


def _file(job: JobDescription, workspace: Workspace, start: int) -> Path:
    return job_folder(job.id, workspace) / f"users-{start}.npz"


def _doing(start: int, dataset: Dataset) -> Message:
    return Message("Ranking items: user {n:,} of {total:,}", n=start + 1, total=dataset.n_users)

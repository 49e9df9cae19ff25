"""The work of jobs that evaluate the models of a run, as they are or trained anew.

All but `seeds` have large results, see `recsys.jobs.values`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from recsys.data.splits import Split
from recsys.errors import InputError
from recsys.files import replace_file
from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import job_folder
from recsys.jobs.progress import Progress
from recsys.jobs.values import save_value
from recsys.models.recommender import Recommender
from recsys.models.table import model_entry
from recsys.runs import Run, load_run
from recsys.wording import Message, from_json
from recsys.workspace import Workspace
from recsys.workspace.sample_run import run_folder

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.evaluation import Report
    from recsys.evaluation.protocols import Trainer

MAIN = "ndcg@10"


def seeds(job: JobDescription, workspace: Workspace, progress: Progress) -> list[float]:
    """NDCG@10 on the test users of a run's model trained again with each of the "seeds" in the settings.

    Each is kept in the folder of the job, or of the job whose id is "kept by" in the settings, and taken up from there.
    """
    run, dataset = load_run(run_folder(job.run, workspace))
    split, chosen, values = run.split(dataset), [int(seed) for seed in job.settings["seeds"]], []
    kept = job_folder(str(job.settings.get("kept by", job.id)), workspace)
    for number, seed in enumerate(chosen):

        def part(fraction: float, message: str, begun: int = number) -> None:
            progress(
                (begun + fraction) / len(chosen), Message("Seed {seed}: {message}", seed=chosen[begun], message=message)
            )

        file = kept / f"seed-{seed}.json"
        if not file.is_file():
            replace_file(file, json.dumps(_quality(run, split, seed, part)))
        values.append(float(json.loads(file.read_text("utf-8"))))
    return values


def single_seeds(job: JobDescription, workspace: Workspace) -> tuple[JobDescription, ...]:
    """The parts of such a job: one for each seed."""
    return tuple(
        replace(job, id=secrets.token_hex(12), settings={**job.settings, "seeds": [int(seed)], "kept by": job.id})
        for seed in job.settings["seeds"]
    )


def _quality(run: Run, split: Split, seed: int, progress: Callable[[float, str], object]) -> float:
    """NDCG@10 on the test users, trained with this seed."""
    from recsys.evaluation import evaluate_models

    model = trainers(run, seed, progress)[run.model.name](split)
    report = evaluate_models({"model": model}, split.test, split.train, (10,))
    return float(report["model"].estimates[MAIN].value)


def protocol(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, str]:
    """The report of a run's models trained anew without the rows that the "protocol" in the settings holds out."""
    from recsys.evaluation.protocols import evaluate_protocol

    run, dataset = load_run(run_folder(job.run, workspace))
    report = evaluate_protocol(dataset, str(job.settings["protocol"]), trainers(run, 0, progress), progress=progress)
    return save_value(report, job, workspace)


def evaluate(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, str]:
    """The report of a run's models and their parts on its held-out interactions.

    The settings may hold models of other runs, "compared": pairs of a run's id and the model's name in the report
    (JSON of a message); and the "protocol" that ranks held-out items among sampled ones.
    """
    run, dataset = load_run(run_folder(job.run, workspace))
    others = {
        from_json(name): load_run(run_folder(str(other), workspace))[0].model
        for other, name in job.settings.get("compared", ())
    }
    how = str(job.settings.get("protocol", "leave-one-out"))
    return save_value(report_of(run, dataset, how, progress, others), job, workspace)


def report_of(
    run: Run,
    dataset: Dataset,
    how: str,
    progress: Callable[[float, str], object],
    others: Mapping[str, Recommender] = MappingProxyType({}),
) -> Report:
    """The report of a run's models, their parts and `others` on what the run has held out.

    Args:
        how: the key of a protocol that trains no model anew.
    """
    from recsys.evaluation import evaluate_models
    from recsys.evaluation.protocols import protocol as find_protocol

    split, found = run.split(dataset), find_protocol(how)
    return evaluate_models(
        {**run.models, **run.parts, **others},
        split.test,
        split.train,
        protocol=found.key,
        parts=tuple(run.parts),
        sampled=found.sampled,
        progress=progress,
    )


def alpha(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, str]:
    """Quality over α with the kind of "source" in the settings for the "targets": indexes of users, None for all."""
    from recsys.evaluation.quality_over_alpha import quality_over_alpha

    run, dataset = load_run(run_folder(job.run, workspace))
    holdout, chosen = run.split(dataset).test, job.settings["targets"]
    users = holdout.users if chosen is None else np.unique(np.asarray(chosen, dtype=np.int64))
    curve = quality_over_alpha(
        run.model,
        holdout,
        str(job.settings["source"]),
        targets=np.flatnonzero(np.isin(holdout.users, users)),
        group=np.sort(users),
        progress=progress,
    )
    return save_value(curve, job, workspace)


def deletion(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, str]:
    """The deletion curves of a run's model."""
    from recsys.explain.attention import deletion_histories, deletion_study

    run, dataset = load_run(run_folder(job.run, workspace))
    histories = deletion_histories(run.known_histories(dataset))
    study = deletion_study(run.model, histories, repeats=run.repeats, progress=progress)
    return save_value(study, job, workspace)


def trainers(run: Run, seed: int, progress: Callable[[float, str], object]) -> dict[str, Trainer]:
    """For each model of the run a function that trains it on a split, with the run's settings and this seed."""
    return {name: _trainer(run, name, seed, progress) for name in run.models}


def _trainer(run: Run, name: str, seed: int, progress: Callable[[float, str], object]) -> Trainer:
    def train_on(split: Split) -> Recommender:
        from recsys.models.baselines.tuning import tune_baseline

        if model_entry(name).trainable:
            return _train_model(run, split, seed, progress)
        return tune_baseline(name, split.train, split.validation, seed).model

    return train_on


def _train_model(run: Run, split: Split, seed: int, progress: Callable[[float, str], object]) -> Recommender:
    from recsys.models.training.config import TrainConfig
    from recsys.models.training.device import device_here
    from recsys.models.training.loop import train

    entry = model_entry(run.model.name)
    model = entry.config_class.from_json(dict(run.config.get("model", {})))
    config = TrainConfig.from_json(dict(run.config.get("train", {})))
    config = replace(config, seed=seed, device=device_here(config.device))
    trained = None
    for epoch in train(split.train, model, config, split.validation):
        trained = epoch.model
        told = Message(
            "Training {model}: epoch {epoch} of {epochs}", model=entry.label, epoch=epoch.epoch, epochs=epoch.epochs
        )
        progress(0.7 * epoch.epoch / epoch.epochs, told)
    if trained is None:
        raise InputError("training", "must last at least one epoch", fix="Train the run with more epochs.")
    return trained

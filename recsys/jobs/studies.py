"""The work of the job that studies whether transfer helps."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.data.dataset import Dataset
from recsys.data.repeats import LEAVE_OUT
from recsys.errors import ArtifactError, StudioError, UnknownIdError
from recsys.jobs.description import JobDescription
from recsys.jobs.progress import Progress
from recsys.wording import Message
from recsys.workspace import Entry, Space, Workspace, read_content
from recsys.workspace.names import STUDY
from recsys.workspace.sample_run import run_folder

if TYPE_CHECKING:
    from recsys.models.trainable import ModelConfig
    from recsys.runs import Run

MADE_FOR = ("fingerprint", "model", "repeats")  # the names in `made_for`
OPTIONS = ("folds", "most", "epochs", "only")


def study(job: JobDescription, workspace: Workspace, progress: Progress) -> str:
    """Runs the study on the data of a run, saves it, and returns its id. One that was stopped or killed continues.

    The study of an equal job is copied.

    The settings are "axis", for two scenarios of that axis "scenarios", and "model", see `studied_model`; also
    `OPTIONS` of `transfer_study`.
    """
    from recsys.evaluation.study.transfer_study import transfer_study

    if copied := _copy_equal_study(job, workspace, progress):
        return copied
    data, axis, chosen = _asked(job, workspace)
    options, keep = _options(job), _parts(job, workspace)
    found = transfer_study(data, axis, scenarios=chosen, keep=keep, progress=progress, **options)
    meta = {"axis": axis, "scenarios": chosen or found.scenarios, "level": found.level}
    meta |= made_for(data, job.settings.get("model", {}))
    space = workspace.space(job.space)
    return space.save_json("study", Message(STUDY, axis=axis), found.to_json(), meta).id


def folds(job: JobDescription, workspace: Workspace) -> tuple[JobDescription, ...]:
    """The parts of a study: its folds and its new items, each a job of the kind "study part"."""
    from recsys.evaluation.study.transfer_study import fold_count

    count = int(job.settings.get("folds", 0)) or fold_count(_asked(job, workspace)[0])
    return tuple(
        replace(job, id=secrets.token_hex(12), kind="study part", settings={**job.settings, "part": number})
        for number in range(count + 1)
    )


def study_part(job: JobDescription, workspace: Workspace, progress: Progress) -> None:
    """Does the "part" in the settings of a study, which stays in the space until the study takes it up."""
    from recsys.evaluation.study.transfer_study import study_part

    data, axis, chosen = _asked(job, workspace)
    options, keep, number = _options(job), _parts(job, workspace), int(job.settings["part"])
    study_part(data, axis, number, keep=keep, scenarios=chosen, progress=progress, **options)


def _copy_equal_study(job: JobDescription, workspace: Workspace, progress: Progress) -> str:
    """Copies the study of an equal job into the job's space, under the name that the app gives, never the one that
    another owner gave; "" where there is none, or it is deleted already."""
    if progress.equal_result is None:
        return ""
    try:
        entry, folder = workspace.find(str(progress.equal_result), "study")
        name = Message(STUDY, axis=job.settings["axis"])
        return workspace.space(job.space).save_json("study", name, read_content(folder), entry.meta).id
    except StudioError:
        return ""


def _asked(job: JobDescription, workspace: Workspace) -> tuple[Dataset, str, tuple[str, str] | None]:
    """The data of a study, its axis, and its scenarios."""
    from recsys.runs.storage import load_run_data

    data, chosen = load_run_data(run_folder(job.run, workspace)), tuple(job.settings.get("scenarios", ()))
    return data, str(job.settings["axis"]), (str(chosen[0]), str(chosen[1])) if chosen else None


def _options(job: JobDescription) -> dict[str, Any]:
    options = {name: job.settings[name] for name in OPTIONS if name in job.settings}
    return options | {"model": config_of(job.settings.get("model", {}))}


def config_of(model: Mapping[str, Any]) -> ModelConfig | None:
    """The config of the model that a study trains; None for the default one. Raises InputError."""
    from recsys.models.table import model_entry

    if not model:
        return None
    return model_entry(str(model["name"])).config_class.from_json({k: v for k, v in model.items() if k != "name"})


def studied_model(run: Run, dataset: Dataset) -> dict[str, Any]:
    """What the study of a run trains on the other users: a model with the name and settings of the run's.

    Returns:
        Name and config as JSON; {} stands for the default model, which is studied too where the run's own model is not
        trained in epochs or has no representations of new users.
    """
    from recsys.models.recommender import Encoder
    from recsys.models.table import model_entry
    from recsys.models.training.loop import default_config

    entry = model_entry(run.model.name)
    if not (entry.trainable and isinstance(run.model, Encoder)):
        return {}
    config, default = entry.config_class.from_json(dict(run.config["model"])).fitted(dataset), default_config()
    return {} if config == default.fitted(dataset) else {"name": run.model.name, **config.to_json()}


def _parts(job: JobDescription, workspace: Workspace) -> Path:
    """Where the parts of a study are kept."""
    from recsys.evaluation.study.parts import STUDY_PARTS

    return workspace.space(job.space).folder / STUDY_PARTS


def data_key(dataset: Dataset) -> tuple[str, ...]:
    """What a study depends on beside its settings: the data, and the rule for already chosen items where it is another
    than to leave them out."""
    return (dataset.fingerprint, *([dataset.repeats.text] if dataset.repeats.allows else []))


def made_for(dataset: Dataset, model: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept with a study and its export, by which `is_of_data` and `is_of_model` know it again.

    Args:
        model: see `studied_model`.
    """
    return {"fingerprint": dataset.fingerprint, "model": dict(model), "repeats": dataset.repeats.text}


def is_of_model(meta: Mapping[str, Any], run: Run, dataset: Dataset) -> bool:
    """Whether a saved study trained what the study of this run trains; those of earlier versions the default model."""
    return dict(meta.get("model", {})) == studied_model(run, dataset)


def is_of_data(meta: Mapping[str, Any], dataset: Dataset) -> bool:
    """Whether a saved study is of this data under the same rule; those of earlier versions leave chosen items out."""
    return dataset.matches(str(meta.get("fingerprint"))) and meta.get("repeats", LEAVE_OUT.text) == dataset.repeats.text


def saved_studies(
    space: Space, dataset: Dataset, run: Run | None = None, **asked: object
) -> Iterator[tuple[Entry, dict[str, Any]]]:
    """The saved studies of this version on this data under its rule, newest first, each with its content.

    A damaged study counts as none, and so does one that is deleted meanwhile; Home reports the damaged ones.

    Args:
        run: only those that trained what the study of this run trains.
        asked: what must stand in the entry: axis, scenarios.
    """
    from recsys.evaluation.study.results import is_current  # heavy: Learn opens without it

    for entry in space.entries("study"):
        fits = all(entry.meta.get(name) == value for name, value in asked.items()) and is_of_data(entry.meta, dataset)
        if fits and (run is None or is_of_model(entry.meta, run, dataset)):
            try:
                content = read_content(space.path(entry.id))
            except (ArtifactError, UnknownIdError):
                continue
            if is_current(content):
                yield entry, content

"""A run on disk: run.json, data/ and models/<name>/, written whole; read back only when everything fits."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from recsys.data.dataset import Dataset
from recsys.data.repeats import LEAVE_OUT, RepeatRule
from recsys.data.storage import load_dataset, save_dataset
from recsys.errors import DAMAGED_FILE, ArtifactError, InputError
from recsys.files import recover, replacing
from recsys.models.recommender import Recommender
from recsys.models.trainable import MarkovBlend
from recsys.runs.content import model_folder, read_content
from recsys.runs.run import Run
from recsys.wording import Message

FORMAT = 1
_OWN = ("name", "cleaning")  # in the meta.json of data: no result depends on them
_NAME = re.compile(r"[a-z0-9-]{1,60}")  # of a model and of its folder, which must not lead outside


def save_run(run: Run, dataset: Dataset, folder: Path) -> None:
    """Writes run.json, data/ and models/<name>/; an older run in the folder is replaced as a whole or not at all.

    Args:
        run: with its models.
        dataset: that it was trained on.
        folder: is created if necessary.
    """
    from recsys.models.storage import save_model

    content = {
        "format": FORMAT,
        "id": run.id,
        "name": run.name,
        "dataset_fingerprint": run.dataset_fingerprint,
        "holdout": run.holdout,
        "model": run.model.name,
        "baselines": list(run.baselines),
        "reports": [dict(report) for report in run.reports],
        "validation": {name: dict(quality) for name, quality in run.validation.items()},
        "config": dict(run.config),
        "seconds": run.seconds,
        "created": run.created,
        "versions": dict(run.versions),
        "settings": {name: dict(settings) for name, settings in run.settings.items()},
        "evidence": dict(run.evidence),
        "shares_markov": _shares_markov(run),
    }
    with replacing(Path(folder)) as building:
        save_dataset(dataset, building / "data")
        for name, model in run.models.items():
            kept = _network_of(model) if name == run.model.name and content["shares_markov"] else model
            save_model(kept, building / "models" / name)  # type: ignore[arg-type]
        (building / "run.json").write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")


def copy_run(source: Path, folder: Path, name: str, data: Path | None = None) -> None:
    """Copies a saved run into an empty folder, as a run with another id and name. Raises ArtifactError.

    Args:
        data: folder of a saved dataset of the same fingerprint, whose name and cleaning summary the copy is to have.
    """
    try:
        content = json.loads((source / "run.json").read_text("utf-8"))
        content |= {"id": secrets.token_hex(12), "name": name}
    except DAMAGED_FILE as error:
        raise ArtifactError(_run_in(source), "is damaged", type(error).__name__, "Train it again.") from error
    shutil.copytree(source / "models", folder / "models")
    shutil.copytree(data or source / "data", folder / "data", ignore=shutil.ignore_patterns("entry.json"))
    (folder / "run.json").write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")


def run_digest(folder: Path) -> str:
    """32 hex digits of all that a saved run holds but its id and name, and the name and cleaning summary of its data:
    copies of a run have the same.

    Raises ArtifactError.
    """
    folder = Path(folder)
    try:
        content = {key: value for key, value in read_content(folder).items() if key not in ("id", "name")}
        digest = hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16)
        for file in sorted(path for part in ("data", "models") for path in (folder / part).rglob("*.*")):
            digest.update(str(file.relative_to(folder)).encode())
            if file == folder / "data" / "meta.json":
                meta = {key: value for key, value in json.loads(file.read_text("utf-8")).items() if key not in _OWN}
                digest.update(json.dumps(meta, sort_keys=True).encode())
                continue
            with file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "blake2b").digest())
        return digest.hexdigest()
    except DAMAGED_FILE as error:
        raise ArtifactError(_run_in(folder), "is damaged", type(error).__name__, "Train it again.") from error


def _shares_markov(run: Run) -> bool:
    """Whether the model's Markov scores are the baseline beside it: then they are saved once."""
    model = run.model
    return isinstance(model, MarkovBlend) and model.markov is not None and model.markov is run.baselines.get("markov")


def _network_of(model: Recommender) -> Recommender:
    """The model without its Markov scores, with their weight."""
    assert isinstance(model, MarkovBlend)
    return model.with_markov(None, model.markov_weight)


def _with_shared_markov(model: Recommender, baselines: Mapping[str, Recommender]) -> Recommender:
    """Back from `_network_of`. Raises ValueError or KeyError when the baseline is not there."""
    markov = baselines["markov"]
    if not isinstance(model, MarkovBlend) or markov.n_items != model.n_items:
        raise ValueError("the Markov scores of the model are not those beside it")
    return model.with_markov(markov, model.markov_weight)


def _run_in(folder: Path) -> Message:
    """The run, in a message about an error."""
    return Message("the run in {folder}", folder=folder.name)


def load_run(folder: Path) -> tuple[Run, Dataset]:
    """Reads a saved run and its data.

    Args:
        folder: that `save_run` wrote.

    Returns:
        The run with its models, and the dataset it was trained on, with the run's rule for already chosen items.

    Raises:
        InputError: there is no run in the folder.
        ArtifactError: something in it is missing, damaged or of another format.
    """
    from recsys.models.storage import load_model

    folder = Path(folder)
    recover(folder)
    if not (folder / "run.json").is_file():
        raise InputError(
            str(folder.name), "must be a folder made by train", fix="Train first: python -m recsys train …"
        )
    try:
        content = read_content(folder)
        if content["format"] != FORMAT:
            raise ArtifactError(
                _run_in(folder),
                Message("must be of format {version}", version=FORMAT),
                content["format"],
            )
        names = [content["model"], *content["baselines"]]
        if not all(_NAME.fullmatch(name) for name in names):
            raise ArtifactError(_run_in(folder), "must hold valid model names", names)
        dataset = load_dataset(folder / "data")
        baselines = {name: load_model(model_folder(folder, name)) for name in content["baselines"]}
        model: Recommender = load_model(model_folder(folder, content["model"]))
        if content.get("shares_markov"):
            model = _with_shared_markov(model, baselines)
        run = Run(
            id=content["id"],
            name=content["name"],
            dataset_fingerprint=content["dataset_fingerprint"],
            holdout=content["holdout"],
            model=model,
            baselines=baselines,
            reports=tuple(content["reports"]),
            validation=content["validation"],
            config=content["config"],
            seconds=float(content["seconds"]),
            created=content["created"],
            versions=content["versions"],
            settings=content["settings"],
            evidence=content["evidence"],
        )
    except DAMAGED_FILE as error:
        if isinstance(error, InputError):
            raise
        raise ArtifactError(_run_in(folder), "is damaged", type(error).__name__, "Train it again.") from error
    if not dataset.matches(run.dataset_fingerprint) or run.model.n_items != dataset.n_items:
        raise ArtifactError(_run_in(folder), "does not fit the data beside it", fix="Train it again.")
    run = replace(run, dataset_fingerprint=dataset.fingerprint)  # may be that of an earlier version
    return run, run.under_its_rule(dataset)


def load_run_data(folder: Path) -> Dataset:
    """A run's data with its rule for already chosen items, without its models. Raises ArtifactError."""
    folder = Path(folder)
    dataset = load_dataset(folder / "data")
    try:
        rule = RepeatRule.parse(str(read_content(folder)["config"].get("repeats", LEAVE_OUT.text)))
        return replace(dataset, repeats=rule)
    except DAMAGED_FILE as error:
        raise ArtifactError(_run_in(folder), "is damaged", type(error).__name__, "Train it again.") from error

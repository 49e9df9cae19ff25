"""The trials of a search, and where they are kept, so that a search that was stopped or killed continues.

    folder/<key>/plan.json                     the plan, and the data it is of
    folder/<key>/<model>/trial-000.json        a finished trial
    folder/<key>/<model>/weights-000/          its model: of the first trial, and of the best

The key is a digest of everything that determines a trial; the number of trials and the time limit are not part of it,
so that a finished search can be given more trials.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.code_version import code_version
from recsys.errors import DAMAGED_FILE, StudioError
from recsys.files import replace_file
from recsys.models.storage import load_model, save_model
from recsys.runs.tuning.plan import SearchPlan

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.models.trainable import Storable

SEARCH_TRIALS = "search-trials"
"""The folder of unfinished searches in a space, beside its entries."""
KEPT_DAYS = 7  # trials of a search that nobody has gone on with for so long are removed
PLAN = "plan.json"


@dataclass(frozen=True)
class Trial:
    """One training with settings that a search tried.

    Attributes:
        model: its name; number: 0, 1, … for each model, 0 being the settings that the search starts from.
        settings: {setting: value} of all that is searched.
        state: "done", "pruned" (ended early, because it was among the worse half) or "failed" (its training broke off).
        value: the best NDCG@10 on the validation users so far; 0 where there is none.
        values: the same after each epoch.
        epochs: how many were planned.
        seconds: that it took.
    """

    model: str
    number: int
    settings: Mapping[str, Any]
    state: str
    value: float
    values: tuple[float, ...]
    epochs: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"settings": dict(self.settings), "values": list(self.values)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Trial:
        """Raises KeyError, TypeError, ValueError where `values` is not what `to_json` gave."""
        return cls(
            str(values["model"]),
            int(values["number"]),
            dict(values["settings"]),
            str(values["state"]),
            float(values["value"]),
            tuple(map(float, values["values"])),
            int(values["epochs"]),
            float(values["seconds"]),
        )


def best_of(trials: Iterable[Trial]) -> Trial | None:
    """The finished trial with the highest value, the earlier one among equals; None without one."""
    best: Trial | None = None
    for trial in trials:
        if trial.state == "done" and (best is None or trial.value > best.value):
            best = trial
    return best


@dataclass(frozen=True, eq=False)
class KeptTrials:
    """The trials of a search so far, in memory and, where there is a folder, on disk.

    Attributes:
        trials: by model and number. weights: of the models that are in memory.
    """

    folder: Path | None = None
    trials: dict[tuple[str, int], Trial] = field(default_factory=dict)
    weights: dict[tuple[str, int], Storable] = field(default_factory=dict)

    @classmethod
    def of(cls, parent: Path | None, plan: SearchPlan, dataset: Dataset) -> KeptTrials:
        """Those of a search on a dataset, in `parent`, which is made when missing; with None none are on disk."""
        if parent is None:
            return cls()
        folder = search_folder(parent, plan, dataset.fingerprint)
        content = {"search": plan.to_json(), "fingerprint": dataset.fingerprint}
        replace_file(folder / PLAN, json.dumps(content))
        _remove_old(Path(parent))
        return cls(folder)

    def find(self, model: str, number: int, settings: Mapping[str, Any]) -> Trial | None:
        """A finished trial with these settings; None where there is none, or its file is damaged."""
        trial = self.trials.get((model, number))
        if trial is None and self.folder is not None:
            trial = next(_read([self._file(model, number)]), None)
        if trial is None or trial.settings != settings:
            return None
        self.trials[model, number] = trial
        return trial

    def of_model(self, model: str) -> tuple[Trial, ...]:
        """The finished trials of a model in order, as far as this search has come."""
        return tuple(trial for (name, _), trial in sorted(self.trials.items()) if name == model)

    def on_disk(self, model: str) -> tuple[Trial, ...]:
        """The finished trials of a model in order, also those that another process has finished."""
        return () if self.folder is None else tuple(_read(sorted((self.folder / model).glob("trial-*.json"))))

    def add(self, trial: Trial, model: Storable | None) -> None:
        """Keeps a finished trial.

        Args:
            model: its weights, where they are to be kept.
        """
        name, number = trial.model, trial.number
        if model is not None:
            self.weights[name, number] = model
            if self.folder is not None:
                save_model(model, self._weights(name, number))
        self.trials[name, number] = trial
        if self.folder is not None:
            replace_file(self._file(name, number), json.dumps(trial.to_json()))

    def drop_weights(self, trials: Iterable[Trial], best: Trial | None) -> None:
        """Removes the weights of these trials, but those of the first and of the best."""
        for trial in trials:
            if trial.number and trial is not best:
                self.weights.pop((trial.model, trial.number), None)
                if self.folder is not None:
                    shutil.rmtree(self._weights(trial.model, trial.number), ignore_errors=True)

    def model(self, trial: Trial) -> Storable:
        """The trained model of the first trial or of the best. Raises ArtifactError when it is damaged."""
        known = self.weights.get((trial.model, trial.number))
        return load_model(self._weights(trial.model, trial.number)) if known is None else known

    def _file(self, model: str, number: int) -> Path:
        assert self.folder is not None
        return self.folder / model / f"trial-{number:03d}.json"

    def _weights(self, model: str, number: int) -> Path:
        assert self.folder is not None
        return self.folder / model / f"weights-{number:03d}"


def search_folder(parent: Path, plan: SearchPlan, fingerprint: str) -> Path:
    """Where the trials of a search on the data of this fingerprint are kept."""
    content = plan.to_json()
    determines = [content["plan"], content["searched"], content["seed"], fingerprint, code_version()]
    digest = hashlib.blake2b(json.dumps(determines, sort_keys=True).encode(), digest_size=12)
    return Path(parent) / digest.hexdigest()


@dataclass(frozen=True)
class Unfinished:
    """A search that was stopped, or cut off: its plan, and its trials of the model so far."""

    folder: Path
    plan: SearchPlan
    trials: tuple[Trial, ...]


def unfinished_searches(parent: Path, fingerprint: str) -> list[Unfinished]:
    """Those on the data of this fingerprint that this version of the code can continue, the newest first."""
    found = []
    files = [file for file in Path(parent).glob(f"*/{PLAN}") if file.is_file()]
    for file in sorted(files, key=lambda file: -file.stat().st_mtime):
        try:
            content = json.loads(file.read_text("utf-8"))
            plan = SearchPlan.from_json(content["search"])
        except (*DAMAGED_FILE, StudioError):
            continue
        if content["fingerprint"] == fingerprint and file.parent == search_folder(parent, plan, fingerprint):
            found.append(Unfinished(file.parent, plan, KeptTrials(file.parent).on_disk(plan.base.model.name)))
    return found


def _read(files: Iterable[Path]) -> Iterator[Trial]:
    """The trials in files, up to the first that is missing or damaged."""
    for file in files:
        try:
            yield Trial.from_json(json.loads(file.read_text("utf-8")))
        except DAMAGED_FILE:
            return


def finish(folder: Path | None) -> None:
    """Marks a search as finished: it is not offered any more, and its trials stay for a search with more of them."""
    if folder is not None:
        (folder / PLAN).unlink(missing_ok=True)
        (folder / "finished").touch()


def _remove_old(parent: Path) -> None:
    for folder in parent.glob("*/"):
        newest = max((file.stat().st_mtime for file in folder.iterdir()), default=0.0)
        if time.time() - newest > KEPT_DAYS * 86_400:
            shutil.rmtree(folder, ignore_errors=True)

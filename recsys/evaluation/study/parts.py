"""The results of a study's folds on disk, so that a study that was killed continues where it was.

    folder/<key>/fold-0.json                    what is known of a finished fold: model, users, training, methods
    folder/<key>/fold-0/known-3/bridge.safetensors   the ranks of one method (with features, where it has a certificate)
    folder/<key>/fold-0/training, …/scenario    checkpoints of the fold's models, removed once it is finished

The key is a digest of everything that determines the results, so that other data, other settings or another version of
the code never take them up.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recsys.code_version import code_version
from recsys.files import replace_file

STUDY_PARTS = "study-parts"
"""The folder of unfinished studies in a space, beside its entries."""
KEPT_DAYS = 7  # results of other studies are removed when they have not been used for so long
LAST = 11  # what ranks that give no NDCG@10 are stored as


@dataclass(frozen=True, eq=False)
class MethodPart:
    """The result of one method for the users of a fold with k known items.

    Attributes:
        ranks: uint8 (n, 21) over α, or (n,): ranks of the held-out items, at most LAST.
        features: float64 (n, 11) of the certificate; None where the method has none.
    """

    ranks: np.ndarray
    features: np.ndarray | None = None


@dataclass(frozen=True)
class FoldInfo:
    """What is known of a fold beside its ranks.

    Attributes:
        model: the model's name; users: that it was trained on.
        training: epochs and configs; {} where the model was given.
        applies: method -> whether it could be computed for the fold.
    """

    model: str
    users: int
    training: Mapping[str, Any]
    applies: Mapping[str, bool]


@dataclass(frozen=True, eq=False)
class StudyParts:
    """The results of the folds so far, in memory and, where there is a folder, on disk.

    Args:
        folder: of the study with this key; None: in memory only.
    """

    folder: Path | None = None
    found: dict[tuple[int, int, str], MethodPart] = field(default_factory=dict)

    @classmethod
    def of(cls, parent: Path | None, key: Mapping[str, Any]) -> StudyParts:
        """Those of a study in `parent`, which is made when missing; with `None` none are on disk.

        Args:
            key: JSON values that, together with the code, determine the results.
        """
        if parent is None:
            return cls()
        digest = hashlib.blake2b(json.dumps([key, code_version()], sort_keys=True).encode(), digest_size=12)
        folder = Path(parent) / digest.hexdigest()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "used").touch()
        _remove_old(folder.parent)
        return cls(folder)

    def info(self, fold: int) -> FoldInfo | None:
        """Of a finished fold; None where it is not finished, or its file is damaged."""
        if self.folder is None:
            return None
        try:
            return FoldInfo(**json.loads((self.folder / f"fold-{fold}.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def part(self, fold: int, known: int, method: str, users: int) -> MethodPart | None:
        """The result of a method; None where there is none yet, or where its file is damaged.

        Args:
            users: how many it must be of.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        if self.folder is None or (fold, known, method) in self.found:
            return self.found.get((fold, known, method))
        try:
            tensors = load_file(self._file(self.folder, fold, known, method))
            part = MethodPart(tensors["ranks"], tensors.get("features"))
        except (OSError, KeyError, SafetensorError):
            return None
        return part if len(part.ranks) == users else None

    def add(self, fold: int, known: int, method: str, part: MethodPart) -> None:
        """Keeps the result of a method."""
        from safetensors.numpy import save

        self.found[fold, known, method] = part
        if self.folder is not None:
            tensors = {"ranks": part.ranks} | ({} if part.features is None else {"features": part.features})
            content = save({name: np.ascontiguousarray(values) for name, values in tensors.items()})
            replace_file(self._file(self.folder, fold, known, method), content)

    def finish(self, fold: int, info: FoldInfo) -> None:
        """Keeps what is known of a fold that has all its results, and removes the checkpoints of its models."""
        if self.folder is not None:
            replace_file(self.folder / f"fold-{fold}.json", json.dumps(vars(info)))
            for name in ("training", "scenario"):
                shutil.rmtree(self.folder / f"fold-{fold}" / name, ignore_errors=True)

    def checkpoint(self, fold: int, name: str) -> Path | None:
        """Where a model of a fold keeps what it needs to continue its training: "training" or "scenario"."""
        return None if self.folder is None else self.folder / f"fold-{fold}" / name

    @staticmethod
    def _file(folder: Path, fold: int, known: int, method: str) -> Path:
        return folder / f"fold-{fold}" / f"known-{known}" / f"{method.replace('’', '').replace(' ', '_')}.safetensors"


def _remove_old(parent: Path) -> None:
    """Removes the results of studies that have not been used for a week."""
    for used in parent.glob("*/used"):
        if time.time() - used.stat().st_mtime > KEPT_DAYS * 86_400:
            shutil.rmtree(used.parent, ignore_errors=True)

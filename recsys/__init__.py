"""Interest Transfer Studio's library: from a file of interactions to whether transferred interests help.

    loaded = recsys.load(Path("ratings.csv"))                 # file -> dataset, with a cleaning report
    run = recsys.train_run(loaded.dataset, minutes=2)         # dataset -> model, baselines beside it
    users = recsys.extract(run.model, loaded.dataset).users  # model -> representations
    path = recsys.alpha_path(target_scores, source_scores, k=10)   # every α at which the list changes

Names are imported when they are first used, so that `import recsys` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys.cases.case import Case, ListedItem
    from recsys.cases.lists import ListComparison, compare_lists, list_of_case
    from recsys.cases.run_parts import OpenRun, open_run
    from recsys.data import CleaningPlan, Dataset, IdMap, Split, leave_one_out, load
    from recsys.data.samples import load_sample
    from recsys.embeddings import extract, project
    from recsys.errors import StudioError
    from recsys.evaluation import evaluate_models
    from recsys.models.attention.config import AttentionConfig
    from recsys.models.recommender import Recommender
    from recsys.models.training.config import TrainConfig
    from recsys.models.training.loop import train
    from recsys.models.training.reports import EpochReport
    from recsys.runs import Run, load_run, save_run, train_run
    from recsys.transfer import AlphaPath, TransferParty, alpha_path, interpolate, recommend

_HOMES = {
    "recsys.cases.case": ("Case", "ListedItem"),
    "recsys.cases.lists": ("ListComparison", "compare_lists", "list_of_case"),
    "recsys.cases.run_parts": ("OpenRun", "open_run"),
    "recsys.data": ("CleaningPlan", "Dataset", "IdMap", "Split", "leave_one_out", "load"),
    "recsys.data.samples": ("load_sample",),
    "recsys.embeddings": ("extract", "project"),
    "recsys.errors": ("StudioError",),
    "recsys.evaluation": ("evaluate_models",),
    "recsys.models.attention.config": ("AttentionConfig",),
    "recsys.models.training.config": ("TrainConfig",),
    "recsys.models.recommender": ("Recommender",),
    "recsys.models.training.loop": ("train",),
    "recsys.models.training.reports": ("EpochReport",),
    "recsys.runs": ("Run", "load_run", "save_run", "train_run"),
    "recsys.transfer": ("AlphaPath", "TransferParty", "alpha_path", "interpolate", "recommend"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AlphaPath",
    "AttentionConfig",
    "Case",
    "CleaningPlan",
    "Dataset",
    "EpochReport",
    "IdMap",
    "ListComparison",
    "ListedItem",
    "OpenRun",
    "Recommender",
    "Run",
    "Split",
    "StudioError",
    "TrainConfig",
    "TransferParty",
    "alpha_path",
    "compare_lists",
    "evaluate_models",
    "extract",
    "interpolate",
    "leave_one_out",
    "list_of_case",
    "load",
    "load_run",
    "load_sample",
    "open_run",
    "project",
    "recommend",
    "save_run",
    "train",
    "train_run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'recsys' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

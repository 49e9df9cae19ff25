"""Runs: a trained model with baselines beside it — planned, trained, saved, opened, compared."""

from recsys.runs.compare import RunCard, differences, read_card
from recsys.runs.plan import BASELINES_BESIDE, HOLDOUTS, TrainingPlan
from recsys.runs.run import Run
from recsys.runs.storage import copy_run, load_run, run_digest, save_run
from recsys.runs.training import execute, train_run

__all__ = [
    "BASELINES_BESIDE",
    "HOLDOUTS",
    "Run",
    "RunCard",
    "TrainingPlan",
    "copy_run",
    "differences",
    "execute",
    "load_run",
    "read_card",
    "run_digest",
    "save_run",
    "train_run",
]

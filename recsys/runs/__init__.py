"""Runs: a trained model with baselines beside it — planned, made, saved, opened, compared."""

from recsys.runs.compare import RunCard, differences, read_card
from recsys.runs.making import carry_out, train_run
from recsys.runs.plan import BESIDE, HOLDOUTS, TrainingPlan
from recsys.runs.run import Run
from recsys.runs.storage import load_run, save_run

__all__ = [
    "BESIDE",
    "HOLDOUTS",
    "Run",
    "RunCard",
    "TrainingPlan",
    "carry_out",
    "differences",
    "load_run",
    "read_card",
    "save_run",
    "train_run",
]

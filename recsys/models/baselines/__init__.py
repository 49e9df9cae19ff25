"""Models that are hard to beat, fitted in seconds: what the attention model is judged beside."""

from __future__ import annotations

import inspect

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.models.recommender import Recommender
from recsys.models.store import CLASSES, model_class

BASELINES = tuple(name for name in CLASSES if name != "attention")


def fit_baseline(name: str, dataset: Dataset, seed: int = 0) -> Recommender:
    """Fits a baseline by its name. Raises InputError for an unknown one; those that draw at random take the seed."""
    if name not in BASELINES:
        raise InputError("the model", f"must be attention or one of {', '.join(BASELINES)}", name)
    fit = model_class(name).fit  # type: ignore[attr-defined]
    fitted: Recommender = fit(dataset, seed=seed) if "seed" in inspect.signature(fit).parameters else fit(dataset)
    return fitted

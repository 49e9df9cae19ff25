"""Models that are hard to beat, fitted in seconds: what a trained model is compared with."""

from __future__ import annotations

import inspect
from typing import Any

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.models.recommender import Recommender
from recsys.models.table import FITTED, current_name, model_entry
from recsys.wording import Message

BASELINES = FITTED


def fit_baseline(name: str, dataset: Dataset, seed: int = 0, **settings: Any) -> Recommender:
    """Fits a baseline by its name. Those that draw at random take the seed.

    Args:
        settings: arguments of its `fit`; those not given stay at their defaults. See `tuning` for choosing them.

    Raises:
        InputError: an unknown name, or data that it can't take.
    """
    if current_name(name) not in BASELINES:
        raise InputError("the baseline", Message("must be one of {names}", names=", ".join(BASELINES)), name)
    fit = model_entry(name).model_class.fit  # type: ignore[attr-defined]
    if "seed" in inspect.signature(fit).parameters:
        settings["seed"] = seed
    fitted: Recommender = fit(dataset, **settings)
    return fitted

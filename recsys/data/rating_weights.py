"""What explicit ratings say to a training: how much each interaction counts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import rankdata

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.wording import Message

RATING_MODES: Mapping[str, str] = {
    "ignore": Message("Ignore"),
    "weigh": Message("Weigh interactions"),
    "dislikes": Message("Mark dislikes"),
}
"""How ratings are used -> label."""
LEAST_WEIGHT = 0.25  # of the interaction with the lowest rating; that with the highest has 1.75
DISLIKED = 0.5  # standard deviations of all ratings below the user's own mean


def rating_weights(dataset: Dataset, mode: str) -> np.ndarray | None:
    """The weight of each interaction as something to predict: float32 (n,) with mean 1; None for "ignore".

    Args:
        mode: "weigh": weights grow with the rank of the rating among all ratings of the data, from 0.25 to 1.75, so
            that stars, hours and play counts are treated alike. "dislikes": interactions in `disliked` have weight 0:
            they stay in the history, where the model reads them and lists leave them out, but are not predicted.

    Raises:
        InputError: the data has no ratings, or the mode is unknown.
    """
    if mode == "ignore":
        return None
    if mode not in RATING_MODES:
        raise InputError("ratings", Message("must be one of {names}", names=", ".join(RATING_MODES)), mode)
    if dataset.ratings is None or not np.isfinite(dataset.ratings).any():
        fix = Message("Choose to ignore ratings, or choose their column on Data.")
        raise InputError(dataset.name, "must have ratings to use them in a training", fix=fix)
    if mode == "dislikes":
        kept = ~disliked(dataset)
        return (kept / max(float(kept.mean()), 1e-9)).astype(np.float32)
    known = np.isfinite(dataset.ratings)
    weights = np.ones(dataset.n_interactions)
    share = (rankdata(dataset.ratings[known]) - 0.5) / known.sum()  # mean 0.5, ties share a rank
    weights[known] = LEAST_WEIGHT + 2 * (1 - LEAST_WEIGHT) * share
    return weights.astype(np.float32)


def rows_to_predict(dataset: Dataset, mode: str) -> Dataset:
    """The dataset without the interactions that are `disliked`, where dislikes are marked; else the dataset itself."""
    if mode != "dislikes":
        return dataset
    weights = rating_weights(dataset, mode)
    assert weights is not None
    return dataset.with_rows(weights > 0)


def disliked(dataset: Dataset) -> np.ndarray:
    """Which interactions are rated below the user's own mean by more than half the deviation of all ratings.

    Returns:
        bool (n,); false where a rating is missing.
    """
    assert dataset.ratings is not None
    ratings = np.asarray(dataset.ratings, dtype=np.float64)
    known = np.isfinite(ratings)
    totals = np.bincount(dataset.user_of[known], weights=ratings[known], minlength=dataset.n_users)
    counts = np.bincount(dataset.user_of[known], minlength=dataset.n_users)
    means = totals / np.maximum(counts, 1)
    return np.asarray(known & (ratings < means[dataset.user_of] - DISLIKED * ratings[known].std()))

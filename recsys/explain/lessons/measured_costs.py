"""Lesson 9: five costs of a recommender, measured on a run: computing, data, privacy, fairness, explanation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.repeats import RepeatRule
from recsys.data.splits import Holdout
from recsys.errors import InputError
from recsys.explain.history_influence import influence, unseen_items
from recsys.metrics.accuracy import ndcg
from recsys.metrics.ranking import ranks
from recsys.metrics.uncertainty import Estimate, estimate_mean
from recsys.models.recommender import Encoder, Recommender, batched, items_read, top_k
from recsys.transfer.privacy import PrivacyParameters, clip_length

EPSILONS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
_DRAWS = 25
_MOST_USERS = 400
_EXPLAINED = 12  # users whose first recommendation is explained
GROUP = 50  # users of the protected group


@dataclass(frozen=True, eq=False)
class MeasuredCosts:
    """Five costs.

    Attributes:
        milliseconds: to score all items for one user, measured now.
        dropped: share of the rows of the file that were not usable; NaN where it is not known.
        epsilons: of the privacy curves.
        kept: "user" and "group" -> how many of the ten items of the unprotected list stay in the protected one, the
            mean over 25 draws of the noise, at each ε.
        short, long: NDCG@10 of the users with short and with long histories.
        median_items: history length that divides them.
        influence: share of the margin of the first recommendation that is lost without one item, the most influential.
    """

    milliseconds: float
    dropped: float
    epsilons: tuple[float, ...]
    kept: dict[str, tuple[float, ...]]
    short: Estimate
    long: Estimate
    median_items: int
    influence: Estimate


def measured_costs(model: Recommender, dataset: Dataset, test: Holdout, seed: int = 0) -> MeasuredCosts:
    """Measures all five. `test` holds the held-out items.

    Raises:
        InputError: the model has no vectors, or fewer than 20 users have held-out items.
    """
    if not isinstance(model, Encoder):
        raise InputError("the model", "must have vectors of users", model.name, "Open a run of an encoder.")
    if len(test) < 20:
        raise InputError("the data", "must have 20 users with held-out items", len(test))
    rows = np.sort(np.random.default_rng(seed).permutation(len(test))[:_MOST_USERS])
    histories = [test.histories[row] for row in rows]
    began = perf_counter()
    scores = np.concatenate([model.scores(batch) for batch in batched(histories)])
    milliseconds = 1000 * (perf_counter() - began) / len(rows)
    quality = ndcg(ranks(scores, [test.left_out[row] for row in rows], [test.positives[row] for row in rows]), 10)
    lengths = np.array([len(history) for history in histories])
    median = int(np.median(lengths))
    summary = dataset.cleaning
    return MeasuredCosts(
        milliseconds,
        1 - summary.rows_kept / summary.rows_read if summary is not None and summary.rows_read else float("nan"),
        EPSILONS,
        {
            "user": _kept(model, histories[:1], dataset.n_users, dataset.repeats),
            "group": _kept(model, histories[:GROUP], dataset.n_users, dataset.repeats),
        },
        estimate_mean(quality[lengths <= median], seed=seed),
        estimate_mean(quality[lengths > median] if (lengths > median).any() else quality, seed=seed),
        median,
        estimate_mean(
            np.array([_lost(model, test.histories[row], test.left_out[row]) for row in rows[:_EXPLAINED]]), seed=seed
        ),
    )


def _kept(model: Encoder, members: Sequence[History], users: int, repeats: RepeatRule) -> tuple[float, ...]:
    """How many of the ten items of the members' mean stay when it is protected, at each ε. Raises MissingExtraError.

    The embeddings are clipped and noised as in `recsys.transfer.privacy.make_private`; the noise is drawn from a seed,
    which protects nobody and is enough to measure.
    """
    clip = clip_length(model)
    embeddings = model.encode(members).astype(np.float64)
    clipped = embeddings * np.minimum(1.0, clip / np.maximum(np.linalg.norm(embeddings, axis=1), 1e-12))[:, None]
    seen = repeats.left_out(np.unique(members[0])) if len(members) == 1 else np.zeros(0, dtype=np.int64)
    rng = np.random.default_rng(0)

    def tens(vectors: np.ndarray) -> np.ndarray:
        scores = (vectors @ model.item_vectors.T + model.item_bias).astype(np.float32)
        return top_k(scores, 10, [seen] * len(vectors))

    own = tens(embeddings.mean(axis=0)[None])[0]
    kept = []
    for epsilon in EPSILONS:
        noise = PrivacyParameters(epsilon, users, clip).noise(len(members))
        draws = clipped.mean(axis=0) + noise * rng.standard_normal((_DRAWS, embeddings.shape[1]))
        kept.append(float(np.mean([len(np.intersect1d(own, ten)) for ten in tens(draws)])))
    return tuple(kept)


def _lost(model: Recommender, history: History, left_out: History) -> float:
    """The share of the first recommendation's margin that is lost without the item that it depends on most."""
    item = int(top_k(model.scores([history]), 1, [left_out])[0, 0])
    found = influence(model.scores, history, item, unseen_items(model.n_items, left_out), items_read(model))
    return float(np.max(found.effects, initial=0.0) / max(found.margin, 1e-12))

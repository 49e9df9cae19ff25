"""Lesson 4: what item texts are worth for an item that nobody has chosen yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.data.splits import Split
from recsys.errors import InputError
from recsys.metrics.proportions import wilson
from recsys.metrics.ranking import mask_seen
from recsys.metrics.uncertainty import Estimate
from recsys.models.item_text import item_text_vectors
from recsys.models.recommender import Encoder, Recommender
from recsys.transfer.methods.ridge import fit_ridge
from recsys.wording import Message

FOLDS = 5
_FEWEST = 50  # items with a text
_MOST_USERS = 2_000
LENGTHS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100)


@dataclass(frozen=True, eq=False)
class ColdItems:
    """How often a held-out item is in a list of k items, by what is known of the item.

    Attributes:
        lengths: list lengths k.
        hit_rates: "clicks" (the trained vector), "text" (a vector predicted from the item's text alone), "nothing" (the
            mean vector of all items) -> the hit rate at each k, with its 95% interval.
        users: how many held-out items were ranked.
        text_model: a sentence that names the text model.
    """

    lengths: tuple[int, ...]
    hit_rates: dict[str, tuple[Estimate, ...]]
    users: int
    text_model: str


def cold_items(model: Recommender, split: Split, seed: int = 0) -> ColdItems:
    """Ranks each user's held-out item as if nobody had chosen it.

    The items are divided in five. A ridge regression from text vectors to trained item vectors is fitted on four parts
    and predicts the vectors of the fifth, so no item's own clicks are used for it. The item then competes with all
    other unseen items, which keep their trained vectors. Only the part of a score that is linear in the user's
    embedding is used.

    Raises:
        InputError: the model has no vectors, fewer than 50 items have a text, or no held-out item is in the training
            rows.
    """
    if not isinstance(model, Encoder):
        raise InputError("the model", "must have vectors of items", model.name, "Open a run of an encoder.")
    catalogue = split.train.catalogue
    text = item_text_vectors(catalogue, ids=split.train.items.ids)
    known = np.flatnonzero(np.isfinite(text.vectors).all(axis=1) & (np.arange(model.n_items + 1) > 0))
    if not text.vectors.shape[1] or len(known) < _FEWEST:
        raise InputError("the items", Message("must have titles or descriptions, {n} at least", n=_FEWEST), len(known))
    warm = known[split.train.item_counts[known] > 0]
    chosen = set(warm.tolist())
    users = [row for row, items in enumerate(split.test.positives) if int(items[0]) in chosen][:_MOST_USERS]
    if not users:
        raise InputError("the test items", "must include items with a text that are in the training rows too", 0)
    vectors, bias = np.array(model.item_vectors, dtype=np.float64), np.array(model.item_bias, dtype=np.float64)
    predicted = np.zeros_like(vectors)
    parts = np.array_split(np.random.default_rng(seed).permutation(known), FOLDS)
    for part in parts:
        rest = warm[~np.isin(warm, part)]
        predicted[part] = fit_ridge(text.vectors[rest], vectors[rest])(text.vectors[part])
    mean, usual = vectors[warm].mean(axis=0), float(bias[warm].mean())
    found: dict[str, list[np.ndarray]] = {"clicks": [], "text": [], "nothing": []}
    for start in range(0, len(users), 256):
        rows = users[start : start + 256]
        histories = [split.test.histories[row] for row in rows]
        items = np.array([split.test.positives[row][0] for row in rows])
        embedding = model.encode(histories).astype(np.float64)
        left_out = [split.test.left_out[row] for row in rows]
        scores = mask_seen((embedding @ vectors.T + bias).astype(np.float32), left_out)
        scores[np.arange(len(rows)), items] = -np.inf
        own = {
            "clicks": (embedding * vectors[items]).sum(axis=1) + bias[items],
            "text": (embedding * predicted[items]).sum(axis=1) + usual,
            "nothing": embedding @ mean + usual,
        }
        for name, values in own.items():
            found[name].append(1 + np.count_nonzero(scores >= values[:, None], axis=1))
    ranks = {name: np.concatenate(each) if each else np.zeros(0) for name, each in found.items()}
    rates = {name: tuple(wilson(int((r <= k).sum()), len(r)) for k in LENGTHS) for name, r in ranks.items()}
    return ColdItems(LENGTHS, rates, len(users), text.reader)

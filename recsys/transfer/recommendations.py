"""From a blend to a ranked list: a second score mixed in, and diversity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from recsys.data.dataset import Catalogue, Dataset, History, read_only
from recsys.errors import InputError
from recsys.models.recommender import Encoder, Recommender
from recsys.transfer.agreement import agree
from recsys.transfer.blend import Transfer, scores_by_method
from recsys.transfer.candidates import arranged
from recsys.transfer.methods.linear import LinearBlend
from recsys.transfer.parties import TransferParty, party_scores, single_users
from recsys.transfer.path.alpha_path import check_alpha
from recsys.wording import Message

_POOL = 8  # a diverse list is picked from this many times k best items

SecondScorer = Callable[[TransferParty], np.ndarray]
"""Scores of a party by another model or by item content: float (n_items + 1,), finite except [0]."""


@dataclass(frozen=True, eq=False)
class Recommendations:
    """A ranked list, every array (n,) in its order, n ≤ k.

    Attributes:
        items: int32, item indexes, best first.
        scores: float64, target_part + source_part.
        target_part: (1 − α) · the target's score of each; source_part: α · the source's.
        target_ranks, source_ranks: int64, the rank of each at α = 0 and at α = 1 (1 = best).
    """

    alpha: float
    items: np.ndarray
    scores: np.ndarray
    target_part: np.ndarray
    source_part: np.ndarray
    target_ranks: np.ndarray
    source_ranks: np.ndarray

    def __post_init__(self) -> None:
        for name in ("items", "scores", "target_part", "source_part", "target_ranks", "source_ranks"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.items)

    def rows(self, dataset: Dataset) -> list[dict[str, object]]:
        """For tables and files: rank, item_id, title, scenario, tags, score, target_part, source_part."""
        catalogue = dataset.catalogue
        return [
            {
                "rank": rank,
                "item_id": dataset.items.external(int(item)),
                "title": catalogue.titles[item],
                "scenario": catalogue.scenarios[item],
                "tags": ", ".join(catalogue.tags[item]),
                "score": float(self.scores[rank - 1]),
                "target_part": float(self.target_part[rank - 1]),
                "source_part": float(self.source_part[rank - 1]),
            }
            for rank, item in enumerate(self.items.tolist(), 1)
        ]


def recommend(
    pair: Transfer,
    alpha: float,
    k: int = 10,
    *,
    second_scorer: SecondScorer | None = None,
    weight: float = 0.0,
    diversity: float = 0.0,
    vectors: np.ndarray | None = None,
    pins: Sequence[int] | np.ndarray = (),
    per_tag: int = 0,
    catalogue: Catalogue | None = None,
) -> Recommendations:
    """The k best items for the blend at α, ties to the lower index.

    Args:
        pair: target and source with their scores.
        alpha: weight of the source, 0 … 1.
        k: length of the list; shorter where fewer items are allowed.
        second_scorer: a second score (`collaborative`, `content`), mixed in after both are standardised over the items.
        weight: share of the second score, 0 … 1.
        diversity: 0 ranks by score alone, 1 by difference from the items ranked above alone (MMR, Carbonell &
            Goldstein 1998); similarity is the cosine of `vectors`.
        vectors: float (n_items + 1, d); by default the model's item vectors.
        pins: items that come first, in this order, where they are allowed.
        per_tag: at most so many items of each tag, the pinned ones included; 0 for any number. It needs `catalogue`.

    Returns:
        The items in order, with their scores and the parts of target and source.

    Raises:
        InputError: α, weight or diversity outside [0, 1], k < 1, or diversity without vectors.
    """
    check_alpha(alpha)
    for name, value in (("weight", weight), ("diversity", diversity)):
        if not 0 <= value <= 1:
            raise InputError(name, "must be between 0 and 1", value, "Use a value in that range.")
    if k < 1:
        raise InputError("k", "must be at least 1", k)
    target, source = (np.asarray(scores, dtype=np.float64) for scores in combined_scores(pair, second_scorer, weight))
    items = np.flatnonzero(pair.allowed)
    blended = alpha * source[items] + (1 - alpha) * target[items]
    best = items[np.argsort(-blended, kind="stable")]
    chosen = best[:k]
    if diversity:
        space = pair.model.item_vectors if vectors is None and isinstance(pair.model, Encoder) else vectors
        if space is None:
            fix = Message("Use a model with embeddings, or give vectors.")
            raise InputError("diversity", "needs vectors of the items", pair.model.name, fix)
        pool = best[: _POOL * k]
        chosen = pool[_diverse(alpha * source[pool] + (1 - alpha) * target[pool], space[pool], k, diversity)]
    if len(pins) or per_tag:
        tags = ((),) * len(pair.allowed) if catalogue is None else catalogue.tags
        diverse = np.concatenate([chosen, best[~np.isin(best, chosen)]])
        chosen = arranged(diverse, k, np.asarray(pins, dtype=np.int64), tags, per_tag)
    ranks = [_ranks(scores, pair.allowed)[chosen] for scores in (target, source)]
    parts = (1 - alpha) * target[chosen], alpha * source[chosen]
    return Recommendations(alpha, chosen.astype(np.int32), parts[0] + parts[1], *parts, *ranks)


def combined_scores(
    pair: Transfer, second_scorer: SecondScorer | None = None, weight: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Target and source scores with a second score mixed in: float (n_items + 1,) each; the blend stays linear in α.

    It is mixed into the scores of each of several users before they agree.
    """
    if second_scorer is None or not weight:
        return pair.target_scores, pair.source_scores
    mixed = []
    for party, scores in ((pair.target, pair.target_scores), (pair.source, pair.source_scores)):
        if party.agreement:
            mixed.append(agree(scores_by_user(pair, party, second_scorer, weight), party.agreement))
        else:
            mixed.append(with_second(scores, second_scorer(party), weight))
    return mixed[0], mixed[1]


def scores_by_user(
    pair: Transfer, party: TransferParty, second_scorer: SecondScorer | None = None, weight: float = 0.0
) -> np.ndarray:
    """The scores of each user of the pair's target or source, before they agree: float (users, n_items + 1)."""
    if party is pair.source and pair.interests is not None:
        rows = pair.interests.user_scores(pair.weights)
    else:
        rows = scores_by_method(pair.model, party.histories, pair.method if party is pair.source else LinearBlend())
    if second_scorer is None or not weight:
        return rows
    others = map(second_scorer, single_users(party))
    return np.stack([with_second(row, other, weight) for row, other in zip(rows, others, strict=True)])


def with_second(first: np.ndarray, second: np.ndarray, weight: float) -> np.ndarray:
    """(1 − weight) · first + weight · second, both standardised over the items: float64 (n_items + 1,), [0] = −inf."""
    mixed = np.full(len(first), -np.inf)
    mixed[1:] = (1 - weight) * standardise(first)[1:] + weight * standardise(second)[1:]
    return mixed


def collaborative(model: Recommender) -> SecondScorer:
    """Another model as second score, such as item-kNN."""
    return lambda party: party_scores(model, party)


def content(catalogue: Catalogue, vectors: np.ndarray | None = None) -> SecondScorer:
    """Content as second score: the cosine between an item and the mean item of the party's histories.

    Args:
        vectors: float (n_items + 1, d) of text, image …; None compares tags.
    """
    if vectors is None:
        unit = catalogue.tag_vectors
    else:
        space = np.nan_to_num(np.asarray(vectors, dtype=np.float32))
        unit = space / np.maximum(np.linalg.norm(space, axis=1, keepdims=True), 1e-12)

    def scores(party: TransferParty) -> np.ndarray:
        return np.asarray(unit @ _profile(unit, party.histories))

    return scores


def _profile(unit: np.ndarray | csr_matrix, histories: Sequence[History]) -> np.ndarray:
    """The mean over the histories of the mean row of their items, zero for an empty one: float32 (d,)."""
    lengths = np.array([len(history) for history in histories])
    of_each = np.repeat(1 / (np.maximum(lengths, 1) * len(lengths)), lengths)
    weights = np.bincount(np.concatenate(histories), of_each, minlength=unit.shape[0])
    items = np.flatnonzero(weights)
    return np.asarray(weights[items] @ unit[items], dtype=np.float32)


def standardise(scores: np.ndarray) -> np.ndarray:
    """Scores with mean 0 and standard deviation 1 over the items: float64 (n_items + 1,), [0] = −inf."""
    values = np.asarray(scores, dtype=np.float64)
    spread = float(values[1:].std()) or 1.0
    standardised: np.ndarray = np.concatenate([[-np.inf], (values[1:] - values[1:].mean()) / spread])
    return standardised


def _ranks(scores: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    ranks = np.zeros(len(scores), dtype=np.int64)
    items = np.flatnonzero(allowed)
    ranks[items[np.argsort(-scores[items], kind="stable")]] = np.arange(1, len(items) + 1)
    return ranks


def _diverse(scores: np.ndarray, vectors: np.ndarray, k: int, diversity: float) -> np.ndarray:
    """Positions in the pool, picked one by one: (1 − d) · score (0 … 1) − d · greatest similarity to those picked."""
    span = float(np.ptp(scores)) or 1.0
    scaled = (scores - scores.min()) / span
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    closest, picked = np.zeros(len(scores)), np.zeros(len(scores), dtype=bool)
    order = []
    for _ in range(min(k, len(scores))):
        gain = np.where(picked, -np.inf, (1 - diversity) * scaled - diversity * closest)
        best = int(gain.argmax())
        order.append(best)
        picked[best] = True
        closest = np.maximum(closest, unit @ unit[best])
    return np.array(order, dtype=np.int64)

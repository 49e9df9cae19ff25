"""What a recommendation is made of: the share of source and target, the model's voices, alike items, shared tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Catalogue, Dataset, History
from recsys.embeddings import nearest
from recsys.metrics.item_content import item_features
from recsys.models.recommender import Encoder, Recommender
from recsys.transfer import TransferParty


@dataclass(frozen=True)
class Part:
    """One summand of an item's lead."""

    name: str
    value: float


def source_and_target(
    target_scores: np.ndarray, source_scores: np.ndarray, alpha: float, item: int, allowed: np.ndarray
) -> tuple[Part, Part]:
    """How much of the item's lead in the blend comes from the target, (1 − α) · lead, and from the source, α · lead.

    A lead is the score minus the mean over what may be recommended; the two parts add up to the blend's lead exactly.
    """
    among = allowed.copy()
    among[[0, item]] = False, True

    def lead(scores: np.ndarray) -> float:
        return float(scores[item] - scores[among].mean(dtype=np.float64))

    return Part("target", (1 - alpha) * lead(target_scores)), Part("source", alpha * lead(source_scores))


def model_score_parts(model: Recommender, history: History, item: int, allowed: np.ndarray) -> tuple[Part, ...]:
    """The summands of a model that fuses several scores ("network", "markov"), as leads; one part where it does not."""
    split = getattr(model, "parts", None)
    found: Mapping[str, np.ndarray] = split([history]) if split else {model.name: model.scores([history])}
    among = allowed.copy()
    among[[0, item]] = False, True
    return tuple(
        Part(name, float(scores[0, item] - scores[0, among].mean(dtype=np.float64))) for name, scores in found.items()
    )


def alike_items(model: Recommender, dataset: Dataset, item: int, k: int = 8) -> tuple[list[tuple[int, float]], str]:
    """The k items most like this one with their cosine, and by what: the model's vectors, or who chose them."""
    if isinstance(model, Encoder):
        rows, similarity = nearest(model.item_vectors, item, k + 1)
        by = "the model’s item vectors"
    else:
        features = item_features(dataset)
        cosine = np.asarray((features @ features[item].T).todense()).ravel()
        cosine[item] = -1
        rows = np.argsort(-cosine, kind="stable")[: k + 1]
        similarity, by = cosine[rows], "tags, or who chose them"
    return [(int(row), float(value)) for row, value in zip(rows, similarity, strict=True) if row][:k], by


@dataclass(frozen=True)
class SharedTag:
    """A tag of the recommended item: how many history items have it too, and how common it is in the catalogue."""

    tag: str
    in_history: int
    share_of_history: float
    share_of_catalogue: float


def shared_tags(catalogue: Catalogue, history: History, item: int) -> tuple[SharedTag, ...]:
    """The item's tags, those the history holds more of than the catalogue first."""
    n = max(1, len(catalogue.tags) - 1)
    everywhere = Counter(tag for tags in catalogue.tags for tag in set(tags))
    here = Counter(tag for known in history for tag in set(catalogue.tags[known]))
    tags = [
        SharedTag(tag, here[tag], here[tag] / max(1, len(history)), everywhere[tag] / n)
        for tag in dict.fromkeys(catalogue.tags[item])
    ]
    return tuple(sorted(tags, key=lambda t: (t.share_of_catalogue - t.share_of_history, t.tag)))


def reason(catalogue: Catalogue, history: History, item: int, effects: np.ndarray) -> SharedTag | None:
    """The tag that most of the item's support comes from: the one with the largest summed positive effect.

    Returns None when the item has no tag that a supporting history item shares.
    """
    weight: dict[str, float] = {}
    for known, effect in zip(history, effects, strict=True):
        for tag in set(catalogue.tags[known]) & set(catalogue.tags[item]):
            weight[tag] = weight.get(tag, 0.0) + max(float(effect), 0.0)
    found = {tag.tag: tag for tag in shared_tags(catalogue, history, item)}
    named = [tag for tag, value in weight.items() if value > 0]
    return found[max(named, key=lambda tag: (weight[tag], tag))] if named else None


def main_history(party: TransferParty) -> History:
    """The history of the member with the longest one: what is taken apart when a group is the target."""
    return max(party.histories, key=len)

"""What a recommendation's score consists of (target and source, network and Markov), similar items, shared tags."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Catalogue, Dataset, History
from recsys.embeddings import nearest
from recsys.explain.history_influence import margins_and_ranks
from recsys.metrics.item_content import item_features
from recsys.models.recommender import Encoder, Recommender
from recsys.models.table import model_label
from recsys.wording import Message

TARGET, SOURCE, NETWORK = Message("target"), Message("source"), Message("network")


@dataclass(frozen=True)
class ScorePart:
    """One summand of an item's margin; its name is a message where it has words."""

    name: str
    value: float


def source_and_target(
    target_scores: np.ndarray, source_scores: np.ndarray, alpha: float, item: int, candidates: np.ndarray
) -> tuple[ScorePart, ScorePart]:
    """The target's part of the item's margin, (1 − α) · margin, and the source's, α · margin; they add up exactly."""
    margins = margins_and_ranks(np.stack([target_scores, source_scores]), item, candidates)[0]
    return ScorePart(TARGET, (1 - alpha) * float(margins[0])), ScorePart(SOURCE, alpha * float(margins[1]))


def model_score_parts(model: Recommender, history: History, item: int, candidates: np.ndarray) -> tuple[ScorePart, ...]:
    """The margin by component (network, Markov scores) for a model that adds several scores; one part for others."""
    parts = model.parts([history]) if hasattr(model, "parts") else {model.name: model.scores([history])}
    margins = {name: float(margins_and_ranks(scores, item, candidates)[0][0]) for name, scores in parts.items()}
    return tuple(
        ScorePart(NETWORK if name == NETWORK else model_label(name), margin) for name, margin in margins.items()
    )


def similar_items(
    model: Recommender, dataset: Dataset, item: int, k: int = 8
) -> tuple[list[tuple[int, float]], Message]:
    """The k nearest items with their cosine similarity, and what was compared: item vectors, or tags and users."""
    if isinstance(model, Encoder):
        rows, similarity = nearest(model.item_vectors, item, k + 1)
        compared = Message("the model’s item vectors")
    else:
        features = item_features(dataset)
        cosine = np.asarray((features @ features[item].T).todense()).ravel()
        cosine[item] = -1
        rows = np.argsort(-cosine, kind="stable")[: k + 1]
        similarity, compared = cosine[rows], Message("their tags, or their users where there are no tags")
    return [(int(row), float(value)) for row, value in zip(rows, similarity, strict=True) if row][:k], compared


@dataclass(frozen=True)
class SharedTag:
    """A tag of the recommended item: how many history items have it, and its shares of history and catalogue."""

    tag: str
    in_history: int
    share_of_history: float
    share_of_catalogue: float


def shared_tags(catalogue: Catalogue, history: History, item: int) -> tuple[SharedTag, ...]:
    """The item's tags, the most over-represented in the history first."""
    n_items = max(1, len(catalogue.tags) - 1)
    in_history = Counter(tag for known in history for tag in set(catalogue.tags[known]))
    tags = [
        SharedTag(tag, in_history[tag], in_history[tag] / max(1, len(history)), catalogue.tag_counts[tag] / n_items)
        for tag in dict.fromkeys(catalogue.tags[item])
    ]
    return tuple(sorted(tags, key=lambda t: (t.share_of_catalogue - t.share_of_history, t.tag)))


def main_shared_tag(catalogue: Catalogue, history: History, item: int, effects: np.ndarray) -> SharedTag | None:
    """The shared tag with the largest summed positive effect; None if no supporting history item shares a tag."""
    support: dict[str, float] = defaultdict(float)
    for known, effect in zip(history, effects, strict=True):
        for tag in set(catalogue.tags[known]) & set(catalogue.tags[item]):
            support[tag] += max(float(effect), 0.0)
    if max(support.values(), default=0.0) <= 0:
        return None
    main = max(support, key=lambda tag: (support[tag], tag))
    return next(shared for shared in shared_tags(catalogue, history, item) if shared.tag == main)

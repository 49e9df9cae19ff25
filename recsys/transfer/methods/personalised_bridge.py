"""A map for each source: a mixture of ridge maps, weighted by what the source likes, after PTUPCDR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from recsys.data.dataset import Dataset, read_only
from recsys.models.recommender import Encoder, Recommender
from recsys.models.storage import under
from recsys.transfer.methods.bridge import mapped_scores
from recsys.transfer.methods.history_parts import MOST_USERS, Scenarios, paired_parts
from recsys.transfer.methods.ridge import AffineMap, fit_ridge
from recsys.wording import Message

MOST_MAPS = 8
USERS_PER_MAP = 50  # fewer maps where there are fewer users
SHARPNESS = 4.0  # of the softmax over squared distances, in mean squared distances to the nearest centroid


class PersonalisedBridge:
    """B(source) = scores of bridge(e) + Σ_k weight_k(e) · correction_k(e), e the source's embedding.

    The weights are a softmax over the squared distances of e to K centroids of the source embeddings (k-means), that
    is, to groups of interests. Each correction is a ridge regression of what the bridge leaves unexplained, with the
    users weighted by their nearness to that centroid; its leave-one-out error decides how far it departs from the
    bridge. The paper learns the maps with a small network instead.

    Args:
        bridge: the map of all users.
        corrections: K maps.
        centroids: float64 (K, D).
        scale: what squared distances are divided by in the softmax.
        users: that the maps were fitted on.
    """

    name: ClassVar[str] = "personalised_bridge"
    label: ClassVar[Message] = Message("Personalised bridge")
    sentence: ClassVar[Message] = Message(
        "A mixture of linear maps, weighted by the source’s interests, is applied to its embedding."
    )
    paper: ClassVar[Message] = Message("after PTUPCDR: Zhu et al. 2022, Personalized transfer of preferences, WSDM")
    needs_embeddings: ClassVar[bool] = True
    needs_text: ClassVar[bool] = False

    def __init__(
        self, bridge: AffineMap, corrections: Sequence[AffineMap], centroids: np.ndarray, scale: float, users: int
    ) -> None:
        self.bridge, self.corrections = bridge, tuple(corrections)
        self.centroids, self.scale, self.users = read_only(centroids), scale, users
        if len(self.corrections) != len(self.centroids):
            raise ValueError("there must be one map for each centroid")

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        model: Recommender,
        users: Sequence[int] | np.ndarray,
        scenarios: Scenarios | None = None,
    ) -> PersonalisedBridge:
        assert isinstance(model, Encoder)
        parts = paired_parts(dataset, users, scenarios)
        sources, targets = (np.asarray(model.encode(part), dtype=np.float64) for part in parts)
        bridge = fit_ridge(sources, targets)
        count = int(np.clip(len(sources) // USERS_PER_MAP, 1, MOST_MAPS))
        centroids, scale = _centroids(sources, count)
        unexplained, weights = targets - bridge(sources), _weights(sources, centroids, scale)
        corrections = [fit_ridge(sources, unexplained, weight) for weight in weights.T]
        return cls(bridge, corrections, centroids, scale, len(sources))

    def map(self, embedding: np.ndarray) -> np.ndarray:
        """The mapped embedding: float64 (D,)."""
        weights = _weights(embedding[None], self.centroids, self.scale)[0]
        parts = [weight * one(embedding) for weight, one in zip(weights, self.corrections, strict=True)]
        return np.asarray(self.bridge(embedding) + np.sum(parts, axis=0))

    def apply(self, model: Recommender, scores: np.ndarray, embedding: np.ndarray | None) -> np.ndarray:
        return mapped_scores(model, scores, embedding, self.map)

    def tensors(self) -> dict[str, np.ndarray]:
        tensors = {f"bridge.{name}": value for name, value in self.bridge.tensors().items()}
        for number, one in enumerate(self.corrections):
            tensors |= {f"{number}.{name}": value for name, value in one.tensors().items()}
        return tensors | {"centroids": self.centroids}

    def meta(self) -> dict[str, Any]:
        maps = {"bridge": self.bridge} | {str(number): one for number, one in enumerate(self.corrections)}
        fits = {name: {"strength": one.strength, "explained": one.explained} for name, one in maps.items()}
        return {"maps": fits, "scale": self.scale, "users": self.users}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> PersonalisedBridge:
        maps = {name: AffineMap.from_tensors(under(name, tensors), fit) for name, fit in dict(meta["maps"]).items()}
        bridge, centroids = maps.pop("bridge"), tensors["centroids"]
        corrections = [maps[str(number)] for number in range(len(maps))]
        return cls(bridge, corrections, centroids, float(meta["scale"]), int(meta["users"]))


def _centroids(rows: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    """Centroids of k-means, float64 (count, D), and the scale of the softmax."""
    from recsys.embeddings.clusters import fit_k_means

    centroids = np.asarray(fit_k_means(rows, count, seed=0, sample=MOST_USERS).cluster_centers_, dtype=np.float64)
    nearest = _squared_distances(rows, centroids).min(axis=1)
    return centroids, float(nearest.mean()) / SHARPNESS or 1.0


def _weights(rows: np.ndarray, centroids: np.ndarray, scale: float) -> np.ndarray:
    """Softmax over −distance² / scale: float64 (n, K), rows sum to 1."""
    logits = -_squared_distances(rows, centroids) / scale
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    weights: np.ndarray = shares / shares.sum(axis=1, keepdims=True)
    return weights


def _squared_distances(rows: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """float64 (n, K)."""
    distances: np.ndarray = ((rows[:, None] - centroids) ** 2).sum(axis=2)
    return distances

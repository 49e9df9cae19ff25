"""Long-term interests of users: what they like, where the next-item state says what they are likely to choose next.

A state of a next-item network mostly tells the scenario of the last item. An interest is the mean of a user's item
vectors, each less the mean vector of its scenario, weighted by recency. On the shipped sample the ten nearest
neighbours by interest share the planted main interest in 51% of cases, by state in 35% (benchmarks/interests.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from recsys.data.dataset import Catalogue, Dataset, History, read_only
from recsys.errors import InputError
from recsys.models.recommender import Encoder, Recommender, known, mean_row
from recsys.wording import Message

HALF_LIFE = 20.0
"""Items after which an item counts half. From 20 to 80 neighbours agree equally well; 20 follows a drift soonest."""
_SCALED_ON = 2_000  # users


class InterestModel:
    """An encoder whose user vectors are long-term interests, in the space of another encoder's item vectors.

    It is linear like every encoder: score = interest · item + bias. So the exact path over α, privacy of a source and
    the map work with interests as they do with next-item states.

    Args:
        model: whose item vectors and biases are used.
        catalogue: names the scenario of each item; without scenarios one mean is subtracted from all items.
        half_life: in items, > 0.
        scale: factor of every interest, > 0; see `interest_model`.

    Raises:
        InputError: the model has no vectors, the catalogue describes other items, or the half-life is not positive.
    """

    name = "interests"

    def __init__(
        self, model: Recommender, catalogue: Catalogue, half_life: float = HALF_LIFE, scale: float = 1.0
    ) -> None:
        if not isinstance(model, Encoder):
            raise InputError("the model", "must have vectors of items", model.name, "Open a run of an encoder.")
        if len(catalogue.scenarios) != model.n_items + 1:
            raise InputError(
                "the catalogue", Message("must describe {n:,} items", n=model.n_items), len(catalogue.scenarios) - 1
            )
        if not half_life > 0:
            raise InputError("half_life", "must be above 0", half_life)
        self.n_items, self.embedding_size, self.half_life = model.n_items, model.embedding_size, half_life
        self._model, self._scenarios, self.scale = model, catalogue.scenarios, scale

    @cached_property
    def item_vectors(self) -> np.ndarray:
        """float32 (n_items + 1, D), row 0 zero: item vectors less the mean vector of their scenario."""
        vectors = np.array(self._model.item_vectors, dtype=np.float32)
        _, group = np.unique(np.asarray(self._scenarios[1:], dtype=str), return_inverse=True)
        for number in range(group.max(initial=-1) + 1):
            rows = 1 + np.flatnonzero(group == number)
            vectors[rows] -= vectors[rows].mean(axis=0)
        vectors[0] = 0.0
        return read_only(vectors)

    @property
    def item_bias(self) -> np.ndarray:
        """float32 (n_items + 1,): the biases of the model underneath."""
        return self._model.item_bias

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        """Interests: float32 (B, D), for users in training or not. An empty history is the zero vector.

        Args:
            histories: item indexes, oldest first; items unknown to the model are left out.
        """
        interests: np.ndarray = self.item_weights(histories, self.scale).astype(np.float32) @ self.item_vectors
        return interests

    def item_weights(self, histories: Sequence[History], total: float = 1.0) -> csr_array:
        """The weight of each item in each interest: csr float64 (B, n_items + 1); each row sums to `total`.

        An item's weight halves with every `half_life` newer items. The row of an empty history is empty.
        """
        rows = known(histories, self.n_items)
        lengths = np.array([len(items) for items in rows], dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        if not offsets[-1]:
            return csr_array((len(rows), self.n_items + 1), dtype=np.float64)
        age = np.repeat(offsets[1:], lengths) - 1 - np.arange(offsets[-1])  # 0 = the newest item of its user
        weights = np.exp2(-age / self.half_life)
        weights *= total / np.repeat(np.add.reduceat(weights, offsets[:-1][lengths > 0]), lengths[lengths > 0])
        items = np.concatenate(rows).astype(np.int64)
        return csr_array((weights, items, offsets), shape=(len(rows), self.n_items + 1))

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`: float32 (B, n_items + 1)."""
        return self.representation_scores(self.encode(histories))

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `LinearRecommender`."""
        scores: np.ndarray = self.representation_scores(mean_row(self.encode(histories)))[0]
        return scores

    def representation_scores(self, interests: np.ndarray) -> np.ndarray:
        """The scores of interests, float32 (B, D), linear in them: float32 (B, n_items + 1), [:, 0] = −inf."""
        scores: np.ndarray = interests @ self.item_vectors.T + self.item_bias
        scores[:, 0] = -np.inf
        return scores


def interest_model(model: Recommender, dataset: Dataset, half_life: float = HALF_LIFE) -> InterestModel:
    """The interests of an encoder, scaled so that interests are as long as its next-item states on average.

    Without the scale the item biases would outweigh the interests in every score.

    Args:
        dataset: the histories of up to 2,000 of its users set the scale; its catalogue names the scenarios.

    Raises:
        InputError: see `InterestModel`.
    """
    unscaled = InterestModel(model, dataset.catalogue, half_life)
    assert isinstance(model, Encoder)
    users = np.random.default_rng(0).permutation(dataset.n_users)[:_SCALED_ON]
    histories = dataset.histories(np.sort(users))
    state, interest = (float(np.linalg.norm(one.encode(histories), axis=1).mean()) for one in (model, unscaled))
    return InterestModel(model, dataset.catalogue, half_life, state / interest if interest > 0 else 1.0)

"""Items scored by their texts: a map from text vectors to item vectors, so that items without interactions are known.

After Gantner et al. 2010, Learning attribute-to-feature mappings for cold-start recommendations, ICDM.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.models.recommender import Encoder
from recsys.transfer.methods.ridge import fit_ridge


class TextItems:
    """An encoder whose users are another encoder's, and whose items have vectors and biases predicted from their texts.

    Args:
        model: trained on `rows`.
        rows: only items with interactions in them are learned from.
        texts: float32 (n_items + 1, d), of `item_text_vectors`; items without a text are scored as the mean text.
    """

    name = "texts of items"

    def __init__(self, model: Encoder, rows: Dataset, texts: np.ndarray) -> None:
        self.n_items, self.embedding_size = model.n_items, model.embedding_size
        self._model, self._rows = model, rows
        known = np.isfinite(texts).all(axis=1)
        self._texts = np.where(known[:, None], texts, texts[known].mean(axis=0))
        self._learned_from = np.flatnonzero(known & (rows.item_counts > 0))
        self.item_vectors = self._predicted(np.asarray(model.item_vectors))
        self.item_bias = self._predicted(np.asarray(model.item_bias)[:, None])[:, 0]

    def _predicted(self, values: np.ndarray) -> np.ndarray:
        """What the texts say about values (n_items + 1, m) of the items with interactions: float32, [0] = 0.

        Items count by the root of their interactions, because vectors of rare items are noisy.
        """
        rows = self._learned_from
        map = fit_ridge(self._texts[rows], values[rows], np.sqrt(self._rows.item_counts[rows]))
        predicted = map(self._texts).astype(np.float32)
        predicted[0] = 0.0
        return predicted

    @property
    def popularity(self) -> np.ndarray:
        """log(1 + interactions) that the texts predict: float32 (n_items + 1,)."""
        return self._predicted(np.log1p(self._rows.item_counts)[:, None])[:, 0]

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        """See `Encoder.encode`; items without interactions in `rows` are left out."""
        return self._model.encode([history[self._rows.item_counts[history] > 0] for history in histories])

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        scores: np.ndarray = self.encode(histories) @ self.item_vectors.T + self.item_bias
        scores[:, 0] = -np.inf
        return scores

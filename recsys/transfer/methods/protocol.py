"""What a transfer method is: how the interests of a source become scores for a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from recsys.data.dataset import Dataset
from recsys.models.recommender import Recommender
from recsys.transfer.methods.history_parts import Scenarios
from recsys.wording import Message


class TransferMethod(Protocol):
    """A fitted function B in `new = α · B(source) + (1 − α) · target`, computed on scores.

    The target's scores are never changed, so every method gives the target's own list at α = 0, is linear in α, and has
    an exact path over α. A method is listed in `METHODS`; the user interface, the shell and the reports read it there.

    Attributes:
        name: in URLs, in the shell and on disk ("linear").
        label: on screen ("Linear blend").
        sentence: what the method does, in one sentence.
        paper: where it was published.
        needs_embeddings: whether `fit` and `apply` need a model that is an `Encoder`.
        needs_text: whether `fit` needs items with titles, descriptions or tags.
    """

    name: ClassVar[str]
    label: ClassVar[Message]
    sentence: ClassVar[Message]
    paper: ClassVar[Message]
    needs_embeddings: ClassVar[bool]
    needs_text: ClassVar[bool]

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        model: Recommender,
        users: Sequence[int] | np.ndarray,
        scenarios: Scenarios | None = None,
    ) -> Self:
        """Learns B from the histories of some users; the same input gives the same result.

        Args:
            dataset: training interactions.
            model: trained on them.
            users: user indexes; the histories of all other users are not read.
            scenarios: of the source and of the target; None where the pair is not one of two scenarios.

        Raises:
            InputError: the data hold too little to learn B from.
        """
        ...

    def apply(self, model: Recommender, scores: np.ndarray, embedding: np.ndarray | None) -> np.ndarray:
        """B(source): the scores at α = 1, float (n_items + 1,), [0] = −inf, all others finite.

        Args:
            model: the one that the method was fitted with.
            scores: what the model scores the source's histories, float32 (n_items + 1,).
            embedding: the source's embedding, float32 (D,); None where the model is no `Encoder`. Of a protected source
                both arguments come from the noised embedding alone.
        """
        ...

    def tensors(self) -> dict[str, np.ndarray]:
        """The learned arrays by name; empty where nothing is learned."""
        ...

    def meta(self) -> dict[str, Any]:
        """The learned settings as JSON values."""
        ...

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The method that `tensors` and `meta` were taken from, equal to the bit."""
        ...

"""A trained model of sequences: a network reads the item vectors of a history and gives the user's representation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import torch
from torch import Tensor, nn

from recsys.data.dataset import History, read_only
from recsys.models.baselines.markov import Markov
from recsys.models.recommender import known, mean_row
from recsys.models.storage import under
from recsys.models.trainable import ModelConfig

_BATCH = 256


class SequenceNetwork(Protocol):
    """A torch module from item vectors (B, T, D) to states (B, T, D).

    Attributes:
        max_length: the longest T.
        causal: whether a state depends only on its item and older ones.
    """

    max_length: int
    causal: bool

    def __call__(self, x: Tensor, lengths: Tensor | None = None, drop: Any = None) -> Tensor: ...


class SequenceModel:
    """scores(history) = state(history)·itemsᵀ + bias + w · log P_markov(history).

    Subclasses name the model, its config and its network. Frozen, and safe to use from several threads.

    Args:
        config: the shape, fitted.
        network: a `SequenceNetwork`.
        item_vectors: float32 (n_items + 1, D), row 0 zero: id embeddings plus projected item features. Items are scored
            by them.
        item_bias: float32 (n_items + 1,).
        mask: float32 (D,), the vector of a masked item (masked objective only).
        markov: Markov scores, or None; markov_weight: w ≥ 0, chosen on validation users.
        input_vectors: float32 (n_items + 1, D), those that the network reads, where they are others (adapters per
            scenario); by default `item_vectors`.
    """

    name: ClassVar[str]
    config_class: ClassVar[type[ModelConfig]]
    build_network: ClassVar[Any]  # (fitted config) -> an untrained `SequenceNetwork` of its shape

    def __init__(
        self,
        config: ModelConfig,
        network: nn.Module,
        item_vectors: np.ndarray,
        item_bias: np.ndarray,
        mask: np.ndarray,
        markov: Markov | None = None,
        markov_weight: float = 0.0,
        input_vectors: np.ndarray | None = None,
    ) -> None:
        self.config: Any = config
        self.network: Any = network.eval().requires_grad_(False)
        self.item_vectors, self.item_bias = read_only(item_vectors), read_only(item_bias)
        self.mask, self.markov, self.markov_weight = mask, markov, markov_weight
        self.n_items, self.embedding_size = len(item_vectors) - 1, item_vectors.shape[1]
        self.input_vectors = self.item_vectors if input_vectors is None else read_only(input_vectors)
        self.device = "cpu"
        self._vectors = _tensor_of(item_vectors if input_vectors is None else input_vectors)
        self._mask = torch.from_numpy(np.array(mask))
        self._scored: tuple[Tensor, Tensor] | None = None  # item vectors and biases on another device

    def on(self, device: str) -> Self:
        """The same model that encodes and scores on a device, for validation while it is trained there."""
        moved = copy(self)
        moved.device = device
        moved.network = deepcopy(self.network).to(device)
        moved.network.standard = device != "cpu"
        moved._vectors, moved._mask = self._vectors.to(device), self._mask.to(device)
        vectors, bias = (torch.from_numpy(np.array(one)).to(device) for one in (self.item_vectors, self.item_bias))
        moved._scored = None if device == "cpu" else (vectors, bias)
        return moved

    def with_markov(self, markov: Markov | None, weight: float) -> Self:
        """The same network with other Markov scores."""
        return self.with_bias(self.item_bias, markov, weight)

    def with_bias(self, item_bias: np.ndarray, markov: Markov | None, weight: float) -> Self:
        """The same network with other biases of the items and other Markov scores."""
        changed = copy(self)
        changed.item_bias, changed.markov, changed.markov_weight = read_only(item_bias), markov, weight
        if self._scored is not None:
            changed._scored = self._scored[0], torch.from_numpy(np.array(item_bias)).to(self.device)
        return changed

    @property
    def _other_inputs(self) -> np.ndarray | None:
        """The vectors that the network reads where items are scored by others."""
        return None if self.input_vectors is self.item_vectors else self.input_vectors

    @property
    def parameters(self) -> int:
        """Trained numbers, those of the items included."""
        network: int = sum(parameter.numel() for parameter in self.network.parameters())
        others = 0 if self._other_inputs is None else self._other_inputs.size
        return network + self.item_vectors.size + self.item_bias.size + others

    @property
    def items_read(self) -> int:
        """The newest items of a history that its scores depend on; older ones change nothing."""
        of_network: int = self.network.max_length
        return of_network if self.markov is None else max(of_network, self.markov.recent)

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        """Representations: float32 (B, D). An empty history is the zero vector, whose scores are the items' biases."""
        histories = known(histories, self.n_items)
        states = np.zeros((len(histories), self.embedding_size), dtype=np.float32)
        filled = [row for row, history in enumerate(histories) if len(history)]
        filled.sort(key=lambda row: len(histories[row]))
        with torch.inference_mode():
            for start in range(0, len(filled), _BATCH):
                rows = filled[start : start + _BATCH]
                states[rows] = self.states([histories[row] for row in rows]).cpu().numpy()
        return states

    def states(self, histories: Sequence[History]) -> Tensor:
        """The state after each history, none of which is empty: (B, D) on the model's device."""
        causal = self.network.causal
        newest = [
            np.asarray(history[-self.network.max_length + (not causal) :], dtype=np.int64) for history in histories
        ]
        sizes = np.array([len(items) for items in newest])
        filled = np.zeros((len(newest), int(sizes.max()) + (not causal)), dtype=np.int64)
        for row, items in zip(filled, newest, strict=True):
            row[: len(items)] = items
        padded, lengths = (torch.from_numpy(part).to(self.device) for part in (filled, sizes))
        x, each = self._vectors[padded], torch.arange(len(newest), device=self.device)
        if causal:
            states: Tensor = self.network(x)[each, lengths - 1]
            return states
        x[each, lengths] = self._mask
        masked: Tensor = self.network(x, lengths + 1)[each, lengths]
        return masked

    def representation_scores(self, states: np.ndarray) -> np.ndarray:
        """The network's scores of representations, linear in them: float32 (B, n_items + 1), [:, 0] = −inf."""
        scores: np.ndarray
        if self._scored is None:
            scores = states.astype(np.float32) @ self.item_vectors.T + self.item_bias
        else:
            scores = self.state_scores(torch.from_numpy(states.astype(np.float32)).to(self.device)).cpu().numpy()
        scores[:, 0] = -np.inf
        return scores

    def state_scores(self, states: Tensor) -> Tensor:
        """Scores of states on the model's device, which is not the CPU: (B, D) to (B, n_items + 1)."""
        assert self._scored is not None
        vectors, bias = self._scored
        return torch.addmm(bias, states, vectors.T)

    def parts(self, histories: Sequence[History]) -> dict[str, np.ndarray]:
        """What the scores are made of: "network" and "markov" (already weighted), each float32 (B, n_items + 1)."""
        parts = {"network": self.representation_scores(self.encode(histories))}
        if self.markov is not None and self.markov_weight:
            parts["markov"] = self.markov_weight * self.markov.scores(histories)
        return parts

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        parts = self.parts(histories)
        scores = parts["network"]
        if "markov" in parts:
            scores += parts["markov"]
        return scores

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `LinearRecommender`."""
        scores: np.ndarray = self.representation_scores(mean_row(self.encode(histories)))[0]
        if self.markov is not None and self.markov_weight:
            scores += self.markov_weight * self.markov.mean_scores(histories)
        return scores

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        tensors = {f"network.{name}": value.numpy() for name, value in self.network.state_dict().items()}
        tensors |= {"item_vectors": self.item_vectors, "item_bias": self.item_bias, "mask": self.mask}
        if self._other_inputs is not None:
            tensors["input_vectors"] = self._other_inputs
        if self.markov is not None:
            tensors |= {f"markov.{name}": value for name, value in self.markov.tensors().items()}
        return tensors

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        markov = None if self.markov is None else self.markov.meta()
        return {"config": self.config.to_json(), "markov": markov, "markov_weight": self.markov_weight}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`. Raises ValueError or RuntimeError when they don't fit together."""
        config = cls.config_class.from_json(dict(meta["config"]))
        network = cls.build_network(config)
        network.load_state_dict({name: torch.from_numpy(value) for name, value in under("network", tensors).items()})
        markov = None if meta["markov"] is None else Markov.from_tensors(under("markov", tensors), meta["markov"])
        vectors, bias, mask = (tensors[name] for name in ("item_vectors", "item_bias", "mask"))
        inputs = tensors.get("input_vectors")
        size = (config.embedding_size,)  # type: ignore[attr-defined]
        if vectors.shape != (len(bias), *size) or mask.shape != size:
            raise ValueError("item_vectors, item_bias and mask do not fit together")
        if inputs is not None and inputs.shape != vectors.shape:
            raise ValueError("item_vectors and input_vectors do not fit together")
        return cls(config, network, vectors, bias, mask, markov, float(meta["markov_weight"]), inputs)


def _tensor_of(array: np.ndarray) -> Tensor:
    """A tensor that is only read: of the array's own memory, else of a copy, as torch takes no read-only memory."""
    return torch.from_numpy(array if array.flags.writeable else np.array(array))

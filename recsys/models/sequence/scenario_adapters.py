"""Low-rank adapters of the user's state, one for each scenario of the items to be scored.

An item of scenario s is scored by h + (h · up_s) · down_s in place of the state h, after ABXI (Bian et al. 2025,
Cross-domain sequential recommendation, WWW) and LoRA (Hu et al. 2022): what a history says about the next item may
differ by scenario. h · (1 + up_s · down_s) · v = h · v', so a trained model needs no adapters: they are merged into the
vectors by which items are scored, and those that the network reads stay as they are.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

RANK = 8  # as in ABXI


class ScenarioAdapters:
    """v' = v + (v · down_sᵀ) · up_sᵀ for the items of scenario s; v' = v for items without a scenario.

    Args:
        scenario_of: int64 (n,), of each item 0 for none, else 1 … scenarios.
        size: D, the embedding size.
        rng: draws `down`; `up` begins at 0, so that the first step is that of a model without adapters.
        rank: r.
    """

    def __init__(self, scenario_of: np.ndarray, size: int, rng: np.random.Generator, rank: int = RANK) -> None:
        count = int(scenario_of.max(initial=0))
        self.scenario_of = scenario_of
        drawn = rng.normal(scale=1 / math.sqrt(size), size=(count, rank, size)).astype(np.float32)
        self.down = torch.from_numpy(drawn).requires_grad_()  # (scenarios, r, D)
        self.up = torch.zeros((count, size, rank), requires_grad=True)  # (scenarios, D, r)

    def to(self, device: str) -> None:
        """Moves both matrices to a device."""
        self.down, self.up = (one.detach().to(device).requires_grad_() for one in (self.down, self.up))

    @property
    def trained(self) -> list[Tensor]:
        """What is trained."""
        return [self.down, self.up]

    def adapted(self, vectors: Tensor, items: np.ndarray) -> Tensor:
        """The vectors (n, D) by which these items (n,) are scored, from those that the network reads: (n, D)."""
        scenarios = self.scenario_of[items]
        adapted = vectors
        for number in np.unique(scenarios[scenarios > 0]):
            rows = torch.from_numpy(np.flatnonzero(scenarios == number)).to(vectors.device)
            down, up = self.down[int(number) - 1], self.up[int(number) - 1]
            adapted = adapted.index_add(0, rows, vectors[rows] @ down.T @ up.T)
        return adapted

    def merged(self, vectors: np.ndarray) -> np.ndarray:
        """The vectors by which all items are scored: float32 (n_items + 1, D), from those of the network."""
        with torch.no_grad():
            rows = torch.from_numpy(np.array(vectors)).to(self.up.device)
            merged: np.ndarray = self.adapted(rows, np.arange(len(vectors))).cpu().numpy()
        return merged

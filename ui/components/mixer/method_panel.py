"""The transfer methods in the mixer: the choice between them, and the list of a second one beside the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from recsys.transfer.path.alpha_path import AlphaPath


@dataclass(frozen=True)
class MethodOption:
    """A transfer method to choose.

    Args:
        name: in links.
        label: on screen.
    """

    name: str
    label: str


@dataclass(frozen=True, eq=False)
class SecondList:
    """The list of the same pair by another transfer method.

    Args:
        name: of the method.
        path: its exact lists over α, as long as those of the first method.
        source_scores: float (n_items + 1,), its scores at α = 1; −inf where an item is left out.
    """

    name: str
    path: AlphaPath
    source_scores: np.ndarray

    def lists(self) -> np.ndarray:
        """int64 (steps, width), item indexes."""
        return np.array([step.items for step in self.path.steps], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class MethodPanel:
    """The methods that the run allows, the chosen one, and the one beside it.

    Args:
        options: at least the chosen one; nothing can be chosen where there is no other.
        chosen: its name.
        second: None where no list is shown beside the first.
    """

    options: tuple[MethodOption, ...]
    chosen: str
    second: SecondList | None = None

    def items(self) -> np.ndarray:
        """The items of the second list at any α: int64, ascending."""
        return np.zeros(0, dtype=np.int64) if self.second is None else np.unique(self.second.lists())


def methods_data(
    panel: MethodPanel, items: np.ndarray, target_scores: np.ndarray, packed: Callable[[np.ndarray, str], str]
) -> dict[str, Any]:
    """As JSON values.

    Args:
        items: the items whose scores are sent, ascending.
        target_scores: float (n_items + 1,).
        packed: how arrays are written (`payload`).
    """
    options = [{"name": one.name, "label": one.label} for one in panel.options]
    data: dict[str, Any] = {"options": options, "chosen": panel.chosen, "second": None}
    if (second := panel.second) is not None:
        lists, listed = second.lists(), panel.items()
        data["second"] = {
            "name": second.name,
            "scores": packed(second.source_scores[items], "<f4"),
            "floor": {"target": lowest(target_scores[listed]), "source": lowest(second.source_scores[listed])},
            "path": path_data(second.path, items, lists, packed),
        }
    return data


def path_data(
    path: AlphaPath, items: np.ndarray, lists: np.ndarray, packed: Callable[[np.ndarray, str], str]
) -> dict[str, str]:
    """Where each step begins, and its list as places in `items`."""
    return {
        "starts": packed(np.array([step.start for step in path.steps]), "<f8"),
        "items": packed(np.searchsorted(items, lists).reshape(-1), "<i4"),
    }


def lowest(scores: Sequence[float] | np.ndarray) -> float:
    """The lowest finite score in float32; 0 where there is none."""
    finite = np.asarray(scores)[np.isfinite(scores)]
    return float(np.float32(finite.min())) if len(finite) else 0.0

"""The data of the mixer: the items that can enter the list, their scores, and the exact steps over α."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ui.components.mixer.interest_panel import InterestPanel, panel_data

if TYPE_CHECKING:
    from recsys.data.dataset import Catalogue
    from recsys.transfer.path.alpha_path import AlphaPath

LENGTHS = (5, 10, 20, 50)
MAP_POINTS = 20_000  # of more users a sample is sent: the map looks the same, the message is smaller
TEXT = 90  # characters of a title or tag


@dataclass(frozen=True)
class PartyCard:
    """The texts about the target or the source in the mixer.

    Args:
        name: as it is shown ("user 42").
        note: one line below it ("9 items · entertainment").
        heading: above the titles ("History, newest first", "Typical items").
        titles: title and a short detail (a scenario, a share), in order.
        short: the name inside a sentence ("the hikers").
        phrase: what is blended ("the mean of cluster ‘hiking, maps’"), for "30% of …".
    """

    name: str
    note: str
    heading: str
    titles: tuple[tuple[str, str], ...]
    short: str
    phrase: str = ""

    def as_data(self) -> dict[str, Any]:
        """As JSON values, long texts shortened."""
        titles = [[_cut(title), _cut(detail, 24)] for title, detail in self.titles[:200]]
        texts = {"name": self.name, "note": self.note, "heading": self.heading, "short": self.short}
        texts["phrase"] = self.phrase or f"{self.short}’s interests"
        return {name: _cut(text) for name, text in texts.items()} | {"titles": titles}


@dataclass(frozen=True, eq=False)
class UserMap:
    """The map of users with the positions of target, source and blend.

    Args:
        points: float (n, 2), the position of each user.
        target, source: the users (rows of `points`) who are the target and the source.
        walk: float (m ≥ 2, 2), the position of the blend at m evenly spaced α from 0 to 1.
    """

    points: np.ndarray
    target: Sequence[int]
    source: Sequence[int]
    walk: np.ndarray

    def as_data(self) -> dict[str, Any]:
        """As JSON values: positions in the unit square, y up, float32."""
        low = np.minimum(self.points.min(axis=0), self.walk.min(axis=0))
        span = np.maximum(self.points.max(axis=0), self.walk.max(axis=0)) - low
        span[span == 0] = 1.0
        members = [[int(user) for user in users][:2000] for users in (self.target, self.source)]
        sample = np.arange(0, len(self.points), max(1, -(-len(self.points) // MAP_POINTS)))
        users = np.unique(np.concatenate([sample, *members])).astype(np.int64)
        target, source = (np.searchsorted(users, rows).tolist() for rows in members)
        points = (self.points[users] - low) / span
        walk = (self.walk - low) / span
        return {"points": packed(points, "<f4"), "walk": packed(walk, "<f4"), "target": target, "source": source}


def mixer_data(
    path: AlphaPath,
    target_scores: np.ndarray,
    source_scores: np.ndarray,
    catalogue: Catalogue,
    target: PartyCard,
    source: PartyCard,
    user_map: UserMap | None = None,
    lengths: Sequence[int] = LENGTHS,
    panel: InterestPanel | None = None,
) -> dict[str, Any]:
    """Everything the mixer shows, as JSON values, with a signature that changes with any of it.

    Scores may be negative, so the bars show each part above the lowest score that target or source gives to any item
    of these lists (`floor`). A constant per side does not change the order.

    Args:
        path: the exact lists over α, of items that are indexes into both score vectors.
        target_scores, source_scores: float (n_items + 1,); −inf where an item is left out.
        catalogue: titles and tags of the items.
        user_map: None where the model has no user embeddings.
        lengths: the list lengths offered.
        panel: the interests of the source; None where the model has none.
    """
    lists = np.array([step.items for step in path.steps], dtype=np.int64)  # (steps, width)
    listed = np.unique(lists)
    items = np.union1d(listed, panel.items(target_scores, path.k)) if panel else listed
    tags = sorted({tag for item in items for tag in catalogue.tags[item]})
    number = {tag: i for i, tag in enumerate(tags)}
    sides = {"target": np.asarray(target_scores), "source": np.asarray(source_scores)}
    data: dict[str, Any] = {
        "k": path.k,
        "width": int(lists.shape[1]),
        "lengths": sorted({*lengths, path.k}),
        "titles": [_cut(catalogue.titles[item]) for item in items],
        "item_tags": [[number[tag] for tag in catalogue.tags[item][:8]] for item in items],
        "tag_names": [_cut(tag, 40) for tag in tags],
        "scores": {name: packed(scores[items], "<f4") for name, scores in sides.items()},
        "floor": {name: _lowest(scores[listed]) for name, scores in sides.items()},
        "ranks": {name: _ranks(scores, items) for name, scores in sides.items()},
        "path": {
            "starts": packed(np.array([step.start for step in path.steps]), "<f8"),
            "items": packed(np.searchsorted(items, lists).reshape(-1), "<i4"),
        },
        "target": target.as_data(),
        "source": source.as_data(),
        "map": None if user_map is None else user_map.as_data(),
        "interests": None if panel is None else panel_data(panel, items, packed, _cut),
    }
    return data | {
        "signature": _digest(data),
        "pair": _digest([target.as_data(), source.as_data(), path.k, items.tolist()]),
    }


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def packed(values: np.ndarray, kind: str) -> str:
    """An array as base64 of its little-endian bytes."""
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode()


def _lowest(scores: np.ndarray) -> float:
    finite = scores[np.isfinite(scores)]
    return float(np.float32(finite.min())) if len(finite) else 0.0


def _ranks(scores: np.ndarray, items: np.ndarray) -> list[int]:
    """The rank (1 = best) of some items among all: 1 + how many score higher."""
    ordered = np.sort(scores[1:])
    ranks: list[int] = (1 + len(ordered) - np.searchsorted(ordered, scores[items], side="right")).tolist()
    return ranks


def _cut(text: str, limit: int = TEXT) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"

"""The data of the mixer: the items that can enter the list, their scores, and the exact steps over α."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recsys.wording import Message, tr
from ui.components.mixer.interest_panel import InterestPanel, panel_data
from ui.components.mixer.method_panel import MethodPanel, lowest, methods_data, path_data

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
        """As JSON values, long texts shortened; messages stay messages, see `worded`."""
        titles = [[_cut(title), _cut(detail, 24)] for title, detail in self.titles[:200]]
        texts = {"name": self.name, "note": self.note, "heading": self.heading, "short": self.short}
        texts["phrase"] = self.phrase or Message("{user}’s interests", user=self.short)
        return {name: _cut(text) for name, text in texts.items()} | {"titles": titles}


@dataclass(frozen=True, eq=False)
class MethodPath:
    """The path of the blend by one transfer method.

    Args:
        label: of the method, beside the path.
        walk: float (m ≥ 2, 2), the position of the blend at m evenly spaced α from 0 to 1.
        mapped: whether it ends at the mapped source, and not at the source.
        chosen: whether it is that of the list; the others are drawn beside it.
    """

    label: str
    walk: np.ndarray
    mapped: bool = False
    chosen: bool = False


@dataclass(frozen=True, eq=False)
class UserMap:
    """The map of users with the positions of target, source and blend.

    Args:
        points: float (n, 2), the position of each user.
        target, source: the users (rows of `points`) who are the target and the source.
        walk: float (m ≥ 2, 2), the position of the linear blend at m evenly spaced α from 0 to 1.
        paths: where learned methods are shown: that of each method, the linear blend's too.
    """

    points: np.ndarray
    target: Sequence[int]
    source: Sequence[int]
    walk: np.ndarray
    paths: tuple[MethodPath, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """As JSON values: positions in the unit square, y up, float32."""
        placed = np.concatenate([self.points, self.walk, *(path.walk for path in self.paths)])
        low = placed.min(axis=0)
        span = placed.max(axis=0) - low
        span[span == 0] = 1.0
        members = [[int(user) for user in users][:2000] for users in (self.target, self.source)]
        sample = np.arange(0, len(self.points), max(1, -(-len(self.points) // MAP_POINTS)))
        users = np.unique(np.concatenate([sample, *members])).astype(np.int64)
        target, source = (np.searchsorted(users, rows).tolist() for rows in members)
        points = (self.points[users] - low) / span
        paths = [
            {"label": p.label, "walk": packed((p.walk - low) / span, "<f4"), "mapped": p.mapped, "chosen": p.chosen}
            for p in self.paths
        ]
        walk = packed((self.walk - low) / span, "<f4")
        return {"points": packed(points, "<f4"), "walk": walk, "target": target, "source": source, "paths": paths}


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
    methods: MethodPanel | None = None,
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
        methods: the transfer methods to choose from; None where there is one only.
    """
    lists = np.array([step.items for step in path.steps], dtype=np.int64)  # (steps, width)
    listed = np.unique(lists)
    items = np.union1d(listed, panel.items(target_scores, path.k)) if panel else listed
    items = np.union1d(items, methods.items()) if methods else items
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
        "floor": {name: lowest(scores[listed]) for name, scores in sides.items()},
        "ranks": {name: _ranks(scores, items) for name, scores in sides.items()},
        "path": path_data(path, items, lists, packed),
        "target": target.as_data(),
        "source": source.as_data(),
        "map": None if user_map is None else user_map.as_data(),
        "interests": None if panel is None else panel_data(panel, items, packed, _cut),
        "methods": None if methods is None else methods_data(methods, items, sides["target"], packed),
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


def _ranks(scores: np.ndarray, items: np.ndarray) -> list[int]:
    """The rank (1 = best) of some items among all: 1 + how many score higher."""
    ordered = np.sort(scores[1:])
    ranks: list[int] = (1 + len(ordered) - np.searchsorted(ordered, scores[items], side="right")).tolist()
    return ranks


def worded(data: Mapping[str, Any], meanings: Mapping[str, str]) -> dict[str, Any]:
    """The data of `mixer_data` in the language of the reader, and a signature of this language.

    Args:
        meanings: name of a transfer method -> what it does.
    """
    shown = dict(data)  # one saved by an older version may lack a part
    for side in ("target", "source"):
        shown[side] = {name: _worded(text) for name, text in data[side].items()}
    if data.get("map") is not None:
        paths = [path | {"label": _worded(path["label"])} for path in data["map"].get("paths", ())]
        shown["map"] = data["map"] | {"paths": paths}
    if data.get("interests") is not None:
        rows = [row | {"name": _worded(row["name"])} for row in data["interests"]["rows"]]
        shown["interests"] = data["interests"] | {"rows": rows}
    if data.get("methods") is not None:
        options = [one | {"label": _worded(one["label"], None)} for one in data["methods"]["options"]]
        shown["methods"] = data["methods"] | {"options": options}
    if shown != data:  # not in English
        shown["signature"] = _digest([data["signature"], shown["target"], shown["source"]])
    if shown.get("methods") is not None:
        options = [one | {"help": meanings.get(one["name"], "")} for one in shown["methods"]["options"]]
        shown["methods"] = shown["methods"] | {"options": options}
    return shown


def _worded(text: Any, limit: int | None = TEXT) -> Any:
    """A message in the language of the reader, shortened; anything else as it is."""
    if not isinstance(text, Message):
        return text
    return tr(text) if limit is None else _cut(tr(text), limit)


def _cut(text: str, limit: int = TEXT) -> str:
    """A text of at most so many characters; a message stays whole until it is worded."""
    return text if isinstance(text, Message) or len(text) <= limit else text[: limit - 1] + "…"

"""The map: one browser component that draws every person (or item), and in which one pans, zooms, lassos and picks.

Points, names, colours and marks travel once each: Python remembers in the session what it has sent, by signature,
and the browser asks for what it does not have. While the pointer moves nothing reaches the server; on release Python
hears of the choice, with a number (`seq`) that grows. The session holds the one valid choice (`memory.py`): a map that
is mounted again shows it, and it ends when other rows are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from ui.components.point_map.memory import Choice, choice, forget_sent, hear, held, unsent
from ui.components.point_map.payload import (
    GROUP_COLOURS,
    Colour,
    Palette,
    bits_of,
    by_group,
    by_number,
    cut,
    identity_of,
    packed,
    signature,
    unit_square,
)

__all__ = [
    "GROUP_COLOURS",
    "Choice",
    "Colour",
    "Focus",
    "Palette",
    "by_group",
    "by_number",
    "choice",
    "identity_of",
    "point_map",
]

_HERE = Path(__file__).parent
_SCRIPTS = ("space.js", "paint.js", "over.js", "component.js")  # one module: parts before the whole
_mount = st.components.v2.component(
    "studio_point_map",
    html=(_HERE / "component.html").read_text("utf-8"),
    css=(_HERE / "component.css").read_text("utf-8"),
    js="\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS),
)


@dataclass(frozen=True, eq=False)
class Focus:
    """What the page wants to be seen.

    Args:
        seq: must grow for the browser to obey.
        row: a row to look at and pick, or None.
        rows: rows to choose, or None.
    """

    seq: int
    row: int | None = None
    rows: np.ndarray | None = None


def point_map(
    points: np.ndarray,
    names: Sequence[str],
    colour: Colour,
    *,
    key: str,
    counts: np.ndarray | None = None,
    unit: str = "items",
    noun: tuple[str, str] = ("person", "people"),
    marks: Mapping[str, Sequence[int]] | None = None,
    near: Sequence[int] = (),
    of: int = -1,
    focus: Focus | None = None,
    drawer: int = 0,
) -> Choice:
    """Shows the map.

    Args:
        points: float (n, 2).
        names: of each row, shown on hover. Hostile text: shown as text only.
        colour: from `by_group` or `by_number`.
        key: the widget's key. Where one looks and who is chosen outlive a change of colour, and a remount.
        counts: int (n,), shown on hover with `unit`.
        noun: one row and many rows, in words.
        marks: "source" and "target" -> rows that are drawn in their colour.
        near: rows joined to the row `of` while that is picked.
        focus: what should be seen.
        drawer: pixels at the right that the page lays over the map while somebody is chosen.
    """
    n, identity = len(points), identity_of(names)
    now = choice(key, n, identity)
    signs, parts = _parts(points, names, colour, counts, marks or {}, identity)
    data: dict[str, Any] = {
        "identity": identity,
        "signs": signs,
        "parts": {name: parts[name]() for name in unsent(key, signs)},
        "unit": unit,
        "unit_one": noun[0],
        "unit_many": noun[1],
        "label": f"A map of {n:,} {noun[1]}: who is near has a similar taste.",
        "neighbours": {"of": of, "near": [int(row) for row in near]},
        "focus": None if focus is None else _focus(focus, n),
        "drawer": drawer,
        "seq": now.seq,
        "chosen": held(key),
    }
    _mount(key=key, data=data, on_choice_change=partial(hear, key), on_lacking_change=partial(forget_sent, key))
    return choice(key, n, identity)


def _parts(
    points: np.ndarray,
    names: Sequence[str],
    colour: Colour,
    counts: np.ndarray | None,
    marks: Mapping[str, Sequence[int]],
    identity: str,
) -> tuple[dict[str, str], dict[str, Callable[[], dict[str, Any]]]]:
    """What is large and seldom changes: the signature of each part, and how the part is written as JSON values."""
    marked = {role: np.asarray(rows, dtype=np.int64) for role, rows in marks.items()}

    def picture() -> dict[str, Any]:
        unit_points = packed(unit_square(points), "<f4")
        shown = None if counts is None else packed(counts, "<u4")
        return {"points": unit_points, "names": [cut(name) for name in names], "counts": shown}

    signs = {
        "picture": signature(identity, points, counts),
        "colour": signature(colour.title, colour.codes, colour.shown),
        "marks": signature(identity, *(value for item in sorted(marked.items()) for value in item)),
    }
    written: dict[str, Callable[[], dict[str, Any]]] = {
        "picture": picture,
        "colour": colour.as_data,
        "marks": lambda: {role: bits_of(rows, len(points)) for role, rows in marked.items()},
    }
    return signs, written


def _focus(focus: Focus, n: int) -> dict[str, Any]:
    bits = None if focus.rows is None else bits_of(focus.rows, n)
    return {"seq": focus.seq, "index": -1 if focus.row is None else focus.row, "bits": bits}

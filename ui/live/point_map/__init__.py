"""The map: one browser component that draws every person (or item), and in which one pans, zooms, lassos and picks.

Points, names and colours travel once; while the pointer moves nothing reaches the server. On release Python hears of
the choice, with a number (`seq`) that grows, so that an older answer never undoes a newer choice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from ui.live.point_map.payload import (
    GROUP_COLOURS,
    Colour,
    Palette,
    bits_of,
    by_group,
    by_number,
    chosen_rows,
    cut,
    packed,
    unit_square,
)

__all__ = ["GROUP_COLOURS", "Choice", "Colour", "Focus", "Palette", "by_group", "by_number", "choice", "point_map"]

_HERE = Path(__file__).parent
_SCRIPTS = ("space.js", "paint.js", "over.js", "component.js")  # one module: parts before the whole
_mount = st.components.v2.component(
    "studio_point_map",
    html=(_HERE / "component.html").read_text("utf-8"),
    css=(_HERE / "component.css").read_text("utf-8"),
    js="\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS),
)


@dataclass(frozen=True, eq=False)
class Choice:
    """Who is chosen on a map.

    Attributes:
        kind: "none", "pick" (one point), "lasso", or "group" (everybody of one colour).
        rows: int64, ascending; empty for "none".
        name: the group's name, else "".
        seq: how many choices the browser has told.
    """

    kind: str
    rows: np.ndarray
    name: str = ""
    seq: int = 0


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


def choice(key: str, n: int) -> Choice:
    """Who is chosen on the map of this key, of `n` rows. What comes from the browser is not trusted."""
    told = (st.session_state.get(key) or {}).get("choice") or {}
    kind, seq = (told.get("kind"), told.get("seq")) if isinstance(told, Mapping) else ("none", 0)
    seq = int(seq) if isinstance(seq, int | float) else 0
    if kind == "pick" and isinstance(told.get("index"), int | float) and 0 <= told["index"] < n:
        return Choice("pick", np.array([int(told["index"])], dtype=np.int64), seq=seq)
    if kind in ("lasso", "group") and len(rows := chosen_rows(told.get("bits"), n)):
        return Choice(kind, rows, cut(str(told.get("name", ""))) if kind == "group" else "", seq)
    return Choice("none", np.empty(0, dtype=np.int64), seq=seq)


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
    unit_points = packed(unit_square(points), "<f4")
    identity = hashlib.blake2b("\0".join(names).encode("utf-8", "replace"), digest_size=12).hexdigest()
    data: dict[str, Any] = {
        "identity": identity,
        "signature": hashlib.blake2b((identity + unit_points).encode(), digest_size=12).hexdigest(),
        "points": unit_points,
        "names": [cut(name) for name in names],
        "counts": None if counts is None else packed(counts, "<u4"),
        "unit": unit,
        "unit_one": noun[0],
        "unit_many": noun[1],
        "label": f"A map of {len(points):,} {noun[1]}: who is near has a similar taste.",
        "colour": colour.as_data(),
        "marks": {role: [int(row) for row in rows][:20_000] for role, rows in (marks or {}).items()},
        "neighbours": {"of": of, "near": [int(row) for row in near]},
        "focus": None if focus is None else _focus(focus, len(points)),
        "drawer": drawer,
        "seq": choice(key, len(points)).seq,
    }
    _mount(key=key, data=data, on_choice_change=_heard)
    return choice(key, len(points))


def _focus(focus: Focus, n: int) -> dict[str, Any]:
    bits = None if focus.rows is None else bits_of(focus.rows, n)
    return {"seq": focus.seq, "index": -1 if focus.row is None else focus.row, "bits": bits}


def _heard() -> None:
    """A callback makes the value appear in session state; the page reads it there with `choice`."""

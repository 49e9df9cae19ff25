"""The map: a browser component that shows all users or items as points to pan, zoom, lasso and pick.

Points, names, colours and marks are sent once each: the session remembers the signatures of what it has sent, and the
browser asks for parts that it lacks. Nothing is sent to the server while the pointer moves; on release the choice is,
with a number (`seq`) that grows. The session keeps the one valid choice (`session.py`): a map that is mounted again
shows it, and it ends when other rows are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from recsys.wording import tr
from ui.components.colours import js_colours
from ui.components.point_map.payload import (
    GROUP_COLOURS,
    NO_ARROWS,
    Arrows,
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
from ui.components.point_map.session import (
    Choice,
    choice,
    choice_to_send,
    forget_sent_parts,
    receive_choice,
    set_choice,
    unsent_parts,
)
from ui.components.words import WORDS_JS, component_words

__all__ = [
    "GROUP_COLOURS",
    "NO_ARROWS",
    "Arrows",
    "Choice",
    "Colour",
    "Focus",
    "Palette",
    "by_group",
    "by_number",
    "choice",
    "identity_of",
    "point_map",
    "set_choice",
]

_HERE = Path(__file__).parent
_SCRIPTS = (
    "geometry.js",
    "points.js",
    "labels.js",
    "overlay.js",
    "input.js",
    "component.js",
)  # one module, in this order
_HTML = (_HERE / "component.html").read_text("utf-8")
_JS = "\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)
_mount = st.components.v2.component(
    "studio_point_map",
    html=_HTML,
    css=(_HERE / "component.css").read_text("utf-8"),
    js=js_colours() + WORDS_JS + _JS,
)


@dataclass(frozen=True, eq=False)
class Focus:
    """A row that the map picks and shows.

    Args:
        seq: the browser follows a focus once; a new one has a greater number.
        row: the row.
    """

    seq: int
    row: int


def point_map(
    points: np.ndarray,
    names: Sequence[str],
    colour: Colour,
    *,
    key: str,
    counts: np.ndarray | None = None,
    unit: str = "items",
    noun: tuple[str, str] = ("user", "users"),
    marks: Mapping[str, Sequence[int]] | None = None,
    near: Sequence[int] = (),
    of: int = -1,
    arrows: Arrows = NO_ARROWS,
    focus: Focus | None = None,
    drawer: int = 0,
) -> Choice:
    """Shows the map.

    Args:
        points: float (n, 2).
        names: of each row, shown on hover. Hostile text: shown as text only.
        colour: from `by_group` or `by_number`.
        key: the widget's key. Zoom, centre and choice outlive a change of colour and a remount.
        counts: int (n,), shown on hover with `unit`.
        noun: what one row is called, and many.
        marks: "source" and "target" -> rows that are marked in their colour.
        near: rows joined by lines to the row `of` while that is picked.
        arrows: drawn over the points.
        focus: the row to show.
        drawer: pixels at the right that the page covers while there is a choice.
    """
    n, identity = len(points), identity_of(names)
    seq = choice(key, n, identity).seq
    signatures, parts = _parts(points, names, colour, counts, marks or {}, arrows, identity)
    data: dict[str, Any] = {
        "identity": identity,
        "signatures": signatures,
        "parts": {name: parts[name]() for name in unsent_parts(key, signatures)},
        "words": component_words(_HTML, _JS),
        "unit": unit,
        "unit_one": noun[0],
        "unit_many": noun[1],
        "label": tr("A map of {n:,} {noun}: near points have similar embeddings.", n=n, noun=noun[1]),
        "neighbours": {"of": of, "near": [int(row) for row in near]},
        "focus": None if focus is None else {"seq": focus.seq, "index": focus.row},
        "drawer": drawer,
        "seq": seq,
        "chosen": choice_to_send(key),
    }
    _mount(
        key=key,
        data=data,
        on_choice_change=partial(receive_choice, key),
        on_missing_change=partial(forget_sent_parts, key),
    )
    return choice(key, n, identity)


def _parts(
    points: np.ndarray,
    names: Sequence[str],
    colour: Colour,
    counts: np.ndarray | None,
    marks: Mapping[str, Sequence[int]],
    arrows: Arrows,
    identity: str,
) -> tuple[dict[str, str], dict[str, Callable[[], dict[str, Any]]]]:
    """The large parts of the message that seldom change: the signature of each, and a function that writes it."""
    marked = {role: np.asarray(rows, dtype=np.int64) for role, rows in marks.items()}

    def points_and_names() -> dict[str, Any]:
        return {
            "points": packed(unit_square(points), "<f4"),
            "names": [cut(name) for name in names],
            "counts": None if counts is None else packed(counts, "<u4"),
        }

    signatures = {
        "points": signature(identity, points, counts),
        "colour": signature(colour.title, colour.codes, colour.settings),
        "marks": signature(identity, *(value for item in sorted(marked.items()) for value in item)),
        "arrows": signature(
            identity, arrows.starts, arrows.ends, arrows.rows, arrows.counts, points * bool(len(arrows.rows))
        ),
    }
    written: dict[str, Callable[[], dict[str, Any]]] = {
        "points": points_and_names,
        "colour": colour.as_data,
        "marks": lambda: {role: bits_of(rows, len(points)) for role, rows in marked.items()},
        "arrows": lambda: arrows.as_data(points),
    }
    return signatures, written

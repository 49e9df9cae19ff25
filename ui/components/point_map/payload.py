"""What the map sends to the browser: points, names and colours as compact base64, each with a signature."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from recsys.charts.style import GROUPS
from recsys.wording import tr

Palette = Literal["okabe-ito", "muted"]
GROUP_COLOURS: dict[str, tuple[str, ...]] = {  # made darker or lighter for a contrast of 3:1 (points.js)
    "okabe-ito": GROUPS,
    "muted": ("#44AA99", "#882255", "#DDCC77", "#332288", "#88CCEE", "#CC6677", "#999933"),
}
"""Two palettes that are safe for red–green blindness: Okabe & Ito's (without source orange and target blue), and Paul
Tol's muted one."""
SCALES: dict[str, tuple[str, ...]] = {
    "okabe-ito": ("#00224E", "#1B3B6D", "#575C6D", "#7F7C75", "#A59C74", "#D2C060", "#FDEA45"),
    "muted": ("#440154", "#443A83", "#31688E", "#21908C", "#35B779", "#8FD744", "#FDE725"),
}
"""Scales for numbers, of growing lightness: cividis and viridis."""
MAX_GROUPS = 24
_CELLS = 48  # of the grid on which the densest spot of a group is found, along each side
_TEXT = 80


@dataclass(frozen=True, eq=False)
class Colour:
    """The colour of each point, by group or by number: from `by_group` and `by_number`.

    Args:
        title: in the legend ("Age band").
        codes: uint8 (n,), the group of each point or its place on the scale.
        settings: names, colours and places for the browser, as JSON values.
    """

    title: str
    codes: np.ndarray
    settings: dict[str, Any]

    def as_data(self) -> dict[str, Any]:
        """As JSON values."""
        return {"title": cut(self.title), "codes": packed(self.codes, "u1"), **self.settings}


def by_group(
    title: str,
    labels: np.ndarray,
    names: Sequence[str],
    points: np.ndarray,
    palette: Palette = "okabe-ito",
    direct: bool = True,
) -> Colour:
    """Colours (and shapes) of groups.

    Args:
        labels: int (n,), 0 … k − 1; groups from MAX_GROUPS − 1 on become "other".
        names: of the groups. Hostile text: the browser shows it as text only.
        points: float (n, 2), for the places of the names.
        direct: the names stand on the map, each beside the spot where its group is densest; otherwise in a legend.
    """
    labels, groups = np.asarray(labels), list(names)
    if len(groups) > MAX_GROUPS:
        labels, groups = np.minimum(labels, MAX_GROUPS - 1), [*groups[: MAX_GROUPS - 1], tr("other")]
    colours, unit = GROUP_COLOURS[palette], unit_square(points)
    settings = {
        "kind": "groups",
        "names": [cut(name) for name in groups],
        "sizes": np.bincount(labels, minlength=len(groups)).tolist(),
        "hex": [colours[code % len(colours)] for code in range(len(groups))],
        "rounds": [code // len(colours) for code in range(len(groups))],  # a colour used again has another tone
        "direct": direct,
        "places": _spots(unit, labels, len(groups)) if direct else [],
    }
    return Colour(title, labels.astype(np.uint8), settings)


def by_number(title: str, values: np.ndarray, low: str, high: str, palette: Palette = "okabe-ito") -> Colour:
    """Colours of numbers, by rank, so that a few huge values do not compress the rest of the scale.

    Args:
        values: float (n,).
        low, high: the labels at the ends of the scale.
    """
    values = np.asarray(values, dtype=np.float64)
    levels, places = np.unique(values, return_inverse=True)
    middle = np.cumsum(np.bincount(places)) - np.bincount(places) / 2
    spread = (middle - middle[0]) / max(middle[-1] - middle[0], 1e-9) if len(levels) > 1 else np.zeros(1)
    codes = np.rint(255 * spread[places]).astype(np.uint8)
    settings = {
        "kind": "ramp",
        "hex": list(SCALES[palette]),
        "low": cut(low),
        "high": cut(high),
        "direct": False,
        "values": packed(values, "<f4"),
    }
    return Colour(title, codes, settings)


@dataclass(frozen=True, eq=False)
class Arrows:
    """Arrows over the points.

    Args:
        starts, ends: float (m, 2), in the coordinates of the points.
        rows: int64 (m,), the row whose colour each takes.
        counts: int64 (m,), how many users each stands for: it is as thick, and the number is written beside it if
            above 1.
    """

    starts: np.ndarray
    ends: np.ndarray
    rows: np.ndarray
    counts: np.ndarray

    def as_data(self, points: np.ndarray) -> dict[str, str]:
        """As JSON values, scaled as the points are."""
        starts, ends = (packed(unit_square(points, places), "<f4") for places in (self.starts, self.ends))
        return {"starts": starts, "ends": ends, "rows": packed(self.rows, "<u4"), "counts": packed(self.counts, "<u4")}


_NONE = np.empty(0, dtype=np.int64)
NO_ARROWS = Arrows(np.empty((0, 2)), np.empty((0, 2)), _NONE, _NONE)


def unit_square(points: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Points scaled to fit the unit square, in proportion, y up: float32 (n, 2).

    Outliers (beyond 8 times the spread of the middle 98%) are moved to that limit.

    Args:
        others: float (m, 2), scaled in the same way and returned in place of the points.
    """
    points = np.asarray(points, dtype=np.float64)[:, :2]
    low, high = np.percentile(points, [1, 99], axis=0)
    spread = np.maximum(high - low, 1e-9)
    points = np.clip(points, low - 8 * spread, high + 8 * spread)
    low, high = points.min(axis=0), points.max(axis=0)
    span = max(float((high - low).max()), 1e-9)
    wanted = points if others is None else np.clip(np.asarray(others, dtype=np.float64)[:, :2], low, high)
    square: np.ndarray = ((wanted - (low + high) / 2) / span + 0.5).astype(np.float32)
    return square


def signature(*values: object) -> str:
    """A hash of contents: equal for equal arrays and for other values with equal `repr`."""
    digest = hashlib.blake2b(digest_size=12)
    for value in values:
        if isinstance(value, np.ndarray):
            digest.update(f"{value.dtype} {value.shape}".encode())
            digest.update(np.ascontiguousarray(value).tobytes())
        else:
            digest.update(repr(value).encode("utf-8", "replace"))
        digest.update(b"\0")
    return digest.hexdigest()


def identity_of(names: Sequence[str]) -> str:
    """A hash of the rows of a map, whatever their projection: a choice is valid as long as this stays."""
    return hashlib.blake2b("\0".join(names).encode("utf-8", "replace"), digest_size=12).hexdigest()


def chosen_rows(bits: object, n: int) -> np.ndarray:
    """The rows a browser has chosen, from one bit per row in base64: int64. Invalid text gives no rows."""
    try:
        raw = base64.b64decode(bits, validate=True) if isinstance(bits, str) else b""
    except ValueError:
        raw = b""
    flags = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[:n]
    return np.flatnonzero(flags)


def bits_of(rows: np.ndarray, n: int) -> str:
    """Rows as one bit per row in base64, for `chosen_rows`."""
    flags = np.zeros(n, dtype=np.uint8)
    flags[rows] = 1
    return base64.b64encode(np.packbits(flags, bitorder="little").tobytes()).decode()


def packed(values: np.ndarray, kind: str) -> str:
    """An array as base64 of its little-endian bytes."""
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode()


def cut(text: str, limit: int = _TEXT) -> str:
    """Text from data, on one line and shortened."""
    joined = " ".join(str(text).split())
    return joined if len(joined) <= limit else joined[: limit - 1] + "…"


def _spots(points: np.ndarray, labels: np.ndarray, groups: int) -> list[list[float]]:
    """For each group the member where it is densest and least mixed with others: what its name points at.

    Args:
        points: float (n, 2) in the unit square.
        labels: int (n,).
    """
    from scipy.ndimage import gaussian_filter

    cells = np.clip((points * _CELLS).astype(int), 0, _CELLS - 1)
    flat = cells[:, 0] * _CELLS + cells[:, 1]
    blurred = [
        gaussian_filter(np.bincount(flat[labels == code], minlength=_CELLS**2).reshape(_CELLS, _CELLS) * 1.0, 1.5)
        for code in range(groups)
    ]
    total = np.sum(blurred, axis=0) if groups else np.zeros((_CELLS, _CELLS))
    spots = []
    for code, own in enumerate(blurred):
        members = np.flatnonzero(labels == code)
        if not len(members):
            spots.append([0.5, 0.5])
            continue
        clear = (own**2 / np.maximum(total, 1e-12)).ravel()[flat[members]]
        best = members[clear == clear.max()]
        middle = points[best].mean(axis=0)
        spot = points[best[int(((points[best] - middle) ** 2).sum(axis=1).argmin())]]
        spots.append([round(float(value), 4) for value in spot])
    return spots

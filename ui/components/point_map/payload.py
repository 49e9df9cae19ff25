"""What the map sends to the browser: points, names and colours as compact base64, each with a signature."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from recsys.charts.style import GROUPS

Palette = Literal["okabe-ito", "muted"]
GROUP_COLOURS: dict[str, tuple[str, ...]] = {  # drawn darker or lighter where 3:1 asks for it (paint.js)
    "okabe-ito": GROUPS,
    "muted": ("#44AA99", "#882255", "#DDCC77", "#332288", "#88CCEE", "#CC6677", "#999933"),
}
"""Two palettes that stay apart for red–green blindness: Okabe & Ito's (without source orange and target blue), and
Paul Tol's muted one."""
SCALES: dict[str, tuple[str, ...]] = {
    "okabe-ito": ("#00224E", "#1B3B6D", "#575C6D", "#7F7C75", "#A59C74", "#D2C060", "#FDEA45"),
    "muted": ("#440154", "#443A83", "#31688E", "#21908C", "#35B779", "#8FD744", "#FDE725"),
}
"""Scales for numbers that grow in lightness: cividis, and viridis."""
MAX_GROUPS = 24
_TEXT = 80


@dataclass(frozen=True, eq=False)
class Colour:
    """What the colours mean: groups, or numbers on a scale. Made by `by_group` and `by_number`.

    Args:
        title: in the legend ("Age band").
        codes: uint8 (n,).
        shown: what else the browser needs, as JSON values.
    """

    title: str
    codes: np.ndarray
    shown: dict[str, Any]

    def as_data(self) -> dict[str, Any]:
        """As JSON with a signature."""
        codes = packed(self.codes, "u1")
        sign = hashlib.blake2b((codes + repr(self.shown) + self.title).encode(), digest_size=12).hexdigest()
        return {"title": cut(self.title), "codes": codes, **self.shown, "signature": sign}


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
        points: float (n, 2), the picture, for where names stand.
        direct: names stand on the map at the middle of their group; otherwise in a legend.
    """
    labels, shown = np.asarray(labels), list(names)
    if len(shown) > MAX_GROUPS:
        labels, shown = np.minimum(labels, MAX_GROUPS - 1), [*shown[: MAX_GROUPS - 1], "other"]
    colours, unit = GROUP_COLOURS[palette], unit_square(points)
    sizes = np.bincount(labels, minlength=len(shown))
    places = [_middle(unit[labels == code]) for code in range(len(shown))]
    content = {
        "kind": "groups",
        "names": [cut(name) for name in shown],
        "sizes": sizes.tolist(),
        "hex": [colours[code % len(colours)] for code in range(len(shown))],
        "direct": direct,
        "places": places,
    }
    return Colour(title, labels.astype(np.uint8), content)


def by_number(title: str, values: np.ndarray, low: str, high: str, palette: Palette = "okabe-ito") -> Colour:
    """Colours of numbers, by rank, so that a few huge values leave the rest their colours.

    Args:
        values: float (n,). low, high: the words at the ends of the scale.
    """
    values = np.asarray(values, dtype=np.float64)
    levels, places = np.unique(values, return_inverse=True)
    middle = np.cumsum(np.bincount(places)) - np.bincount(places) / 2
    spread = (middle - middle[0]) / max(middle[-1] - middle[0], 1e-9) if len(levels) > 1 else np.zeros(1)
    codes = np.rint(255 * spread[places]).astype(np.uint8)
    content = {
        "kind": "ramp",
        "hex": list(SCALES[palette]),
        "low": cut(low),
        "high": cut(high),
        "direct": False,
        "values": packed(values, "<f4"),
    }
    return Colour(title, codes, content)


def unit_square(points: np.ndarray) -> np.ndarray:
    """A picture inside the unit square, its shape kept, y up: float32 (n, 2).

    Rows far outside (beyond 8 times the spread of the middle 98%) are drawn at that edge.
    """
    points = np.asarray(points, dtype=np.float64)[:, :2]
    low, high = np.percentile(points, [1, 99], axis=0)
    context = np.maximum(high - low, 1e-9)
    points = np.clip(points, low - 8 * context, high + 8 * context)
    low, high = points.min(axis=0), points.max(axis=0)
    span = max(float((high - low).max()), 1e-9)
    square: np.ndarray = ((points - (low + high) / 2) / span + 0.5).astype(np.float32)
    return square


def signature(*values: object) -> str:
    """Names contents: equal for equal arrays and for values that are written alike."""
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
    """Names the rows of a map, whatever picture of them is drawn: a choice is valid as long as this stays."""
    return hashlib.blake2b("\0".join(names).encode("utf-8", "replace"), digest_size=12).hexdigest()


def chosen_rows(bits: object, n: int) -> np.ndarray:
    """The rows a browser has chosen, from one bit a row in base64: int64. What can't be read is nobody."""
    try:
        raw = base64.b64decode(bits, validate=True) if isinstance(bits, str) else b""
    except ValueError:
        raw = b""
    flags = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[:n]
    return np.flatnonzero(flags)


def bits_of(rows: np.ndarray, n: int) -> str:
    """Rows as one bit each in base64, for `chosen_rows`."""
    flags = np.zeros(n, dtype=np.uint8)
    flags[rows] = 1
    return base64.b64encode(np.packbits(flags, bitorder="little").tobytes()).decode()


def packed(values: np.ndarray, kind: str) -> str:
    """An array as base64 of its little-endian bytes."""
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode()


def cut(text: str, limit: int = _TEXT) -> str:
    """Text from data, short enough to travel."""
    joined = " ".join(str(text).split())
    return joined if len(joined) <= limit else joined[: limit - 1] + "…"


def _middle(points: np.ndarray) -> list[float]:
    """The member nearest to the median, so that a name stands on its group and not between its parts."""
    if not len(points):
        return [0.5, 0.5]
    gap = ((points - np.median(points, axis=0)) ** 2).sum(axis=1)
    return [round(float(v), 4) for v in points[int(gap.argmin())]]

"""The style of figures and browser components: colours with one meaning, numbers in one format, a sentence as title.

Source is orange and target is blue, everywhere; a blend is the mix of the two at α. Groups take the other colours of
Okabe & Ito's palette (safe for red–green blindness) and always differ in shape or label too. Backgrounds are
transparent and font colours are left open, so that one figure fits a light and a dark page.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from recsys.wording import tr

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SOURCE = "#E69F00"
TARGET = "#0072B2"
GROUPS = ("#009E73", "#C46D9D", "#D55E00", "#2593C2", "#948600", "#8C6BB1", "#6B7280")
"""Colours of groups, in order of use: no source orange, no target blue among them. Okabe & Ito's purple, sky blue and
yellow are darker here: each has at least 3:1 on the light and on the dark page."""
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "triangle-down")
"""Marker shapes of groups, beside GROUPS: colour is never the only difference."""
KEPT, DROPPED, QUIET = "#009E73", "#D55E00", "#8A918D"
"""Rows kept or a positive effect, rows dropped or a negative effect, and context."""
CONTEXT = "#7A7F7C"
"""What belongs to neither source nor target: 3:1 on both pages, for thin lines and small points."""
FONT_SIZE = 14
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_OPENING, _CLOSING, _WIDE = (
    "（“‘《【",
    "，。：；、！？）”’》】…",
    "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef",
)
_PIECES = re.compile(
    rf"[{_OPENING}]*(?:[^ {_OPENING}{_CLOSING}{_WIDE}]+|(?![{_CLOSING}])[{_WIDE}]|(?=[{_CLOSING}]))[{_CLOSING}]* *| +|."
)
"""What stays on one line: a Latin word or one Chinese character, with its brackets, quotes and punctuation."""
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["autoScale2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "figure"},
}
"""Plotly's options: a download button in the figure's corner, no logo."""


def plain_text(value: object, limit: int = 60) -> str:
    """Text from data for titles and labels: one line, at most `limit` characters, never read as HTML.

    A Chinese character counts as two. Longer text loses its middle, because names often differ at their end;
    `full_text` shows all of it on hover.
    """
    shown = _one_line(value)
    if _width(shown) > limit:
        start = limit // 2
        end = _start_of(shown[::-1], limit - start - 1)[::-1]
        shown = f"{_start_of(shown, start)}…{end}"
    return escape(shown, quote=True)


def full_text(value: object, limit: int = 300) -> str:
    """Text from data for hovers: whole up to `limit` characters, in lines of at most 60, never read as HTML."""
    shown = _one_line(value)
    lines = _wrapped(shown if len(shown) <= limit else f"{shown[: limit - 1]}…", 60)
    return "<br>".join(escape(line, quote=True) for line in lines)


def _one_line(value: object) -> str:
    return "".join(c if c.isprintable() else " " for c in " ".join(str(value).split()))


def format_number(value: float | None) -> str:
    """A number with three significant digits and thousands separators: `0.171`, `12.3`, `1,230`, `−0.0500`, `–`.

    Whole numbers given as `int` are counts and stay exact.
    """
    if value is None or not math.isfinite(value):
        return "–"
    if float(value).is_integer() and (isinstance(value, int) or abs(value) < 1000):
        return f"{value:,.0f}".replace("-", "−")
    size = abs(float(value))
    if size < 1e-4:
        mantissa, power = f"{size:.2e}".split("e")
        shown = f"{mantissa}·10{str(int(power)).translate(SUPERSCRIPTS)}"
    else:
        digits = 2 - math.floor(math.log10(size))
        if round(size, digits) >= 10.0 ** (3 - digits):  # 9.996 is 10.0, not 10.00
            digits -= 1
        shown = f"{round(size, digits):,.{max(digits, 0)}f}"
    return ("−" if value < 0 else "") + shown


def format_percent(share: float | None) -> str:
    """A share 0 … 1 as percent: `4.2%`, `48%`, `<0.1%`, `–`."""
    if share is None or not math.isfinite(share):
        return "–"
    if 0 < share < 0.001:
        return "<0.1%"
    if share >= 0.0995:
        return f"{'>99' if 0.995 <= share < 1 else format(share * 100, '.0f')}%"
    return f"{share * 100:.1f}%".replace(".0%", "%")


def format_interval(value: float, low: float, high: float) -> str:
    """An estimate with its interval: `0.171 [0.163, 0.179]`."""
    return f"{format_number(value)} [{format_number(low)}, {format_number(high)}]"


def blend_colour(alpha: float) -> str:
    """The colour of a blend, `#rrggbb`: the target's blue at α = 0, the source's orange at α = 1."""
    alpha = min(max(alpha, 0.0), 1.0)
    ends = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (TARGET, SOURCE))
    return "#" + "".join(f"{round((1 - alpha) * t + alpha * s):02X}" for t, s in zip(*ends, strict=True))


def with_opacity(colour: str, opacity: float) -> str:
    """`#rrggbb` as `rgba(r, g, b, opacity)`, for bands and links."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def group_colour(index: int) -> str:
    """The colour of group `index`; they repeat after the seventh, which is why labels and shapes differ too."""
    return GROUPS[index % len(GROUPS)]


def group_symbol(index: int) -> str:
    """The marker shape of group `index`."""
    return SYMBOLS[index % len(SYMBOLS)]


def sentence_figure(
    title: str, *, x: str = "", y: str = "", alternative: str = "", height: int = 340, width: int = 62
) -> Figure:
    """An empty figure in the common style.

    Args:
        title: the sentence that answers the figure's question. Text from data in it must come from `plain_text`.
        x, y: axis titles, with units; long ones are wrapped, so that a narrow column does not cut them off.
        alternative: what the figure shows, in words, for screen readers (see `alternative_of`).
        height: pixels.
        width: characters per line of the title.
    """
    from plotly.graph_objects import Figure

    lines = _lines(title, width) or [""]
    x, y = ("<br>".join(_lines(text, limit)) for text, limit in ((x, 44), (y, height // 9)))
    return Figure(
        layout={
            "title": {
                "text": "<br>".join(lines),
                "font": {"size": 16},
                "x": 0,
                "xanchor": "left",
                "xref": "container",
            },
            "height": height,
            "margin": {"l": 8, "r": 12, "t": 30 + 20 * len(lines), "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"size": FONT_SIZE},
            "hoverlabel": {"align": "left", "namelength": -1},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": QUIET, "activecolor": KEPT},
            "showlegend": False,
            "separators": ".,",
            "meta": {"alternative": alternative or title, "title": title},
            "xaxis": {"title": {"text": x}, "automargin": True, "zeroline": False},
            "yaxis": {"title": {"text": y}, "automargin": True, "zeroline": False},
        }
    )


def _lines(text: str, width: int) -> list[str]:
    """The text in lines of about `width` characters; words, hyphens and equations such as "α = 0.5" stay whole."""
    whole = text.replace(" = ", "\u00a0=\u00a0")
    lines = _wrapped(whole, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines]


def _wrapped(text: str, width: int, *, break_long_words: bool = True, break_on_hyphens: bool = True) -> list[str]:
    """The lines of `textwrap.wrap`; Chinese and Japanese, which have no blanks, also break between characters.

    Args:
        width: in Latin characters; a Chinese one is as wide as two.
    """
    if _width(text) == len(text):
        return wrap(text, width, break_long_words=break_long_words, break_on_hyphens=break_on_hyphens)
    lines = [""]
    for piece in _PIECES.findall(text):
        parts = [piece]
        if break_long_words and _width(piece) > width:
            parts = [piece[start : start + width // 2] for start in range(0, len(piece), width // 2)]
        for part in parts:
            if lines[-1] and _width(lines[-1]) + _width(part.rstrip(" ")) > width:
                lines.append("")
            lines[-1] += part
    return [line.strip(" ") for line in lines if line.strip(" ")]


def _start_of(text: str, width: int) -> str:
    """The first characters that are not wider than `width`."""
    return text[: bisect_right(range(len(text)), width, key=lambda n: _width(text[: n + 1]))]


def _width(text: str) -> int:
    """The width of a text in Latin characters."""
    return len(text) + sum(east_asian_width(character) in "WF" for character in text)


def in_words(values: Iterable[tuple[str, str]]) -> str:
    """Names and values as a sentence, for a figure's text alternative: "a: 0.1; b: 0.2"."""
    return tr("; ").join(tr("{name}: {value}", name=name, value=value) for name, value in values)


def title_of(figure: Figure) -> str:
    """The title of a figure made by `sentence_figure`, in one line."""
    return str((figure.layout.meta or {}).get("title", ""))


def alternative_of(figure: Figure) -> str:
    """What a figure made by `sentence_figure` shows, in words."""
    return str((figure.layout.meta or {}).get("alternative", ""))

"""The figure of two lists side by side as SVG, for files that open without a network and without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from recsys.charts.style import CONTEXT, GROUPS, plain_text
from recsys.wording import tr

_ROW, _TOP, _LEFT, _RIGHT, _WIDTH = 26, 64, 350, 570, 920  # pixels
_INK, _PAPER = "#1B1F1D", "#FFFFFF"  # its own background, so that it can be read on a dark page too


def ranks_svg(
    title: str, names: tuple[str, str], first: Sequence[tuple[str, str]], second: Sequence[tuple[str, str]]
) -> str:
    """A line for each item in both lists, from its rank in the one to its rank in the other; diamonds mark the others.

    Args:
        title: a sentence; it is the text alternative too.
        names: of the two lists.
        first, second: (item id, title) of each item, best first. Hostile text is escaped.

    Returns:
        An `svg` element.
    """
    places = [{item: _TOP + _ROW * rank for rank, (item, _) in enumerate(items)} for items in (first, second)]
    height = _TOP + _ROW * max(len(first), len(second), 1)
    drawn = [
        f'<line x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{places[1][item]}" stroke="{CONTEXT}" stroke-width="2"'
        f"{'' if y == places[1][item] else _DASHED}/>"
        for item, y in places[0].items()
        if item in places[1]
    ]
    sides = ((first, _LEFT, "end", -14), (second, _RIGHT, "start", 14))
    for side, (items, x, anchor, gap) in enumerate(sides):
        for rank, (item, name) in enumerate(items, 1):
            shared = item in places[1 - side]
            drawn.append(_mark(x, places[side][item], shared))
            text = f"{plain_text(name, 34)}  {rank}" if side == 0 else f"{rank}  {plain_text(name, 34)}"
            drawn.append(_text(x + gap, places[side][item] + 5, text, anchor, shared))
    for x, anchor, name in ((_LEFT - 14, "end", names[0]), (_RIGHT + 14, "start", names[1])):
        drawn.append(
            f'<text x="{x}" y="40" text-anchor="{anchor}" font-weight="600" fill="{_INK}">{plain_text(name, 40)}</text>'
        )
    key = tr("◆ in this list only; dashed: at another rank")
    drawn.append(f'<text x="{_WIDTH / 2}" y="{height}" text-anchor="middle" fill="{_INK}">{escape(key)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height + 14}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="14"><title>{escape(title)}</title>'
        f'<rect width="{_WIDTH}" height="{height + 14}" fill="{_PAPER}"/>{"".join(drawn)}</svg>'
    )


_DASHED = ' stroke-dasharray="6 4"'


def _mark(x: int, y: int, shared: bool) -> str:
    if shared:
        return f'<circle cx="{x}" cy="{y}" r="4" fill="{CONTEXT}"/>'
    return f'<path d="M{x} {y - 6}l6 6l-6 6l-6 -6z" fill="{GROUPS[2]}"/>'


def _text(x: int, y: int, text: str, anchor: str, shared: bool) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{_INK}"{"" if shared else _BOLD}>{text}</text>'


_BOLD = ' font-weight="600"'


def shares_svg(title: str, names: Sequence[str], shared: Mapping[tuple[int, int], float]) -> str:
    """How much of their lists each two cases share, as a table of shaded squares.

    Args:
        title: a sentence; it is the text alternative too.
        names: of the cases, in order.
        shared: overlap 0 … 1 of cases (row, column), for every pair and both orders.
    """
    cell, left, n = 46, 330, len(names)
    width, height = left + cell * n + 10, 40 + cell * n
    drawn = []
    for row, name in enumerate(names):
        y = 30 + cell * row
        label = f"{row + 1}. {plain_text(name, 36)}"
        drawn.append(f'<text x="{left - 10}" y="{y + 28}" text-anchor="end" fill="{_INK}">{label}</text>')
        drawn.append(
            f'<text x="{left + cell * row + cell / 2}" y="20" text-anchor="middle" fill="{_INK}">{row + 1}</text>'
        )
        for column in range(n):
            share = 1.0 if row == column else shared[row, column]
            x, ink = left + cell * column, _PAPER if share > 0.55 else _INK
            drawn.append(
                f'<rect x="{x}" y="{y}" width="{cell - 2}" height="{cell - 2}" fill="#3D4A45" '
                f'fill-opacity="{0.06 + 0.94 * share:.3f}"/>'
                f'<text x="{x + cell / 2 - 1}" y="{y + 27}" text-anchor="middle" fill="{ink}">{share:.0%}</text>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="14"><title>{escape(title)}</title>'
        f'<rect width="{width}" height="{height}" fill="{_PAPER}"/>{"".join(drawn)}</svg>'
    )

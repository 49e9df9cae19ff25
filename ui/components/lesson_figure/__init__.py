"""The live figure of a lesson: one slider and what follows it in the browser, with its data as a table.

Everything for every position of the slider is sent once; while it moves nothing is sent to the server. All words come
from Python, so the component has none of its own. All texts from data are shown as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from recsys.charts.style import GROUPS
from recsys.errors import InputError
from ui.components.colours import css_colours, js_colours

Kind = Literal["cells", "points", "bars", "blend", "lines"]
MAX_TEXT = 120  # characters of one text from data
_HERE = Path(__file__).parent
_SCRIPTS = ("drawing.js", "kinds.js", "lines.js", "component.js")  # joined to one module, in this order
_mount = st.components.v2.component(
    "studio_lesson_figure",
    html=(_HERE / "component.html").read_text("utf-8"),
    css=css_colours(".lesson") + (_HERE / "component.css").read_text("utf-8"),
    js=js_colours()
    + f"const GROUPS = {list(GROUPS)};\n"
    + "\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS),
)


@dataclass(frozen=True)
class DataTable:
    """The data of a figure in words and numbers.

    Args:
        columns: their names.
        rows: texts, one for each column.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Figure:
    """What a lesson shows for each position of its slider.

    Args:
        kind: how `drawing` is drawn.
        name: of this figure where a lesson has several, such as the heads of a model.
        positions: the text of each position of the slider, at least one.
        start: the position that is shown first.
        sentences: what each position shows; the figure's title.
        drawing: what `kind` needs, as JSON values.
        tables: the data of the figure: one table, or one for each position.

    Raises:
        InputError: the numbers of positions, sentences and tables differ.
    """

    kind: Kind
    positions: Sequence[str]
    sentences: Sequence[str]
    drawing: Mapping[str, Any]
    tables: Sequence[DataTable]
    start: int = 0
    name: str = ""
    note: str = field(default="")

    def __post_init__(self) -> None:
        n = len(self.positions)
        if not n or len(self.sentences) != n or len(self.tables) not in (1, n) or not 0 <= self.start < n:
            got = f"{n}, {len(self.sentences)} sentences, {len(self.tables)} tables, start {self.start}"
            raise InputError("the positions of a figure", "must each have a sentence, and a table or one for all", got)

    def as_data(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "kind": self.kind,
            "name": cut(self.name),
            "positions": list(self.positions),
            "sentences": list(self.sentences),
            "drawing": dict(self.drawing),
            "tables": [{"columns": list(t.columns), "rows": [list(row) for row in t.rows]} for t in self.tables],
            "start": self.start,
            "note": self.note,
        }


def lesson_figure(
    figures: Sequence[Figure], *, key: str, control: str, choose: str = "", table: str = "", large: bool = False
) -> None:
    """Shows the figure; with several a select box chooses one.

    Args:
        control: label of the slider.
        choose: label of the select box; table: label of the data below the figure.
        large: larger text, for a projector.
    """
    labels = {"control": control, "choose": choose, "table": table}
    _mount(key=key, data={"figures": [one.as_data() for one in figures], **labels, "large": large})


def cut(text: object, limit: int = MAX_TEXT) -> str:
    """A text from data on one line, long ones shortened."""
    joined = " ".join(str(text).split())
    return joined if len(joined) <= limit else joined[: limit - 1] + "…"

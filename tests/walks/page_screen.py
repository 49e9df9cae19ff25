"""Reading and using a page through AppTest, for random users: its URL, its mixer, its words, what a widget offers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.testing.v1 import AppTest, element_tree

from recsys.transfer import write_weights
from ui.home.saved_work import LABELS
from ui.language import LANGUAGES, in_language
from ui.shell import state
from ui.shell.frame import STEPS

CHOICES = (
    "selectbox", "button_group", "radio", "slider", "select_slider", "checkbox", "toggle", "number_input",
    "multiselect", "date_input",
)  # fmt: skip


FIRST_DAY = date(2023, 11, 14)  # of tiny_files.py


class Label(str):
    """A label as it is on screen. AppTest would put it through the widget's `format_func` once more."""


def _worded(format_func: Any) -> property:
    """A `format_func` that gives the label on screen: AppTest calls it outside of the page, which has a language."""

    def of(widget: Any) -> Callable[[Any], str]:
        def label(value: Any) -> str:
            if isinstance(value, Label):
                return str(value)
            labels = [in_language(language, lambda: str(format_func(widget)(value))) for language in LANGUAGES]
            return next((one for one in labels if one in widget.options), labels[0])

        return label

    return property(of)


for kind in (
    *(element_tree.ButtonGroup, element_tree.Multiselect, element_tree.Radio, element_tree.Selectbox),
    element_tree.SelectSlider,
):
    kind.format_func = _worded(kind.format_func.fget)  # type: ignore[attr-defined,method-assign]

DEFERRED_DOWNLOADS: dict[str, Callable[[], Any]] = {}
"""What makes the file of a download, by the id on its button: AppTest forgets it when a run has ended."""

_defer = MediaFileManager.add_deferred


def _remember(manager: MediaFileManager, make: Callable[[], Any], *given: Any, **named: Any) -> str:
    file_id = _defer(manager, make, *given, **named)
    DEFERRED_DOWNLOADS[file_id] = make
    while len(DEFERRED_DOWNLOADS) > 200:
        del DEFERRED_DOWNLOADS[next(iter(DEFERRED_DOWNLOADS))]
    return file_id


MediaFileManager.add_deferred = _remember  # type: ignore[assignment]


def visit(file: str, params: dict[str, str], space: str) -> AppTest:
    """A new session of a space on a URL, after its first run."""
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=120)
    app.session_state["space"] = space
    app.query_params.update(params)
    return (app.switch_page(file) if file != "app.py" else app).run()


def follow_page(app: AppTest, file: str) -> None:
    """Stays on the page that is shown: AppTest runs the page of before again after a page has opened another one."""
    if file == "app.py":
        app._page_hash = ""
    else:
        app.switch_page(file)


def url(app: AppTest) -> dict[str, str]:
    """The query parameters; AppTest gives some as text and some as lists."""
    return {name: value if isinstance(value, str) else value[0] for name, value in app.query_params.items()}


def job_parameter(app: AppTest) -> dict[str, str]:
    return {name: value for name, value in url(app).items() if name == "job"}


def title(app: AppTest) -> str:
    return str(app.title[0].value) if app.title else STEPS[0].title


def label_of(link: Any) -> str:
    """`✓ 1 Data · 720` without its mark."""
    return str(link.label).lstrip("●✓○ ")


def mixer(app: AppTest) -> dict[str, Any] | None:
    """What the mixer of Transfer was given; None on other pages."""
    found = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "studio_mixer"]
    data = json.loads(found[0].json) if found else {}
    return None if not data or data.get("compact") else data


def names_of_saved(app: AppTest) -> set[tuple[str, str]]:
    """(kind, name) of the saved things that a page shows: in the rows of Home, and in the pickers of data and runs."""
    kinds = {str(label): kind for kind, label in LABELS.items()}
    rows = [str(one.value).replace("\\", "").partition(" · ") for one in app.markdown]
    found = {(kinds[kind], name) for kind, _, name in rows if kind in kinds}
    for kind in ("dataset", "run"):
        boxes = [box for box in app.selectbox if str(box.key).startswith(f"frame_{kind}_")]
        options = {re.sub(r" \(\d+\)$", "", str(option)) for box in boxes for option in box.options}
        found |= {(kind, " ".join(name.split())) for name in options - {"Sample run"}}
    return found


def offered_by_mixer(shown: dict[str, Any], name: str, value: int) -> str | None:
    """A value that the mixer offers for "method", "beside" ("" for none) or "weights"; None where it offers none."""
    if name == "weights":
        rows = (shown["interests"] or {}).get("rows", []) if (shown["interests"] or {}).get("chosen") else []
        weights = {row["group"]: row["weight"] for row in rows}
        if len(rows) < 2:
            return None
        changed = {pick(rows, value)["group"]: (0.5, 0.0, 1.0)[value % 3]}
        return write_weights(weights | changed) if any((weights | changed).values()) else None
    methods = shown["methods"] or {"options": []}
    names = [one["name"] for one in methods["options"]]
    if len(names) < 2:
        return None
    others = [one for one in names if one != methods["chosen"]]
    return str(pick(others if name == "method" else ["", *others], value))


def pick(options: Any, which: int) -> Any:
    return options[which % len(options)]


def option(widget: Any, value: int) -> Any:
    """One of the values that a widget can take; None where it has none."""
    kind = widget.type
    if kind in ("checkbox", "toggle"):
        return not widget.value
    if kind == "number_input":
        low, high = (1 if widget.min is None else widget.min), (widget.min or 0) + 20
        top = high if widget.max is None else min(high, widget.max)
        return type(widget.value or low)(low + value % max(1, int(top - low) + 1))
    if kind == "date_input":  # the first day is never after the last: the page would change them round
        day = FIRST_DAY + timedelta(days=value % 4 + (4 if str(widget.key).endswith("last") else 0))
        return min(max(day, widget.min), widget.max)
    if kind == "slider":
        steps = round((widget.max - widget.min) / widget.step)
        return type(widget.min)(round(widget.min + widget.step * (value % (steps + 1)), 9))
    options = list(getattr(widget, "options", []))
    if not options:
        return None
    label = Label(pick(options, value))
    if kind != "multiselect":
        return label
    most = min(1 + value % 3, widget.proto.max_selections or 3)  # one, two or three of them
    return list(dict.fromkeys(Label(pick(options, value + 7 * n)) for n in range(most)))


def shown_by(widget: Any) -> Any:
    """What a widget shows, as `option` would choose it."""
    if widget.type in ("selectbox", "radio"):
        return None if widget.index is None else widget.options[widget.index]
    if widget.type == "button_group":
        found = [widget.options[place] for place in widget.indices]
        return found[0] if len(found) == 1 else found
    if widget.type == "multiselect":
        return [widget.options[place] for place in widget.indices]
    if widget.type == "select_slider":
        return widget.value if isinstance(widget.value, str) else widget.format_func(widget.value)
    return round(widget.value, 9) if isinstance(widget.value, float) else widget.value


def reachable_objects(value: Any, seen: dict[int, Any] | None = None) -> list[Any]:
    """A value and all that it holds, each once: through dicts, lists, dataclasses and this project's objects."""
    seen = {} if seen is None else seen
    if id(value) in seen:
        return []
    seen[id(value)] = value
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    elif not isinstance(value, type) and (
        is_dataclass(value) or type(value).__module__.split(".")[0] in ("recsys", "ui")
    ):
        slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        parts = [*(getattr(value, name, None) for name in slots), *getattr(value, "__dict__", {}).values()]
    return [value, *(one for part in parts for one in reachable_objects(part, seen))]


def size_in_bytes(value: Any) -> int:
    """Bytes of what a session holds: arrays, tables, texts and bytes, wherever they are inside of it."""
    return sum(_bytes(one) for one in reachable_objects(value))


def _bytes(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage(deep=True).sum())
    if isinstance(value, pd.Series | pd.Index):
        return int(value.memory_usage(deep=True))
    return len(value) if isinstance(value, str | bytes | bytearray) else 64

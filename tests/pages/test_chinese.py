"""Every page in Chinese, on the sample's run and without one: no English sentence is left on the screen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

from recsys.runs.storage import load_run_data
from recsys.workspace import Workspace
from recsys.workspace.sample_run import SAMPLE_RUN, SAMPLE_RUN_FOLDER
from ui.shell import state
from ui.shell.page_context import STEPS

SENTENCE = re.compile(r"(?:\b[A-Za-z][a-z]+[’']?\s+){2,}[a-z]+\b")
SHOWN = {
    "label", "body", "help", "placeholder", "options", "text", "title", "value", "caption", "format_func", "name",
    "heading", "note", "short", "phrase", "hovertemplate", "unit", "unit_one", "unit_many", "verdict", "evidence",
}  # fmt: skip
"""Fields of the page's elements, of figures and of the data of components that are texts for readers."""
KNOWN: tuple[str, ...] = ()  # passages that stay English: titles of papers, names of packages


def texts(value: Any, shown: bool = False) -> Iterator[str]:
    """All texts in fields for readers, at any depth; JSON in a text is looked into."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from texts(one, name in SHOWN or (shown and not isinstance(one, str)))
    elif isinstance(value, list):
        for one in value:
            yield from texts(one, shown)
    elif isinstance(value, str):
        if value[:1] in "{[" and len(value) > 20:
            try:
                yield from texts(json.loads(value), False)
                return
            except ValueError:
                pass
        if shown:
            yield value


def english_on(app: AppTest, sample: str) -> list[str]:
    found = []
    for _, node in walk(app._tree):
        proto = getattr(node, "proto", None)
        if proto is None:
            continue
        for text in texts(MessageToDict(proto, preserving_proto_field_name=True)):
            if text.startswith("<style"):
                continue
            found += [hit for hit in SENTENCE.findall(text) if hit.strip() not in sample and hit not in KNOWN]
    return list(dict.fromkeys(found))


def walk(node: Any) -> Iterator[tuple[int, Any]]:
    for key, child in getattr(node, "children", {}).items():
        yield key, child
        yield from walk(child)


@pytest.fixture(scope="module")
def sample() -> str:
    """All texts of the sample, which its run shows as they are."""
    data = load_run_data(SAMPLE_RUN_FOLDER)
    cells = data.user_table.astype(str).to_numpy().ravel()
    return "\n".join(
        map(
            str,
            (
                *data.catalogue.titles,
                *data.catalogue.texts,
                *map(" ".join, data.catalogue.tags),
                *data.user_table,
                *cells,
            ),
        )
    )


@pytest.mark.parametrize("run", ["", SAMPLE_RUN], ids=["empty", "sample"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_no_english_sentence_is_left(
    step: Any, run: str, own_workspace: Workspace, sample: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.shell.warm_up.DELAY", 1e6)  # its thread would be loading modules when the tests end
    app = AppTest.from_file(str(Path(state.ROOT) / "app.py"), default_timeout=120)
    if step.key != "home":
        app.switch_page(step.file)
    app.session_state["space"] = "c" * 32
    app.query_params.update({"lang": "zh", **({"run": run} if run else {})})
    assert english_on(app.run(), sample) == []

"""Cases as files: HTML and Markdown that hold every number and no live text of others, and a notebook that computes."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from markdown_it import MarkdownIt

from recsys.cases.case import SavedCase
from recsys.cases.notebook import cases_notebook
from recsys.cases.report import cases_html, cases_markdown, report_of
from recsys.cases.rules import Rules
from recsys.cases.run_parts import OpenRun
from recsys.charts.style import format_number
from tests.cases.conftest import saved_case

HOSTILE = (
    '"><img src=x onerror=alert(1)> | `x` [a](javascript:alert(1)) '
    "</script><script>alert(2)</script> {{7*7}} '''\"\"\" \\"
)
LIVE = {"script", "img", "iframe", "object", "embed", "link", "a", "form", "input", "style"}


@pytest.fixture(scope="module")
def cases(parts: OpenRun) -> list[SavedCase]:
    """Three cases whose names, titles and notes are hostile."""
    found = [
        saved_case(parts, "user:u3", "user:u4", 0.25, Rules(tag="odd"), HOSTILE),
        saved_case(parts, "user:u5", f"group:{'c' * 24}", 0.8, note="two\nlines"),
        saved_case(parts, "user:u3", "user:u4", 0.9),
    ]
    titled = [replace(item, title=f"{HOSTILE} {item.title}", item_id=item.item_id) for item in found[0].items]
    return [replace(found[0], items=tuple(titled), data=HOSTILE, run_name=HOSTILE), *found[1:]]


class Tags(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_html_file_holds_every_number_and_nothing_live(cases: list[SavedCase]) -> None:
    text = cases_html(cases, (0, 2))
    read = Tags(text)
    assert {tag for tag, _ in read.tags} & LIVE == {"style"} and len(text) < 200_000
    assert not [
        name for _, attributes in read.tags for name in attributes if name.startswith("on") or name in ("src", "href")
    ]
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert [tag for tag, _ in read.tags].count("svg") == 2 and HOSTILE in read.text
    for saved in cases:
        for item in saved.items:
            assert item.title in read.text and format_number(item.score) in read.text
    assert "two\nlines" in read.text and "Case 1 and case 3" in read.text


def test_the_markdown_file_shows_the_same_and_nothing_live(cases: list[SavedCase]) -> None:
    text = cases_markdown(cases, (0, 2))
    read = Tags(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
    assert [tag for tag, _ in read.tags].count("svg") == 2 and not {tag for tag, _ in read.tags} & LIVE
    assert [tag for tag, _ in read.tags].count("table") == 5
    assert HOSTILE in read.text and all(item.title in read.text for saved in cases for item in saved.items)
    assert format_number(cases[1].items[5].score) in read.text


def executed(notebook: nbformat.NotebookNode) -> tuple[dict[str, object], str]:
    """What the cells of code, run in the working folder, have defined and printed."""
    space: dict[str, object] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, cell.id, "exec"), space)
    return space, printed.getvalue()


def test_the_notebook_computes_every_number_again(
    cases: list[SavedCase], studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = nbformat.reads(cases_notebook(cases, (1, 2)), as_version=4)
    nbformat.validate(notebook)
    monkeypatch.chdir(studio.parent)
    space, printed = executed(notebook)
    for number, saved in enumerate(cases, 1):
        computed = space[f"list_{number}"]
        assert [(item.item_id, item.score) for item in computed] == [(i.item_id, i.score) for i in saved.items]  # type: ignore[attr-defined]
    assert f"{cases[2].items[0].score:10.4f}" in printed
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert (
                not {tag for tag, _ in Tags(MarkdownIt("commonmark", {"html": True}).render(cell.source)).tags} & LIVE
            )


def test_the_notebook_fails_where_a_number_is_another_one(
    cases: list[SavedCase], studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cases[2].items[0]
    wrong = replace(cases[2], items=(replace(first, score=first.score + 0.01), *cases[2].items[1:]))
    monkeypatch.chdir(studio.parent)
    sources = [cell.source for cell in nbformat.reads(cases_notebook([wrong]), as_version=4).cells]
    with pytest.raises(AssertionError), contextlib.redirect_stdout(io.StringIO()):
        exec("\n".join((sources[1], sources[3])), {})


def test_a_protected_source_is_shown_as_it_was_and_not_computed_again(cases: list[SavedCase]) -> None:
    protected = replace(cases[2], case=replace(cases[2].case, rules=Rules(epsilon=4)))
    text = cases_notebook([cases[1], protected], (0, 1))
    assert "list_2" not in text and "saved_2" in text and "is protected" in text
    assert report_of("ipynb", [protected]).startswith(b"{") and report_of("html", [protected])


def test_a_run_that_the_export_lacks_leaves_the_other_cases_computed(
    cases: list[SavedCase], studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = replace(cases[1], run="d" * 24)
    notebook = nbformat.reads(cases_notebook([lost, cases[2]], (0, 1), runs=["a" * 24]), as_version=4)
    monkeypatch.chdir(studio.parent)
    space, _ = executed(notebook)
    assert "list_1" not in space and len(space["saved_1"]) == len(lost.items)  # type: ignore[arg-type]
    assert [(one.item_id, one.score) for one in space["list_2"]] == space["saved_2"]  # type: ignore[attr-defined]
    told = [cell.source for cell in notebook.cells if "its run is not in the export" in cell.source]
    assert len(told) == 1 and told[0].startswith("## 1.")

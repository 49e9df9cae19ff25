"""Cases as a Jupyter notebook, whose cells compute every number again through `recsys` and check it.

The notebook is plain JSON (nbformat 4.5). Texts of data and users stand in it as Python literals or escaped Markdown.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from recsys.cases.case import SavedCase
from recsys.cases.lists import compare_lists, rules_in_words
from recsys.cases.markdown import plain_markdown
from recsys.cases.party_names import party_words
from recsys.wording import tr, worded
from recsys.workspace.names import known_name

_HEAD = """\
from pathlib import Path

import recsys

STUDIO = Path("studio")  # the folder of the unzipped export of Home: "Export all (ZIP)"
SAMPLE = Path(recsys.__file__).parents[1] / "sample_data" / "run\""""

_SHOW = '''

def show(items):
    """Prints a list: rank, score, the parts of target and source, title."""
    for rank, item in enumerate(items, 1):
        parts = f"{item.target_part:10.4f} {item.source_part:10.4f}"
        print(f"{rank:3} {item.score:10.4f} {parts}  {item.title}")


def check(items, saved):
    """Fails unless a list is the saved one: the same items, and scores that agree to four digits."""
    assert [item.item_id for item in items] == [item for item, _ in saved], "other items than when it was saved"
    assert all(abs(item.score - score) <= 1e-4 * max(1, abs(score)) for item, (_, score) in zip(items, saved))'''


def cases_notebook(
    cases: Sequence[SavedCase], compared: tuple[int, int] | None = None, runs: Collection[str] | None = None
) -> str:
    """The notebook as JSON text; its sentences are in the language of the reader.

    The list of a protected source is not computed again: its noise is drawn once, in the app. Nor is that of a run
    which the export lacks, because it was deleted or belongs to somebody else: one that can't be opened would end the
    notebook.

    Args:
        compared: places of two cases that are compared.
        runs: ids of the runs in the export, beside the sample's; None where it has all of them.
    """
    places = [n for n, saved in enumerate(cases) if not _why_not_computed(saved, runs)]
    cells = [
        _text(
            f"# {tr('Compared cases')}",
            tr("Each cell computes a list again with the library and checks it against the saved one."),
            tr("Unzip the export of Home (“Export all (ZIP)”) into a folder “studio” beside this notebook."),
        ),
        _code(_HEAD, "", _runs([cases[place] for place in places]), _SHOW),
    ]
    for number, saved in enumerate(cases, 1):
        cells += _case(number, saved, _why_not_computed(saved, runs))
    if compared is not None and set(compared) <= set(places):
        cells += _comparison(cases, *compared)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    language = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": language, "cells": cells}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _why_not_computed(saved: SavedCase, runs: Collection[str] | None) -> str:
    """Why the list of a case is not computed again, as a sentence; "" where it is."""
    if saved.case.rules.epsilon:
        source = plain_markdown(worded(party_words(saved.source)))
        return tr("{source} is protected: its noise is drawn once, in the app.", source=source)
    if saved.run == "sample" or runs is None or saved.run in runs:
        return ""
    return tr("The list is not computed again: its run is not in the export of Home.")


def _runs(cases: Sequence[SavedCase]) -> str:
    """The runs of the computed cases by id, with the saved groups that the cases name."""
    groups: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {}
    for saved in cases:
        groups.setdefault(saved.run, {}).update(saved.groups)
    lines = [
        f"    {run!r}: recsys.open_run({_folder(run)}{f', groups={dict(named)!r}' if named else ''}),"
        for run, named in groups.items()
    ]
    return "\n".join(["RUNS = {", *lines, "}"])


def _folder(run: str) -> str:
    return "SAMPLE" if run == "sample" else f'STUDIO / "run" / {run!r}'


def _case(number: int, saved: SavedCase, why_not: str) -> list[dict[str, Any]]:
    """The cells of a case: its list, computed and checked; the saved one alone where there is a reason for it."""
    heading = [f"## {number}. {plain_markdown(worded(saved.label))}"]
    where = tr(
        "{run}, on {data}. Rules: {rules}.",
        run=known_name(saved.run_name),
        data=known_name(saved.data),
        rules=rules_in_words(saved),
    )
    heading += [plain_markdown(where), *(f"> {plain_markdown(line)}" for line in saved.note.split("\n") if line)]
    literal = repr([(item.item_id, item.score) for item in saved.items])
    if why_not:
        return [_text(*heading, why_not), _code(f"saved_{number} = {literal}")]
    return [
        _text(*heading),
        _code(
            f"case_{number} = recsys.Case.from_link({saved.case.link!r})",
            f"list_{number} = recsys.list_of_case(RUNS[{saved.run!r}], case_{number})",
            f"show(list_{number})",
            f"saved_{number} = {literal}",
            f"check(list_{number}, saved_{number})",
        ),
    ]


def _comparison(cases: Sequence[SavedCase], a: int, b: int) -> list[dict[str, Any]]:
    """Cells that compare two cases."""
    both = compare_lists(cases[a].items, cases[b].items)
    return [
        _text(f"## {tr('Case {a} and case {b}', a=a + 1, b=b + 1)}"),
        _code(
            f"both = recsys.compare_lists(list_{a + 1}, list_{b + 1})",
            "print(both.sentence)",
            f"assert both.shared == {both.shared!r}",
            f"assert both.moves == {both.moves!r}",
            "for item, places in both.moves.items():",
            '    print(f"{places:+3}  {item}")',
        ),
    ]


def _text(*paragraphs: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": "\n\n".join(paragraphs)}


def _code(*lines: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": "\n".join(lines),
    }

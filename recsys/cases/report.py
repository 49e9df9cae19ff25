"""Cases as one file to read: self-contained HTML, or Markdown. Figures are SVG inside the file.

No scripts, links or external fonts; every text from data or users is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import permutations

from recsys.cases.case import SavedCase, titles_of
from recsys.cases.lists import compare_lists, differing_settings, rules_in_words
from recsys.cases.markdown import plain_markdown
from recsys.cases.party_names import party_words
from recsys.charts.case_lists import ranks_svg, shares_svg
from recsys.charts.style import format_number
from recsys.wording import tr, worded
from recsys.workspace.names import known_name

STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}td,th{padding:.3rem .7rem;text-align:left;
border-bottom:1px solid #8885;vertical-align:top;font-variant-numeric:tabular-nums}h2{margin-top:2.2rem}
svg{max-width:100%;height:auto}.note{white-space:pre-wrap;border-left:3px solid #8885;padding-left:.8rem}
"""


@dataclass(frozen=True)
class Section:
    """A part of the file. `note`: of a user, as it was written; the other texts are worded, none is escaped.

    Attributes:
        heading: "" for the beginning, which has the title.
        rows: a table, its header first; figure: an SVG element, which is safe as it is.
    """

    heading: str
    sentences: tuple[str, ...] = ()
    note: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    figure: str = ""


def cases_html(cases: Sequence[SavedCase], compared: tuple[int, int] | None = None, lang: str = "en") -> str:
    """The cases as one HTML text, in the language of the reader.

    Args:
        compared: places of two cases that are shown side by side.
        lang: the language that is named in the file.
    """
    title = escape(tr("Compared cases"))
    body = "".join(_html(section) for section in _sections(cases, compared))
    return (
        f'<!doctype html><html lang="{escape(lang)}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    )


def cases_markdown(cases: Sequence[SavedCase], compared: tuple[int, int] | None = None) -> str:
    """The same as Markdown; figures are SVG elements in it."""
    return f"# {plain_markdown(tr('Compared cases'))}\n\n" + "\n".join(_md(one) for one in _sections(cases, compared))


def _sections(cases: Sequence[SavedCase], compared: tuple[int, int] | None) -> list[Section]:
    made = tr("Created by Interest Transfer Studio, {time}.", time=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    sections = [Section("", (made,), rows=_overview(cases))]
    if len(cases) > 1:
        sections.append(_shares(cases))
    if compared is not None:
        sections.append(_side_by_side(cases, *compared))
    return sections + [_case(number, saved) for number, saved in enumerate(cases, 1)]


def _overview(cases: Sequence[SavedCase]) -> tuple[tuple[str, ...], ...]:
    head = ("", tr("Target"), tr("Source"), "α", "k", tr("Rules"), tr("Model"), tr("Data"), tr("First items"))
    rows = [
        (
            str(number),
            worded(party_words(saved.target)),
            worded(party_words(saved.source)),
            f"{saved.case.alpha:.3f}",
            str(saved.case.k),
            worded(rules_in_words(saved)),
            worded(known_name(saved.run_name)),
            worded(known_name(saved.data)),
            titles_of(saved.items),
        )
        for number, saved in enumerate(cases, 1)
    ]
    return (head, *rows)


def _shares(cases: Sequence[SavedCase]) -> Section:
    overlaps = {
        (a, b): compare_lists(cases[a].items, cases[b].items).overlap for a, b in permutations(range(len(cases)), 2)
    }
    names = [worded(saved.label) for saved in cases]
    sentence = tr("Share of items that two lists have in common")
    return Section(sentence, figure=shares_svg(sentence, names, overlaps))


def _side_by_side(cases: Sequence[SavedCase], a: int, b: int) -> Section:
    first, second = cases[a], cases[b]
    both = compare_lists(first.items, second.items)
    sentence = worded(both.sentence)
    names = (f"{a + 1}. {worded(first.label)}", f"{b + 1}. {worded(second.label)}")
    lists = ([(item.item_id, item.title) for item in one.items] for one in (first, second))
    rows = [tuple(map(worded, row)) for row in differing_settings(first, second)]
    head = (tr("What differs"), *names)
    heading = tr("Case {a} and case {b}", a=a + 1, b=b + 1)
    return Section(heading, (sentence,), rows=(head, *rows), figure=ranks_svg(sentence, names, *lists))


def _case(number: int, saved: SavedCase) -> Section:
    head = (tr("rank"), tr("item"), tr("title"), tr("score"), tr("target part"), tr("source part"))
    rows = [
        (
            str(rank),
            item.item_id,
            item.title,
            *(format_number(value) for value in (item.score, item.target_part, item.source_part)),
        )
        for rank, item in enumerate(saved.items, 1)
    ]
    where = tr(
        "{run}, on {data}. Rules: {rules}.",
        run=known_name(saved.run_name),
        data=known_name(saved.data),
        rules=rules_in_words(saved),
    )
    return Section(f"{number}. {worded(saved.label)}", (where,), saved.note, (head, *rows))


def _html(section: Section) -> str:
    parts = [f"<h2>{escape(section.heading)}</h2>" if section.heading else ""]
    parts += [f"<p>{escape(sentence)}</p>" for sentence in section.sentences]
    parts += [f'<p class="note">{escape(section.note)}</p>' if section.note else "", section.figure]
    if section.rows:
        head, *rows = (_cells(row, escape) for row in section.rows)
        table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        parts.append(f"<table><tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>{table}</table>")
    return "".join(parts)


def _cells(row: Sequence[str], safe: Callable[[str], str]) -> list[str]:
    return [safe(cell) for cell in row]


def _md(section: Section) -> str:
    lines = [f"## {plain_markdown(section.heading)}\n" if section.heading else ""]
    lines += [f"{plain_markdown(sentence)}\n" for sentence in section.sentences]
    if section.note:
        lines.append("".join(f"> {plain_markdown(line)}  \n" for line in section.note.split("\n")))
    if section.figure:  # as HTML: many readers of Markdown refuse SVG in the address of an image
        lines.append(f"<div>\n{section.figure}\n</div>\n")
    if section.rows:
        head, *rows = (_cells(row, plain_markdown) for row in section.rows)
        lines += [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)] + [""]
    return "\n".join(line for line in lines if line)


def report_of(
    form: str,
    cases: Sequence[SavedCase],
    compared: tuple[int, int] | None = None,
    lang: str = "en",
    runs: Collection[str] | None = None,
) -> bytes:
    """The cases as a file: "html", "md" or "ipynb"; `runs` as in `cases_notebook`. Raises KeyError for another form."""
    from recsys.cases.notebook import cases_notebook

    make: Mapping[str, Callable[[], str]] = {
        "html": lambda: cases_html(cases, compared, lang),
        "md": lambda: cases_markdown(cases, compared),
        "ipynb": lambda: cases_notebook(cases, compared, runs),
    }
    return make[form]().encode("utf-8", "replace")

"""The texts of Learn: one Markdown file for each lesson and language, with its words in the front matter.

    ---
    title: Embeddings
    figure: embeddings            which figure, and the lesson's key in links
    control: Dimensions kept      label of its slider
    question: …                   predicted before it is revealed; with unit, low, high, step
    check: …                      asked in a class before and after the lesson; with check_options (a | b), check_right
    word.<name>: …                words of the figure; {name} is replaced by a value
    ---
    The text, in paragraphs.
    ## Answer
    ## Notes

A file may have front matter alone (words.md, glossary.md).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from recsys.charts.style import format_number

FOLDER = Path(__file__).parent / "lessons"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def decimals(step: float) -> int:
    """How many decimals the multiples of a step have: 0 for 1, 1 for 0.5, 2 for 0.05."""
    return max(0, math.ceil(-math.log10(step) - 1e-9))


def number_text(value: float, digits: int) -> str:
    """A number with three significant digits (whole ones exact) and at least `digits` decimals: `0.70`, `0.0412`."""
    number = f"{value:,.0f}".replace("-", "−") if float(value).is_integer() else format_number(value)
    whole, _, part = number.partition(".")
    if "·" in part:  # a power of ten
        return number
    part = part.rstrip("0").ljust(digits, "0")
    return f"{whole}.{part}" if part else whole


@dataclass(frozen=True)
class Question:
    """A question that is answered with a number.

    Attributes:
        text: the question.
        unit: after the number; "%" means that the measured value is a share of 0 to 1.
        low, high, step: of the slider.
    """

    text: str
    unit: str
    low: float
    high: float
    step: float

    def shown(self, value: float) -> str:
        """A prediction or a measured value with its unit."""
        number = number_text(value, decimals(self.step))
        return f"{number}%" if self.unit == "%" else f"{number} {self.unit}".strip()


@dataclass(frozen=True)
class Check:
    """A question with options, asked in a class before and after the lesson. `right` is an index."""

    text: str
    options: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Lesson:
    """One lesson in one language.

    Attributes:
        key: in links, and the name of its figure.
        paragraphs: Markdown, one for each step of the presenter.
        answer, notes: Markdown; the answer has places for values.
        words: of the figure.
    """

    key: str
    title: str
    control: str
    question: Question
    check: Check
    paragraphs: tuple[str, ...]
    answer: str
    notes: str
    words: Mapping[str, str]


@cache
def lessons(lang: str) -> Mapping[str, Lesson]:
    """The lessons in their order, by key."""
    found = [_lesson(*read(file)) for file in sorted((FOLDER / lang).glob("[0-9]_*.md"))]
    return {lesson.key: lesson for lesson in found}


@cache
def words(lang: str) -> Mapping[str, str]:
    """The words of the page in a language."""
    return read(FOLDER / lang / "words.md")[0]


def fill(text: str, /, **values: object) -> str:
    """The text with its places filled: {name} becomes the value; other braces (formulas) stay.

    Values from data must be escaped by the caller where the result is shown as Markdown.
    """
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]) if found[1] in values else found[0], text)


def placeholders(text: str) -> set[str]:
    """The names of the places in a text."""
    return set(_PLACEHOLDER.findall(text))


@cache
def read(file: Path) -> tuple[Mapping[str, str], str]:
    """Front matter (key -> text) and body of a file.

    Raises:
        ValueError: the file has no front matter, or a line of it no key.
    """
    text = file.read_text("utf-8")
    if not text.startswith("---\n") or "\n---\n" not in text:
        raise ValueError(f"{file.name} has no front matter")
    head, body = text.removeprefix("---\n").split("\n---\n", 1)
    entries = {}
    for line in filter(str.strip, head.splitlines()):
        key, colon, value = line.partition(": ")
        if not colon:
            raise ValueError(f"{file.name}: no key in {line!r}")
        entries[key.strip()] = value.rstrip() if key.startswith("word.") else value.strip()
    return entries, body.strip()


def _lesson(head: Mapping[str, str], body: str) -> Lesson:
    text, _, rest = body.partition("\n## Answer\n")
    answer, _, notes = rest.partition("\n## Notes\n")
    question = Question(head["question"], head["unit"], *(float(head[name]) for name in ("low", "high", "step")))
    options = tuple(option.strip() for option in head["check_options"].split("|"))
    return Lesson(
        key=head["figure"],
        title=head["title"],
        control=head["control"],
        question=question,
        check=Check(head["check"], options, int(head["check_right"]) - 1),
        paragraphs=tuple(part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()),
        answer=answer.strip(),
        notes=notes.strip(),
        words={key.removeprefix("word."): value for key, value in head.items() if key.startswith("word.")},
    )

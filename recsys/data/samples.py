"""The samples: each of the four scenarios alone and all together, loaded as an upload is, in English or Chinese.

Both languages have the same ids, interactions and planted properties. Titles, descriptions, tags and the user table
differ, so that their datasets have different fingerprints, as everything that is computed from texts differs too.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.errors import ArtifactError, UnknownIdError
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.data.cleaning import CleaningPlan
    from recsys.data.loading import Loaded

LANGUAGES = ("en", "zh")
"""The languages of the samples' texts: English, and Chinese in simplified characters."""
SAMPLE_NAME = Message("{title} (sample)")
FOLDER = Path(__file__).resolve().parents[2] / "sample_data"


@dataclass(frozen=True)
class Sample:
    """The description of a sample.

    Attributes:
        name: what `load_sample` takes: "all" or a scenario.
        title: its shown name.
        content: what its items are.
        to_find: which planted patterns can be found in it.
        rows: rows in the file, before cleaning.
        chinese: its name in Chinese.
    """

    name: str
    title: Message
    content: Message
    to_find: Message
    rows: int
    chinese: str

    def dataset_name(self, language: str = "en") -> str:
        """The name of the loaded dataset."""
        return f"{self.chinese}（示例）" if language == "zh" else Message(SAMPLE_NAME, title=self.title)


SAMPLES = (
    Sample(
        "all",
        Message("Four scenarios"),
        Message("The same users in all four scenarios."),
        Message(
            "Twelve interests behind all four; 30% of the users change theirs half-way; 20% are cold in one scenario."
        ),
        84_971,
        "四个场景",
    ),
    Sample(
        "social",
        Message("Social media"),
        Message("Groups, threads and challenges."),
        Message("Groups come before their threads; likes within one second have no known order."),
        20_796,
        "社交媒体",
    ),
    Sample(
        "shop",
        Message("Shop"),
        Message("Equipment and accessories."),
        Message("The main product first, then accessories, then care; six themes in each of twelve interests."),
        21_255,
        "购物",
    ),
    Sample(
        "courses",
        Message("Online courses"),
        Message("Courses in parts, workshops, masterclasses."),
        Message("Part 1 before 2 before 3: sequence models must beat popularity."),
        20_539,
        "在线课程",
    ),
    Sample(
        "entertainment",
        Message("Entertainment"),
        Message("Shows, films and podcasts."),
        Message("Episodes in order, late releases with few rows, and users over 65 who watch the most."),
        22_381,
        "娱乐",
    ),
)


def sample_of(name: str) -> Sample:
    """The description of a sample. Raises UnknownIdError."""
    for sample in SAMPLES:
        if sample.name == name:
            return sample
    rule = Message("must be one of {names}", names=", ".join(one.name for one in SAMPLES))
    raise UnknownIdError("the sample", rule, name)


def load_sample(name: str = "all", language: str = "en") -> Loaded:
    """Loads a sample with `recsys.data.load` and `sample_plan`.

    Args:
        name: "all", "social", "shop", "courses" or "entertainment".
        language: of titles, descriptions, tags and user table: "en" or "zh".

    Returns:
        The dataset with its cleaning report, as `load` returns it.

    Raises:
        UnknownIdError: there is no such sample, or language.
        ArtifactError, InputError: its files are missing or damaged.
    """
    from recsys.data.loading import load

    rows, items, users = sample_files(name, language)
    return load(rows, name=sample_of(name).dataset_name(language), items=items, users=users, plan=sample_plan())


def sample_plan() -> CleaningPlan:
    """The default rules and a maximum of 500 rows per user, which only the planted bot exceeds, in every scenario."""
    from recsys.data.cleaning import CleaningPlan

    return CleaningPlan(max_user_interactions=500)


def sample_files(name: str, language: str = "en") -> tuple[bytes, bytes, bytes]:
    """Interactions, items and users of a sample as CSV. Raises UnknownIdError, ArtifactError."""
    sample_of(name)
    items, users = _tables(language)
    rows = gzip.decompress(_read("interactions.csv.gz"))
    if name == "all":
        return rows, items, users
    return _only(rows, name), _only(items, name), users


def _tables(language: str) -> tuple[bytes, bytes]:
    """The item table and the user table as CSV."""
    if language not in LANGUAGES:
        rule = Message("must be one of {names}", names=", ".join(LANGUAGES))
        raise UnknownIdError("the language of the sample", rule, language)
    if language == "en":
        return _read("items.csv"), _read("people.csv")
    items, users = (gzip.decompress(_read(f"{language}/{table}.csv.gz")) for table in ("items", "people"))
    return items, users


@cache
def sample_words(language: str) -> Mapping[str, str]:
    """The texts of the sample in English -> the same in another language: titles, descriptions, tags, user columns and
    their values; not the names of the scenarios, which are the same in every language.

    Raises UnknownIdError, ArtifactError.
    """
    words: dict[str, str] = {}
    for english, other in zip(_tables("en"), _tables(language), strict=True):
        for row, same_row in zip(_cells(english), _cells(other), strict=True):
            for cell, same in zip(row, same_row, strict=True):
                words |= zip(cell.split("|"), same.split("|"), strict=True)  # the tags of an item; other cells whole
    return {word: words[word] for word in words.keys() - {one.name for one in SAMPLES} if words[word] != word}


def in_language(value: Any, language: str) -> Any:
    """A JSON value that holds texts of the sample, such as the figures of its run, with these in another language.

    Texts are replaced as a whole; of a list such as "hiking, cooking" every part.
    """
    if language == "en":
        return value
    words = sample_words(language)
    if isinstance(value, str):
        parts = value.split(", ")
        return words.get(value) or ("、".join(words[part] for part in parts) if words.keys() >= set(parts) else value)
    if isinstance(value, Mapping):
        return {name: in_language(one, language) for name, one in value.items()}
    return [in_language(one, language) for one in value] if isinstance(value, list | tuple) else value


def _cells(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode(), newline="")))


def _only(table: bytes, scenario: str) -> bytes:
    """The header and the rows of one scenario."""
    lines: Iterable[Sequence[str]] = csv.reader(io.StringIO(table.decode(), newline=""))
    header, *rows = lines
    at = header.index("scenario")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows(row for row in [header, *rows] if row is header or row[at] == scenario)
    return out.getvalue().encode()


def _read(name: str) -> bytes:
    try:
        return (FOLDER / name).read_bytes()
    except OSError as error:
        fix = Message("Write it again: python -m sample_data.build")
        raise ArtifactError(Message("sample_data/{file}", file=name), "can't be read", error.strerror, fix) from error

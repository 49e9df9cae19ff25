"""The samples: each of the four scenarios alone and all together, through the same door as an upload."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recsys.errors import ArtifactError, UnknownIdError

if TYPE_CHECKING:
    from recsys.data.cleaning import CleaningPlan
    from recsys.data.loading import Loaded

FOLDER = Path(__file__).resolve().parents[2] / "sample_data"


@dataclass(frozen=True)
class Sample:
    """A sample and its card.

    Attributes:
        name: what `load_sample` takes: "all" or a scenario.
        title: its shown name. line: what people do in it. planted: what is hidden in it to be found.
        rows: rows in the file, dirt included.
    """

    name: str
    title: str
    line: str
    planted: str
    rows: int


SAMPLES = (
    Sample(
        "all",
        "Four scenarios",
        "One community in everything it does.",
        "Twelve interests behind all four; they drift half-way for 3 in 10 people; 1 in 5 is nearly new somewhere.",
        84_971,
    ),
    Sample(
        "social",
        "Social media",
        "Groups, threads and challenges.",
        "A group comes before its threads; likes in a row share a second, so their order is not known.",
        20_796,
    ),
    Sample(
        "shop",
        "Shop",
        "Gear and what goes with it.",
        "The main thing first, then what goes with it, then care; six themes in each of twelve interests.",
        21_255,
    ),
    Sample(
        "courses",
        "Online courses",
        "Courses in parts, workshops, masterclasses.",
        "Part 1 before 2 before 3: a model of order must beat one that only counts.",
        20_539,
    ),
    Sample(
        "entertainment",
        "Entertainment",
        "Shows, films and podcasts.",
        "Episodes in order, late releases with few rows, and people over 65 who watch the most.",
        22_381,
    ),
)


def sample_card(name: str) -> Sample:
    """The card of a sample. Raises UnknownIdError."""
    for sample in SAMPLES:
        if sample.name == name:
            return sample
    raise UnknownIdError("the sample", f"must be one of {', '.join(one.name for one in SAMPLES)}", name)


def load_sample(name: str = "all") -> Loaded:
    """Loads a sample through `recsys.data.load`, with the plan that finds its planted dirt.

    Args:
        name: "all", "social", "shop", "courses" or "entertainment".

    Raises:
        UnknownIdError: there is no such sample. ArtifactError or InputError: its files are missing or damaged.
    """
    from recsys.data.loading import load

    rows, items, people = sample_files(name)
    return load(rows, name=f"{sample_card(name).title} (sample)", items=items, users=people, plan=sample_plan())


def sample_plan() -> CleaningPlan:
    """The default rules, and one more: the bot has over 500 rows in every scenario, and no person has."""
    from recsys.data.cleaning import CleaningPlan

    return CleaningPlan(max_user_interactions=500)


def sample_files(name: str) -> tuple[bytes, bytes, bytes]:
    """Interactions, items and people of a sample as CSV. Raises UnknownIdError, ArtifactError."""
    sample_card(name)
    rows = gzip.decompress(_read("interactions.csv.gz"))
    items, people = _read("items.csv"), _read("people.csv")
    if name == "all":
        return rows, items, people
    return _only(rows, name), _only(items, name), people


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
        raise ArtifactError(
            f"sample_data/{name}",
            "can't be read",
            error.strerror,
            "Make it again: python -m sample_data.build.community",
        ) from error

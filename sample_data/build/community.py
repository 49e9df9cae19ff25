"""The sample community: 1,500 made-up people in four scenarios, with the truth behind them known.

    python -m sample_data.build.community            writes the files of sample_data/ again, to the same content

Twelve interests stand behind social media, a shop, online courses and entertainment. Nothing is taken from anywhere:
names, titles and habits are composed by the modules `word_bank`, `phrases`, `items` and `users` beside this one.
The dirt is planted as well (repeated rows, missing ids, broken and impossible times, a bot), and the truth file says
which row is which.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from recsys.errors import InputError
from sample_data.build.items import SampleItem, sample_items
from sample_data.build.users import DAY, END, HALFWAY, START, Person, Shelves, sample_people, walk

FOLDER = Path(__file__).resolve().parents[1]
COLUMNS = ("user_id", "item_id", "timestamp", "scenario")
BOT = "feedreader-9999"
BOT_ROWS = 2_400
DIRT = {"missing_user": 45, "missing_item": 35, "broken_time": 30, "impossible_time": 12, "duplicate": 260}
"""Rows of each kind of dirt, besides the bot's, for 1,500 people."""

Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class SyntheticCommunity:
    """The community as it is written to files.

    Attributes:
        rows: the interactions, in file order: user_id, item_id, timestamp (unix seconds), scenario; dirt included.
        items, people: the two tables beside them, with their planted truth.
        dirty: kind of dirt -> 1-based numbers of the data rows, the bot's under "bot".
    """

    rows: tuple[Row, ...]
    items: tuple[SampleItem, ...]
    people: tuple[Person, ...]
    dirty: Mapping[str, tuple[int, ...]]

    def truth(self) -> dict[str, Any]:
        """The planted truth as JSON-able values: people, items, dirty rows, the moment of drift."""
        return {
            "halfway": HALFWAY,
            "bot": BOT,
            "dirty_rows": {kind: list(rows) for kind, rows in self.dirty.items()},
            "people": {person.user_id: _person_truth(person) for person in self.people},
            "items": {
                item.item_id: {
                    "interest": item.interest,
                    "theme": item.theme,
                    "series": item.series,
                    "part": item.part,
                }
                for item in self.items
            },
        }

    def files(self) -> dict[str, bytes]:
        """File name -> content, the same bytes for the same community."""
        blank = Random(11)
        items = []
        for item in self.items:
            text = "" if blank.random() < 0.03 else item.text
            tags = "" if blank.random() < 0.02 else "|".join(item.tags)
            items.append((item.item_id, item.title, text, tags, item.scenario))
        people = [
            (p.user_id, "" if blank.random() < 0.03 else p.age_band, "" if blank.random() < 0.02 else p.region)
            for p in self.people
        ]
        truth = json.dumps(self.truth(), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return {
            "interactions.csv.gz": _gzip(_csv(COLUMNS, self.rows)),
            "items.csv": _csv(("item_id", "title", "description", "tags", "scenario"), items),
            "people.csv": _csv(("user_id", "age_band", "region"), people),
            "truth.json.gz": _gzip(truth.encode()),
        }


def community(seed: int = 7, people: int = 1500) -> SyntheticCommunity:
    """Makes the community; the same seed and number give the same one.

    Args:
        seed: any integer.
        people: 10 … 20,000; the dirt grows with it.

    Raises:
        InputError: `people` is out of range.
    """
    if not 10 <= people <= 20_000:
        raise InputError("people", "must be between 10 and 20,000", people)
    random = Random(seed)
    items = sample_items(random)
    persons = sample_people(random, people)
    shelves = Shelves(random, items)
    log = [(time, person.user_id, item) for person in persons for time, item in walk(random, person, shelves)]
    share = people / 1500
    log += _bot(random, items, round(BOT_ROWS * share))
    log.sort(key=lambda row: row[0])  # stable: rows of one second stay in the order they were made in
    clean = [(user, item.item_id, str(time), item.scenario) for time, user, item in log]
    rows, dirty = _with_dirt(random, clean, share)
    return SyntheticCommunity(rows, items, persons, dirty)


def _bot(random: Random, items: Sequence[SampleItem], rows: int) -> list[tuple[int, str, SampleItem]]:
    """A collector that asks for everything, one item every five seconds through one night."""
    start = START + 500 * DAY + 2 * 3600
    return [(start + 5 * n, BOT, random.choice(items)) for n in range(rows)]


def _with_dirt(
    random: Random, clean: Sequence[Row], share: float
) -> tuple[tuple[Row, ...], dict[str, tuple[int, ...]]]:
    """The rows with dirt among them, and the numbers of the dirty ones."""
    people = [n for n, row in enumerate(clean) if row[0] != BOT]
    kinds = [kind for kind, count in DIRT.items() for _ in range(max(1, round(count * share)))]
    chosen = dict(zip(random.sample(people, len(kinds)), kinds, strict=True))
    rows: list[Row] = []
    dirty: dict[str, list[int]] = {kind: [] for kind in (*DIRT, "bot")}
    for number, (user, item, time, scenario) in enumerate(clean):
        kind = chosen.get(number, "bot" if user == BOT else "")
        rows.append(
            (
                "" if kind == "missing_user" else user,
                "" if kind == "missing_item" else item,
                _spoiled(random, kind, time),
                scenario,
            )
        )
        if kind == "duplicate":
            rows.append(rows[-1])
        if kind:
            dirty[kind].append(len(rows))
    return tuple(rows), {kind: tuple(numbers) for kind, numbers in dirty.items()}


def _spoiled(random: Random, kind: str, time: str) -> str:
    if kind == "broken_time":
        return random.choice(("n/a", "yesterday", "not recorded", "##:##"))
    if kind == "impossible_time":
        return str(random.choice((4_102_444_800, 7_258_118_400)) + random.randrange(DAY))  # the years 2100 and 2200
    return time


def _person_truth(person: Person) -> dict[str, Any]:
    return {
        "before": dict(person.before),
        "after": dict(person.after),
        "drifts": person.drifts,
        "cold": person.cold,
        "favourites": {name: list(themes)[:2] for name, themes in person.favourites.items()},
    }


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the files of sample_data/."""
    parser = argparse.ArgumentParser(prog="python -m sample_data.build.community", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to")
    chosen = parser.parse_args(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name, content in community().files().items():
        (chosen.out / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")
    print(f"{(END - START) // DAY} days, seed 7")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

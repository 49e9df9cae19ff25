"""The sample: 1,500 synthetic users in four scenarios, with known interests.

Twelve interests generate the interactions in social media, a shop, online courses and entertainment. All names, titles
and habits are made by the modules `word_bank`, `phrases`, `items` and `users`; nothing comes from real data. Invalid
rows are planted too (repeated rows, missing ids, unreadable and impossible times, a bot); the truth file lists them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from recsys.errors import InputError
from sample_data.build.items import PHRASES, SampleItem, sample_items
from sample_data.build.phrases import ENGLISH
from sample_data.build.users import DAY, HALFWAY, START, ItemIndex, SampleUser, sample_users, simulate
from sample_data.build.word_bank import interests

COLUMNS = ("user_id", "item_id", "timestamp", "scenario")
USER_COLUMNS = ("user_id", *ENGLISH.user_columns)
"""The last two let a class compare the model with what was planted; no model reads the user table."""
BOT = "feedreader-9999"
BOT_ROWS = 2_400
INVALID_ROWS = {"missing_user": 45, "missing_item": 35, "broken_time": 30, "impossible_time": 12, "duplicate": 260}
"""Kind of invalid row -> how many for 1,500 users, without the bot's."""

Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class SampleCommunity:
    """The content of the sample files.

    Attributes:
        rows: interactions in file order: user_id, item_id, timestamp (unix seconds), scenario; with invalid rows.
        items, users: with their planted properties.
        chinese: the same items with titles, descriptions and tags in Chinese.
        invalid: kind of invalid row -> numbers of the data rows from 1, the bot's under "bot".
    """

    rows: tuple[Row, ...]
    items: tuple[SampleItem, ...]
    chinese: tuple[SampleItem, ...]
    users: tuple[SampleUser, ...]
    invalid: Mapping[str, tuple[int, ...]]

    def truth(self) -> dict[str, Any]:
        """What was planted, as JSON-able values: users, items, invalid rows, the moment of drift."""
        return {
            "halfway": HALFWAY,
            "bot": BOT,
            "dirty_rows": {kind: list(rows) for kind, rows in self.invalid.items()},
            "people": {user.user_id: _truth_of(user) for user in self.users},
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
        truth = json.dumps(self.truth(), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return {
            "interactions.csv.gz": _gzip(_csv(COLUMNS, self.rows)),
            **self._tables(self.items, "en"),
            **{f"zh/{name}.gz": _gzip(table) for name, table in self._tables(self.chinese, "zh").items()},
            "truth.json.gz": _gzip(truth.encode()),
        }

    def _tables(self, items: Sequence[SampleItem], language: str) -> dict[str, bytes]:
        """The item table and the user table in one language; the same cells are blank in each."""
        blank, phrases = Random(11), PHRASES[language]
        shown = {en.name: one.name for en, one in zip(interests(), interests(language), strict=True)}
        rows = []
        for item in items:
            text = "" if blank.random() < 0.03 else item.text
            tags = "" if blank.random() < 0.02 else "|".join(item.tags)
            rows.append((item.item_id, item.title, text, tags, item.scenario))
        users = [
            (
                u.user_id,
                "" if blank.random() < 0.03 else u.age_band,
                "" if blank.random() < 0.02 else phrases.regions[u.region],
                shown[u.main_interest],
                shown[u.earlier_interest],
            )
            for u in self.users
        ]
        return {
            "items.csv": _csv(("item_id", "title", "description", "tags", "scenario"), rows),
            "people.csv": _csv(("user_id", *phrases.user_columns), users),
        }


def build_community(seed: int = 7, n_users: int = 1500) -> SampleCommunity:
    """Generates the sample; the same seed and number of users give the same content.

    Args:
        seed: any integer.
        n_users: 10 … 20,000; the number of invalid rows is proportional to it.

    Raises:
        InputError: `n_users` is out of range.
    """
    if not 10 <= n_users <= 20_000:
        raise InputError("n_users", "must be between 10 and 20,000", n_users, "Use 1500 for the sample.")
    random = Random(seed)
    items, chinese = sample_items(random), sample_items(Random(seed), "zh")
    users = sample_users(random, n_users)
    index = ItemIndex(random, items)
    log = [(time, user.user_id, item) for user in users for time, item in simulate(random, user, index)]
    share = n_users / 1500
    log += _bot(random, items, round(BOT_ROWS * share))
    log.sort(key=lambda row: row[0])  # stable: rows of one second keep their order
    valid = [(user, item.item_id, str(time), item.scenario) for time, user, item in log]
    rows, invalid = _with_invalid_rows(random, valid, share)
    return SampleCommunity(rows, items, chinese, users, invalid)


def _bot(random: Random, items: Sequence[SampleItem], rows: int) -> list[tuple[int, str, SampleItem]]:
    """The rows of a bot: a random item every five seconds during one night."""
    start = START + 500 * DAY + 2 * 3600
    return [(start + 5 * n, BOT, random.choice(items)) for n in range(rows)]


def _with_invalid_rows(
    random: Random, valid: Sequence[Row], share: float
) -> tuple[tuple[Row, ...], dict[str, tuple[int, ...]]]:
    """The rows, some of them made invalid, and the numbers of these by kind."""
    of_users = [n for n, row in enumerate(valid) if row[0] != BOT]
    kinds = [kind for kind, count in INVALID_ROWS.items() for _ in range(max(1, round(count * share)))]
    chosen = dict(zip(random.sample(of_users, len(kinds)), kinds, strict=True))
    rows: list[Row] = []
    invalid: dict[str, list[int]] = {kind: [] for kind in (*INVALID_ROWS, "bot")}
    for number, (user, item, time, scenario) in enumerate(valid):
        kind = chosen.get(number, "bot" if user == BOT else "")
        user_id, item_id = "" if kind == "missing_user" else user, "" if kind == "missing_item" else item
        rows.append((user_id, item_id, _time(random, kind, time), scenario))
        if kind == "duplicate":
            rows.append(rows[-1])
        if kind:
            invalid[kind].append(len(rows))
    return tuple(rows), {kind: tuple(numbers) for kind, numbers in invalid.items()}


def _time(random: Random, kind: str, time: str) -> str:
    """The time of a row of this kind."""
    if kind == "broken_time":
        return random.choice(("n/a", "yesterday", "not recorded", "##:##"))
    if kind == "impossible_time":
        return str(random.choice((4_102_444_800, 7_258_118_400)) + random.randrange(DAY))  # the years 2100 and 2200
    return time


def _truth_of(user: SampleUser) -> dict[str, Any]:
    return {
        "before": dict(user.before),
        "after": dict(user.after),
        "drifts": user.drifts,
        "cold": user.cold,
        "favourites": {name: list(themes)[:2] for name, themes in user.favourites.items()},
    }


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)

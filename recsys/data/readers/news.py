"""MIND news: `behaviors.tsv` and `news.tsv`, which have no header.

A line of behaviors is an impression: its number, the user, the time, the ids that the user had clicked before, and the
ids that were shown, each with -1 (clicked) or -0. Interactions are the clicks: those of the history, once per user,
which have no times and are put before all others, and the clicked ones of each impression.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pyarrow as pa

from recsys.data.readers.archives import InputFile
from recsys.data.readers.encodings import decode
from recsys.data.readers.probes import FileStart, Probe, probe_of_table
from recsys.data.readers.tables import MAX_SHOWN_ROWS, Table, UnreadableRows
from recsys.errors import InputError
from recsys.wording import Message

_TIME = "%m/%d/%Y %I:%M:%S %p"
_BEHAVIOR = re.compile(r"^\w+\t\w+\t\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AP]M\t[\w ]*\t[\w -]*$")
_NEWS = re.compile(r"^N\d+\t[^\t]*\t[^\t]*\t[^\t]+\t[^\t]*\t[^\t]*\t\[.*\]\t\[.*\]$")
_NEWS_COLUMNS = ("item_id", "category", "tags", "title", "text", "url", "title_entities", "text_entities")
_NEWS_ROLES = {"item_id": "item_id", "title": "title", "text": "text", "tags": "tags"}
_ROLES = {name: name for name in ("user_id", "item_id", "timestamp")}


def is_news(start: FileStart) -> bool:
    """Whether the first line is one of either file."""
    first = start.lines.partition("\n")[0]
    return start.delimiter is None and bool(_BEHAVIOR.match(first) or _NEWS.match(first))


def probe_news(file: InputFile, start: FileStart) -> list[Probe]:
    """The clicks (user_id, item_id, timestamp in unix seconds), or the table of the news."""
    lines = decode(file.read(), start.encoding, file.name).splitlines()
    behaviors = _BEHAVIOR.match(lines[0].lstrip("\ufeff")) is not None
    rows = [(number, line.lstrip("\ufeff").split("\t")) for number, line in enumerate(lines, 1) if line.strip()]
    width = 5 if behaviors else len(_NEWS_COLUMNS)
    wrong = [(number, "\t".join(cells)) for number, cells in rows if len(cells) != width]
    if len(wrong) * 2 > len(rows):
        fix = Message("Give the files as they are published.")
        raise InputError(file.name, Message("must have {n} columns in most rows", n=width), wrong[0][1], fix)
    unreadable = UnreadableRows(len(wrong), texts=tuple(text[:1000] for _, text in wrong[:MAX_SHOWN_ROWS]))
    good = [cells for _, cells in rows if len(cells) == width]
    data = _clicks(good) if behaviors else pa.table([pa.array(c) for c in zip(*good, strict=True)], list(_NEWS_COLUMNS))
    roles = _ROLES if behaviors else _NEWS_ROLES
    table = Table(file.name, "mind-news", data, False, 1, start.encoding, unreadable, roles, repeats_are_events=True)
    return [probe_of_table(file, table)]


def _clicks(rows: list[list[str]]) -> pa.Table:
    users: list[str] = []
    items: list[str] = []
    times: list[int | None] = []
    before: dict[str, str] = {}
    timed = [(_seconds(time), user, history, shown) for _, user, time, history, shown in rows]
    for _, user, history, _ in timed:
        before.setdefault(user, history)
    first = min((seconds for seconds, _, _, _ in timed), default=0)
    for user, history in before.items():
        clicked = history.split()
        users += [user] * len(clicked)
        items += clicked
        times += range(first - len(clicked), first)
    for seconds, user, _, shown in sorted(timed, key=lambda row: row[0]):
        clicked = [one.rpartition("-")[0] for one in shown.split() if one.endswith("-1")]
        users += [user] * len(clicked)
        items += clicked
        times += [seconds] * len(clicked)
    columns = {"user_id": pa.array(users).dictionary_encode(), "item_id": pa.array(items).dictionary_encode()}
    return pa.table(columns | {"timestamp": pa.array(times, pa.int64())})


def _seconds(text: str) -> int:
    try:
        return int(datetime.strptime(text, _TIME).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return 0

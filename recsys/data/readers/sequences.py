"""Sequence text: one line per user, `user item item …`, oldest first."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from recsys.data.readers.archives import InputFile
from recsys.data.readers.encodings import decode
from recsys.data.readers.probes import FileStart, Probe, probe_of_table
from recsys.data.readers.tables import Table

_MIN_WORDS = 8  # with equally many whole numbers in each line: fewer may be the columns of a table


def is_sequences(start: FileStart) -> bool:
    """Whether lines hold words between blanks or tabs, with another number of words in each line."""
    lines = [line for line in start.lines.split("\n") if line.strip()][:200]
    if start.delimiter is not None or len(lines) < 2:
        return False
    if any(sign in line for line in lines for sign in (",", ";", "|", "::", '"')):
        return False
    rows = [line.split() for line in lines]
    if sum(len(row) >= 2 for row in rows) < 0.5 * len(rows):
        return False
    words = [word for row in rows for word in row]
    lengths = [len(row) for row in rows]
    whole_numbers = sum(word.isdigit() for word in words) >= 0.95 * len(words)
    if len(set(lengths)) == 1:
        return whole_numbers and lengths[0] >= _MIN_WORDS
    if max(lengths.count(length) for length in set(lengths)) >= 0.9 * len(rows):
        return False  # a table with a few damaged rows
    tabs = sum("\t" in line for line in lines) >= 0.5 * len(lines)
    unique_users = len({row[0] for row in rows}) == len(rows)
    ids = unique_users and max(map(len, words)) <= 40 and any(c.isdigit() for word in words for c in word)
    return whole_numbers or (ids and not tabs)


def probe_sequences(file: InputFile, start: FileStart) -> list[Probe]:
    """The table (user_id, item_id) with one row per item, in the order of the file."""
    users: list[str] = []
    lengths: list[int] = []
    items: list[str] = []
    for line in decode(file.read(), start.encoding, file.name).splitlines():
        if words := line.split():
            users.append(words[0])
            lengths.append(len(words) - 1)
            items += words[1:]
    repeated = pa.array(users).take(pa.array(np.repeat(np.arange(len(users)), lengths)))
    data = pa.table({"user_id": repeated.dictionary_encode(), "item_id": pa.array(items, pa.string())})
    roles = {"user_id": "user_id", "item_id": "item_id"}
    table = Table(file.name, "sequence", data, False, 1, start.encoding, roles=roles, repeats_are_events=True)
    return [probe_of_table(file, table)]

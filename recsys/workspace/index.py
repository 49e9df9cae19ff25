"""The index: which space holds which entry, in one SQLite file. It is made from the folders and can be made again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from recsys.errors import ArtifactError
from recsys.workspace.entries import KINDS, Entry, read_entry

_SCHEMA = """
    create table if not exists entry (
        id text primary key, space text not null, kind text not null, name text not null,
        created text not null, bytes integer not null
    ) without rowid
"""


class Index:
    """Finds an entry's space by its id without walking everybody's folders. Safe to use from several threads.

    Args:
        root: the workspace's folder; the file is root/index.sqlite. Missing or damaged, it is made anew.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.file = root, root / "index.sqlite"
        fresh = not self.file.is_file()
        try:
            with self._open() as base:
                base.execute(_SCHEMA)
                base.execute("select count(*) from entry")
        except sqlite3.DatabaseError:
            self.file.unlink()
            fresh = True
        if fresh:
            self.rebuild()

    def space_of(self, entry_id: str, kind: str) -> str | None:
        """The space that holds an entry, None when there is no such entry; both are safe to put into a path."""
        with self._open() as base:
            row = base.execute("select space from entry where id = ? and kind = ?", (entry_id, kind)).fetchone()
        if row is not None:
            return str(row[0])
        for folder in (self.root / "spaces").glob(f"*/{kind}/{entry_id}"):  # a server killed before it could note it
            self.put(folder.parent.parent.name, read_entry(folder))
            return folder.parent.parent.name
        return None

    def put(self, space: str, entry: Entry) -> None:
        """Adds or replaces an entry."""
        row = (entry.id, space, entry.kind, entry.name, entry.created, entry.bytes)
        with self._open() as base:
            base.execute("insert or replace into entry values (?, ?, ?, ?, ?, ?)", row)

    def drop(self, entry_id: str) -> None:
        """Forgets an entry."""
        with self._open() as base:
            base.execute("delete from entry where id = ?", (entry_id,))

    def rebuild(self) -> None:
        """Reads every entry.json there is; damaged ones are left out."""
        with self._open() as base:
            base.execute(_SCHEMA)
        for kind in KINDS:
            for folder in (self.root / "spaces").glob(f"*/{kind}/[0-9a-f]*"):
                try:
                    self.put(folder.parent.parent.name, read_entry(folder))
                except ArtifactError:
                    continue  # the space's own list names it

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=10)) as base, base:
            yield base

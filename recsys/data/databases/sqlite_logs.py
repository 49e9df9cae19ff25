"""SQLite files that an application has open: their newest rows are in a log, the `-wal` file, until it is emptied."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recsys.data.cleaning_warnings import UNREAD_LOG
from recsys.errors import InputError
from recsys.wording import Message

MAX_COPIED_BYTES = 8 << 30
ATTEMPTS = 5
CLOCK_STEP = 0.02  # seconds: of the clock that dates files, at most
_LOG_HEADER = 32  # bytes; they change when the log begins anew
_JOURNAL = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"  # how the journal of an unfinished change begins


def unread_log(start: bytes) -> str:
    """A sentence for a SQLite file without its folder that can have rows in a log, by its first bytes; else ""."""
    return UNREAD_LOG if start[18:20] == b"\2\2" and start.startswith(b"SQLite format 3\0") else ""


@contextmanager
def with_its_log(path: Path, name: str) -> Iterator[tuple[Path, bool]]:
    """A SQLite file on disk, in a state in which nothing is changed half, and whether a log is to be read with it.

    Without a log this is the path itself; else a copy of both in a private folder, for this block. Nothing is written
    to the folder of the file, nor is the application that writes it kept waiting.

    Raises:
        InputError: a change is unfinished, the file is changed all the time, or it is too large to be copied.
    """
    path = path.resolve()  # SQLite has its log beside the file that a link names
    log = Path(f"{path}-wal")
    if _start(Path(f"{path}-journal"), len(_JOURNAL)) == _JOURNAL:
        fix = Message("Try again; if its application has crashed, open the file with it once.")
        raise InputError(name, "must not be in the middle of a change", fix=fix)
    if not _start(log):
        yield path, False
        return
    with tempfile.TemporaryDirectory(prefix="database-") as folder:
        _check_size(path, log, name, Path(folder))
        copied = Path(folder, "database")
        for _ in range(ATTEMPTS):
            if _copied(path, log, copied):
                break
        else:
            fix = Message("Save a copy with VACUUM INTO 'copy.db' in its application, and load that.")
            raise InputError(name, "must not be changed while it is copied", fix=fix)
        yield copied, True


def _copied(path: Path, log: Path, copied: Path) -> bool:
    """Copies the file, then its log; returns whether both belong together.

    They do where meanwhile the file was not written (as happens when the log is moved into it) and the log did not
    begin anew: it may have grown, by rows that are then read or not.
    """
    before = _state(path, log)
    time.sleep(CLOCK_STEP)  # so that a later change has a later date
    shutil.copyfile(path, copied)
    try:
        shutil.copyfile(log, f"{copied}-wal")
    except FileNotFoundError:  # its application was closed
        Path(f"{copied}-wal").unlink(missing_ok=True)
    return _state(path, log) == before


def _state(path: Path, log: Path) -> tuple[int, int, int, bytes]:
    file = path.stat()
    return file.st_ino, file.st_size, file.st_mtime_ns, _start(log)


def _start(path: Path, size: int = _LOG_HEADER) -> bytes:
    """The first bytes of a file; b"" where there is none."""
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except FileNotFoundError:
        return b""


def _check_size(path: Path, log: Path, name: str, folder: Path) -> None:
    size = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
    most = min(MAX_COPIED_BYTES, shutil.disk_usage(folder).free * 9 // 10)
    if size > most:
        rule = Message(
            "must be closed by its application, or have at most {megabytes:,} MB to be copied with its log",
            megabytes=most >> 20,
        )
        got = Message("{megabytes:,} MB", megabytes=size >> 20)
        raise InputError(name, rule, got, "Close the application, or let it run PRAGMA wal_checkpoint(TRUNCATE).")

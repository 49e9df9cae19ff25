"""Atomic replacement of folders and files: after a crash at any moment, the old version or the new one is complete.

A folder is written under a temporary name (`.NAME.<random>`), synced to disk, and swapped in by two renames: the old
version to `.NAME.old`, the new one to NAME. A process that is killed between the two leaves the old version as
`.NAME.old`; `recover` renames it back and must be called before a folder is opened. One process at a time may replace a
folder; the threads of one process wait for each other.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recsys.errors import StudioError
from recsys.wording import Message

SWAP_LOCK = threading.RLock()
"""Held during the two renames: its holder sees every folder under its own name."""
_OLD = ".old"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder to write into, which replaces `folder` when the block ends.

    When the block raises, `folder` stays as it was. Missing parent folders are created.

    Raises:
        StudioError: the disk is full, or nothing may be written there.
    """
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    with disk_errors(folder.name):
        make_folder(folder.parent)
        building.mkdir()
        try:
            yield building
            sync_tree(building)
            _swap(building, folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def replace_file(file: Path, content: str | bytes) -> None:
    """Writes a file atomically; text as UTF-8. Raises StudioError where the disk is full or nothing may be written."""
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with disk_errors(file.name):
        make_folder(file.parent)
        try:
            with part.open("wb") as out:
                out.write(content.encode("utf-8") if isinstance(content, str) else content)
                out.flush()
                os.fsync(out.fileno())
            part.replace(file)
            sync_folder(file.parent)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


@contextmanager
def disk_errors(name: str) -> Iterator[None]:
    """Turns an OSError of a full disk, or of a place where nothing may be written, into a StudioError.

    Args:
        name: of what is written.
    """
    try:
        yield
    except OSError as error:
        subject = Message("writing {name}", name=name)
        if error.errno in _FULL or os.strerror(errno.ENOSPC) in str(error):  # shutil.Error has the reasons as text
            rule = Message("needs free space on the disk")
            raise StudioError(
                subject, rule, error.strerror, "Delete something, or let the operator free some space."
            ) from error
        if error.errno in _FORBIDDEN:
            rule = Message("needs a folder that the app may write to")
            fix = Message("Let the operator change the rights of the folder, or choose another one.")
            raise StudioError(subject, rule, error.strerror, fix) from error
        raise


def recover(folder: Path) -> None:
    """Restores the old version of a folder that a killed process had moved away and not yet replaced."""
    with SWAP_LOCK:
        old = _old(folder)
        if old.is_dir() and not folder.exists():
            with suppress(OSError):  # another process has restored it, or has finished replacing it
                old.rename(folder)


def recover_all(parent: Path) -> None:
    """Calls `recover` for every folder in `parent`."""
    for old in parent.glob(f".*{_OLD}"):
        recover(parent / old.name[1 : -len(_OLD)])


def sweep(parent: Path) -> None:
    """Recovers every folder in `parent` and removes the temporary files of killed processes.

    Must only be called while nobody else is writing there, such as at the start of a server.
    """
    recover_all(parent)
    for left in parent.glob(".*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def sync_tree(folder: Path) -> None:
    """Waits until every file and folder below `folder`, and `folder` itself, are on disk."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            with (Path(place) / name).open(
                "rb+" if os.name == "nt" else "rb"
            ) as file:  # Windows syncs no reader's file
                os.fsync(file.fileno())
        sync_folder(Path(place))


def sync_folder(folder: Path) -> None:
    """Waits until the names in a folder are on disk. Windows offers no way to do so."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Creates a folder and its missing parents, and waits until their names are on disk."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{_OLD}")


def _swap(building: Path, folder: Path) -> None:
    old = _old(folder)
    with SWAP_LOCK:
        recover(folder)
        shutil.rmtree(old, ignore_errors=True)  # a process was killed while removing it
        try:
            if folder.exists():
                folder.rename(old)
            building.rename(folder)
            sync_folder(folder.parent)
        finally:
            recover(folder)  # the second rename failed: the old version stays
    shutil.rmtree(old, ignore_errors=True)

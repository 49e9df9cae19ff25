"""Replaced whole or not at all: killed at each line, failing half way, and synced before anything is renamed."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from recsys import files
from recsys.errors import InputError, StudioError
from recsys.files import recover, recover_all, replace_file, replacing, sweep, sync_tree

ROOT = Path(__file__).resolve().parent.parent


def write(folder: Path, version: str) -> None:
    with replacing(folder) as building:
        (building / "deep").mkdir()
        for name in ("one", "deep/two"):
            (building / name).write_text(version)


def version(folder: Path) -> str:
    found = {(folder / name).read_text() for name in ("one", "deep/two")}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(("kind", "every"), [("model", 1), ("entry", 2), ("run", 5)])
def test_killed_at_any_line_the_old_or_the_new_is_whole(tmp_path: Path, kind: str, every: int) -> None:
    command = [sys.executable, "-m", "tests.workspace.replacing", kind, str(tmp_path), str(every)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["kills"] > 50 and 0 < told["new"] < told["kills"]  # both sides of the swap were hit


def test_a_folder_killed_between_the_two_renames_is_put_back(tmp_path: Path) -> None:
    write(tmp_path / "it", "old")
    (tmp_path / "it").rename(tmp_path / ".it.old")
    (tmp_path / ".it.0123abcd").mkdir()  # the new version, whole, but never renamed
    recover(tmp_path / "it")
    assert version(tmp_path / "it") == "old"
    (tmp_path / "it").rename(tmp_path / ".it.old")
    sweep(tmp_path)
    assert version(tmp_path / "it") == "old" and [path.name for path in tmp_path.iterdir()] == ["it"]


def test_what_was_left_while_being_removed_never_comes_back(tmp_path: Path) -> None:
    write(tmp_path / "it", "old")
    shutil.copytree(tmp_path / "it", tmp_path / ".it.old")
    (tmp_path / ".it.old" / "one").unlink()
    recover_all(tmp_path)
    assert version(tmp_path / "it") == "old"
    write(tmp_path / "it", "new")
    assert version(tmp_path / "it") == "new" and [path.name for path in tmp_path.iterdir()] == ["it"]


def test_a_failed_write_or_rename_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "it", "old")
    with pytest.raises(InputError), replacing(tmp_path / "it") as building:
        (building / "one").write_text("half")
        raise InputError("the disk", "is full")
    rename = Path.rename

    def refused(path: Path, target: Path) -> Path:
        if target == tmp_path / "it" and not path.name.endswith(".old"):
            raise OSError("another process has it open")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(OSError, match="open"):
        write(tmp_path / "it", "new")
    assert version(tmp_path / "it") == "old" and [path.name for path in tmp_path.iterdir()] == ["it"]


def test_everything_is_on_disk_before_the_first_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "it", "old")
    happened: list[str] = []
    sync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        inode = os.fstat(handle).st_ino
        happened.append(next(path.name for path in [tmp_path, *tmp_path.rglob("*")] if path.stat().st_ino == inode))
        sync(handle)

    def renamed(path: Path, target: Path) -> Path:
        happened.append("rename")
        return rename(path, target)

    monkeypatch.setattr(files.os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    write(tmp_path / "it", "new")
    first = happened.index("rename")
    assert {"one", "two", "deep"} <= set(happened[:first]) and happened[first - 1].startswith(".it.")
    assert happened[first:] == ["rename", "rename", tmp_path.name]  # the names are on disk before the old is removed


def test_a_file_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "new" / "it.json"
    replace_file(file, "old")

    def fails(handle: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(files.os, "fsync", fails)
    with pytest.raises(OSError, match="space"):
        replace_file(file, "new")
    assert file.read_text() == "old" and list(file.parent.iterdir()) == [file]
    with pytest.raises(OSError, match="space"):
        sync_tree(tmp_path)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "writing saved needs free space on the disk (got No space left on device)"),
        (errno.EROFS, "writing saved needs a folder that the app may write to (got Read-only file system)"),
        (errno.EACCES, "writing saved needs a folder that the app may write to (got Permission denied)"),
    ],
)
def test_a_disk_that_takes_nothing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    def refuses(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    replace_file(tmp_path / "saved", "old")
    monkeypatch.setattr(os, "fsync", refuses)
    with pytest.raises(StudioError, match=re.escape(sentence)):
        replace_file(tmp_path / "saved", "new")
    with pytest.raises(StudioError, match=re.escape(sentence)):
        write(tmp_path / "folder" / "saved", "new")
    monkeypatch.undo()
    assert (tmp_path / "saved").read_text("utf-8") == "old" and not list(tmp_path.rglob(".saved*"))


def test_a_full_disk_while_folders_are_copied_is_named(tmp_path: Path) -> None:
    reasons = [("from", "to", str(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))]
    with pytest.raises(StudioError, match="needs free space"), replacing(tmp_path / "saved"):
        raise shutil.Error(reasons)

"""Uploads are held for a while and up to a size, under keys that nobody can guess."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from ui.data.uploads import Uploads, release


def test_a_value_is_held_until_its_time_is_over() -> None:
    now = [0.0]
    held = Uploads(60, 100, clock=lambda: now[0])
    key = held.hold("file", 10)
    assert len(key) == 32 and held.get(key) == "file" and held.get("0" * 32) is None
    now[0] = 59
    assert held.get(key) == "file"
    now[0] = 118  # 59 s after its last use
    assert held.get(key) == "file"
    now[0] = 179
    assert held.get(key) is None and held.bytes == 0


def test_the_one_unused_for_longest_goes_when_room_is_needed() -> None:
    now = [0.0]
    held = Uploads(60, 100, clock=lambda: now[0])
    keys = []
    for number in range(3):
        now[0] += 1
        keys.append(held.hold(number, 30))
    now[0] += 1
    assert held.get(keys[0]) == 0
    keys.append(held.hold(3, 30))
    assert [held.get(key) for key in keys] == [0, None, 2, 3]
    assert held.get(held.hold("huge", 101)) is None and held.bytes <= 100


def test_let_go_is_at_once() -> None:
    held = Uploads(60, 100)
    key = held.hold("file", 10)
    held.let_go(key)
    held.let_go("unknown")
    assert held.get(key) is None


def test_time_ends_it_also_when_nobody_comes_again() -> None:
    held = Uploads(0.05, 100)
    held.hold("file", 10)
    until = time.monotonic() + 10
    while held.bytes and time.monotonic() < until:
        time.sleep(0.05)
    assert held.bytes == 0


def test_streamlit_forgets_what_was_read_from_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = MemoryUploadedFileManager("/upload")
    files = [UploadedFileRec(name, f"{name}.csv", "text/csv", b"user,item") for name in ("a", "b")]
    for file in files:
        manager.add_file("session", file)
    context = SimpleNamespace(session_id="session", uploaded_file_mgr=manager)
    monkeypatch.setattr("ui.data.uploads.get_script_run_ctx", lambda: context)
    release([UploadedFile(files[0], None)])  # type: ignore[arg-type]
    assert [file.file_id for file in manager.get_files("session", ["a", "b"])] == ["b"]

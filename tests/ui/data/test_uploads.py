"""Uploads stay in memory for a limited time and up to a limited size, under random keys."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from ui.data.uploads import Uploads, release


def test_a_value_is_kept_until_its_time_is_over() -> None:
    now = [0.0]
    memory = Uploads(60, 100, clock=lambda: now[0])
    key = memory.add("file", 10)
    assert len(key) == 32 and memory.get(key) == "file" and memory.get("0" * 32) is None
    now[0] = 59
    assert memory.get(key) == "file"
    now[0] = 118  # 59 s after its last use
    assert memory.get(key) == "file"
    now[0] = 179
    assert memory.get(key) is None and memory.bytes == 0


def test_the_least_recently_used_value_is_removed_first() -> None:
    now = [0.0]
    memory = Uploads(60, 100, clock=lambda: now[0])
    keys = []
    for number in range(3):
        now[0] += 1
        keys.append(memory.add(number, 30))
    now[0] += 1
    assert memory.get(keys[0]) == 0
    keys.append(memory.add(3, 30))
    assert [memory.get(key) for key in keys] == [0, None, 2, 3]


def test_a_value_above_the_limit_removes_no_other_one() -> None:
    memory = Uploads(60, 100)
    others = [memory.add(number, 40) for number in range(2)]
    assert memory.get(memory.add("huge", 101)) is None
    assert [memory.get(key) for key in others] == [0, 1] and memory.bytes == 80


def test_remove_takes_effect_at_once() -> None:
    memory = Uploads(60, 100)
    key = memory.add("file", 10)
    memory.remove(key)
    memory.remove("unknown")
    assert memory.get(key) is None


def test_a_value_is_removed_in_time_without_any_request() -> None:
    memory = Uploads(0.05, 100)
    memory.add("file", 10)
    until = time.monotonic() + 10
    while memory.bytes and time.monotonic() < until:
        time.sleep(0.05)
    assert memory.bytes == 0


def test_clear_removes_all_values_and_ends_the_waiting_thread() -> None:
    before = set(threading.enumerate())
    memory = Uploads(60, 100)
    key = memory.add("file", 10)
    (waiting,) = set(threading.enumerate()) - before
    memory.clear()
    waiting.join(10)
    assert not waiting.is_alive() and memory.get(key) is None
    assert memory.get(memory.add("another", 10)) == "another"
    memory.clear()


def test_release_removes_the_file_from_streamlit(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = MemoryUploadedFileManager("/upload")
    files = [UploadedFileRec(name, f"{name}.csv", "text/csv", b"user,item") for name in ("a", "b")]
    for file in files:
        manager.add_file("session", file)
    context = SimpleNamespace(session_id="session", uploaded_file_mgr=manager)
    monkeypatch.setattr("ui.data.uploads.get_script_run_ctx", lambda: context)
    release([UploadedFile(files[0], None)])  # type: ignore[arg-type]
    assert [file.file_id for file in manager.get_files("session", ["a", "b"])] == ["b"]

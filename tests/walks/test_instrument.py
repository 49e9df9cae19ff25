"""The checks of the random walks: number of jobs, names in the pickers, size of a session."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from recsys.data.dataset import Dataset
from tests.conftest import planted_dataset
from tests.walks.browser_state import Bounds, is_called, unexpected
from tests.walks.page_screen import reachable_objects, size_in_bytes


def line(event: str, job: str) -> str:
    return json.dumps({"time": "2026-01-01T00:00:00", "level": "info", "event": f"job {event}", "job": job}) + "\n"


@pytest.mark.parametrize(("at_once", "seen"), [(2, 0), (3, 1)])
def test_jobs_that_ran_at_once_between_two_looks_are_counted(tmp_path: Path, at_once: int, seen: int) -> None:
    log = tmp_path / "log.txt"
    log.write_text("  a line of Streamlit\n" + line("started", "a"))
    bounds = Bounds(psutil.Process(), log, threads=10**6, megabytes=10**6)
    assert not bounds.problems()
    with log.open("a") as more:  # all of them have ended at the next look
        for job in "bcd"[: at_once - 1]:
            more.write(line("started", job))
        for job in "abcd"[:at_once]:
            more.write(line("ended", job))
        more.write(line("ended", "stopped while it waited") + line("started", "e"))
    assert bounds.problems() == ["the server has 3 jobs"][:seen]
    assert bounds.started == at_once + 1 and bounds.most["jobs"] == at_once
    assert not bounds.problems()


@pytest.mark.parametrize(
    ("shown", "fits"), [("Run (1)", True), ("Run (1) (2)", True), ("Run (2)", False), ("", False), ("Run (1) b", False)]
)
def test_a_picker_shows_the_name_or_the_name_with_a_number(shown: str, fits: bool) -> None:
    assert is_called(shown, "Run (1)") == fits


def test_a_refusal_that_was_accepted_is_accepted_again_and_no_other_one() -> None:
    box = "st-key-studio_error_refused_1: Column must hold times"
    other = "on screen, st-key-studio_error_refused_2: Column must hold ratings"
    found, accepted = unexpected([f"on screen, {box}"], set(), lambda told: "Column" in told)
    assert not found and accepted == {box}
    assert unexpected([f"on screen, {box}", other], accepted, lambda told: False) == ([other], {box})
    drawn_again = f"on screen for a while, {box}"
    assert unexpected([drawn_again], accepted, lambda told: False) == ([], set())
    assert unexpected([drawn_again], set(), lambda told: False) == ([drawn_again], set())


@dataclass
class Holder:
    content: object


def test_the_size_of_a_session_counts_nested_objects_once() -> None:
    rows, table = np.zeros(1_000), pd.DataFrame({"item": ["x" * 500] * 10})
    assert 8_000 < size_in_bytes([rows, {"again": rows}]) < 9_000
    assert 13_000 < size_in_bytes({"held": Holder([Holder(rows), Holder(table)])}) < 15_000
    data = planted_dataset(users=60, items=30, length=9)
    assert size_in_bytes({"pinned": Holder((data,))}) > 5_000
    assert any(isinstance(one, Dataset) for one in reachable_objects({"pinned": Holder((data,))}))

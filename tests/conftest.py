"""Shared fixtures: small planted datasets. No test depends on how fast the machine is."""

from __future__ import annotations

import os
import threading
from pathlib import Path

# Test workers and their servers share the cores: threads that wait for each other take no time from the others.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
# Jobs run in this process, so that a test can look into them. Tests about worker processes say so themselves, and
# those in a browser run the app with its default.
os.environ["STUDIO_JOBS"] = "thread"
# An error that no page caught is told in full: the app would show that there was one.
os.environ["STREAMLIT_CLIENT_SHOW_ERROR_DETAILS"] = "full"

import hypothesis
import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap

# The same examples in every run, so a red build means a change; `pytest --hypothesis-profile=fresh` draws new ones.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("fresh", deadline=None, print_blob=True)
hypothesis.settings.load_profile("repeatable")


LONG = ("walks", "browser", "docs/test_contributing.py", "jobs", "evaluation", "pages", "workspace", "ui", "docs")
"""Folders and files of tests that take long, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: two workers then end at about the same time."""
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(here).as_posix()
        return next((place for place, name in enumerate(LONG) if path.startswith(name)), len(LONG))

    items.sort(key=place)


def pytest_sessionfinish() -> None:
    """Lets jobs that tests have left end: a thread inside torch while Python exits aborts the process."""
    for thread in threading.enumerate():
        if thread.name.startswith("job-"):
            thread.join(30)


def planted_dataset(users: int = 120, items: int = 40, length: int = 14, seed: int = 0) -> Dataset:
    """Two interests: users with an even index take the first half of the items in turn, the others the second half.

    A tenth of the items is random.
    """
    rng = np.random.default_rng(seed)
    half = items // 2
    rows = []
    for user in range(users):
        base = (user % 2) * half
        start = rng.integers(half)
        walk = base + (start + np.arange(length)) % half
        noise = rng.random(length) < 0.1
        walk[noise] = rng.integers(0, items, noise.sum())
        rows.append(walk + 1)
    ids = [f"i{n}" for n in range(1, items + 1)]
    tags = ((), *((("even",) if n <= half else ("odd",)) for n in range(1, items + 1)))
    scenarios = ("", *("left" if n <= half else "right" for n in range(1, items + 1)))
    catalogue = Catalogue(("", *(f"Item {n}" for n in range(1, items + 1))), ("",) * (items + 1), tags, scenarios)
    sequence = np.concatenate(rows).astype(np.int32)
    return Dataset(
        users=IdMap([f"u{n}" for n in range(users)], first=0, subject="user_id"),
        items=IdMap(ids),
        offsets=np.arange(users + 1, dtype=np.int64) * length,
        sequence=sequence,
        timestamps=np.tile(np.arange(length, dtype=np.float64) * 86_400 + 1.6e9, users),
        catalogue=catalogue,
        name="planted",
    )


@pytest.fixture(scope="session")
def planted() -> Dataset:
    return planted_dataset()

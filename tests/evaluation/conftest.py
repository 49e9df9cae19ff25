"""Shared fixtures of the evaluation tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recsys.data.dataset import Dataset
from tests.conftest import planted_dataset


@pytest.fixture(scope="module")
def uneven() -> Dataset:
    """Planted histories that start four days apart, so that a cut in time falls inside some of them only."""
    data = planted_dataset(users=90)
    times = data.timestamps + data.user_of * 4 * 86_400.0  # type: ignore[operator]
    return replace(data, timestamps=times)

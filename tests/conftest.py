"""Shared fixtures: small planted datasets."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap


def planted_dataset(people: int = 120, items: int = 40, length: int = 14, seed: int = 0) -> Dataset:
    """Two tastes: even people walk the first half of the items in a circle, odd people the rest; a tenth is random."""
    rng = np.random.default_rng(seed)
    half = items // 2
    rows = []
    for person in range(people):
        base = (person % 2) * half
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
        users=IdMap([f"u{n}" for n in range(people)], first=0, subject="user_id"),
        items=IdMap(ids),
        offsets=np.arange(people + 1, dtype=np.int64) * length,
        sequence=sequence,
        timestamps=np.tile(np.arange(length, dtype=np.float64) * 86_400 + 1.6e9, people),
        catalogue=catalogue,
        name="planted",
    )


@pytest.fixture(scope="session")
def planted() -> Dataset:
    return planted_dataset()

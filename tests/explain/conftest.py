"""Small trained models: planted walks, the sample, and ml-latest-small where it stands beside the checkout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.models.attention.config import AttentionConfig
from recsys.models.attention.model import AttentionModel
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train
from tests.conftest import planted_dataset

MOVIES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ml-latest-small.zip"


def trained(dataset: Dataset, epochs: int) -> AttentionModel:
    config = AttentionConfig(embedding_size=32, layers=1, heads=2)
    *_, last = train(dataset, config, TrainConfig(epochs=epochs, seed=1))
    return last.model


@pytest.fixture(scope="session")
def walks() -> tuple[AttentionModel, Dataset]:
    """A network that has learned the planted circle."""
    data = leave_one_out(planted_dataset(users=160)).train
    return trained(data, 12), data


@pytest.fixture(
    scope="session", params=[None, *([MOVIES] if MOVIES.exists() else [])], ids=lambda p: p.stem if p else "sample"
)
def real(request: pytest.FixtureRequest) -> tuple[AttentionModel, Dataset]:
    """A network trained for a moment on real-looking data."""
    from recsys.data import load
    from recsys.data.samples import load_sample

    loaded = load_sample("all") if request.param is None else load(request.param)
    rows = loaded.dataset
    keep = np.isin(rows.user_of, np.flatnonzero(rows.lengths <= 120))
    data = leave_one_out(rows.with_rows(keep)).train
    return trained(data, 2), data

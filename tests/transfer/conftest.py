"""A small attention model with a Markov part, its numbers drawn at random: nothing here depends on learning."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from recsys.data.dataset import Dataset
from recsys.models.attention.config import AttentionConfig
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines.markov import Markov


def random_model(dataset: Dataset, markov: bool = True) -> AttentionModel:
    config = AttentionConfig(embedding_size=16, max_length=10, heads=2).fitted(dataset)
    network = AttentionModel.build_network(config)
    network.reset(torch.Generator().manual_seed(1))
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(dataset.n_items + 1, 16)).astype(np.float32)
    vectors[0] = 0
    bias = rng.normal(size=dataset.n_items + 1).astype(np.float32)
    scores = Markov.fit(dataset) if markov else None
    return AttentionModel(config, network, vectors, bias, np.zeros(16, np.float32), scores, 0.8 if markov else 0.0)


@pytest.fixture(scope="session")
def model(planted: Dataset) -> AttentionModel:
    return random_model(planted)


@pytest.fixture(scope="session")
def plain_model(planted: Dataset) -> AttentionModel:
    """Without a Markov part: scores are dot products and a bias."""
    return random_model(planted, markov=False)

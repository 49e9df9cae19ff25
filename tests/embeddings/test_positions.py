"""Where vectors without a point of their own are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.embeddings import neighbours
from recsys.embeddings.positions import positions_on_map


def test_a_vector_is_drawn_near_the_most_similar_rows() -> None:
    vectors = np.array([[1.0, 0.0]] * 20 + [[0.0, 1.0]] * 20)
    points = np.array([[0.0, 0.0]] * 20 + [[5.0, 5.0]] * 20)
    assert positions_on_map(np.array([[0.9, 0.05]]), vectors, points)[0] == pytest.approx([0.0, 0.0])


def test_many_vectors_are_drawn_in_blocks_as_they_are_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    vectors, points, wanted = rng.normal(size=(50, 8)), rng.normal(size=(50, 2)), rng.normal(size=(30, 8))
    together = positions_on_map(wanted, vectors, points)
    monkeypatch.setattr(neighbours, "_CELLS", 700)
    assert positions_on_map(wanted, vectors, points) == pytest.approx(together)
    assert positions_on_map(wanted[7:8], vectors, points)[0] == pytest.approx(together[7])

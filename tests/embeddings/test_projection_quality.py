"""Quality of a projection: equal to scikit-learn's trustworthiness, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.embeddings import measure_quality
from recsys.embeddings import projection_quality as module


def test_a_perfect_projection_and_a_random_one() -> None:
    points = np.random.default_rng(0).normal(size=(120, 2))
    same = measure_quality(points, 3 * points + 1)
    assert (same.trustworthiness, same.continuity, same.preservation) == (1.0, 1.0, 1.0)
    random = measure_quality(points, np.random.default_rng(1).normal(size=(120, 2)))
    assert random.trustworthiness < 0.65 and random.preservation < 0.3


@pytest.mark.parametrize("k", [5, 15])
def test_trustworthiness_is_sklearns_and_continuity_is_the_same_with_the_spaces_exchanged(k: int) -> None:
    from sklearn.manifold import trustworthiness

    rng = np.random.default_rng(2)
    vectors, points = rng.normal(size=(150, 10)), rng.normal(size=(150, 2))
    points[:, 0] = vectors[:, 0]
    ours = measure_quality(vectors, points, neighbours=k)
    assert ours.trustworthiness == pytest.approx(trustworthiness(vectors, points, n_neighbors=k), abs=1e-6)
    assert ours.continuity == pytest.approx(trustworthiness(points, vectors, n_neighbors=k), abs=1e-6)
    assert ours.rows == 150 and ours.neighbours == k


def test_preservation_by_hand() -> None:
    line = np.arange(9.0)[:, None]
    swapped = line.copy()
    swapped[[0, 8]] = swapped[[8, 0]]
    preserved = measure_quality(line, swapped, neighbours=2).preservation
    # rows 0 and 8 lose both neighbours, rows 1 and 7 one each
    assert preserved == pytest.approx((0 + 1 + 2 + 2 + 2 + 2 + 2 + 1 + 0) / 18)


def test_a_sample_agrees_with_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(1200, 6))
    points = vectors[:, :2] + rng.normal(0, 0.2, (1200, 2))
    full = measure_quality(vectors, points)
    monkeypatch.setattr(module, "_EXACT_UP_TO", 400)
    some = measure_quality(vectors, points)
    assert some.rows == 400
    assert some.trustworthiness == pytest.approx(full.trustworthiness, abs=0.02)
    assert some.preservation == pytest.approx(full.preservation, abs=0.03)

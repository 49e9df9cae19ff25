"""The benchmark of the text bridge without shared users: no user is left in two scenarios, no row is lost."""

from __future__ import annotations

from collections import Counter

import numpy as np

from benchmarks.delinked import BRIDGE, POPULARITY, SHUFFLED, delinked, measure, shuffled_titles
from recsys.metrics.accuracy import discounted_gain
from tests.evaluation.study.test_new_items import titled


def test_no_user_is_shared_and_every_row_is_kept_in_its_order() -> None:
    data = titled()
    separate = delinked(data)
    inside = data.catalogue.in_scenario("a")
    assert separate.n_users == 2 * data.n_users and separate.n_interactions == data.n_interactions
    for history in separate.histories():
        assert inside[history].all() or not inside[history].any()
    parts = [tuple(part) for h in data.histories() for part in (h[inside[h]].tolist(), h[~inside[h]].tolist())]
    assert Counter(parts) == Counter(tuple(h.tolist()) for h in separate.histories())


def test_titles_are_shuffled_among_items_and_rows_stay() -> None:
    data = titled()
    other = shuffled_titles(data, 0)
    assert sorted(other.catalogue.titles) == sorted(data.catalogue.titles) and other.catalogue.titles[0] == ""
    assert other.catalogue.titles != data.catalogue.titles
    np.testing.assert_array_equal(other.sequence, data.sequence)
    assert other.catalogue.scenarios == data.catalogue.scenarios


def test_titles_that_tell_the_interest_join_scenarios_without_shared_users() -> None:
    data = titled()
    inside = data.catalogue.in_scenario("b")
    histories = [history[:-1] for history in data.histories()]
    positives = np.array([history[-1] for history in data.histories()])
    rows = data.with_rows(np.arange(data.n_interactions) % 8 != 7)

    def gains(chosen: np.ndarray, scores: object, sources: object) -> np.ndarray:
        found = scores(sources)[:, inside]  # type: ignore[operator]
        right = found[np.arange(len(chosen)), np.searchsorted(np.flatnonzero(inside), positives[chosen])]
        return discounted_gain((found >= right[:, None]).sum(axis=1), 10)

    result = measure(rows, histories, np.ones(len(histories), dtype=int), gains, 0)
    found = result["scenarios"]["b"]
    assert found["users"] == 400 and result["shared_users"] == 0
    for way in (POPULARITY, SHUFFLED):
        assert found["bridge_minus"][way]["low"] > 0.05, way
    assert found["ndcg@10"][BRIDGE]["value"] > 0.3

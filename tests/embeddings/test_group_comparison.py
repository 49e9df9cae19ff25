"""Two groups of users compared: planted differences are found, random groups do not differ, users count once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_ind

from recsys.data.dataset import Dataset
from recsys.embeddings.group_comparison import compare_groups
from recsys.errors import InputError


def test_planted_tags_and_items_are_what_distinguishes_two_groups(planted: Dataset) -> None:
    even, odd = np.arange(0, planted.n_users, 2), np.arange(1, planted.n_users, 2)
    found = compare_groups(even, odd, planted)
    assert found.users == (len(even), len(odd)) and found.shared == 0
    (tag,) = found.typical("tag")
    assert tag.name == "even" and tag.difference.low > 0
    assert tag.difference.value == pytest.approx(tag.first - tag.second)
    assert [one.name for one in found.typical("tag", of_second=True)] == ["odd"]
    titles = planted.catalogue.titles
    of_even = {titles[item] for item in range(1, planted.n_items + 1) if "even" in planted.catalogue.tags[item]}
    items = found.typical("item", top=100)
    assert items and {one.name for one in items} <= of_even
    assert all(one.difference.low > 0 for one in items)


def test_tags_are_compared_by_welchs_test_over_users(planted: Dataset) -> None:
    rng = np.random.default_rng(3)
    users = rng.permutation(planted.n_users)
    one, other = users[:30], users[30:]
    is_even = np.array(["even" in tags for tags in planted.catalogue.tags])
    shares = [[is_even[planted.history(user)].mean() for user in group] for group in (one, other)]
    expected = ttest_ind(*shares, equal_var=False)
    interval = expected.confidence_interval()
    found = next(one for one in compare_groups(one, other, planted).differences if one.name == "even")
    assert (found.first, found.second) == pytest.approx([np.mean(share) for share in shares])
    assert (found.difference.low, found.difference.high) == pytest.approx((interval.low, interval.high))
    assert found.p_holm == pytest.approx(min(1.0, 2 * expected.pvalue))  # "even" and "odd" differ equally


def test_random_groups_differ_in_at_most_one_of_twenty_draws(planted: Dataset) -> None:
    rng, wrong = np.random.default_rng(0), 0
    for _ in range(20):
        users = rng.permutation(planted.n_users)[:80]
        wrong += any(one.significant for one in compare_groups(users[:40], users[40:], planted).differences)
    assert wrong <= 2


def test_a_user_with_a_long_history_counts_once(planted: Dataset) -> None:
    """One odd user repeats its items 200 times; the mean share of the group hardly changes."""
    histories = [planted.history(user) for user in range(planted.n_users)]
    histories[0] = np.tile(histories[1], 200)
    offsets = np.concatenate([[0], np.cumsum([len(history) for history in histories])]).astype(np.int64)
    long = replace(
        planted, sequence=np.concatenate(histories).astype(np.int32), offsets=offsets, timestamps=None, ratings=None
    )
    even, odd = np.arange(0, planted.n_users, 2), np.arange(1, planted.n_users, 2)
    assert compare_groups(even, odd, long).typical("tag")[0].first > 0.8


def test_users_of_both_groups_count_for_the_first_and_small_groups_are_refused(planted: Dataset) -> None:
    found = compare_groups(np.arange(20), np.arange(10, 40), planted)
    assert found.users == (20, 20) and found.shared == 10
    with pytest.raises(InputError, match=r"second group.*at least 5 users that are not in the other.*got 2"):
        compare_groups(np.arange(20), np.arange(18, 22), planted)

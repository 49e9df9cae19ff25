"""Group profiles: shares and lifts by hand, shrinkage for small groups, columns of the user table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys.data.dataset import Dataset
from recsys.embeddings import profile_group
from recsys.errors import InputError


def test_shares_and_lift_by_hand(planted: Dataset) -> None:
    even = profile_group(range(0, 120, 2), planted)
    tags, names = planted.catalogue.tag_matrix
    own = np.concatenate([planted.history(u) for u in range(0, 120, 2)])
    share = tags[own][:, names.index("even")].mean()
    overall = tags[planted.sequence][:, names.index("even")].mean()
    assert [tag.name for tag in even.tags] == ["even"]
    assert even.tags[0].share == pytest.approx(share)
    shrunk = (share * len(own) + 20 * overall) / (len(own) + 20)
    assert even.tags[0].lift == pytest.approx(shrunk / overall)
    assert (even.users, even.interactions) == (60, len(own))
    assert even.scenarios["left"] == pytest.approx(share)
    assert {item.name for item in even.items} <= set(planted.catalogue.titles[1:21])


def test_the_lift_of_a_small_group_is_shrunk(planted: Dataset) -> None:
    one, many = profile_group([0], planted), profile_group(range(0, 120, 2), planted)
    assert 1 < one.tags[0].lift < many.tags[0].lift * 1.2


def test_the_user_table_is_compared_with_all_users(planted: Dataset) -> None:
    bands = pd.DataFrame({"band": ["young", "old"] * 60, "id": [f"x{i}" for i in range(120)], "gap": [None] * 120})
    profile = profile_group(range(0, 120, 2), replace(planted, user_table=bands))
    assert profile.columns == {"band": {"old": (0.0, 0.5), "young": (1.0, 0.5)}}  # not one value, nor too many
    assert profile.lengths.tolist() == [14] * 60


@pytest.mark.parametrize("users", [[], [-1], [120]])
def test_no_user_and_unknown_users_are_refused(planted: Dataset, users: list[int]) -> None:
    with pytest.raises(InputError):
        profile_group(users, planted)

"""Who a group is: shares and lifts by hand, planted tastes named, hostile and missing words borne."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys.data.dataset import Catalogue, Dataset
from recsys.embeddings import name_clusters, profile_group
from recsys.embeddings.group_profile import item_tags, name_item_clusters
from recsys.errors import InputError


def test_planted_tastes_give_their_names(planted: Dataset) -> None:
    assert name_clusters(np.arange(planted.n_users) % 2, planted) == ("even", "odd")
    halves = (np.arange(planted.n_items) >= planted.n_items // 2).astype(int)
    assert name_item_clusters(halves, planted) == ("even", "odd")


def test_shares_and_lift_by_hand(planted: Dataset) -> None:
    even = profile_group(range(0, 120, 2), planted)
    tags, names = item_tags(planted)
    mine = np.concatenate([planted.history(u) for u in range(0, 120, 2)])
    share = tags[mine][:, names.index("even")].mean()
    usual = tags[planted.sequence][:, names.index("even")].mean()
    assert [tag.name for tag in even.tags] == ["even"]
    assert even.tags[0].share == pytest.approx(share)
    pulled = (share * len(mine) + 20 * usual) / (len(mine) + 20)
    assert even.tags[0].lift == pytest.approx(pulled / usual)
    assert (even.people, even.choices) == (60, len(mine))
    assert even.scenarios["left"] == pytest.approx(share)
    assert all(1 <= item.index <= 20 for item in even.items)


def test_a_small_group_is_believed_less(planted: Dataset) -> None:
    one, many = profile_group([0], planted), profile_group(range(0, 120, 2), planted)
    assert 1 < one.tags[0].lift < many.tags[0].lift * 1.2


def test_the_user_table_is_compared_with_everybody(planted: Dataset) -> None:
    bands = pd.DataFrame({"band": ["young", "old"] * 60, "id": [f"x{i}" for i in range(120)], "gap": [None] * 120})
    who = profile_group(range(0, 120, 2), replace(planted, user_table=bands))
    assert who.columns == {"band": {"old": (0.0, 0.5), "young": (1.0, 0.5)}}  # one value, or too many, says nothing
    assert who.lengths.tolist() == [14] * 60


def test_without_tags_titles_name_a_group_and_equal_names_are_told_apart(planted: Dataset) -> None:
    bare = replace(planted, catalogue=Catalogue.bare(planted.items.ids))
    names = name_clusters(np.arange(120) % 2, bare)
    assert all(name.startswith("i") for name in names) and len(set(names)) == 2
    same = name_clusters(np.zeros(120, dtype=int), bare)
    assert same == ("Group 1",)  # everybody chooses nothing more than everybody does


@pytest.mark.parametrize("users", [[], [-1], [120]])
def test_nobody_and_strangers_are_refused(planted: Dataset, users: list[int]) -> None:
    with pytest.raises(InputError):
        profile_group(users, planted)

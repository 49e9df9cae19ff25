"""Names of groups: planted interests are named by their tags, and names are unique."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recsys.data.dataset import Catalogue, Dataset
from recsys.embeddings.group_names import name_item_groups, name_user_groups


def test_groups_are_named_by_their_planted_interests(planted: Dataset) -> None:
    assert name_user_groups(np.arange(planted.n_users) % 2, planted) == ("even", "odd")
    halves = (np.arange(planted.n_items) >= planted.n_items // 2).astype(int)
    assert name_item_groups(halves, planted) == ("even", "odd")


def test_without_tags_titles_name_a_group_and_names_are_unique(planted: Dataset) -> None:
    bare = replace(planted, catalogue=Catalogue.bare(planted.items.ids))
    names = name_user_groups(np.arange(120) % 2, bare)
    assert all(name.startswith("i") for name in names) and len(set(names)) == 2
    same = name_user_groups(np.zeros(120, dtype=int), bare)
    assert same == ("Group 1",)  # nothing is over-represented among all users

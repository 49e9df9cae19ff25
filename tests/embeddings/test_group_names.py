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


def test_a_name_says_what_is_distinctive_within_a_scenario(planted: Dataset) -> None:
    """Group 0 chooses mostly in the first scenario, whose every item is a "film"; there it likes "blue"."""
    n = planted.n_items
    half = n // 2
    scenarios = ("", *["cinema"] * half, *["courses"] * (n - half))
    films = [("film", "blue" if item % 2 else "red") for item in range(half)]
    tags = [*films, *[("course", "other")] * (n - half)]
    tags[-1] = ("course", "red")
    bare = Catalogue.bare(planted.items.ids)
    catalogue = Catalogue(bare.titles, bare.texts, ((), *tags), scenarios, {})
    rng = np.random.default_rng(0)
    cinema, courses = np.arange(1, half + 1), np.arange(half + 1, n + 1)
    blue = np.flatnonzero(["blue" in own for own in ((), *tags)])
    histories = [
        np.concatenate([rng.choice(blue, 8), rng.choice(cinema, 4), rng.choice(courses, 2)])
        if user % 2 == 0
        else np.concatenate([rng.choice(cinema, 2), rng.choice(courses, 12)])
        for user in range(planted.n_users)
    ]
    dataset = replace(planted, sequence=np.concatenate(histories).astype(planted.sequence.dtype), catalogue=catalogue)
    name = name_user_groups(np.arange(planted.n_users) % 2, dataset)[0]
    assert name.split(", ")[0] == "blue" and "film" not in name


def test_without_tags_titles_name_a_group_and_names_are_unique(planted: Dataset) -> None:
    bare = replace(planted, catalogue=Catalogue.bare(planted.items.ids))
    names = name_user_groups(np.arange(120) % 2, bare)
    assert all(name.startswith("i") for name in names) and len(set(names)) == 2
    same = name_user_groups(np.zeros(120, dtype=int), bare)
    assert same == ("Group 1",)  # nothing is over-represented among all users

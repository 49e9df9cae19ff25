"""Names of groups: planted interests are named by their tags, and names are unique."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recsys.data.dataset import Catalogue, Dataset
from recsys.embeddings.extraction import Embeddings
from recsys.embeddings.group_names import name_item_groups, name_next_choices, name_user_groups


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


def test_groups_of_chinese_items_are_named_by_their_tags_and_long_titles_are_cut_by_width(planted: Dataset) -> None:
    """Full-width and usual letters are one tag, or none of the two would be typical of all even items."""
    even = ("桌游", "ＲＰＧ"), ("桌游", "RPG")
    tags = ((), *(even[item % 4 < 2] if item <= planted.n_items // 2 else ("徒步",) for item in range(1, 41)))
    catalogue = replace(planted.catalogue, tags=tags)
    labels = np.arange(planted.n_users) % 2
    assert name_user_groups(labels, replace(planted, catalogue=catalogue)) == ("RPG, 桌游", "徒步")
    chinese = tuple(tuple("跑团" if tag[0] in "RＲ" else tag for tag in one) for one in tags)
    names = name_user_groups(labels, replace(planted, catalogue=replace(catalogue, tags=chinese)))
    assert names == ("桌游、跑团", "徒步")
    titles = ("", *(f"来自青石湾的问候：山脊上的风与云的一天，第 {item} 篇" for item in range(1, 41)))
    long = replace(catalogue, titles=titles, tags=((),) * 41)
    first = name_user_groups(labels, replace(planted, catalogue=long))[0].split("、")[0]
    assert first == "来自青石湾的问候：山脊上的风与…"


def test_groups_by_state_are_named_by_what_they_are_likely_to_choose_next_whatever_they_chose(planted: Dataset) -> None:
    half = planted.n_items // 2
    items = np.zeros((planted.n_items + 1, 2), dtype=np.float32)
    items[1 : half + 1, 0] = items[half + 1 :, 1] = 1.0  # "even" and "odd"
    labels = np.arange(planted.n_users) % 2
    users = 5 * np.eye(2, dtype=np.float32)[1 - labels]  # the users who chose even items are about to choose odd ones
    states = Embeddings(users, items, np.zeros(planted.n_items + 1, dtype=np.float32), "0" * 16)
    assert name_user_groups(labels, planted) == ("even", "odd")
    assert name_next_choices(labels, states, planted) == ("odd", "even")


def test_groups_of_items_that_are_scenarios_are_named_by_the_tags_of_these(planted: Dataset) -> None:
    n = planted.n_items
    scenarios = ("", *["cinema"] * (n // 2), *["courses"] * (n - n // 2))
    tags = ((), *[("film", "red" if item % 2 else "blue") for item in range(n // 2)], *[("course",)] * (n - n // 2))
    catalogue = Catalogue(planted.catalogue.titles, planted.catalogue.texts, tags, scenarios, {})
    dataset, labels = replace(planted, catalogue=catalogue), (np.arange(n) >= n // 2).astype(int)
    assert name_item_groups(labels, dataset, within_scenario=False)[0].split(", ")[0] == "film"

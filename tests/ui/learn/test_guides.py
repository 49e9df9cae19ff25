"""The tour and the four stories: the same steps in each language, each a link to a view that exists."""

from __future__ import annotations

import pytest

from recsys.cases.rules import NO_RULES
from recsys.data.samples import load_sample
from ui.language import LANGUAGES
from ui.learn.guide import TOUR, guides
from ui.learn.sample_figures import story_data
from ui.learn.story_data import PAIRS
from ui.learn.texts import placeholders
from ui.shell.page_context import BY_KEY, STEPS
from ui.shell.state import PARAMETERS

STORIES = list(PAIRS)


def test_there_are_a_tour_of_all_pages_and_four_stories_in_each_language() -> None:
    for lang in LANGUAGES:
        found = guides(lang)
        assert list(found) == [TOUR, *STORIES]
        assert [step.page for step in found[TOUR].steps] == [step.key for step in STEPS]
        assert all(len(found[key].steps) == 5 for key in STORIES)


@pytest.mark.parametrize("key", [TOUR, *STORIES])
def test_every_step_opens_the_same_view_in_each_language_and_has_all_its_values(key: str) -> None:
    english = guides("en")[key]
    for lang in LANGUAGES:
        for step, same in zip(guides(lang)[key].steps, english.steps, strict=True):
            assert (step.page, step.params) == (same.page, same.params)
            assert step.page in BY_KEY and set(step.params) <= {*PARAMETERS, *vars(NO_RULES)}
            assert step.text and not placeholders(f"{step.title} {step.text} {' '.join(step.params.values())}")


@pytest.mark.parametrize("key", STORIES)
def test_the_user_of_a_story_has_hardly_anything_in_the_target_scenario(key: str) -> None:
    story, (source, target) = story_data()[key], PAIRS[key]
    data = load_sample("all").dataset
    history = data.history(data.users.index(story["user"]))
    counts = [sum(data.catalogue.scenarios[item] == name for item in history) for name in (source, target)]
    assert 1 <= story["known"] <= 2 and story["source_items"] >= 5
    assert sum(counts) - story["known"] - story["source_items"] in (0, 1)  # the held-out item may be in either
    assert 0 <= story["own_before"] <= 10 and 0 <= story["own_after"] <= 10


def test_a_story_in_chinese_names_the_interests_in_chinese() -> None:
    assert guides("en")["social-shop"].values["interests"] == "astronomy, electronics, photography"
    assert guides("zh")["social-shop"].values["interests"] == "天文、电子制作、摄影"

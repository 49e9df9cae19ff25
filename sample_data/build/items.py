"""The items of the sample: titles, one-line descriptions, tags, and series with a usual order.

Every theme has seven items in each scenario, in two or three series: a course has parts, a product has accessories, a
show has episodes, a group has threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sample_data.build.phrases import (
    CARE_TEXTS,
    COURSE_NAMES,
    COURSE_TEXTS,
    EDITIONS,
    EVERYDAY,
    FILM_NAMES,
    FILM_TEXTS,
    GIFT_TEXTS,
    GROUP_NAMES,
    GROUP_TEXTS,
    HELLO_TEXTS,
    MAIN_TEXTS,
    MODELS,
    PLACES,
    POST_TEXTS,
    POST_TITLES,
    SHOW_NAMES,
    SHOW_TEXTS,
    TALK_TEXTS,
    TEACHERS,
    THING_TEXTS,
    WORKSHOP_TEXTS,
)
from sample_data.build.word_bank import Interest, Theme, interests

SCENARIOS = ("social", "shop", "courses", "entertainment")
"""The four scenarios, in the order of the files."""
GENERAL = "everyday"
"""The interest, theme and series of items that all users take now and then."""


@dataclass(frozen=True)
class SampleItem:
    """One item with its planted properties.

    Attributes:
        interest, theme: names of the interest and of the theme inside it.
        series, part: items of a series are mostly taken in the order of `part` (1, 2, …).
    """

    item_id: str
    scenario: str
    title: str
    text: str
    tags: tuple[str, ...]
    interest: str
    theme: str
    series: str
    part: int


def sample_items(random: Random) -> tuple[SampleItem, ...]:
    """All items in the order of their ids, about 2,050; every title is distinct."""
    drafts: dict[str, list[SampleItem]] = {scenario: [] for scenario in SCENARIOS}
    for interest in interests():
        for number, theme in enumerate(interest.themes):
            words = _ThemeWords(interest, theme, number, random)
            for scenario, make in zip(SCENARIOS, (_social, _shop, _courses, _shows), strict=True):
                drafts[scenario] += make(words)
    for scenario in SCENARIOS:
        drafts[scenario] += [_everyday(scenario, title, text) for title, text in EVERYDAY[scenario]]
    items: list[SampleItem] = []
    for scenario, rows in drafts.items():
        random.shuffle(rows)  # so that an id says nothing about the interest
        items += [
            replace(item, item_id=f"{scenario}-{number:03d}", scenario=scenario) for number, item in enumerate(rows, 1)
        ]
    return tuple(items)


class _ThemeWords:
    """The words that the items of one theme are made of: its facets in random order, names, places, brands."""

    def __init__(self, interest: Interest, theme: Theme, number: int, random: Random) -> None:
        self.interest, self.theme, self.random = interest, theme, random
        self.image = titled(theme.image)
        self.name = titled(theme.name)
        self.teacher, self.guest = random.sample(TEACHERS, 2)
        self.place, self.second = random.sample(PLACES, 2)
        self.brand, self.rival = random.sample(interest.brands, 2)
        self.facets = random.sample(theme.facets, len(theme.facets))
        self.pattern = number  # of the title; another one for each of the six themes of an interest

    def draft(self, series: str, part: int, title: str, texts: tuple[str, ...], *tags: str) -> SampleItem:
        """An item without id and scenario, with one of the texts."""
        text = self.random.choice(texts).format(
            theme=self.theme.name,
            facet=self.facets[part % 6],
            other=self.facets[(part + 2) % 6],
            teacher=self.teacher,
            guest=self.guest,
            place=self.place,
        )
        extra = self.random.choice(self.interest.tags)
        tags = tuple(dict.fromkeys((self.interest.name, self.theme.name, *tags, extra)))
        return _draft(title, text, tags, self.interest.name, self.theme.name, f"{self.theme.name}/{series}", part)


def _social(words: _ThemeWords) -> Iterator[SampleItem]:
    theme, facet = words.theme.name, words.facets
    group = GROUP_NAMES[words.pattern].format(place=words.place, theme=words.name, image=words.image)
    yield words.draft("group", 1, group, GROUP_TEXTS, "group")
    yield words.draft("group", 2, f"Say hello: newcomers to {theme} at {group}", HELLO_TEXTS, "thread")
    titles = words.random.sample(POST_TITLES, 3)
    for part, (title, one) in enumerate(zip(titles, facet[:3], strict=True), 3):
        yield words.draft("group", part, title.format(facet=one, place=words.second, theme=theme), POST_TEXTS, "post")
    days = words.random.choice((7, 14, 21, 30))
    yield words.draft("challenge", 1, f"{days} days of {theme}: day one with {words.guest}", POST_TEXTS, "challenge")
    yield words.draft(
        "challenge", 2, f"{days} days of {theme}: what {facet[4]} taught us", POST_TEXTS, "challenge", "photos"
    )


def _shop(words: _ThemeWords) -> Iterator[SampleItem]:
    main, first, second, third = words.theme.products
    word = words.random.choice(MODELS)
    yield words.draft("kit", 1, f"{words.brand} {word} {titled(main)}", MAIN_TEXTS, "gear", "essentials")
    yield words.draft("kit", 2, f"{words.brand} {titled(first)}", THING_TEXTS, "gear", "add-on")
    yield words.draft("kit", 3, f"{words.place} {titled(second)}", THING_TEXTS, "gear", "add-on")
    yield words.draft("kit", 4, f"Care Kit for {titled(main)}", CARE_TEXTS, "care", "add-on")
    edition = words.random.choice(EDITIONS)
    yield words.draft("upgrade", 1, f"{words.rival} {titled(main)}, {edition}", MAIN_TEXTS, "gear", "premium")
    yield words.draft("upgrade", 2, f"{words.rival} {titled(third)}", THING_TEXTS, "gear", "premium")
    yield words.draft("upgrade", 3, f"{words.name} Gift Box: {titled(first)} and More", GIFT_TEXTS, "gift")


def _courses(words: _ThemeWords) -> Iterator[SampleItem]:
    course = COURSE_NAMES[words.pattern].format(theme=words.name, teacher=words.teacher)
    for part in range(1, 5):
        level = "beginner" if part < 3 else "intermediate"
        title = f"{course} — Part {part}: {first_up(words.facets[part % 6])}"
        yield words.draft("course", part, title, COURSE_TEXTS, "course", level)
    weekend = f"Weekend Workshop: {words.name} in {words.place}"
    yield words.draft("course", 5, weekend, WORKSHOP_TEXTS, "workshop", "intermediate")
    for part in (1, 2):
        facet = titled(words.facets[part % 6])
        title = f"Masterclass with {words.guest}: {facet}, {('First', 'Second')[part - 1]} Half"
        yield words.draft("masterclass", part, title, COURSE_TEXTS, "masterclass", "advanced")


def _shows(words: _ThemeWords) -> Iterator[SampleItem]:
    show = SHOW_NAMES[words.pattern].format(image=words.image, place=words.place, name=words.teacher.split()[0])
    for part in range(1, 5):
        facet = first_up(words.facets[part % 6])
        yield words.draft("show", part, f"{show}, Episode {part}: {facet}", SHOW_TEXTS, "series", "documentary")
    film = FILM_NAMES[words.pattern].format(image=words.image, place=words.second)
    yield words.draft("film", 1, film, FILM_TEXTS, "film")
    yield words.draft("film", 2, f"{film}: Behind the Camera", FILM_TEXTS, "film", "making-of")
    talk = f"The {words.name} Hour: {first_up(words.facets[0])} with {words.guest}"
    yield words.draft("film", 3, talk, TALK_TEXTS, "podcast")


def _draft(title: str, text: str, tags: tuple[str, ...], *planted: Any) -> SampleItem:
    return SampleItem("", "", first_up(title), first_up(text), tags, *planted)


def _everyday(scenario: str, title: str, text: str) -> SampleItem:
    return _draft(title, text, (GENERAL, scenario), GENERAL, GENERAL, f"{GENERAL}/{title}", 1)


def titled(text: str) -> str:
    """Title case that keeps small words and apostrophes: `game master's screen` → `Game Master's Screen`."""
    small = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "that", "the", "to", "with", "who", "mm"}
    return " ".join(word if word in small and i else first_up(word) for i, word in enumerate(text.split()))


def first_up(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[0].upper() + text[1:]

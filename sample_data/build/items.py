"""The sample community's items: titles, one-line descriptions, tags and the order they are usually taken in.

Every theme has seven items in each scenario. They form two or three series: a course has parts, a thing bought is
followed by what goes with it, a show has episodes, a group is joined before its threads are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

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
"""The interest of what everybody uses now and then."""


@dataclass(frozen=True)
class SampleItem:
    """One item, with its planted truth.

    Attributes:
        interest, theme: what generated it; `theme` is the theme's name.
        series, part: items of one series are usually taken in the order of `part` (1, 2, …).
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
    """All items in id order, about 2,050; every title is distinct."""
    drafts: dict[str, list[_Draft]] = {scenario: [] for scenario in SCENARIOS}
    for interest in interests():
        for number, theme in enumerate(interest.themes):
            scene = _Scene(interest, theme, number, random)
            for scenario, make in zip(SCENARIOS, (_social, _shop, _courses, _shows), strict=True):
                drafts[scenario] += make(scene)
    for scenario in SCENARIOS:
        drafts[scenario] += [_everyday(scenario, *row) for row in EVERYDAY[scenario]]
    items: list[SampleItem] = []
    for scenario, rows in drafts.items():
        random.shuffle(rows)  # so that an id says nothing about the interest
        items += [row.item(f"{scenario}-{number:03d}", scenario) for number, row in enumerate(rows, 1)]
    return tuple(items)


@dataclass(frozen=True)
class _Draft:
    title: str
    text: str
    tags: tuple[str, ...]
    interest: str
    theme: str
    series: str
    part: int

    def item(self, item_id: str, scenario: str) -> SampleItem:
        title = self.title[0].upper() + self.title[1:]
        text = self.text[0].upper() + self.text[1:]
        return SampleItem(item_id, scenario, title, text, self.tags, self.interest, self.theme, self.series, self.part)


class _Scene:
    """What the items of one theme share: its words in a shuffled order, a teacher, a place, a show."""

    def __init__(self, interest: Interest, theme: Theme, number: int, random: Random) -> None:
        self.interest, self.theme, self.random = interest, theme, random
        self.image = titled(theme.image)
        self.name = titled(theme.name)
        self.teacher, self.guest = random.sample(TEACHERS, 2)
        self.place, self.second = random.sample(PLACES, 2)
        self.brand, self.rival = random.sample(interest.brands, 2)
        self.facets = random.sample(theme.facets, len(theme.facets))
        self.pattern = number  # templates differ between the six themes of an interest

    def draft(self, series: str, part: int, title: str, texts: tuple[str, ...], *tags: str) -> _Draft:
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
        return _Draft(title, text, tags, self.interest.name, self.theme.name, f"{self.theme.name}/{series}", part)


def _social(scene: _Scene) -> Iterator[_Draft]:
    theme, facet = scene.theme.name, scene.facets
    group = GROUP_NAMES[scene.pattern].format(place=scene.place, theme=scene.name, image=scene.image)
    yield scene.draft("group", 1, group, GROUP_TEXTS, "group")
    yield scene.draft("group", 2, f"Say hello: newcomers to {theme} at {group}", HELLO_TEXTS, "thread")
    asks = scene.random.sample(POST_TITLES, 3)
    for part, (ask, one) in enumerate(zip(asks, facet[:3], strict=True), 3):
        yield scene.draft("group", part, ask.format(facet=one, place=scene.second, theme=theme), POST_TEXTS, "post")
    days = scene.random.choice((7, 14, 21, 30))
    yield scene.draft("challenge", 1, f"{days} days of {theme}: day one with {scene.guest}", POST_TEXTS, "challenge")
    yield scene.draft(
        "challenge", 2, f"{days} days of {theme}: what {facet[4]} taught us", POST_TEXTS, "challenge", "photos"
    )


def _shop(scene: _Scene) -> Iterator[_Draft]:
    main, first, second, third = scene.theme.things
    word = scene.random.choice(MODELS)
    yield scene.draft("kit", 1, f"{scene.brand} {word} {titled(main)}", MAIN_TEXTS, "gear", "essentials")
    yield scene.draft("kit", 2, f"{scene.brand} {titled(first)}", THING_TEXTS, "gear", "add-on")
    yield scene.draft("kit", 3, f"{scene.place} {titled(second)}", THING_TEXTS, "gear", "add-on")
    yield scene.draft("kit", 4, f"Care Kit for {titled(main)}", CARE_TEXTS, "care", "add-on")
    edition = scene.random.choice(EDITIONS)
    yield scene.draft("upgrade", 1, f"{scene.rival} {titled(main)}, {edition}", MAIN_TEXTS, "gear", "premium")
    yield scene.draft("upgrade", 2, f"{scene.rival} {titled(third)}", THING_TEXTS, "gear", "premium")
    yield scene.draft("upgrade", 3, f"{scene.name} Gift Box: {titled(first)} and More", GIFT_TEXTS, "gift")


def _courses(scene: _Scene) -> Iterator[_Draft]:
    course = COURSE_NAMES[scene.pattern].format(theme=scene.name, teacher=scene.teacher)
    for part in range(1, 5):
        level = "beginner" if part < 3 else "intermediate"
        title = f"{course} — Part {part}: {first_up(scene.facets[part % 6])}"
        yield scene.draft("course", part, title, COURSE_TEXTS, "course", level)
    weekend = f"Weekend Workshop: {scene.name} in {scene.place}"
    yield scene.draft("course", 5, weekend, WORKSHOP_TEXTS, "workshop", "intermediate")
    for part in (1, 2):
        facet = titled(scene.facets[part % 6])
        title = f"Masterclass with {scene.guest}: {facet}, {('First', 'Second')[part - 1]} Half"
        yield scene.draft("masterclass", part, title, COURSE_TEXTS, "masterclass", "advanced")


def _shows(scene: _Scene) -> Iterator[_Draft]:
    show = SHOW_NAMES[scene.pattern].format(image=scene.image, place=scene.place, name=scene.teacher.split()[0])
    for part in range(1, 5):
        facet = first_up(scene.facets[part % 6])
        yield scene.draft("show", part, f"{show}, Episode {part}: {facet}", SHOW_TEXTS, "series", "documentary")
    film = FILM_NAMES[scene.pattern].format(image=scene.image, place=scene.second)
    yield scene.draft("film", 1, film, FILM_TEXTS, "film")
    yield scene.draft("film", 2, f"{film}: Behind the Camera", FILM_TEXTS, "film", "making-of")
    talk = f"The {scene.name} Hour: {first_up(scene.facets[0])} with {scene.guest}"
    yield scene.draft("film", 3, talk, TALK_TEXTS, "podcast")


def _everyday(scenario: str, title: str, text: str) -> _Draft:
    return _Draft(title, text, (GENERAL, scenario), GENERAL, GENERAL, f"{GENERAL}/{title}", 1)


def titled(text: str) -> str:
    """Title case that leaves small words and apostrophes alone: `game master's screen` → `Game Master's Screen`."""
    small = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "that", "the", "to", "with", "who", "mm"}
    words = text.split()
    return " ".join(w if w in small and i else first_up(w) for i, w in enumerate(words))


def first_up(text: str) -> str:
    """The text with its first letter large."""
    return text[0].upper() + text[1:]

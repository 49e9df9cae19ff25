"""The items of the sample: titles, one-line descriptions, tags, and series with a usual order.

Every theme has seven items in each scenario, in two or three series: a course has parts, a product has accessories, a
show has episodes, a group has threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sample_data.build.phrases import ENGLISH, Phrases
from sample_data.build.phrases_zh import CHINESE
from sample_data.build.word_bank import Interest, Theme, interests

PHRASES = {"en": ENGLISH, "zh": CHINESE}
"""Language -> its phrases. Interests, themes and series have their English names in every language."""
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


def sample_items(random: Random, language: str = "en") -> tuple[SampleItem, ...]:
    """All items in the order of their ids, about 2,050; every title is distinct.

    Args:
        random: at the same state it gives the same items in each language: the same ids, and what is planted in them.
        language: of titles, descriptions and tags: "en" or "zh".
    """
    phrases = PHRASES[language]
    drafts: dict[str, list[SampleItem]] = {scenario: [] for scenario in SCENARIOS}
    for planted, interest in zip(interests(), interests(language), strict=True):
        for number, theme in enumerate(interest.themes):
            words = _ThemeWords(phrases, interest, theme, number, random, (planted.name, planted.themes[number].name))
            for scenario, make in zip(SCENARIOS, (_social, _shop, _courses, _shows), strict=True):
                drafts[scenario] += make(words)
    for scenario, english in ENGLISH.everyday.items():
        drafts[scenario] += [
            _everyday(phrases, scenario, title, text, planted_title)
            for (title, text), (planted_title, _) in zip(phrases.everyday[scenario], english, strict=True)
        ]
    items: list[SampleItem] = []
    for scenario, rows in drafts.items():
        random.shuffle(rows)  # so that an id says nothing about the interest
        items += [
            replace(item, item_id=f"{scenario}-{number:03d}", scenario=scenario) for number, item in enumerate(rows, 1)
        ]
    return tuple(items)


class _ThemeWords:
    """The words that the items of one theme are made of: its facets in random order, names, places, brands.

    Args:
        number: of the theme within its interest, from 0: another title pattern for each of the six.
        planted: names of the interest and of the theme in English.
    """

    def __init__(
        self,
        phrases: Phrases,
        interest: Interest,
        theme: Theme,
        number: int,
        random: Random,
        planted: tuple[str, str],
    ) -> None:
        self.phrases, self.interest, self.theme, self.random = phrases, interest, theme, random
        self.image = titled(theme.image)
        self.name = titled(theme.name)
        self.teacher, self.guest = random.sample(phrases.teachers, 2)
        self.place, self.second = random.sample(phrases.places, 2)
        self.brand, self.rival = random.sample(interest.brands, 2)
        self.facets = random.sample(theme.facets, len(theme.facets))
        self.pattern, self.planted = number, planted

    def draft(self, series: str, part: int, title: str, texts: str, *tags: str) -> SampleItem:
        """An item without id and scenario, with one of the descriptions of a kind."""
        text = self.random.choice(self.phrases.texts[texts]).format(
            theme=self.theme.name,
            facet=self.facets[part % 6],
            other=self.facets[(part + 2) % 6],
            teacher=self.teacher,
            guest=self.guest,
            place=self.place,
        )
        extra = self.random.choice(self.interest.tags)
        shown = (self.phrases.tags[tag] for tag in tags)
        tags = tuple(dict.fromkeys((self.interest.name, self.theme.name, *shown, extra)))
        return _draft(title, text, tags, *self.planted, f"{self.planted[1]}/{series}", part)


def _social(words: _ThemeWords) -> Iterator[SampleItem]:
    phrases, theme, facet = words.phrases, words.theme.name, words.facets
    group = phrases.groups[words.pattern].format(place=words.place, theme=words.name, image=words.image)
    yield words.draft("group", 1, group, "group", "group")
    yield words.draft("group", 2, phrases.hello.format(theme=theme, group=group), "hello", "thread")
    titles = words.random.sample(phrases.posts, 3)
    for part, (title, one) in enumerate(zip(titles, facet[:3], strict=True), 3):
        yield words.draft("group", part, title.format(facet=one, place=words.second, theme=theme), "post", "post")
    fill = {"days": words.random.choice((7, 14, 21, 30)), "theme": theme, "guest": words.guest, "facet": facet[4]}
    first, second = (title.format(**fill) for title in phrases.challenges)
    yield words.draft("challenge", 1, first, "post", "challenge")
    yield words.draft("challenge", 2, second, "post", "challenge", "photos")


def _shop(words: _ThemeWords) -> Iterator[SampleItem]:
    phrases, fill = words.phrases, {"brand": words.brand, "rival": words.rival, "place": words.place}
    fill |= dict(zip(("main", "first", "second", "third"), map(titled, words.theme.products), strict=True))
    fill |= {"theme": words.name, "model": words.random.choice(phrases.models)}
    kinds = (("main", "essentials"), ("thing", "add-on"), ("thing", "add-on"))
    for part, (title, (texts, tag)) in enumerate(zip(phrases.kit, kinds, strict=False), 1):
        yield words.draft("kit", part, title.format(**fill), texts, "gear", tag)
    yield words.draft("kit", 4, phrases.kit[3].format(**fill), "care", "care", "add-on")
    fill["edition"] = words.random.choice(phrases.editions)
    first, second, gift = (title.format(**fill) for title in phrases.upgrade)
    yield words.draft("upgrade", 1, first, "main", "gear", "premium")
    yield words.draft("upgrade", 2, second, "thing", "gear", "premium")
    yield words.draft("upgrade", 3, gift, "gift", "gift")


def _courses(words: _ThemeWords) -> Iterator[SampleItem]:
    phrases = words.phrases
    course = phrases.courses[words.pattern].format(theme=words.name, teacher=words.teacher)
    for part in range(1, 5):
        level = "beginner" if part < 3 else "intermediate"
        title = phrases.course_part.format(course=course, part=part, facet=first_up(words.facets[part % 6]))
        yield words.draft("course", part, title, "course", "course", level)
    weekend = phrases.workshop.format(theme=words.name, place=words.place)
    yield words.draft("course", 5, weekend, "workshop", "workshop", "intermediate")
    for part, half in enumerate(phrases.halves, 1):
        title = phrases.masterclass.format(guest=words.guest, facet=titled(words.facets[part % 6]), half=half)
        yield words.draft("masterclass", part, title, "course", "masterclass", "advanced")


def _shows(words: _ThemeWords) -> Iterator[SampleItem]:
    phrases, name = words.phrases, words.teacher.split()[0]
    show = phrases.shows[words.pattern].format(image=words.image, place=words.place, name=name)
    for part in range(1, 5):
        title = phrases.episode.format(show=show, part=part, facet=first_up(words.facets[part % 6]))
        yield words.draft("show", part, title, "show", "series", "documentary")
    film = phrases.films[words.pattern].format(image=words.image, place=words.second)
    yield words.draft("film", 1, film, "film", "film")
    yield words.draft("film", 2, phrases.making_of.format(film=film), "film", "film", "making-of")
    talk = phrases.talk.format(theme=words.name, facet=first_up(words.facets[0]), guest=words.guest)
    yield words.draft("film", 3, talk, "talk", "podcast")


def _draft(title: str, text: str, tags: tuple[str, ...], *planted: Any) -> SampleItem:
    return SampleItem("", "", first_up(title), first_up(text), tags, *planted)


def _everyday(phrases: Phrases, scenario: str, title: str, text: str, planted_title: str) -> SampleItem:
    tags = phrases.tags[GENERAL], phrases.tags[scenario]
    return _draft(title, text, tags, GENERAL, GENERAL, f"{GENERAL}/{planted_title}", 1)


def titled(text: str) -> str:
    """Title case that keeps small words and apostrophes: `game master's screen` → `Game Master's Screen`."""
    small = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "that", "the", "to", "with", "who", "mm"}
    return " ".join(word if word in small and i else first_up(word) for i, word in enumerate(text.split()))


def first_up(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[0].upper() + text[1:]

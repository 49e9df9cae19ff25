"""The sample community's people: who they are, what they care about, and the walk each takes through the items.

A person has a mixture of interests (for a third of them it changes half-way) and favourite themes inside each. They are
the same in every scenario, which is what makes transfer across scenarios worth trying. A walk goes in sessions: a
session stays in one scenario and one theme; the next one often keeps the theme and changes the scenario; inside, the
parts of a series are mostly taken in order.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from sample_data.build.items import GENERAL, SCENARIOS, SampleItem
from sample_data.build.word_bank import interests

START, END = 1_704_067_200, 1_767_225_600  # 1 January 2024 and 2026, UTC
HALFWAY = (START + END) // 2
DAY = 86_400
AGE_BANDS = ("18–24", "25–34", "35–49", "50–64", "65+")
REGIONS = ("Coast", "Hills", "Lakes", "City", "Plains")
DRIFTING, COLD = 0.3, 0.2  # shares of people

# How a step is taken: these few numbers are the difficulty of the sample.
KEEP_THEME, IN_ORDER, EVERYDAY, ELSEWHERE, AGAIN = 0.5, 0.72, 0.09, 0.08, 0.03

_RELATED = {
    "hiking": "photography",
    "cooking": "gardening",
    "astronomy": "electronics",
    "board games": "ancient history",
}
_RELATED |= {other: one for one, other in _RELATED.items()}
_RELATED |= {"cycling": "hiking", "making music": "electronics", "woodworking": "gardening", "knitting": "cooking"}
_AT_HOME = {"Coast": "cycling", "Hills": "hiking", "Lakes": "photography", "City": "board games", "Plains": "astronomy"}
_BY_AGE = {  # how much each age band likes social media, shop, courses, entertainment
    "18–24": (1.7, 0.7, 0.8, 1.3),
    "25–34": (1.2, 1.1, 1.2, 1.0),
    "35–49": (0.9, 1.3, 1.1, 0.9),
    "50–64": (0.8, 1.2, 0.9, 1.0),
    "65+": (0.6, 0.9, 1.0, 1.4),
}


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _names("""
mila jonas aya tariq lena samir ines pavel noor hugo rosa kenji lucia omar freya mateo zuri anton greta ravi
elif oskar maya thiago hana felix nadia bruno yara emil sofia idris clara dario amina lukas petra joao vera
niko leila arjun marta simon dina viktor alba kofi edith rafael sana linus teresa yusuf ingrid marco asha theo
olga ben
""")


@dataclass(frozen=True)
class Person:
    """One person, with the planted truth.

    Attributes:
        before, after: weights of the interests until and from half-way (each adds up to 1; equal without drift).
        favourites: weights of the themes inside each interest.
        cold: the scenario this person is nearly new in (0–2 interactions), "" for most.
        amount: interactions to come.
    """

    user_id: str
    age_band: str
    region: str
    before: Mapping[str, float]
    after: Mapping[str, float]
    favourites: Mapping[str, Mapping[str, float]]
    cold: str
    scenarios: Mapping[str, float]
    amount: int

    @property
    def drifts(self) -> bool:
        return self.before != self.after


def sample_people(random: Random, people: int) -> tuple[Person, ...]:
    """People with their mixtures of interests."""
    themes = {interest.name: [theme.name for theme in interest.themes] for interest in interests()}
    return tuple(_person(random, number, themes) for number in range(people))


def _person(random: Random, number: int, themes: Mapping[str, Sequence[str]]) -> Person:
    age, region = random.choice(AGE_BANDS), random.choice(REGIONS)
    names = list(themes)
    pull = {name: 1 / (2 + rank) ** 0.5 * (2.2 if _AT_HOME[region] == name else 1) for rank, name in enumerate(names)}
    first = _draw(random, pull)
    others = [_RELATED.get(first, first) if random.random() < 0.5 else _draw(random, pull) for _ in range(2)]
    before = _weights([first, *others], (0.62, 0.25, 0.13))
    after = before
    if random.random() < DRIFTING:
        new = _draw(random, {name: weight for name, weight in pull.items() if name not in before})
        after = _weights([new, first, *others], (0.66, 0.18, 0.1, 0.06))
    favourites = {}
    for name in {**before, **after}:
        order = sorted(themes[name], key=lambda theme: random.random() * 1.6 + themes[name].index(theme) * 0.18)
        favourites[name] = dict(zip(order, (0.5, 0.26, 0.12, 0.06, 0.04, 0.02), strict=True))
    cold = random.choice(SCENARIOS) if random.random() < COLD else ""
    liking = {
        scenario: age_liking * math.exp(random.gauss(0, 0.5))
        for scenario, age_liking in zip(SCENARIOS, _BY_AGE[age], strict=True)
    }
    amount = int(min(max(math.exp(random.gauss(3.72, 0.8)), 6), 420))
    user_id = f"{_FIRST[number * 7 % len(_FIRST)]}-{number:04d}"
    return Person(user_id, age, region, before, after, favourites, cold, liking, amount)


def _weights(names: Sequence[str], weights: Sequence[float]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for name, weight in zip(names, weights, strict=True):
        total[name] += weight
    return dict(total)


def _draw(random: Random, weights: Mapping[str, float]) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


class Shelves:
    """The items by scenario and theme, with their popularity and the week each was released."""

    def __init__(self, random: Random, items: Sequence[SampleItem]) -> None:
        self.by_theme: dict[tuple[str, str], list[list[SampleItem]]] = {}
        series: dict[tuple[str, str, str], list[SampleItem]] = defaultdict(list)
        for item in items:
            series[item.scenario, item.theme, item.series].append(item)
        for (scenario, theme, _), parts in series.items():
            self.by_theme.setdefault((scenario, theme), []).append(sorted(parts, key=lambda item: item.part))
        for shelf in self.by_theme.values():
            shelf.sort(key=lambda parts: (-len(parts), parts[0].series))
        late = [name for name in series if name[1] != GENERAL and random.random() < 0.06]
        release = {name: END - random.randrange(10, 80) * DAY for name in late}
        self.released = {item.item_id: release.get((item.scenario, item.theme, item.series), 0) for item in items}
        self.loved = {scenario: self._everything(random, items, scenario) for scenario in SCENARIOS}

    @staticmethod
    def _everything(random: Random, items: Sequence[SampleItem], scenario: str) -> tuple[list[SampleItem], list[float]]:
        """All items of a scenario with the weights of a long tail, summed up."""
        mine = [item for item in items if item.scenario == scenario]
        random.shuffle(mine)
        weights = [1 / (rank + 3) for rank in range(len(mine))]
        return mine, [sum(weights[: n + 1]) for n in range(len(weights))]


class _Walk:
    """One person's way through the items."""

    def __init__(self, random: Random, person: Person, shelves: Shelves) -> None:
        self.random, self.person, self.shelves = random, person, shelves
        self.taken: list[SampleItem] = []
        self.seen: set[str] = set()

    def steps(self) -> Iterator[tuple[int, SampleItem]]:
        """(unix seconds, item), oldest first."""
        person, random = self.person, self.random
        left, quota, theme = person.amount, random.choice((0, 1, 1, 2, 2)), ""
        for start in self._sessions():
            if left <= 0:
                return
            scenario = _draw(random, person.scenarios)
            size = min(left, 1 + int(random.expovariate(1 / 2.2)))
            if scenario == person.cold:
                size = min(size, quota)
                quota -= size
            theme = theme if theme and random.random() < KEEP_THEME else self._theme(start)
            time = start
            for _ in range(size):
                item = self._pick(scenario, theme, time)
                self.taken.append(item)
                self.seen.add(item.item_id)
                yield time, item
                hurried = scenario == "social" and random.random() < 0.2  # likes in a row share a second
                time += 0 if hurried else 20 + int(random.expovariate(1 / 240))
            left -= size

    def _sessions(self) -> list[int]:
        """Starts of more sessions than needed, in the evenings mostly, weekends a little more."""
        random = self.random
        joined = START if random.random() < 0.6 else random.randrange(START, START + (END - START) * 3 // 4)
        starts: set[int] = set()
        needed = max(self.person.amount // 2, 3)
        while len(starts) < needed:
            day = random.randrange(joined, END - DAY) // DAY
            if day % 7 not in (2, 3) and random.random() < 0.25:  # 1 January 1970 was a Thursday: 2, 3 are the weekend
                continue
            hour = min(max(random.gauss(19, 3.2), 0.1), 23.4)
            starts.add(day * DAY + int(hour * 3600))
        return sorted(starts)

    def _theme(self, time: int) -> str:
        interest = _draw(self.random, self.person.before if time < HALFWAY else self.person.after)
        return _draw(self.random, self.person.favourites[interest])

    def _pick(self, scenario: str, theme: str, time: int) -> SampleItem:
        random, chance = self.random, self.random.random()
        if chance < EVERYDAY:
            item = random.choice(self.shelves.by_theme[scenario, GENERAL])[0]
            if item.item_id not in self.seen:  # else the walk goes on: nobody buys an umbrella every week
                return item
        elif chance < EVERYDAY + ELSEWHERE:
            return self._elsewhere(scenario, time)
        elif chance < EVERYDAY + ELSEWHERE + AGAIN:
            again = [item for item in self.taken[-12:] if item.scenario == scenario]
            if again:
                return random.choice(again)
        return self._onward(scenario, theme, time) or self._elsewhere(scenario, time)

    def _elsewhere(self, scenario: str, time: int) -> SampleItem:
        items, weights = self.shelves.loved[scenario]
        while True:
            item = self.random.choices(items, cum_weights=weights)[0]
            known = item.item_id in self.seen and self.random.random() < 0.9
            if self.shelves.released[item.item_id] <= time and not known:
                return item

    def _onward(self, scenario: str, theme: str, time: int) -> SampleItem | None:
        """The next part of a series that was begun, else the start of another; None when nothing new is left."""
        random = self.random
        begun, fresh = [], []
        for parts in self.shelves.by_theme[scenario, theme]:
            if self.shelves.released[parts[0].item_id] > time:
                continue
            last = max((item.part for item in parts if item.item_id in self.seen), default=0)
            unseen = [item for item in parts if item.item_id not in self.seen]
            if last and unseen and unseen[-1].part > last:
                begun.append(next(item for item in unseen if item.part > last))
            elif unseen:
                fresh.append(unseen)
        if begun and (random.random() < IN_ORDER or not fresh):
            return begun[0]
        if fresh:
            parts = random.choices(fresh, [3 / (1 + rank) for rank in range(len(fresh))])[0]
            return parts[0] if random.random() < 0.8 else random.choice(parts)
        return begun[0] if begun else None


def walk(random: Random, person: Person, shelves: Shelves) -> list[tuple[int, SampleItem]]:
    """Everything one person does, oldest first: (unix seconds, item)."""
    return list(_Walk(random, person, shelves).steps())

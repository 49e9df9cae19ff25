"""The users of the sample: their interests, and the interactions that are simulated from them.

A user has a mixture of interests, which changes half-way for 30% of them, and favourite themes inside each interest.
Both are the same in every scenario, so that transfer across scenarios can help. Interactions come in sessions. A
session has one scenario and one theme; the next one often keeps the theme and changes the scenario. The parts of a
series are mostly taken in order.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from sample_data.build.items import GENERAL, SCENARIOS, SampleItem
from sample_data.build.phrases import ENGLISH
from sample_data.build.word_bank import interests

START, END = 1_704_067_200, 1_767_225_600  # 1 January 2024 and 2026, UTC
HALFWAY = (START + END) // 2
DAY = 86_400
AGE_BANDS = ("18–24", "25–34", "35–49", "50–64", "65+")
REGIONS = tuple(ENGLISH.regions)
DRIFTING, COLD = 0.3, 0.2  # shares of users

# Probabilities; they decide how predictable the sample is.
KEEP_THEME = 0.5  # the next session has the same theme
IN_ORDER = 0.72  # the next item continues a series
EVERYDAY = 0.09  # the next item is of general interest
POPULAR = 0.08  # the next item is drawn by popularity
REPEATED = 0.03  # the next item is one of the last twelve

_RELATED = {
    "hiking": "photography",
    "cooking": "gardening",
    "astronomy": "electronics",
    "board games": "ancient history",
}
_RELATED |= {other: one for one, other in _RELATED.items()}
_RELATED |= {"cycling": "hiking", "making music": "electronics", "woodworking": "gardening", "knitting": "cooking"}
_LOCAL = {"Coast": "cycling", "Hills": "hiking", "Lakes": "photography", "City": "board games", "Plains": "astronomy"}
"""Region -> the interest that is more frequent there."""
_SCENARIOS_BY_AGE = {  # weights of social media, shop, courses, entertainment
    "18–24": (1.7, 0.7, 0.8, 1.3),
    "25–34": (1.2, 1.1, 1.2, 1.0),
    "35–49": (0.9, 1.3, 1.1, 0.9),
    "50–64": (0.8, 1.2, 0.9, 1.0),
    "65+": (0.6, 0.9, 1.0, 1.4),
}


_NAMES = """
    mila jonas aya tariq lena samir ines pavel noor hugo rosa kenji lucia omar freya mateo zuri anton greta ravi
    elif oskar maya thiago hana felix nadia bruno yara emil sofia idris clara dario amina lukas petra joao vera
    niko leila arjun marta simon dina viktor alba kofi edith rafael sana linus teresa yusuf ingrid marco asha theo
    olga ben
"""
_FIRST_NAMES = _NAMES.split()


@dataclass(frozen=True)
class SampleUser:
    """One user with the planted properties.

    Attributes:
        before, after: interest -> weight, before and after half-way (each adds up to 1; equal without drift).
        favourites: interest -> theme -> weight.
        cold: the scenario with 0–2 interactions, "" for most users.
        scenarios: scenario -> weight.
        amount: number of interactions.
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

    @property
    def main_interest(self) -> str:
        """The interest with the largest weight since half-way."""
        return max(self.after, key=lambda name: self.after[name])

    @property
    def earlier_interest(self) -> str:
        """The interest with the largest weight before half-way."""
        return max(self.before, key=lambda name: self.before[name])


def sample_users(random: Random, n_users: int) -> tuple[SampleUser, ...]:
    """Users with their mixtures of interests."""
    themes = {interest.name: [theme.name for theme in interest.themes] for interest in interests()}
    return tuple(_user(random, number, themes) for number in range(n_users))


def _user(random: Random, number: int, themes: Mapping[str, Sequence[str]]) -> SampleUser:
    age, region = random.choice(AGE_BANDS), random.choice(REGIONS)
    names = list(themes)
    weights = {name: 1 / (2 + rank) ** 0.5 * (2.2 if _LOCAL[region] == name else 1) for rank, name in enumerate(names)}
    first = _draw(random, weights)
    others = [_RELATED.get(first, first) if random.random() < 0.5 else _draw(random, weights) for _ in range(2)]
    before = _weights([first, *others], (0.62, 0.25, 0.13))
    after = before
    if random.random() < DRIFTING:
        new = _draw(random, {name: weight for name, weight in weights.items() if name not in before})
        after = _weights([new, first, *others], (0.66, 0.18, 0.1, 0.06))
    favourites = {}
    for name in {**before, **after}:
        order = sorted(themes[name], key=lambda theme: random.random() * 1.6 + themes[name].index(theme) * 0.18)
        favourites[name] = dict(zip(order, (0.5, 0.26, 0.12, 0.06, 0.04, 0.02), strict=True))
    cold = random.choice(SCENARIOS) if random.random() < COLD else ""
    scenarios = {
        scenario: weight * math.exp(random.gauss(0, 0.5))
        for scenario, weight in zip(SCENARIOS, _SCENARIOS_BY_AGE[age], strict=True)
    }
    amount = int(min(max(math.exp(random.gauss(3.72, 0.8)), 6), 420))
    user_id = f"{_FIRST_NAMES[number * 7 % len(_FIRST_NAMES)]}-{number:04d}"
    return SampleUser(user_id, age, region, before, after, favourites, cold, scenarios, amount)


def _weights(names: Sequence[str], weights: Sequence[float]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for name, weight in zip(names, weights, strict=True):
        total[name] += weight
    return dict(total)


def _draw(random: Random, weights: Mapping[str, float]) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


class ItemIndex:
    """The items as users find them.

    Attributes:
        by_theme: (scenario, theme) -> its series, the longest first; each a list of items in order.
        released: item id -> unix seconds; 0 for most, the last weeks for 6% of the series.
        popular: scenario -> its items in random order, and the cumulative weights of a long tail.
    """

    def __init__(self, random: Random, items: Sequence[SampleItem]) -> None:
        self.by_theme: dict[tuple[str, str], list[list[SampleItem]]] = {}
        series: dict[tuple[str, str, str], list[SampleItem]] = defaultdict(list)
        for item in items:
            series[item.scenario, item.theme, item.series].append(item)
        for (scenario, theme, _), parts in series.items():
            self.by_theme.setdefault((scenario, theme), []).append(sorted(parts, key=lambda item: item.part))
        for all_series in self.by_theme.values():
            all_series.sort(key=lambda parts: (-len(parts), parts[0].series))
        late = [name for name in series if name[1] != GENERAL and random.random() < 0.06]
        release = {name: END - random.randrange(10, 80) * DAY for name in late}
        self.released = {item.item_id: release.get((item.scenario, item.theme, item.series), 0) for item in items}
        self.popular = {scenario: _by_popularity(random, items, scenario) for scenario in SCENARIOS}


def _by_popularity(random: Random, items: Sequence[SampleItem], scenario: str) -> tuple[list[SampleItem], list[float]]:
    inside = [item for item in items if item.scenario == scenario]
    random.shuffle(inside)
    weights = [1 / (rank + 3) for rank in range(len(inside))]
    return inside, [sum(weights[: n + 1]) for n in range(len(weights))]


class _Simulation:
    """The interactions of one user."""

    def __init__(self, random: Random, user: SampleUser, index: ItemIndex) -> None:
        self.random, self.user, self.index = random, user, index
        self.taken: list[SampleItem] = []
        self.seen: set[str] = set()

    def steps(self) -> Iterator[tuple[int, SampleItem]]:
        """(unix seconds, item), oldest first."""
        user, random = self.user, self.random
        left, cold_left, theme = user.amount, random.choice((0, 1, 1, 2, 2)), ""
        for start in self._sessions():
            if left <= 0:
                return
            scenario = _draw(random, user.scenarios)
            size = min(left, 1 + int(random.expovariate(1 / 2.2)))
            if scenario == user.cold:
                size = min(size, cold_left)
                cold_left -= size
            theme = theme if theme and random.random() < KEEP_THEME else self._theme(start)
            time = start
            for _ in range(size):
                item = self._next_item(scenario, theme, time)
                self.taken.append(item)
                self.seen.add(item.item_id)
                yield time, item
                same_second = scenario == "social" and random.random() < 0.2
                time += 0 if same_second else 20 + int(random.expovariate(1 / 240))
            left -= size

    def _sessions(self) -> list[int]:
        """Start times of more sessions than needed, mostly in the evening and more on weekends."""
        random = self.random
        joined = START if random.random() < 0.6 else random.randrange(START, START + (END - START) * 3 // 4)
        starts: set[int] = set()
        needed = max(self.user.amount // 2, 3)
        while len(starts) < needed:
            day = random.randrange(joined, END - DAY) // DAY
            if day % 7 not in (2, 3) and random.random() < 0.25:  # 1 January 1970 was a Thursday: 2, 3 are the weekend
                continue
            hour = min(max(random.gauss(19, 3.2), 0.1), 23.4)
            starts.add(day * DAY + int(hour * 3600))
        return sorted(starts)

    def _theme(self, time: int) -> str:
        interest = _draw(self.random, self.user.before if time < HALFWAY else self.user.after)
        return _draw(self.random, self.user.favourites[interest])

    def _next_item(self, scenario: str, theme: str, time: int) -> SampleItem:
        random, chance = self.random, self.random.random()
        if chance < EVERYDAY:
            item = random.choice(self.index.by_theme[scenario, GENERAL])[0]
            if item.item_id not in self.seen:  # everyday items are not repeated
                return item
        elif chance < EVERYDAY + POPULAR:
            return self._popular_item(scenario, time)
        elif chance < EVERYDAY + POPULAR + REPEATED:
            recent = [item for item in self.taken[-12:] if item.scenario == scenario]
            if recent:
                return random.choice(recent)
        return self._item_of_theme(scenario, theme, time) or self._popular_item(scenario, time)

    def _popular_item(self, scenario: str, time: int) -> SampleItem:
        items, weights = self.index.popular[scenario]
        while True:
            item = self.random.choices(items, cum_weights=weights)[0]
            known = item.item_id in self.seen and self.random.random() < 0.9
            if self.index.released[item.item_id] <= time and not known:
                return item

    def _item_of_theme(self, scenario: str, theme: str, time: int) -> SampleItem | None:
        """The next part of a series that was begun, else the start of another; None when all items are seen."""
        random = self.random
        begun, new = [], []
        for parts in self.index.by_theme[scenario, theme]:
            if self.index.released[parts[0].item_id] > time:
                continue
            last = max((item.part for item in parts if item.item_id in self.seen), default=0)
            unseen = [item for item in parts if item.item_id not in self.seen]
            if last and unseen and unseen[-1].part > last:
                begun.append(next(item for item in unseen if item.part > last))
            elif unseen:
                new.append(unseen)
        if begun and (random.random() < IN_ORDER or not new):
            return begun[0]
        if new:
            parts = random.choices(new, [3 / (1 + rank) for rank in range(len(new))])[0]
            return parts[0] if random.random() < 0.8 else random.choice(parts)
        return begun[0] if begun else None


def simulate(random: Random, user: SampleUser, index: ItemIndex) -> list[tuple[int, SampleItem]]:
    """All interactions of one user, oldest first: (unix seconds, item)."""
    return list(_Simulation(random, user, index).steps())

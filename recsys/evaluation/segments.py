"""A metric by group of users, with intervals, gap and worst group; exposure by group of items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.schema.side_tables import column_numbers
from recsys.data.splits import Holdout
from recsys.errors import InputError
from recsys.metrics.beyond_accuracy import BANDS, exposure, popularity_bands
from recsys.metrics.registry import metric_label
from recsys.metrics.uncertainty import Estimate, bootstrap_means, estimate_means
from recsys.wording import Message, listed

SMALLEST = 30  # users below which the mean of a group is too uncertain to compare
MOST_GROUPS = 12
LENGTH, ACTIVITY, POPULARITY, SCENARIO = (
    Message("history length"), Message("activity"), Message("popularity of history"), Message("scenario"),
)  # fmt: skip
_OF_HISTORIES = (LENGTH, ACTIVITY, POPULARITY, SCENARIO)
COLUMN = "column:"
ITEMS_BY = (Message("popularity"), SCENARIO, Message("tag"))
"""What items can be grouped by."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """Users (or items) in groups.

    Args:
        by: the attribute they are grouped by ("history length", a column of the user table, …).
        names: of the groups, in order.
        of: int64 (n,) group of each user, −1 = unknown.
    """

    by: str
    names: tuple[str, ...]
    of: np.ndarray


def user_attributes(dataset: Dataset) -> tuple[str, ...]:
    """Attributes that users can be grouped by in this data. A column whose name could mean another grouping has COLUMN
    before it."""
    found: list[str] = [LENGTH, POPULARITY]
    if dataset.dated and not dataset.sessions:
        found.insert(1, ACTIVITY)
    if len(dataset.catalogue.scenario_names) > 1:
        found.append(SCENARIO)
    columns = [str(c) for c in dataset.user_table.columns if 1 < dataset.user_table[c].nunique() <= 50 * MOST_GROUPS]
    return (*found, *(f"{COLUMN}{c}" if c in _OF_HISTORIES or ":" in c else c for c in columns))


def grouping(dataset: Dataset, holdout: Holdout, by: str) -> Grouping:
    """The held-out users in groups.

    History length, activity (items a week) and popularity of history (mean popularity percentile of its items) are cut
    at their quartiles; scenario is the one that most items of the history belong to; a column of the user table groups
    by value, or at quartiles where it is numeric with many values.

    Raises InputError for other attributes.
    """
    histories = holdout.histories
    if by == LENGTH:
        return _quartiles(LENGTH, np.array([len(h) for h in histories], dtype=float), _items, whole=True)
    if by == ACTIVITY and dataset.dated:
        return _quartiles(ACTIVITY, _items_a_week(dataset, holdout), _items_weekly)
    if by == POPULARITY:
        return _quartiles(POPULARITY, 100 * _history_popularity(dataset, histories), _less_popular, whole=True)
    if by == SCENARIO:
        return _named(SCENARIO, [_main_scenario(dataset, h) for h in histories])
    if by.removeprefix(COLUMN) in dataset.user_table.columns:
        by = by.removeprefix(COLUMN)
    if by in dataset.user_table.columns:
        column = dataset.user_table[by].iloc[holdout.users]
        numbers = column_numbers(column)
        if numbers is not None and len(np.unique(numbers[np.isfinite(numbers)])) > MOST_GROUPS:
            whole = bool((numbers[np.isfinite(numbers)] % 1 == 0).all())
            return _quartiles(by, numbers, str, whole)
        return _named(by, column.astype("string").fillna("").tolist())
    raise InputError("the grouping", Message("must be one of {names}", names=", ".join(user_attributes(dataset))), by)


def membership(name: str, members: Sequence[int] | np.ndarray, holdout: Holdout) -> Grouping:
    """The held-out users in two groups: the members of a saved, found or lassoed group, and all other users.

    Args:
        name: of the group. Hostile text: show it as text only.
        members: user indexes.
    """
    return Grouping(name, (name, Message("all other users")), np.where(np.isin(holdout.users, members), 0, 1))


def _items_a_week(dataset: Dataset, holdout: Holdout) -> np.ndarray:
    assert dataset.timestamps is not None
    rate = np.empty(len(holdout))
    for row, (user, history) in enumerate(zip(holdout.users, holdout.histories, strict=True)):
        start = int(dataset.offsets[user])
        times = dataset.timestamps[start : start + max(len(history), 1)]
        rate[row] = len(history) / max((times[-1] - times[0]) / 604_800, 1.0) if len(times) else np.nan
    return rate


def _history_popularity(dataset: Dataset, histories: Sequence[History]) -> np.ndarray:
    order = np.argsort(np.argsort(dataset.item_counts[1:], kind="stable"), kind="stable")
    percentile = np.concatenate([[0.0], order / max(1, dataset.n_items - 1)])
    return np.array([percentile[h].mean() if len(h) else np.nan for h in histories])


def _main_scenario(dataset: Dataset, history: History) -> str:
    names = [dataset.catalogue.scenarios[item] for item in history]
    return max(sorted(set(names)), key=names.count) if names else ""


def _items(span: str) -> Message:
    return Message("{span} items", span=span)


def _items_weekly(span: str) -> Message:
    return Message("{span} items a week", span=span)


def _less_popular(span: str) -> Message:
    return Message("{span} % of items are less popular", span=span)


def _quartiles(by: str, values: np.ndarray, name: Callable[[str], str], whole: bool = False) -> Grouping:
    """Groups cut at the quartiles; `name` gets the range of a group and returns it with its unit."""
    known = np.isfinite(values)
    if not known.any():
        return Grouping(by, (), np.full(len(values), -1))
    edges = np.unique(np.quantile(values[known], [0, 0.25, 0.5, 0.75, 1]))
    if len(edges) < 2:
        edges = np.array([edges[0], edges[0]])
    of = np.where(known, np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2), -1)
    spans = []
    for group in range(len(edges) - 1):
        inside = values[of == group]
        low, high = (edges[group], edges[group + 1]) if not len(inside) else (inside.min(), inside.max())
        spans.append((float(low), float(high)))
    return Grouping(by, tuple(name(text) for text in _span_texts(spans, 0 if whole else 1)), of)


def _span_texts(spans: Sequence[tuple[float, float]], decimals: int) -> list[str]:
    """The ranges with `decimals` decimals, or with as many more as tell the ends and the ranges apart (up to 9)."""
    for digits in range(decimals, 10):
        ends = [(f"{low:,.{digits}f}", f"{high:,.{digits}f}") for low, high in spans]
        merged = any(a == b and not np.isclose(low, high) for (a, b), (low, high) in zip(ends, spans, strict=True))
        if not merged and len(set(ends)) == len(ends):
            break
    return [low if low == high else f"{low} – {high}" for low, high in ends]


def _named(by: str, values: list[str]) -> Grouping:
    counts = Counter(value for value in values if value != "")
    common = sorted(counts, key=lambda name: (-counts[name], name))[: MOST_GROUPS - 1]
    rest = len(counts) > len(common)
    names = (*sorted(common), Message("all others")) if rest else tuple(sorted(common))
    place = {name: number for number, name in enumerate(sorted(common))}
    other = len(names) - 1 if rest else -1
    return Grouping(by, names, np.array([-1 if v == "" else place.get(v, other) for v in values]))


@dataclass(frozen=True)
class GroupFigure:
    """One group: its users, its mean with interval, and whether it is too small to compare."""

    name: str
    users: int
    estimate: Estimate
    too_small: bool


@dataclass(frozen=True)
class Segments:
    """A metric by group.

    Args:
        gap: highest minus lowest mean of the large enough groups, with its interval; None for fewer than two.
        worst: the group with the lowest mean among those; "" for fewer than two.
        unknown: users without a group or without a value.
    """

    by: str
    metric: str
    overall: Estimate
    groups: tuple[GroupFigure, ...]
    gap: Estimate | None
    worst: str
    unknown: int

    @property
    def warnings(self) -> tuple[Message, ...]:
        """Groups that are too small to compare, and users without a group."""
        small = [Message("{group} ({users})", group=g.name, users=g.users) for g in self.groups if g.too_small]
        sentences = []
        if small:
            sentences.append(
                Message("Fewer than {n} users, too few to compare: {groups}.", n=SMALLEST, groups=listed(small))
            )
        if self.unknown:
            sentences.append(
                Message(
                    "{n:,} users are in no group: their {attribute} is not known.", n=self.unknown, attribute=self.by
                )
            )
        return tuple(sentences)

    @property
    def sentence(self) -> Message:
        """Whether there is a significant gap between groups."""
        if self.gap is None:
            return Message("Fewer than two groups by {attribute} are large enough to compare.", attribute=self.by)
        values = {"attribute": self.by, "metric": metric_label(self.metric), "gap": self.gap.text}
        if self.gap.low <= 0:
            return Message("No gap between groups by {attribute} is shown ({metric} gap {gap}).", **values)
        return Message(
            "Lowest by {attribute}: {group} ({metric} gap to the highest {gap}).", group=self.worst, **values
        )


def segment(values: np.ndarray, groups: Grouping, metric: str, *, seed: int = 0, smallest: int = SMALLEST) -> Segments:
    """A metric's values per user (n,), NaN = not defined, by group.

    The interval of the gap is of the highest and the lowest group, over users resampled within groups. As these two
    were picked for being extreme, its lower end is at most 0 unless they differ after correction over all pairs.
    """
    figures: list[GroupFigure] = []
    draws: list[np.ndarray] = []  # of each figure: two groups may have one name
    of = np.where(np.isfinite(values), groups.of, -1)
    for number, name in enumerate(groups.names):
        inside = values[of == number]
        if not len(inside):
            continue
        draws.append(bootstrap_means(inside, seed=seed + number)[:, 0])
        low, high = np.quantile(draws[-1], [0.025, 0.975])
        figures.append(
            GroupFigure(
                name, len(inside), Estimate(float(inside.mean()), float(low), float(high)), len(inside) < smallest
            )
        )
    large = [place for place, g in enumerate(figures) if not g.too_small]
    gap, worst = None, ""
    if len(large) > 1:
        best = max(large, key=lambda place: figures[place].estimate.value)
        poor = min(large, key=lambda place: figures[place].estimate.value)
        gap = _gap(figures[best], figures[poor], draws[best] - draws[poor], len(large))
        worst = figures[poor].name
    overall = estimate_means({metric: values}, seed=seed)[metric]
    return Segments(groups.by, metric, overall, tuple(figures), gap, worst, int((of < 0).sum()))


def _gap(best: GroupFigure, poor: GroupFigure, draws: np.ndarray, groups: int) -> Estimate:
    value = best.estimate.value - poor.estimate.value
    low, high = (float(q) for q in np.quantile(draws, [0.025, 0.975]))
    pairs = groups * (groups - 1) / 2
    p = (1 + np.count_nonzero(np.abs(draws - draws.mean()) >= value)) / (len(draws) + 1)
    return Estimate(value, low if min(1.0, p * pairs) < 0.05 else min(low, 0.0), high)


@dataclass(frozen=True)
class ItemGroup:
    """A group of items: its shares of the catalogue, of all interactions, and of the recommended places, in [0, 1]."""

    name: str
    of_catalogue: float
    of_interactions: float
    of_recommended: float


def item_groups(dataset: Dataset, by: str) -> Grouping:
    """Items in groups (n_items entries, item 1 first) by "popularity" (see BANDS), "scenario" or "tag" (the first)."""
    by_popularity, by_scenario, by_tag = ITEMS_BY
    if by == by_popularity:
        return Grouping(by_popularity, BANDS, popularity_bands(dataset.item_counts)[1:])
    if by == by_scenario:
        return _named(by_scenario, list(dataset.catalogue.scenarios[1:]))
    if by == by_tag:
        return _named(by_tag, [tags[0] if tags else "" for tags in dataset.catalogue.tags[1:]])
    raise InputError("the item grouping", "must be popularity, scenario or tag", by)


def exposure_by(lists: np.ndarray, dataset: Dataset, groups: Grouping) -> tuple[ItemGroup, ...]:
    """Each item group's share of the recommended places, of the catalogue and of the interactions."""
    recommended = exposure(lists, dataset.n_items)
    counts, found = dataset.item_counts[1:], []
    for number, name in enumerate(groups.names):
        inside = groups.of == number
        found.append(
            ItemGroup(
                name,
                float(inside.mean()),
                float(counts[inside].sum() / max(1, counts.sum())),
                float(recommended[inside].sum() / max(1, recommended.sum())),
            )
        )
    return tuple(found)

"""The quality report: what the data is like, and what each number means for a model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from functools import reduce
from typing import Any, Literal

import numpy as np

from recsys.data.dataset import Dataset
from recsys.data.ordering import has_equal_neighbour
from recsys.data.repeats import propose_repeats
from recsys.wording import Message

Level = Literal["good", "notice", "warning"]
LEVELS: tuple[Level, ...] = ("warning", "notice", "good")
DAY, WEEK = 86_400, 7 * 86_400
COLD = 5  # users and items with fewer interactions are cold
MAX_WEEKS = 20_000
_COLUMNS = {"title": Message("title"), "description": Message("description"), "tags": Message("tags")}


@dataclass(frozen=True)
class Finding:
    """One number about the data, and what it means for a model."""

    name: str
    value: str
    meaning: str
    level: Level = "good"


@dataclass(frozen=True, eq=False)
class QualityReport:
    """The measured properties of a dataset.

    Attributes:
        density: share of all user–item pairs that occur, 0 … 1.
        gini_items, gini_users: inequality of interactions, 0 (all equal) … 1 (one has all).
        share_for_half: smallest share of items that holds half of all interactions.
        median_history: median number of interactions per user.
        ties: share of rows that share their second (or step) with another row of the same user; None without times.
        repeats: share of rows whose user had that item before.
        cold_users, cold_items: how many have fewer than `COLD` interactions.
        missing: metadata column -> share of items (or users) without a value.
        weeks: unix seconds at the start of each week; activity: interactions in each. Empty without times.
        scenarios: names; overlap: int64 (S, S), users with interactions in both (diagonal: in the one).
        findings: the same in words, most important first.
    """

    density: float
    gini_items: float
    gini_users: float
    share_for_half: float
    median_history: float
    ties: float | None
    repeats: float
    cold_users: int
    cold_items: int
    missing: dict[str, float]
    weeks: np.ndarray
    activity: np.ndarray
    scenarios: tuple[str, ...]
    overlap: np.ndarray
    findings: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All numbers and sentences as JSON-able values."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["findings"] = [asdict(finding) for finding in self.findings]
        return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def quality_report(dataset: Dataset) -> QualityReport:
    """Measures a dataset, in about a second for ten million rows."""
    counts = dataset.item_counts[1:]
    n_pairs = dataset.n_pairs
    weeks, activity = weekly(dataset)
    scenarios, overlap = scenario_overlap(dataset)
    report = QualityReport(
        density=n_pairs / max(dataset.n_users * dataset.n_items, 1),
        gini_items=gini(counts),
        gini_users=gini(dataset.lengths),
        share_for_half=share_for_half(counts),
        median_history=float(np.median(dataset.lengths)) if dataset.n_users else 0.0,
        ties=tied_share(dataset),
        repeats=1 - n_pairs / max(dataset.n_interactions, 1),
        cold_users=int((dataset.lengths < COLD).sum()),
        cold_items=int((counts < COLD).sum()),
        missing=missing_shares(dataset),
        weeks=weeks,
        activity=activity,
        scenarios=scenarios,
        overlap=overlap,
    )
    findings = sorted(_findings(report, dataset), key=lambda finding: LEVELS.index(finding.level))
    return replace(report, findings=tuple(findings))


def repeat_share(dataset: Dataset) -> float:
    """Share of the rows whose user had that item before, 0 … 1."""
    return 1 - dataset.n_pairs / max(dataset.n_interactions, 1)


def gini(counts: np.ndarray) -> float:
    """Gini coefficient of non-negative counts, 0 (all equal) … 1; 0 when there are none.

    G = Σ (2i − n − 1)·x_i / (n · Σ x), with x in ascending order and i from 1.
    """
    ordered = np.sort(np.asarray(counts, dtype=np.float64))
    n, total = len(ordered), ordered.sum()
    if n == 0 or total == 0:
        return 0.0
    return float(((2 * np.arange(1, n + 1) - n - 1) * ordered).sum() / (n * total))


def share_for_half(counts: np.ndarray) -> float:
    """The smallest share of items that together have half of all interactions, 0 … 1."""
    ordered = np.sort(np.asarray(counts))[::-1]
    total = ordered.sum()
    if total == 0:
        return 0.0
    return float((np.searchsorted(np.cumsum(ordered), total / 2) + 1) / len(ordered))


def weekly(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The starts of all weeks (unix seconds, Mondays, UTC) and the interactions in each.

    Both are empty without times, where times are step numbers, and for more than `MAX_WEEKS` weeks.
    """
    times = dataset.timestamps
    if times is None or not dataset.dated or not len(times):
        return np.empty(0), np.empty(0, dtype=np.int64)
    first_monday = 4 * DAY  # 1 January 1970 was a Thursday
    number = np.floor((times - first_monday) / WEEK).astype(np.int64)
    first = int(number.min())
    if number.max() - first > MAX_WEEKS:
        return np.empty(0), np.empty(0, dtype=np.int64)
    activity = np.bincount(number - first)
    return (first + np.arange(len(activity))) * float(WEEK) + first_monday, activity


def tied_share(dataset: Dataset) -> float | None:
    """Share of rows that share their second (or step) with another row of the same user; None without times."""
    times = dataset.timestamps
    if times is None or not len(times):
        return None if times is None else 0.0
    return float(has_equal_neighbour(dataset.user_of, np.floor(times) if dataset.dated else times).mean())


def scenario_overlap(dataset: Dataset) -> tuple[tuple[str, ...], np.ndarray]:
    """Scenario names and int64 (S, S): how many users have interactions in both; on the diagonal, in the one."""
    names = dataset.catalogue.scenario_names
    if not names:
        return (), np.zeros((0, 0), dtype=np.int64)
    index = {name: number for number, name in enumerate(names)}
    scenario_of_item = np.array([index.get(scenario, -1) for scenario in dataset.catalogue.scenarios])
    active = np.zeros((dataset.n_users, len(names)), dtype=np.int64)
    scenario = scenario_of_item[dataset.sequence]
    known = scenario >= 0
    active[dataset.user_of[known], scenario[known]] = 1
    return names, active.T @ active


def missing_shares(dataset: Dataset) -> dict[str, float]:
    """Metadata column -> share of items (or users) without a value."""
    catalogue, ids = dataset.catalogue, dataset.items.ids
    n = max(dataset.n_items, 1)
    shares = {
        "title": sum(title in ("", one) for title, one in zip(catalogue.titles[1:], ids, strict=True)) / n,
        "description": sum(not text for text in catalogue.texts[1:]) / n,
        "tags": sum(not tags for tags in catalogue.tags[1:]) / n,
    }
    for name in dataset.user_table.columns:
        column = dataset.user_table[name]
        shares[str(name)] = float((column.isna() | (column.astype("string").fillna("") == "")).mean())
    return shares


def _findings(report: QualityReport, dataset: Dataset) -> list[Finding]:
    found = [
        _sparsity(report.density),
        _long_tail(report.gini_items, report.share_for_half),
        _history_length(report.median_history),
        _cold_users(report.cold_users, dataset.n_users),
        _cold_items(report.cold_items, dataset.n_items),
        _unequal_users(report.gini_users),
        _ties(report.ties) if dataset.calendar else _tied_steps(report.ties),
        _repeats(report.repeats),
    ]
    gaps = {name: share for name, share in report.missing.items() if share > 0}
    if gaps:
        largest = sorted(gaps.items(), key=lambda gap: -gap[1])[:4]
        shares = [
            Message("{column} {share}", column=_COLUMNS.get(name, name), share=_percent(share))
            for name, share in largest
        ]
        value = reduce(lambda first, second: Message("{first}, {second}", first=first, second=second), shares)
        meaning = Message("Items without texts are known only by their users.")
        level: Level = "notice" if largest[0][1] > 0.5 else "good"
        found.append(Finding(Message("Missing metadata"), value, meaning, level))
    if len(report.scenarios) > 1:
        found.append(_overlap(report.overlap))
    return found


def _sparsity(density: float) -> Finding:
    share = f"{1 - density:.3%}" if density < 0.01 else f"{1 - density:.1%}"
    name, value = Message("Sparsity"), Message("{share} empty", share=share)
    if density < 0.2:
        meaning = Message("Most user–item pairs are unknown; a model must learn from similar users.")
        return Finding(name, value, meaning)
    meaning = Message("Most pairs are known: there is little left to recommend, and simple counts work well.")
    return Finding(name, value, meaning, "notice")


def _long_tail(gini_items: float, half: float) -> Finding:
    template = (
        Message(
            "Half of all interactions go to {share} of the items. "
            "Popularity will be a strong baseline, and rare items need their texts or tags."
        )
        if gini_items > 0.6
        else Message(
            "Half of all interactions go to {share} of the items. "
            "Interactions are spread over many items, so popularity is a weak baseline."
        )
    )
    meaning, level = Message(template, share=_percent(half)), _notice_if(gini_items > 0.8)
    return Finding(Message("Long tail"), Message("Gini {gini:.2f}", gini=gini_items), meaning, level)


def _history_length(median: float) -> Finding:
    name, value = Message("History length"), Message("{n:,.0f} items, median", n=median)
    if median >= 10:
        return Finding(name, value, Message("Long enough for a model to learn from the order of interactions."))
    meaning = Message("Short histories: expect wide intervals, and more gain from transfer.")
    return Finding(name, value, meaning, "notice")


def _cold_users(n_cold: int, n: int) -> Finding:
    few = Message(
        "{share} of the users have fewer than {least} rows. Evaluate transfer on them: it is meant for cold users.",
        share=_percent(n_cold / max(n, 1)),
        least=COLD,
    )
    none = Message("All {n:,} users have at least {least} rows.", n=n, least=COLD)
    return _cold(Message("Cold users"), few, none, n_cold, n)


def _cold_items(n_cold: int, n: int) -> Finding:
    few = Message(
        "{share} of the items have fewer than {least} rows. Only titles and tags tell a model what they are.",
        share=_percent(n_cold / max(n, 1)),
        least=COLD,
    )
    none = Message("All {n:,} items have at least {least} rows.", n=n, least=COLD)
    return _cold(Message("Cold items"), few, none, n_cold, n)


def _cold(name: Message, few: Message, none: Message, n_cold: int, n: int) -> Finding:
    """How many of n are cold; `few` says what that means, `none` that there are none."""
    if not n_cold:
        return Finding(name, Message("none"), none)
    return Finding(name, Message("{n:,} of {total:,}", n=n_cold, total=n), few, _notice_if(n_cold / n > 0.3))


def _unequal_users(gini_users: float) -> Finding:
    name, value = Message("Unequal users"), Message("Gini {gini:.2f}", gini=gini_users)
    if gini_users > 0.6:
        return Finding(name, value, Message("A few users have most rows and dominate training."), "notice")
    return Finding(name, value, Message("No small group of users dominates the rows."))


def _ties(ties: float | None) -> Finding:
    if ties is None:
        meaning = Message("Without times, the order in the file is the order of interactions.")
        return Finding(Message("Times"), Message("none"), meaning, "notice")
    name, share = Message("Timestamp ties"), _percent(ties)
    if ties <= 0.3:
        meaning = Message(
            "{share} of the rows share a second with another row of the same user, in the order of the file.",
            share=share,
        )
        return Finding(name, share, meaning)
    meaning = Message(
        "{share} of the rows share a second with another row of the same user, in the order of the file. "
        "Do not rely on the order of interactions within a session.",
        share=share,
    )
    return Finding(name, share, meaning, "warning")


def _tied_steps(ties: float | None) -> Finding:
    if ties is None:
        return _ties(None)
    meaning = Message(
        "The times are step numbers, which only give the order. {share} of the rows share a step with another row of "
        "the same user, in the order of the file.",
        share=_percent(ties),
    )
    return Finding(Message("Times"), Message("step numbers"), meaning, _notice_if(ties > 0.3))


def _repeats(repeats: float) -> Finding:
    meaning = Message(
        "Users return to the same items. Choose on Train whether lists may hold already chosen items."
        if propose_repeats(repeats)[0].allows
        else "Users rarely repeat an item, so recommendations that leave out seen items lose little."
    )
    return Finding(Message("Repeats"), _percent(repeats), meaning, _notice_if(repeats > 0.2))


def _overlap(overlap: np.ndarray) -> Finding:
    """The smallest overlap of two scenarios, as a share of the smaller one's users."""
    other = ~np.eye(len(overlap), dtype=bool)
    smaller = np.minimum.outer(np.diag(overlap), np.diag(overlap))[other]
    share = float((overlap[other] / np.maximum(smaller, 1)).min())
    meaning = Message(
        "Most users of one scenario are also in the others, so interests can be transferred."
        if share > 0.5
        else "Some scenarios have few users in common, so there is little to learn transfer from."
    )
    level: Level = "good" if share > 0.2 else "warning"
    return Finding(Message("Scenario overlap"), Message("at least {share}", share=_percent(share)), meaning, level)


def _notice_if(found: bool) -> Level:
    return "notice" if found else "good"


def _percent(share: float) -> str:
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"

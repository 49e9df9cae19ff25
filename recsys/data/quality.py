"""A quality report worth teaching from: what the data is like, and what each number means for a model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np

from recsys.data.dataset import Dataset

Level = Literal["good", "notice", "warning"]
WEEK = 7 * 86_400
COLD = 5  # fewer interactions than this, and a model has little to hold on to


@dataclass(frozen=True)
class Finding:
    """One number about the data, and in words what it means for the model."""

    name: str
    value: str
    meaning: str
    level: Level = "good"


@dataclass(frozen=True, eq=False)
class QualityReport:
    """What `quality_report` found.

    Attributes:
        density: share of all person–item pairs that occur, 0 … 1.
        gini_items, gini_users: inequality of interactions, 0 (all equal) … 1 (one has all).
        half_of_clicks: share of items that hold half of all interactions.
        median_history: interactions of the median person.
        ties: share of rows that share their second with another row of the same person; None without times.
        repeats: share of rows whose person had that item before.
        cold_users, cold_items: how many have fewer than five interactions.
        missing: metadata column -> share of items (or people) without a value.
        weeks: unix seconds at the start of each week. activity: interactions in each. Empty without times.
        scenarios: names; overlap: int64 (S, S), people with interactions in both (diagonal: in one).
        findings: all of it in words, most important first.
    """

    density: float
    gini_items: float
    gini_users: float
    half_of_clicks: float
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
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """All numbers and sentences as JSON-able values."""
        return {
            field.name: value.tolist() if isinstance(value := getattr(self, field.name), np.ndarray) else value
            for field in fields(self)
            if field.name != "findings"
        } | {"findings": [asdict(finding) for finding in self.findings]}


def quality_report(dataset: Dataset) -> QualityReport:
    """Measures a dataset. One pass over arrays: a second for ten million rows."""
    counts = dataset.item_counts[1:]
    pairs = _distinct_pairs(dataset)
    weeks, activity = weekly(dataset)
    names, overlap = scenario_overlap(dataset)
    cells = max(dataset.n_users * dataset.n_items, 1)
    values = {
        "density": pairs / cells,
        "gini_items": gini(counts),
        "gini_users": gini(dataset.lengths),
        "half_of_clicks": share_for_half(counts),
        "median_history": float(np.median(dataset.lengths)) if dataset.n_users else 0.0,
        "repeats": 1 - pairs / max(dataset.n_interactions, 1),
    }
    ties = tied_share(dataset)
    cold_users, cold_items = int((dataset.lengths < COLD).sum()), int((counts < COLD).sum())
    missing = missing_shares(dataset)
    findings = [*_shape(dataset, values, cold_users, cold_items), *_times(ties), *_rest(values, missing)]
    findings += _overlaps(names, overlap)
    findings.sort(key=lambda finding: ("warning", "notice", "good").index(finding.level))
    return QualityReport(
        **values,
        ties=ties,
        cold_users=cold_users,
        cold_items=cold_items,
        missing=missing,
        weeks=weeks,
        activity=activity,
        scenarios=names,
        overlap=overlap,
        findings=tuple(findings),
    )


def gini(counts: np.ndarray) -> float:
    """Gini coefficient of non-negative counts, 0 (all equal) … 1; 0 when there is nothing.

    G = Σ (2i − n − 1)·x_i / (n · Σ x), with x in ascending order and i from 1.
    """
    ordered = np.sort(np.asarray(counts, dtype=np.float64))
    n, total = len(ordered), ordered.sum()
    if n == 0 or total == 0:
        return 0.0
    return float(((2 * np.arange(1, n + 1) - n - 1) * ordered).sum() / (n * total))


def share_for_half(counts: np.ndarray) -> float:
    """The smallest share of items that together hold half of all interactions, 0 … 1."""
    ordered = np.sort(np.asarray(counts))[::-1]
    total = ordered.sum()
    if total == 0:
        return 0.0
    return float((np.searchsorted(np.cumsum(ordered), total / 2) + 1) / len(ordered))


def weekly(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Starts of weeks (unix seconds, Mondays, UTC) and interactions in each, without gaps, at most 20,000 weeks."""
    times = dataset.timestamps
    if times is None or not len(times):
        return np.empty(0), np.empty(0, dtype=np.int64)
    monday = 4 * 86_400  # 1 January 1970 was a Thursday
    number = np.floor((times - monday) / WEEK).astype(np.int64)
    first = int(number.min())
    if number.max() - first > 20_000:
        return np.empty(0), np.empty(0, dtype=np.int64)
    activity = np.bincount(number - first)
    return (first + np.arange(len(activity))) * float(WEEK) + monday, activity


def tied_share(dataset: Dataset) -> float | None:
    """Share of rows that share their second with another row of the same person; None without times."""
    times = dataset.timestamps
    if times is None:
        return None
    if not len(times):
        return 0.0
    same = (np.floor(times[1:]) == np.floor(times[:-1])) & (dataset.user_of[1:] == dataset.user_of[:-1])
    tied = np.zeros(len(times), dtype=bool)
    tied[1:] |= same
    tied[:-1] |= same
    return float(tied.mean())


def scenario_overlap(dataset: Dataset) -> tuple[tuple[str, ...], np.ndarray]:
    """Scenario names and int64 (S, S): how many people have interactions in both; the diagonal counts each alone."""
    names = dataset.catalogue.scenario_names
    if not names:
        return (), np.zeros((0, 0), dtype=np.int64)
    index = {name: number for number, name in enumerate(names)}
    of_item = np.array([index.get(scenario, -1) for scenario in dataset.catalogue.scenarios])
    active = np.zeros((dataset.n_users, len(names)), dtype=np.int64)
    scenario = of_item[dataset.sequence]
    known = scenario >= 0
    active[dataset.user_of[known], scenario[known]] = 1
    return names, active.T @ active


def missing_shares(dataset: Dataset) -> dict[str, float]:
    """Metadata column -> share without a value; only columns of which something is known."""
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


def _distinct_pairs(dataset: Dataset) -> int:
    keys = dataset.user_of.astype(np.int64) * (dataset.n_items + 1) + dataset.sequence
    return len(np.unique(keys))


def _shape(dataset: Dataset, values: dict[str, float], cold_users: int, cold_items: int) -> list[Finding]:
    density, median = values["density"], values["median_history"]
    empty = f"{1 - density:.3%}" if density < 0.01 else f"{1 - density:.1%}"
    return [
        Finding(
            "Sparsity",
            f"{empty} empty",
            "Nearly every person–item pair is unknown, so a model must learn from people who resemble each other."
            if density < 0.2
            else "Most pairs are known: there is little left to recommend, and counting alone works well.",
            "good" if density < 0.2 else "notice",
        ),
        Finding(
            "Long tail",
            f"Gini {values['gini_items']:.2f}",
            f"Half of all interactions go to {_share(values['half_of_clicks'])} of the items. "
            + (
                "Popularity will look strong, and rare items need their text or tags to be found."
                if values["gini_items"] > 0.6
                else "Attention is spread, so popularity alone will not get far."
            ),
            "notice" if values["gini_items"] > 0.8 else "good",
        ),
        Finding(
            "History length",
            f"{median:,.0f} items, median",
            "Long enough for the order of choices to say something."
            if median >= 10
            else "Short histories: expect wide intervals, and more gain from borrowing interests.",
            "good" if median >= 10 else "notice",
        ),
        _cold("Cold people", cold_users, dataset.n_users, "people", "Transfer is for them; judge it on them."),
        _cold("Cold items", cold_items, dataset.n_items, "items", "Only titles and tags can place them on the map."),
        Finding(
            "Unequal people",
            f"Gini {values['gini_users']:.2f}",
            "A few people make most of the rows and weigh most in training."
            if values["gini_users"] > 0.6
            else "No small group of people dominates the rows.",
            "notice" if values["gini_users"] > 0.6 else "good",
        ),
    ]


def _cold(name: str, cold: int, of: int, what: str, meaning: str) -> Finding:
    share = cold / max(of, 1)
    level: Level = "notice" if share > 0.3 else "good"
    if not cold:
        return Finding(name, "none", f"Every one of the {of:,} {what} has at least {COLD} rows.")
    return Finding(
        name, f"{cold:,} of {of:,}", f"{_share(share)} of {what} have fewer than {COLD} rows. {meaning}", level
    )


def _times(ties: float | None) -> list[Finding]:
    if ties is None:
        return [
            Finding("Times", "none", "Without times, the order in the file is the order of choices.", "notice"),
        ]
    meaning = f"{_share(ties)} of rows share a second with another of the same person; their order is the file’s."
    if ties > 0.3:
        meaning += " The fine order is partly made up, so do not read much into what came right after what."
    return [Finding("Timestamp ties", _share(ties), meaning, "warning" if ties > 0.3 else "good")]


def _rest(values: dict[str, float], missing: dict[str, float]) -> list[Finding]:
    repeats = values["repeats"]
    found = [
        Finding(
            "Repeats",
            _share(repeats),
            "People come back to the same items; lists leave out what was seen, so repeats are never predicted."
            if repeats > 0.05
            else "People rarely take an item twice, so leaving out what was seen costs nothing.",
            "notice" if repeats > 0.2 else "good",
        )
    ]
    gaps = {name: share for name, share in missing.items() if share > 0}
    if gaps:
        worst = ", ".join(f"{name} {_share(share)}" for name, share in sorted(gaps.items(), key=lambda x: -x[1])[:4])
        level: Level = "notice" if max(gaps.values()) > 0.5 else "good"
        found.append(
            Finding("Missing metadata", worst, "Items without words are placed by who takes them alone.", level)
        )
    return found


def _overlaps(names: tuple[str, ...], overlap: np.ndarray) -> list[Finding]:
    if len(names) < 2:
        return []
    off = overlap[~np.eye(len(names), dtype=bool)]
    base = np.minimum.outer(np.diag(overlap), np.diag(overlap))[~np.eye(len(names), dtype=bool)]
    share = float((off / np.maximum(base, 1)).min())
    meaning = (
        "Most people of one scenario are also in the others: interests can be carried across."
        if share > 0.5
        else "Some pairs of scenarios have few people in common, so transfer across them has little to learn from."
    )
    return [Finding("Scenario overlap", f"at least {_share(share)}", meaning, "good" if share > 0.2 else "warning")]


def _share(share: float) -> str:
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"

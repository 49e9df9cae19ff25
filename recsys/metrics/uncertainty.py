"""Uncertainty of means over users: percentile bootstrap, paired tests, Holm's correction, and sentences.

Whole users are resampled, never single interactions (Efron 1979). All columns of one call are resampled with the same
draws, so that differences between models are paired. Users with NaN in a column are left out of that column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.errors import InputError
from recsys.wording import Message

LEVEL = 0.95
RESAMPLES = 1000


@dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """`0.171 [0.163, 0.179]`, all three with the same decimals; `–` where it is not finite."""
        largest = max(abs(self.value), abs(self.low), abs(self.high))
        if not np.isfinite(largest):
            return "–"
        decimals = max(0, 2 - int(np.floor(np.log10(largest)))) if largest >= 1 else 3
        value, low, high = (_fixed(x, decimals) for x in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"

    def signed(self, decimals: int = 4) -> str:
        """A difference with its sign: `+0.0123 [+0.0100, −0.0003]`."""
        value, low, high = (f"{end:+.{decimals}f}".replace("-", "−") for end in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"

    def to_json(self) -> dict[str, float]:
        return {"value": self.value, "low": self.low, "high": self.high}


def _fixed(value: float, decimals: int) -> str:
    digits = f"{abs(value):,.{decimals}f}"
    return ("−" if value < 0 and float(digits.replace(",", "")) else "") + digits


def resampled_counts(n: int, resamples: int, seed: int, chunk: int = 64) -> Iterator[np.ndarray]:
    """How often each of n users is drawn in each resample: float32 (≤ chunk, n) at a time, rows summing to n."""
    rng = np.random.default_rng(seed)
    for start in range(0, resamples, chunk):
        rows = min(chunk, resamples - start)
        drawn = rng.integers(0, n, size=(rows, n)) + np.arange(rows)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float32)


def bootstrap_means(values: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """Means over resampled users: float64 (resamples, m) of values (n, m), NaN left out. Columns share the draws."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None]
    known = np.isfinite(values)
    if not known.any():
        raise InputError("the sample", "must hold at least one user")
    filled, counted = np.where(known, values, 0.0), known.astype(np.float64)
    draws = resampled_counts(len(values), resamples, seed)
    if known.all():
        return np.concatenate([counts @ filled / len(values) for counts in draws])
    return np.concatenate([counts @ filled / np.maximum(counts @ counted, 1) for counts in draws])


def _interval(draws: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def estimate_means(
    columns: Mapping[str, np.ndarray], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """The mean of each column (n,) with its interval, all from the same draws."""
    if not columns:
        return {}
    values = np.stack([np.asarray(c, dtype=np.float64) for c in columns.values()], axis=1)
    draws = bootstrap_means(values, resamples=resamples, seed=seed)
    means = np.nanmean(values, axis=0)
    return {name: Estimate(float(means[i]), *_interval(draws[:, i])) for i, name in enumerate(columns)}


def estimate_mean(values: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """The mean of values (n,) with its interval."""
    return estimate_means({"": values}, resamples=resamples, seed=seed)[""]


def estimate_ratio(above: np.ndarray, below: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """mean(above) / mean(below) over users with its interval; `below` must not be 0 everywhere."""
    values = np.stack([above, below], axis=1).astype(np.float64)
    draws = bootstrap_means(values, resamples=resamples, seed=seed)
    ratios = draws[:, 0] / np.maximum(draws[:, 1], 1e-12)
    return Estimate(float(values[:, 0].mean() / max(values[:, 1].mean(), 1e-12)), *_interval(ratios))


def paired_p(differences: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> tuple[Estimate, float]:
    """Mean difference (n,) with its interval, and the two-sided p of "no difference" by the paired bootstrap.

    p is the share of resamples whose mean is at least as far from the observed mean as that is from 0, plus one so that
    it is never 0 (Davison & Hinkley 1997, 4.2): with 1,000 resamples the smallest p is 0.001.
    """
    values = np.asarray(differences, dtype=np.float64)
    mean = float(values.mean())
    draws = bootstrap_means(values, resamples=resamples, seed=seed)[:, 0]
    if not values.any():
        return Estimate(0.0, 0.0, 0.0), 1.0
    p = (1 + np.count_nonzero(np.abs(draws - mean) >= abs(mean) - 1e-15)) / (resamples + 1)
    return Estimate(mean, *_interval(draws)), float(p)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: adjusted p in the order given, each in [0, 1] (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    m, adjusted, worst = len(p_values), [1.0] * len(p_values), 0.0
    for step, index in enumerate(order):
        worst = max(worst, min(1.0, (m - step) * p_values[int(index)]))
        adjusted[int(index)] = worst
    return adjusted


def is_significant(p_holm: float) -> bool:
    """Whether a corrected p is significant at 5%."""
    return p_holm < 1 - LEVEL + 1e-12


@dataclass(frozen=True)
class Comparison:
    """One model against another on one metric and the same users."""

    metric: str
    first: str
    second: str
    difference: Estimate
    p: float
    p_holm: float

    @property
    def significant(self) -> bool:
        """Whether the difference is significant at 5% after Holm's correction."""
        return is_significant(self.p_holm)

    def sentence(self, label: Callable[[str], str] = str) -> Message:
        """The result in words. `label` gets a name and returns what it is called in the sentence."""
        first, second = label(self.first), label(self.second)
        figures = {"metric": self.metric.upper(), "difference": self.difference.text, "p": _fixed(self.p_holm, 3)}
        if not self.significant:
            return Message(
                "No difference shown between {first} and {second} ({metric} {difference}, Holm p = {p}).",
                first=first,
                second=second,
                **figures,
            )
        better, worse = (first, second) if self.difference.value > 0 else (second, first)
        return Message(
            "{better} is better than {worse} ({metric} {difference}, Holm p = {p}).",
            better=better,
            worse=worse,
            **figures,
        )

    def to_json(self) -> dict[str, object]:
        values = {"metric": self.metric, "first": self.first, "second": self.second, "p": self.p, "p_holm": self.p_holm}
        return {**values, "difference": self.difference.to_json(), "significant": self.significant}


def compare(
    metric: str, values: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]], *, seed: int = 0
) -> tuple[Comparison, ...]:
    """Paired tests of the named pairs on one metric, Holm-corrected together; `values`: name -> (n,), same users."""
    tested = [paired_p(values[a] - values[b], seed=seed) for a, b in pairs]
    adjusted = holm([p for _, p in tested])
    return tuple(
        Comparison(metric, a, b, difference, p, p_holm)
        for (a, b), (difference, p), p_holm in zip(pairs, tested, adjusted, strict=True)
    )

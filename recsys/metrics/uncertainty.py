"""How sure a mean over people is: percentile bootstrap over people, paired tests, Holm's correction, and the words.

People are the unit: whole people are drawn again, never single interactions (Efron 1979). All columns of one call are
resampled with the same draws, so that differences between models are paired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.errors import InputError

LEVEL = 0.95
RESAMPLES = 1000


def figure(value: float) -> str:
    """A number with three significant digits, thousands separators, no leading zero: .171, 12.3, 4,120, −.004."""
    if not np.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    digits = max(0, 2 - int(np.floor(np.log10(abs(value)))))
    shown = f"{abs(value):,.{min(digits, 6)}f}"
    return ("−" if value < 0 else "") + (shown[1:] if shown.startswith("0.") else shown)


@dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """`.171 [.163, .179]`, all three to the same decimals."""
        largest = max(abs(self.value), abs(self.low), abs(self.high))
        if not np.isfinite(largest):
            return figure(self.value)
        decimals = max(0, 2 - int(np.floor(np.log10(largest)))) if largest >= 1 else 3
        value, low, high = (_fixed(x, decimals) for x in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"

    def to_json(self) -> dict[str, float]:
        return {"value": self.value, "low": self.low, "high": self.high}


def _fixed(value: float, decimals: int) -> str:
    shown = f"{abs(value):,.{decimals}f}"
    sign = "−" if value < 0 and float(shown.replace(",", "")) else ""
    return sign + (shown[1:] if shown.startswith("0.") else shown)


def resampled_counts(n: int, resamples: int, seed: int, chunk: int = 64) -> Iterator[np.ndarray]:
    """How often each of n people is drawn in each resample: float32 (≤ chunk, n) at a time, rows summing to n."""
    rng = np.random.default_rng(seed)
    for start in range(0, resamples, chunk):
        rows = min(chunk, resamples - start)
        drawn = rng.integers(0, n, size=(rows, n)) + np.arange(rows)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float32)


def bootstrap_means(values: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """Means over resampled people: float64 (resamples, m) of values (n, m). The same draws serve every column."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None]
    if not len(values):
        raise InputError("the sample", "must hold at least one person")
    parts = [counts @ values / len(values) for counts in resampled_counts(len(values), resamples, seed)]
    return np.concatenate(parts)


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
    return {name: Estimate(float(values[:, i].mean()), *_interval(draws[:, i])) for i, name in enumerate(columns)}


def estimate_mean(values: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """The mean of values (n,) with its interval."""
    return estimate_means({"": values}, resamples=resamples, seed=seed)[""]


def estimate_ratio(above: np.ndarray, below: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """mean(above) / mean(below) over people with its interval; `below` must not be 0 everywhere."""
    values = np.stack([above, below], axis=1).astype(np.float64)
    draws = bootstrap_means(values, resamples=resamples, seed=seed)
    ratios = draws[:, 0] / np.maximum(draws[:, 1], 1e-12)
    return Estimate(float(values[:, 0].mean() / max(values[:, 1].mean(), 1e-12)), *_interval(ratios))


def paired_p(differences: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> tuple[Estimate, float]:
    """Mean difference (n,) with its interval, and the two-sided p of "no difference" by the paired bootstrap.

    p is the share of resamples whose mean lies as far from the observed mean as that lies from 0, counted with one
    more so that it is never 0 (Davison & Hinkley 1997, 4.2): at 1,000 resamples the smallest is .001.
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


@dataclass(frozen=True)
class Comparison:
    """One model against another on one metric, the same people on both sides."""

    metric: str
    first: str
    second: str
    difference: Estimate
    p: float
    p_holm: float

    @property
    def shown(self) -> bool:
        """Whether a difference is shown at 5% after Holm's correction."""
        return self.p_holm < 1 - LEVEL + 1e-12

    @property
    def sentence(self) -> str:
        """The result in words; never more than was shown."""
        tail = f"({self.metric.upper()} {self.difference.text}, Holm p = {_fixed(self.p_holm, 3)})"
        if not self.shown:
            return f"No difference shown between {self.first} and {self.second} {tail}."
        better, worse = (self.first, self.second) if self.difference.value > 0 else (self.second, self.first)
        return f"{better} is better than {worse} {tail}."


def compare(
    metric: str, values: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]], *, seed: int = 0
) -> tuple[Comparison, ...]:
    """Paired tests of the named pairs on one metric, Holm-corrected together; `values`: name -> (n,), same people."""
    tested = [paired_p(values[a] - values[b], seed=seed) for a, b in pairs]
    adjusted = holm([p for _, p in tested])
    return tuple(
        Comparison(metric, a, b, difference, p, p_holm)
        for (a, b), (difference, p), p_holm in zip(pairs, tested, adjusted, strict=True)
    )

"""NDCG over α for chosen targets and a way of choosing sources, with the controls that keep the curve honest.

"α > 0 beats α = 0" proves nothing by itself: almost any source smooths a noisy taste. So a random source and shuffled
pairs (each target gets the source chosen for another) are drawn beside it, and α is chosen on one half of the people
and judged on the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.splits import Holdout
from recsys.embeddings import nearest
from recsys.errors import InputError
from recsys.evaluation.evaluate import Progress
from recsys.metrics import accuracy_at, ranks
from recsys.metrics.uncertainty import Estimate, estimate_means, holm, paired_p
from recsys.models.recommender import Encoder, Recommender, batched
from recsys.transfer import interpolate

SOURCES: Mapping[str, str] = {
    "nearest": "the mean of the ten nearest people",
    "average": "the average person",
    "same group": "the mean of ten people of the chosen group",
}
CONTROLS = ("random source", "shuffled pairs")
MEMBERS = 10
BATCH = 32  # targets whose sources are scored together


@dataclass(frozen=True, eq=False)
class AlphaCurve:
    """NDCG@k over α.

    Args:
        way: a key of SOURCES.
        alphas: float64 (a,), from 0 to 1.
        curve: one estimate per α for the chosen way. controls: the same for each of CONTROLS.
        gain: what the α chosen on the other half of the people gains over α = 0, with interval.
        p: Holm-corrected p of "no gain" over the way and its controls. over_random: gain minus the random source's.
        chosen: the α chosen on each half of the users, and judged on the other.
        harmed: share of people for whom it ranks worse than α = 0.
        people: how many targets.
    """

    way: str
    k: int
    alphas: np.ndarray
    curve: tuple[Estimate, ...]
    controls: Mapping[str, tuple[Estimate, ...]]
    gain: Estimate
    p: float
    over_random: Estimate
    chosen: tuple[float, float]
    harmed: float
    people: int

    @property
    def verdict(self) -> str:
        """What was shown, in words that do not flatter."""
        about = f"{SOURCES[self.way]}, {self.people:,} users, NDCG@{self.k}"
        each = " and ".join(f"{alpha:.2g}" for alpha in sorted(set(self.chosen)))
        at = f"α = {each}, chosen on one half of the users and judged on the other"
        if not (self.gain.value > 0 and self.p < 0.05):
            return f"No evidence that any α > 0 helps ({about}: {self.gain.text} at {at})."
        harmed = f"{100 * self.harmed:.0f}% of users are worse off"
        if self.over_random.low > 0:
            return f"Borrowing helps at {at} ({about}: gain {self.gain.text}); {harmed}."
        return (
            f"{at}, gains {self.gain.text}, but a random source gains as much ({about}): this is "
            f"smoothing, not shared interest; {harmed}."
        )

    def to_json(self) -> dict[str, object]:
        return {
            "way": self.way,
            "k": self.k,
            "alphas": self.alphas.tolist(),
            "curve": [e.to_json() for e in self.curve],
            "controls": {name: [e.to_json() for e in curve] for name, curve in self.controls.items()},
            "gain": self.gain.to_json(),
            "p_holm": self.p,
            "over_random": self.over_random.to_json(),
            "chosen_alpha": list(self.chosen),
            "harmed": self.harmed,
            "people": self.people,
            "verdict": self.verdict,
        }


def alpha_curve(
    model: Recommender,
    holdout: Holdout,
    dataset: Dataset,
    way: str = "nearest",
    *,
    targets: Sequence[int] | np.ndarray | None = None,
    group: Sequence[int] | np.ndarray = (),
    k: int = 10,
    steps: int = 11,
    most: int = 400,
    seed: int = 0,
    progress: Progress | None = None,
) -> AlphaCurve:
    """Blend each target with its source at every α and rank the held-out items.

    Args:
        holdout: people with what is known of them; sources are read from the same known histories, never from what is
            held out.
        dataset: for the number of items.
        way: a key of SOURCES. group: user indexes, for "same group".
        targets: positions in the holdout; all if None. At most `most` of them are drawn.

    Raises:
        InputError: an unknown way, or fewer than two targets.
    """
    if way not in SOURCES:
        raise InputError("the way of choosing sources", f"must be one of {', '.join(SOURCES)}", way)
    rng = np.random.default_rng(seed)
    chosen = np.arange(len(holdout)) if targets is None else np.asarray(targets, dtype=np.int64)
    if len(chosen) > most:
        chosen = np.sort(rng.choice(chosen, most, replace=False))
    if len(chosen) < 2 or len(holdout) < MEMBERS + 2:
        raise InputError("the targets", f"must be at least 2 of at least {MEMBERS + 2} people", len(chosen))
    sources = _sources(model, holdout, chosen, way, np.asarray(group, dtype=np.int64), rng)
    shuffled = np.roll(np.arange(len(chosen)), 1)
    ways = {way: sources, CONTROLS[0]: _random(len(holdout), chosen, rng), CONTROLS[1]: [sources[i] for i in shuffled]}
    alphas = np.linspace(0, 1, steps)
    report = progress or (lambda fraction, message: None)
    values = {
        name: _curves(model, holdout, chosen, of, alphas, k, lambda f, i=i, n=name: report((i + f) / 3, n))  # type: ignore[misc]
        for i, (name, of) in enumerate(ways.items())
    }
    report(1.0, "Done")
    return _concluded(way, k, alphas, values, rng.permutation(len(chosen)) % 2, seed)


def _sources(
    model: Recommender, holdout: Holdout, chosen: np.ndarray, way: str, group: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """For each target the positions of its source people in the holdout, the target never among them."""
    if way == "same group":
        members = np.flatnonzero(np.isin(holdout.users, group))
        if len(members) < 2:
            raise InputError("the group", "must have at least 2 people with held-out items", len(members))
        return [_some(members[members != position], rng) for position in chosen]
    if way == "average":
        drawn = rng.choice(len(holdout), min(200, len(holdout)), replace=False)
        return [drawn[drawn != position] for position in chosen]
    vectors = _vectors(model, holdout)
    return [nearest(vectors, int(position), MEMBERS)[0] for position in chosen]


def _vectors(model: Recommender, holdout: Holdout) -> np.ndarray:
    """Representations of the held-out people; for a model without any, which items they had."""
    if isinstance(model, Encoder):
        return model.encode(holdout.histories)
    had = np.zeros((len(holdout), model.n_items + 1), dtype=np.float32)
    for row, history in zip(had, holdout.histories, strict=True):
        row[history] = 1
    return had


def _random(n: int, chosen: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    everybody = np.arange(n)
    return [_some(everybody[everybody != position], rng) for position in chosen]


def _some(pool: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(pool, min(MEMBERS, len(pool)), replace=False)


def _curves(
    model: Recommender,
    holdout: Holdout,
    chosen: np.ndarray,
    sources: Sequence[np.ndarray],
    alphas: np.ndarray,
    k: int,
    step: Callable[[float], object],
) -> np.ndarray:
    """NDCG@k of each target at each α: float64 (targets, a). Each source person is scored once a batch."""
    found = np.empty((len(chosen), len(alphas)))
    for start in range(0, len(chosen), BATCH):
        step(start / len(chosen))
        batch, lenders = chosen[start : start + BATCH], sources[start : start + BATCH]
        lending = np.unique(np.concatenate(lenders))
        scored = np.concatenate(
            [model.scores(part)[:, 1:] for part in batched([holdout.histories[int(m)] for m in lending])]
        )
        histories: list[History] = [holdout.histories[int(position)] for position in batch]
        own = model.scores(histories)[:, 1:]
        for row, (position, history) in enumerate(zip(batch, histories, strict=True)):
            away = scored[np.searchsorted(lending, lenders[row])].mean(axis=0, dtype=np.float64)
            rows = np.stack([interpolate(away, own[row], float(alpha)) for alpha in alphas])
            scores = np.concatenate([np.full((len(alphas), 1), -np.inf), rows], axis=1)
            placed = ranks(scores, [history] * len(alphas), [holdout.positives[int(position)]] * len(alphas))
            found[start + row] = accuracy_at(placed, k)["ndcg"]
    return found


def _concluded(
    way: str, k: int, alphas: np.ndarray, values: Mapping[str, np.ndarray], half: np.ndarray, seed: int
) -> AlphaCurve:
    gains, picked = {}, {}
    for name, found in values.items():
        best = [int(found[half != side].mean(axis=0).argmax()) for side in (0, 1)]
        at = np.where(half == 0, best[0], best[1])
        gains[name] = found[np.arange(len(found)), at] - found[:, 0]
        picked[name] = (float(alphas[best[0]]), float(alphas[best[1]]))
    tested = {name: paired_p(gain, seed=seed) for name, gain in gains.items()}
    adjusted = dict(zip(tested, holm([p for _, p in tested.values()]), strict=True))
    return AlphaCurve(
        way=way,
        k=k,
        alphas=alphas,
        curve=_estimates(values[way], seed),
        controls={name: _estimates(values[name], seed) for name in CONTROLS},
        gain=tested[way][0],
        p=adjusted[way],
        over_random=paired_p(gains[way] - gains[CONTROLS[0]], seed=seed)[0],
        chosen=picked[way],
        harmed=float((gains[way] < 0).mean()),
        people=len(half),
    )


def _estimates(values: np.ndarray, seed: int) -> tuple[Estimate, ...]:
    return tuple(estimate_means({str(i): column for i, column in enumerate(values.T)}, seed=seed).values())

"""NDCG over α for chosen targets and a kind of source, with controls and cross-fitted α.

A gain at some α > 0 proves little by itself: blending with almost any source smooths a noisy user representation. So a
random source and shuffled pairs (each target gets the source of another) are evaluated too, and α is chosen on one half
of the users and evaluated on the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import History
from recsys.data.splits import Holdout
from recsys.embeddings import nearest
from recsys.errors import InputError
from recsys.evaluation.evaluate import Progress, no_progress
from recsys.metrics import ndcg, ranks
from recsys.metrics.uncertainty import Estimate, estimate_means, holm, paired_p
from recsys.models.recommender import Encoder, Recommender, batched
from recsys.transfer import interpolate
from recsys.wording import Message, listed

SOURCES: Mapping[str, Message] = {
    Message("nearest"): Message("mean of the ten nearest users"),
    Message("average"): Message("the average user"),
    Message("same group"): Message("mean of ten users of the chosen group"),
}
CONTROLS = (Message("random source"), Message("shuffled pairs"))
ALL_USERS = Message("all users")
MEMBERS = 10
BATCH = 32  # targets whose sources are scored together


@dataclass(frozen=True, eq=False)
class QualityOverAlpha:
    """NDCG@k over α.

    Args:
        kind: a key of SOURCES.
        alphas: float64 (a,), from 0 to 1.
        curve: one estimate per α for that kind of source. controls: the same for each of CONTROLS.
        gain: of the α chosen on the other half of the users over α = 0, with interval.
        p: of "no gain", Holm-corrected over the source and its controls. over_random: gain minus the random source's.
        chosen: the α chosen on each half of the users, and evaluated on the other.
        harmed: share of users with a lower NDCG@k than at α = 0.
        users: number of targets.
    """

    kind: str
    k: int
    alphas: np.ndarray
    curve: tuple[Estimate, ...]
    controls: Mapping[str, tuple[Estimate, ...]]
    gain: Estimate
    p: float
    over_random: Estimate
    chosen: tuple[float, float]
    harmed: float
    users: int

    @property
    def verdict(self) -> Message:
        """Whether transfer is shown to help these targets."""
        values: dict[str, object] = {
            "source": SOURCES[self.kind],
            "users": self.users,
            "k": self.k,
            "alpha": listed([f"{alpha:.2g}" for alpha in sorted(set(self.chosen))], "and"),
            "gain": self.gain.text,
        }
        if not (self.gain.value > 0 and self.p < 0.05):
            return Message(
                "No evidence that any α > 0 helps ({source}, {users:,} users, NDCG@{k}: {gain} at α = {alpha}, chosen "
                "on one half of the users and evaluated on the other).",
                **values,
            )
        values["harmed"] = 100 * self.harmed
        if self.over_random.low > 0:
            return Message(
                "Transfer helps at α = {alpha}, chosen on one half of the users and evaluated on the other ({source}, "
                "{users:,} users, NDCG@{k}: gain {gain}); {harmed:.0f}% of users are worse off.",
                **values,
            )
        return Message(
            "α = {alpha}, chosen on one half of the users and evaluated on the other, gains {gain}, but a random "
            "source gains as much ({source}, {users:,} users, NDCG@{k}): the effect is smoothing, not shared "
            "interests; {harmed:.0f}% of users are worse off.",
            **values,
        )

    def verdict_for(self, targets: str) -> Message:
        """The verdict after the name of the targets, so that it is not read as one about other users.

        Args:
            targets: what they are called; "" for all users.
        """
        return Message("Targets: {targets}. {verdict}", targets=targets or ALL_USERS, verdict=self.verdict)


def quality_over_alpha(
    model: Recommender,
    holdout: Holdout,
    kind: str = "nearest",
    *,
    targets: Sequence[int] | np.ndarray | None = None,
    group: Sequence[int] | np.ndarray = (),
    k: int = 10,
    steps: int = 11,
    most: int = 400,
    seed: int = 0,
    progress: Progress = no_progress,
) -> QualityOverAlpha:
    """Blends the scores of each target with its source's at every α and ranks the held-out items.

    Args:
        holdout: users with their histories and held-out items; sources are users of it, and only their histories are
            read.
        kind: a key of SOURCES. group: user indexes, for "same group".
        targets: positions in the holdout; all if None. At most `most` of them are drawn.

    Raises:
        InputError: an unknown kind of source, or fewer than two targets.
    """
    if kind not in SOURCES:
        raise InputError("the kind of source", Message("must be one of {names}", names=", ".join(SOURCES)), kind)
    rng = np.random.default_rng(seed)
    chosen = np.arange(len(holdout)) if targets is None else np.asarray(targets, dtype=np.int64)
    if len(chosen) > most:
        chosen = np.sort(rng.choice(chosen, most, replace=False))
    if len(chosen) < 2 or len(holdout) < MEMBERS + 2:
        rule = Message("must be at least 2 of at least {n} users", n=MEMBERS + 2)
        raise InputError("the targets", rule, len(chosen))
    sources = _sources(model, holdout, chosen, kind, np.asarray(group, dtype=np.int64), rng)
    random = [_sample(np.arange(len(holdout)), position, rng) for position in chosen]
    compared = {kind: sources, CONTROLS[0]: random, CONTROLS[1]: [*sources[-1:], *sources[:-1]]}
    alphas = np.linspace(0, 1, steps)
    values = {}
    for number, (name, of_target) in enumerate(compared.items()):

        def part(fraction: float, begun: int = number, message: str = name) -> None:
            progress((begun + fraction) / len(compared), message)

        values[name] = _ndcg_over_alpha(model, holdout, chosen, of_target, alphas, k, part)
    progress(1.0, Message("Done"))
    return _summary(kind, k, alphas, values, rng.permutation(len(chosen)) % 2, seed)


def _sources(
    model: Recommender, holdout: Holdout, chosen: np.ndarray, kind: str, group: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """For each target the positions of its source users in the holdout, never its own."""
    if kind == "same group":
        members = np.flatnonzero(np.isin(holdout.users, group))
        if len(members) < 2:
            raise InputError("the group", "must have at least 2 users with held-out items", len(members))
        return [_sample(members, position, rng) for position in chosen]
    if kind == "average":
        drawn = rng.choice(len(holdout), min(200, len(holdout)), replace=False)
        return [drawn[drawn != position] for position in chosen]
    vectors = _vectors(model, holdout)
    return [nearest(vectors, int(position), MEMBERS)[0] for position in chosen]


def _vectors(model: Recommender, holdout: Holdout) -> np.ndarray:
    """Representations of the held-out users; for a model without any, indicators of their items."""
    if isinstance(model, Encoder):
        return model.encode(holdout.histories)
    indicators = np.zeros((len(holdout), model.n_items + 1), dtype=np.float32)
    for row, history in zip(indicators, holdout.histories, strict=True):
        row[history] = 1
    return indicators


def _sample(pool: np.ndarray, target: int, rng: np.random.Generator) -> np.ndarray:
    """MEMBERS of the pool at random, without the target."""
    others = pool[pool != target]
    return rng.choice(others, min(MEMBERS, len(others)), replace=False)


def _ndcg_over_alpha(
    model: Recommender,
    holdout: Holdout,
    chosen: np.ndarray,
    sources: Sequence[np.ndarray],
    alphas: np.ndarray,
    k: int,
    progress: Callable[[float], object],
) -> np.ndarray:
    """NDCG@k of each target at each α: float64 (targets, a). Each source user is scored once a batch."""
    quality = np.empty((len(chosen), len(alphas)))
    for start in range(0, len(chosen), BATCH):
        progress(start / len(chosen))
        batch, members = chosen[start : start + BATCH], sources[start : start + BATCH]
        unique = np.unique(np.concatenate(members))
        source_scores = np.concatenate(
            [model.scores(part)[:, 1:] for part in batched([holdout.histories[int(m)] for m in unique])]
        )
        histories: list[History] = [holdout.histories[int(position)] for position in batch]
        target_scores = model.scores(histories)[:, 1:]
        for row, position in enumerate(batch):
            source = source_scores[np.searchsorted(unique, members[row])].mean(axis=0, dtype=np.float64)
            blends = np.stack([interpolate(source, target_scores[row], float(alpha)) for alpha in alphas])
            scores = np.concatenate([np.full((len(alphas), 1), -np.inf), blends], axis=1)
            left_out, positives = holdout.left_out[int(position)], holdout.positives[int(position)]
            ranked = ranks(scores, [left_out] * len(alphas), [positives] * len(alphas))
            quality[start + row] = ndcg(ranked, k)
    return quality


def _summary(
    kind: str, k: int, alphas: np.ndarray, values: Mapping[str, np.ndarray], half: np.ndarray, seed: int
) -> QualityOverAlpha:
    """Estimates and tests from NDCG@k of each target at each α, (targets, a) by source."""
    gains, chosen = {}, {}
    for name, quality in values.items():
        best = [int(quality[half != side].mean(axis=0).argmax()) for side in (0, 1)]
        gains[name] = quality[np.arange(len(quality)), np.where(half == 0, *best)] - quality[:, 0]
        chosen[name] = (float(alphas[best[0]]), float(alphas[best[1]]))
    tested = {name: paired_p(gain, seed=seed) for name, gain in gains.items()}
    adjusted = dict(zip(tested, holm([p for _, p in tested.values()]), strict=True))
    return QualityOverAlpha(
        kind=kind,
        k=k,
        alphas=alphas,
        curve=_estimates(values[kind], seed),
        controls={name: _estimates(values[name], seed) for name in CONTROLS},
        gain=tested[kind][0],
        p=adjusted[kind],
        over_random=paired_p(gains[kind] - gains[CONTROLS[0]], seed=seed)[0],
        chosen=chosen[kind],
        harmed=float((gains[kind] < 0).mean()),
        users=len(half),
    )


def _estimates(values: np.ndarray, seed: int) -> tuple[Estimate, ...]:
    return tuple(estimate_means({str(i): column for i, column in enumerate(values.T)}, seed=seed).values())

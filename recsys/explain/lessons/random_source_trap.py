"""Lesson 7: why α > 0 looks better than α = 0 even with a random source, measured on the users of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import History, read_only
from recsys.data.repeats import LEAVE_OUT, RepeatRule
from recsys.embeddings.interests import InterestModel
from recsys.errors import InputError
from recsys.metrics.accuracy import ndcg
from recsys.metrics.ranking import ranks
from recsys.metrics.uncertainty import Estimate, estimate_means
from recsys.wording import Message

ALPHAS = np.linspace(0.0, 1.0, 41)
KNOWN = (1, 2, 3, 5, 8, 12, 20)
SOURCES = ("random", "mean", "similar")
_MOST_USERS = 300
_FEWEST = 30


@dataclass(frozen=True, eq=False)
class Trap:
    """What blending does to a user of whom few items are known.

    Attributes:
        known: how many of a user's newest items are known.
        errors: source -> float64 (len(known), len(ALPHAS)), the mean squared distance between the blend and the
            interest that the user's whole history gives, relative to that at α = 0.
        gains: source -> for each number of known items the change of NDCG@10 at the α with the smallest error.
        users: how many.
    """

    known: tuple[int, ...]
    errors: dict[str, np.ndarray]
    gains: dict[str, tuple[Estimate, ...]]
    users: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "errors", {name: read_only(rows) for name, rows in self.errors.items()})

    def best(self, source: str) -> tuple[float, ...]:
        """The α with the smallest error, for each number of known items."""
        return tuple(float(ALPHAS[int(row.argmin())]) for row in self.errors[source])


def random_source_trap(
    model: InterestModel,
    histories: Sequence[History],
    positives: Sequence[History],
    seed: int = 0,
    repeats: RepeatRule = LEAVE_OUT,
) -> Trap:
    """Blends the interest of each user's newest items with three sources.

    "random" is the interest of another user, drawn at random; "mean" the mean of all; "similar" the interest of the
    user who is nearest to the few known items.

    Args:
        histories: of users, oldest first, without the held-out items.
        positives: the held-out items of each.
        repeats: the data's rule for already chosen items; all known ones count as chosen just now.

    Raises:
        InputError: fewer than 30 users have more than 20 items.
    """
    rng = np.random.default_rng(seed)
    enough = [row for row, history in enumerate(histories) if len(history) > KNOWN[-1]]
    if len(enough) < _FEWEST:
        rule = Message("must have {n} users with more than {known} items", n=_FEWEST, known=KNOWN[-1])
        raise InputError("the data", rule, len(enough))
    rows = np.sort(rng.permutation(enough)[:_MOST_USERS])
    whole = model.encode([histories[row] for row in rows]).astype(np.float64)
    random = whole[(np.arange(len(rows)) + rng.integers(1, len(rows), len(rows))) % len(rows)]
    held_out = [positives[row] for row in rows]
    errors: dict[str, list[np.ndarray]] = {name: [] for name in SOURCES}
    gains: dict[str, list[Estimate]] = {name: [] for name in SOURCES}
    for count in KNOWN:
        few = [histories[row][-count:] for row in rows]
        target = model.encode(few).astype(np.float64)
        similarity = _unit(target) @ _unit(whole).T
        np.fill_diagonal(similarity, -np.inf)
        sources = {
            "random": random,
            "mean": np.broadcast_to(whole.mean(axis=0), whole.shape),
            "similar": whole[similarity.argmax(axis=1)],
        }
        left_out = [repeats.left_out(items) for items in few]
        alone = _quality(model, target, left_out, held_out)
        for name, source in sources.items():
            curve = _error(target, source, whole)
            errors[name].append(curve / max(curve[0], 1e-12))
            best = float(ALPHAS[int(curve.argmin())])
            blended = _quality(model, best * source + (1 - best) * target, left_out, held_out)
            gains[name].append(estimate_means({"": blended - alone}, seed=seed)[""])
    return Trap(
        KNOWN,
        {name: np.stack(curves) for name, curves in errors.items()},
        {name: tuple(each) for name, each in gains.items()},
        len(rows),
    )


def _error(target: np.ndarray, source: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """The mean squared distance of the blend from the whole interest, at each of ALPHAS."""
    blends = (alpha * source + (1 - alpha) * target for alpha in ALPHAS)
    return np.array([((blend - whole) ** 2).sum(axis=1).mean() for blend in blends])


def _quality(
    model: InterestModel, vectors: np.ndarray, left_out: Sequence[History], positives: Sequence[History]
) -> np.ndarray:
    """NDCG@10 of each user by the interests (n, D), among all items that are not left out: float64 (n,)."""
    scores = (vectors @ model.item_vectors.T + model.item_bias).astype(np.float32)
    scores[:, 0] = -np.inf
    return ndcg(ranks(scores, left_out, positives), 10)


def _unit(rows: np.ndarray) -> np.ndarray:
    unit: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit

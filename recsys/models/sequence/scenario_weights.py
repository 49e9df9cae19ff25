"""Scores whose parts are weighted for each scenario, with weights found on validation users.

In data of several scenarios the parts of a score (network, Markov scores, texts, recent popularity and age of items) do
not matter equally everywhere. For each scenario their weights are those under which validation users most likely
chose the items that they did, among items of the same scenario (conditional logit, McFadden 1974).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.splits import Holdout
from recsys.metrics import ndcg
from recsys.metrics.accuracy import discounted_gain
from recsys.models.baselines.markov import Markov
from recsys.models.recommender import batched
from recsys.models.sequence.item_parts import PARTS, ItemParts, similar_texts
from recsys.models.sequence.model import SequenceModel
from recsys.models.validation import next_item_ranks

LONG_WINDOW, LONG_POWER, LONG_PRIOR = 10, 0.5, 0.9  # of the Markov scores with a longer memory
NEGATIVES = 500  # random items of the scenario that each validation item is compared with
FEWEST_USERS = 50  # validation users that a scenario needs for weights of its own
MOST_USERS = 10_000
PENALTY = 1e-3  # on squared weights, against parts that say nothing
LEVEL_USERS = 200  # users on whom the mean level of a scenario's scores is kept


@dataclass(frozen=True, eq=False)
class ScenarioWeights:
    """Weights of the parts of a score beside the network's, which has weight 1.

    Attributes:
        scenarios: names, ascending.
        weights: float64 (scenarios, parts), of PARTS.
        before, after: NDCG@10 of validation users among items of their item's scenario with the common Markov weight,
            and with these weights fitted on the other half of the users: float64 (scenarios,), NaN where not compared.
    """

    scenarios: tuple[str, ...]
    weights: np.ndarray
    before: np.ndarray
    after: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """By scenario: the weight of each part, and both accuracies."""
        return {
            name: dict(zip(PARTS, row.round(4).tolist(), strict=True)) | {"before": float(b), "after": float(a)}
            for name, row, b, a in zip(self.scenarios, self.weights, self.before, self.after, strict=True)
            if np.isfinite(b)
        }


def weigh_scenarios(
    model: SequenceModel, rows: Dataset, users: Holdout, seed: int = 0
) -> tuple[SequenceModel, ScenarioWeights | None]:
    """The model with weights per scenario, and the weights; the model as it is and None where they are no gain.

    They are searched with the Markov scores of the model, and with others of a longer memory. A scenario gets its own
    weights if they raise the NDCG@10 of validation users that they were not fitted on. All are dropped again if the
    NDCG@10 among the items of all scenarios falls.

    Args:
        model: with Markov scores, trained on `rows`.
        users: validation users, whose items are not in `rows`.
    """
    if len(rows.catalogue.scenario_names) < 2 or model.markov is None or not len(users):
        return model, None
    keep = np.sort(np.random.default_rng([seed, 41]).permutation(len(users))[:MOST_USERS])
    chosen = users.part(keep)
    texts = similar_texts(rows)
    own = _search(model, ItemParts.of(rows, model.markov, texts), chosen, seed)
    long = ItemParts.of(rows, Markov.fit(rows, LONG_WINDOW, LONG_POWER, prior=LONG_PRIOR), texts)
    other = _search(model, long, chosen, seed, own.gains)
    best = other if other.everywhere and other.total > own.total else own
    if not best.accepted.any():
        return model, None
    some = chosen.histories[:: max(1, len(chosen) // LEVEL_USERS)]
    weighted = _with_weights(model, best.parts, best.weights, some)
    if _quality(weighted, chosen) < _quality(model, chosen):
        return model, None
    before = np.array([own.gains[n].mean() if n in own.gains else np.nan for n in range(len(best.after))])
    return weighted, ScenarioWeights(rows.catalogue.scenario_names, best.weights, before, best.after)


@dataclass(frozen=True, eq=False)
class _Search:
    """Weights found with some parts.

    Attributes:
        weights: float64 (scenarios, parts), the common ones where a scenario's own are no gain.
        gains: NDCG@10 of each validation user with the model as it is, by scenario.
        after: float64 (scenarios,), mean NDCG@10 with weights fitted on other users; NaN where not compared.
        accepted: bool (scenarios,), where the weights are a gain.
    """

    parts: ItemParts
    weights: np.ndarray
    gains: dict[int, np.ndarray]
    after: np.ndarray
    accepted: np.ndarray

    @property
    def everywhere(self) -> bool:
        """Whether the weights are a gain in every scenario."""
        return bool(self.accepted.all())

    @property
    def total(self) -> float:
        return float(np.nansum(self.after))


def _search(
    model: SequenceModel,
    parts: ItemParts,
    users: Holdout,
    seed: int,
    gains: dict[int, np.ndarray] | None = None,
) -> _Search:
    """Weights of each scenario, evaluated on the half of the users that they were not fitted on.

    Args:
        gains: of the model as it is; None where `parts` has the model's own Markov scores.
    """
    values, owners = _part_values(model, parts, users, seed)
    count = int(parts.scenario.max()) + 1
    common = model.markov_weight * np.eye(1, len(PARTS))[0]
    weights, after, accepted = np.tile(common, (count, 1)), np.full(count, np.nan), np.zeros(count, dtype=bool)
    found = {} if gains is None else gains
    for number in range(count):
        of_scenario = values[owners == number]
        if len(of_scenario) < FEWEST_USERS:
            continue
        if gains is None:
            found[number] = _gains(of_scenario, np.array([1.0, *common]))
        crossed = np.empty(len(of_scenario))
        for half in (0, 1):
            fitted = _fit_logit(of_scenario[half::2])
            crossed[1 - half :: 2] = _gains(of_scenario[1 - half :: 2], fitted)
        after[number], difference = crossed.mean(), crossed - found[number]
        accepted[number] = difference.mean() > difference.std() / len(difference) ** 0.5
        if accepted[number]:
            best = _fit_logit(of_scenario)
            weights[number] = best[1:] / best[0]
    return _Search(parts, weights, found, after, accepted)


def _quality(model: Any, users: Holdout) -> float:
    """NDCG@10 among all items of all scenarios."""
    return float(ndcg(next_item_ranks(model, users), 10).mean())


def _part_values(model: SequenceModel, parts: ItemParts, users: Holdout, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of network and PARTS for each user's item and random other items of its scenario that may be recommended.

    Returns:
        float32 (n, 1 + NEGATIVES, 1 + parts), the item first; the scenario of each user's item, int64 (n,).
    """
    rng = np.random.default_rng([seed, 43])
    pools = [np.flatnonzero(parts.scenario == number) for number in range(parts.scenario.max() + 1)]
    values = np.zeros((len(users), 1 + NEGATIVES, 1 + len(PARTS)), dtype=np.float32)
    owners, start = np.full(len(users), -1), 0
    for histories in batched(users.histories):
        scores = model.representation_scores(model.encode(histories))
        layers = [scores, *parts.layers(histories)]
        for row in range(len(histories)):
            left_out = users.left_out[start + row]
            positive = int(users.positives[start + row][0])
            owner = int(parts.scenario[positive])
            if owner < 0 or positive in left_out:
                continue
            drawn = rng.choice(pools[owner], NEGATIVES)
            drawn[np.isin(drawn, [*left_out, positive])] = 0  # left out below
            items = np.array([positive, *drawn])
            for place, layer in enumerate(layers):
                values[start + row, :, place] = layer[row, items]
            values[start + row, :, 4], values[start + row, :, 5] = parts.recent[items], parts.age[items]
            values[start + row, items == 0] = 0.0
            values[start + row, items == 0, 0] = -1e4
            owners[start + row] = owner
        start += len(histories)
    return values, owners


def _gains(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """NDCG@10 of the first of each row's items under these weights, ties against it: float64 (n,)."""
    scores = values @ weights
    return discounted_gain(1 + (scores[:, 1:] >= scores[:, :1]).sum(axis=1), 10)


def _fit_logit(values: np.ndarray) -> np.ndarray:
    """The weights of the conditional logit: float64 (1 + parts,), that of the network at least 0.05."""
    from scipy.optimize import minimize

    left_out = values[:, :, 0] < -1e3
    scale = np.maximum(values[~left_out].std(axis=0, dtype=np.float64), 1e-6)
    scaled = (values / scale).astype(np.float32)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = (scaled @ weights.astype(np.float32)).astype(np.float64)
        scores[left_out] = -np.inf
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        total = shares.sum(axis=1, keepdims=True)
        shares /= total
        value = float((np.log(total[:, 0]) - scores[:, 0]).mean() + PENALTY * weights @ weights)
        expected = np.einsum("nk,nkf->f", shares.astype(np.float32), scaled, dtype=np.float64) / len(scaled)
        return value, expected - scaled[:, 0].mean(axis=0, dtype=np.float64) + 2 * PENALTY * weights

    begin = np.eye(1, 1 + len(PARTS))[0]
    bounds = [(0.05, None), (0, None), (0, None), (0, None), (None, None), (None, None)]
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds)
    weights: np.ndarray = found.x / scale
    return weights


def _with_weights(
    model: SequenceModel, parts: ItemParts, weights: np.ndarray, histories: Sequence[History]
) -> SequenceModel:
    """The model with these weights; the mean level of each scenario's scores over some histories stays as it was."""
    common = model.markov_weight * np.eye(1, len(PARTS))[0]
    table, offsets = np.vstack([weights, common]), np.zeros(len(weights) + 1)

    def built() -> SequenceModel:
        markov, added = parts.combined(table, offsets)
        bias = (model.item_bias + added).astype(np.float32)
        return model.with_bias(bias, markov, 1.0)

    def levels(one: SequenceModel) -> np.ndarray:
        means = np.zeros(len(weights))
        for batch in batched(histories, 64):
            scores = one.scores(batch)
            for number in range(len(weights)):
                inside = scores[:, parts.scenario == number].astype(np.float64)
                top = inside.max(axis=1)
                means[number] += (top + np.log(np.exp(inside - top[:, None]).sum(axis=1))).sum()
        return means / len(histories)

    offsets[:-1] = levels(model) - levels(built())
    return built()

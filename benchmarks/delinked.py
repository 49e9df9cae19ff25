"""The text bridge where no user is shared: every user's rows in each scenario are made those of another user.

Called by benchmarks.transfer_methods. A model is trained on the de-linked rows, the bridge is fitted on them, and
nothing is chosen. Each test user is then known by the items of the other scenario alone (α = 1), and the held-out item
is ranked as in the rest of that benchmark. Beside it: popularity; the bridge with the titles shuffled among the items;
the source's scores without a bridge; the bridge with another user's source.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.ids import IdMap
from recsys.metrics.uncertainty import estimate_mean
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import Encoder, Recommender
from recsys.models.training.loop import train
from recsys.transfer.methods import TransferMethod, fit_method

BRIDGE, POPULARITY, SHUFFLED = "text bridge", "popularity", "text bridge, shuffled titles"
WITHOUT, RANDOM = "source without a bridge", "text bridge, another user’s source"
Gains = Callable[[np.ndarray, Callable[[Sequence[History]], np.ndarray], Sequence[History]], np.ndarray]


def delinked(rows: Dataset) -> Dataset:
    """The rows of each user in each scenario as those of a user of their own; items without a scenario are one."""
    names = ("", *rows.catalogue.scenario_names)
    scenario = np.array([names.index(one) for one in rows.catalogue.scenarios])[rows.sequence]
    owner = rows.user_of.astype(np.int64) * len(names) + scenario
    order = np.argsort(owner, kind="stable")
    users, counts = np.unique(owner, return_counts=True)
    ids = [f"{rows.users.external(int(one) // len(names))} in {names[int(one) % len(names)]}" for one in users]
    return Dataset(
        users=IdMap(ids, first=0, subject="user_id"),
        items=rows.items,
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        sequence=rows.sequence[order],
        catalogue=rows.catalogue,
        timestamps=None if rows.timestamps is None else rows.timestamps[order],
        name=rows.name,
    )


def shuffled_titles(rows: Dataset, seed: int) -> Dataset:
    """The same rows with title, text and tags of each item given to another."""
    known, order = rows.catalogue, np.arange(1, rows.n_items + 1)
    order = np.concatenate([[0], np.random.default_rng([seed, 59]).permutation(order)])
    titles, texts, tags = (tuple(column[i] for i in order) for column in (known.titles, known.texts, known.tags))
    return replace(rows, catalogue=replace(known, titles=titles, texts=texts, tags=tags))


def measure(rows: Dataset, users: Sequence[History], scenario: np.ndarray, gains: Gains, seed: int) -> dict[str, Any]:
    """NDCG@10 of each way by target scenario, and the bridge's differences to the others, paired over users.

    Args:
        rows: training rows, linked.
        users: the known history of each test user; scenario: index of their held-out item's scenario.
        gains: (rows of the test users, scores of histories, histories) -> NDCG@10 of each.
    """
    began, separate = time.process_time(), delinked(rows)
    model = _trained(separate)
    names, result = rows.catalogue.scenario_names, dict[str, Any]()
    inside = {name: rows.catalogue.in_scenario(name) for name in names}
    popular = fit_baseline("popularity", separate)
    for number, name in enumerate(names):
        other = next(one for one in names if one != name)
        sources = [history[inside[other][history]] for history in users]
        chosen = np.array([row for row in np.flatnonzero(scenario == number) if len(sources[row])], dtype=np.int64)
        if not len(chosen):
            continue
        everybody = np.arange(separate.n_users)
        fitted = fit_method("text_bridge", separate, model, everybody, (other, name))
        shuffled = fit_method("text_bridge", shuffled_titles(separate, seed), model, everybody, (other, name))
        own = [sources[row] for row in chosen]
        others = [own[place] for place in np.roll(np.random.default_rng([seed, 61]).permutation(len(own)), 1)]
        ways = {
            BRIDGE: gains(chosen, _bridged(model, fitted), own),
            POPULARITY: gains(chosen, popular.scores, own),
            SHUFFLED: gains(chosen, _bridged(model, shuffled), own),
            WITHOUT: gains(chosen, model.scores, own),
            RANDOM: gains(chosen, _bridged(model, fitted), others),
        }
        result[name] = {
            "users": len(chosen),
            "ndcg@10": {way: estimate_mean(values, seed=seed).to_json() for way, values in ways.items()},
            "bridge_minus": {
                way: estimate_mean(ways[BRIDGE] - values, seed=seed).to_json()
                for way, values in ways.items()
                if way != BRIDGE
            },
        }
    return {"scenarios": result, "cpu_seconds": round(time.process_time() - began, 1), "shared_users": 0}


def _trained(rows: Dataset) -> Encoder:
    trained: object = None
    for report in train(rows):
        trained = report.model
    assert isinstance(trained, Encoder)
    return trained


def _bridged(model: Encoder, method: TransferMethod) -> Callable[[Sequence[History]], np.ndarray]:
    """Scores of sources by a method: float32 (n, n_items + 1)."""
    scorer: Recommender = model

    def scores(histories: Sequence[History]) -> np.ndarray:
        pairs = zip(scorer.scores(histories), model.encode(histories), strict=True)
        return np.stack([method.apply(model, of_source, vector) for of_source, vector in pairs])

    return scores

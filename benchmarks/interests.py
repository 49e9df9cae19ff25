"""What a user vector knows: long-term interests beside the next-item state, the mean item vector and counts.

    python -m benchmarks.interests [FILE] [--epochs N] [--seed 0] [--out]

Without FILE the shipped sample. The last 20 items of every user with 40 or more are held out, and a model is trained on
the other rows. Prints for each representation of these rows, as JSON:

- `planted` (sample only; the run that ships with it, and whole histories): the share of the ten nearest users whose
  planted main interest is the same, for all users and for those whose main interest changed (the new and the old one);
  whose last item has the same scenario; adjusted Rand index of the app's groups, and of 12 k-means groups, with it;
- `stability`: every second item of a user against the others: how often the own other half is the nearest or among the
  ten nearest of all users;
- `coherence`: cosine similarity of the tag shares of a user and the ten nearest, less that of random users;
- `recall@20` of the 20 held-out items among all items not in the history (vectors with scores only).

Chance of the same main interest among 12 is 9%.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from benchmarks.record import Measurement
from recsys import TrainConfig, load, load_sample, train
from recsys.data.dataset import Dataset, History
from recsys.data.samples import FOLDER
from recsys.embeddings import cluster
from recsys.embeddings.interests import interest_model
from recsys.metrics.uncertainty import estimate_mean
from recsys.runs import load_run

HELD_OUT = 20
K = 10
Encode = Callable[[Sequence[History]], np.ndarray]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def nearest(vectors: np.ndarray, k: int = K) -> np.ndarray:
    """The k nearest other rows by cosine: (n, k)."""
    similar = unit(vectors) @ unit(vectors).T
    np.fill_diagonal(similar, -np.inf)
    found: np.ndarray = np.argpartition(-similar, k, axis=1)[:, :k]
    return found


def agreement(neighbours: np.ndarray, labels: np.ndarray, wanted: np.ndarray | None = None) -> np.ndarray:
    """The share of each row's neighbours with its label, or with the `wanted` one: float64 (n,)."""
    shares: np.ndarray = (labels[neighbours] == (labels if wanted is None else wanted)[:, None]).mean(axis=1)
    return shares


def planted_main_interests(users: Sequence[str], when: str = "after") -> np.ndarray:
    """The interest each user of the sample has most of, "before" or "after" the middle; "" for one not planted."""
    with gzip.open(FOLDER / "truth.json.gz", "rt", encoding="utf-8") as file:
        planted = json.load(file)["people"]
    shares = [planted.get(user, {}).get(when, {"": 1.0}) for user in users]
    return np.array([max(share, key=share.get) for share in shares])


def interval(values: np.ndarray) -> list[float]:
    """Mean and its 95% interval over users."""
    found = estimate_mean(values)
    return [round(one, 4) for one in (found.value, found.low, found.high)]


def planted(vectors: np.ndarray, dataset: Dataset, histories: Sequence[History]) -> dict[str, Any]:
    """Agreement with the sample's truth."""
    before, after = (planted_main_interests(dataset.users.ids, when) for when in ("before", "after"))
    neighbours, changed = nearest(vectors), before != after
    scenarios = np.array([dataset.catalogue.scenarios[history[-1]] for history in histories])
    means = [KMeans(12, n_init=4, random_state=seed).fit_predict(unit(vectors)) for seed in range(3)]
    ari = float(np.mean([adjusted_rand_score(after, labels) for labels in means]))
    groups = cluster(vectors.astype(np.float32))
    return {
        "same_main_interest": interval(agreement(neighbours, after)),
        "changed_users": int(changed.sum()),
        "changed_users_share_new": interval(agreement(neighbours, after)[changed]),
        "changed_users_share_old": interval(agreement(neighbours, after, before)[changed]),
        "last_scenario": interval(agreement(neighbours, scenarios)),
        "groups": {"number": len(groups), "ari": round(float(adjusted_rand_score(after, groups.labels)), 4),
                   "ari_of_12_means": round(ari, 4)},
    }  # fmt: skip


def stability(encode: Encode, histories: Sequence[History]) -> dict[str, Any]:
    """Whether every second item of a user leads to the user's other items, among all users with 10 items or more."""
    long = [history for history in histories if len(history) >= 10]
    halves = [unit(encode([history[start::2] for history in long])) for start in (0, 1)]
    similar = halves[0] @ halves[1].T
    rank = 1 + (similar > np.diag(similar)[:, None]).sum(axis=1)
    return {
        "users": len(long),
        "hit@1": interval(rank == 1),
        "hit@10": interval(rank <= K),
        "median_rank": float(np.median(rank)),
    }


def coherence(vectors: np.ndarray, dataset: Dataset, histories: Sequence[History]) -> list[float] | None:
    """Cosine of tag shares with the ten nearest, less that with ten random users; None where items have no tags."""
    tags = {tag: column for column, tag in enumerate(sorted({tag for own in dataset.catalogue.tags for tag in own}))}
    if not tags:
        return None
    shares = np.zeros((len(histories), len(tags)))
    for row, history in enumerate(histories):
        for item in history:
            for tag in dataset.catalogue.tags[item]:
                shares[row, tags[tag]] += 1
    similar = unit(shares) @ unit(shares).T
    rows = np.arange(len(histories))[:, None]
    random = np.random.default_rng(0).integers(0, len(histories), (len(histories), K))
    return interval(similar[rows, nearest(vectors)].mean(axis=1) - similar[rows, random].mean(axis=1))


def recall(
    scores: Callable[[Sequence[History]], np.ndarray], histories: Sequence[History], later: Sequence[History]
) -> list[float]:
    """Recall@20 of items never chosen before, full ranking."""
    found = []
    for history, future in zip(histories, later, strict=True):
        new = np.setdiff1d(future, history)
        if len(new):
            row = scores([history])[0].astype(np.float64)
            row[0] = row[history] = -np.inf
            top = np.argpartition(-row, HELD_OUT)[:HELD_OUT]
            found.append(len(np.intersect1d(top, new)) / min(HELD_OUT, len(new)))
    return interval(np.array(found))


def representations(model: Any, dataset: Dataset) -> dict[str, Encode]:
    """What is compared: name -> function of histories that gives one vector each."""

    def counts(histories: Sequence[History]) -> np.ndarray:
        users = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
        shape = (len(histories), dataset.n_items + 1)
        return csr_array((np.ones(len(users)), (users, np.concatenate(histories))), shape=shape).toarray()

    def mean_vector(histories: Sequence[History]) -> np.ndarray:
        return np.array([model.item_vectors[history].mean(axis=0) for history in histories])

    interests = interest_model(model, dataset).encode
    return {"next-item state": model.encode, "interests": interests, "mean item vector": mean_vector, "counts": counts}


def main() -> None:
    """Trains, encodes, compares, publishes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    measurement = Measurement(parser)
    chosen = measurement.options
    dataset = load_sample("all").dataset if chosen.file is None else load(chosen.file).dataset
    measurement.name = "interests-sample" if chosen.file is None else f"interests-{chosen.file.name.split('.')[0]}"
    long = np.flatnonzero(dataset.lengths >= 2 * HELD_OUT)
    kept = np.ones(dataset.n_interactions, dtype=bool)
    for end in dataset.offsets[1:][long]:
        kept[end - HELD_OUT : end] = False
    rows = dataset.with_rows(kept)
    *_, last = train(rows, train_config=TrainConfig(epochs=chosen.epochs, seed=chosen.seed))
    model, histories = last.model, rows.histories()
    interests = interest_model(model, rows)
    started = time.perf_counter()
    for history in histories[:200]:
        interests.encode([history])
    milliseconds = (time.perf_counter() - started) / len(histories[:200]) * 1e3

    figures: dict[str, Any] = {}
    test = np.random.default_rng(0).permutation(long)[:1000]
    known, later = [histories[user] for user in test], [dataset.history(user)[-HELD_OUT:] for user in test]
    for name, encode in representations(model, rows).items():
        agrees = coherence(encode(histories), rows, histories)
        figures[name] = {"stability": stability(encode, histories), "coherence": agrees}
    if chosen.file is None:
        run, whole = load_run(FOLDER / "run")
        read = run.known_histories(whole)
        for name, encode in representations(run.model, whole).items():
            figures[name]["planted"] = planted(encode(read), whole, read)
    figures["next-item state"]["recall@20"] = recall(model.with_markov(None, 0.0).scores, known, later)
    figures["next-item state"]["recall@20 with Markov scores"] = recall(model.scores, known, later)
    figures["interests"]["recall@20"] = recall(interests.scores, known, later)
    popular = np.bincount(rows.sequence, minlength=rows.n_items + 1).astype(np.float64)
    measurement.publish(
        {
            "data": {"name": dataset.name, "users": rows.n_users, "items": rows.n_items, "rows": rows.n_interactions},
            "protocol": "last 20 items of users with 40 or more held out; figures: mean [95% interval over users]",
            "half_life": interests.half_life,
            "milliseconds_for_a_new_history": round(milliseconds, 3),
            "representations": figures,
            "recall@20 of popularity": recall(lambda _: popular[None], known, later),
        }
    )


if __name__ == "__main__":
    main()

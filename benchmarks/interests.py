"""What a user vector knows: long-term interests beside the next-item state, the mean item vector and counts.

    python -m benchmarks.interests [FILE] [--epochs N] [--seed 0] [--sample-seed N] [--out]

Without FILE the shipped sample; with --sample-seed a sample made anew with another random seed, and its run trained as
the shipped one was. The last 20 items of every user with 40 or more are held out, and a model is trained on the other
rows. Prints for each representation of these rows, as JSON:

- `planted` (samples only; the run that ships with it, and whole histories): the share of the ten nearest users whose
  planted main interest is the same, for all users and for those whose main interest changed (the new and the old one);
  whose last item has the same scenario; adjusted Rand index of the app's groups, and of 12 k-means groups, with it;
- `stability`: every second item of a user against the others: how often the own other half is the nearest or among the
  ten nearest of all users, and its median rank;
- `coherence`: cosine similarity of a user's tag shares (genres) with those of the ten nearest, and of ten random users;
- `recall@20` of the 20 held-out items among all items not in the history: by the score (vectors with scores only), and
  by the items of the 20 nearest users, which needs no scores;
- `map`: trustworthiness and continuity of the app's map (next-item state and interests only).

Chance of the same main interest among 12 is 9%.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import normalize

from benchmarks.record import Measurement
from recsys import TrainConfig, load, train
from recsys.data.dataset import Dataset, History
from recsys.data.samples import FOLDER, sample_plan
from recsys.embeddings import cluster, project
from recsys.embeddings.interests import HALF_LIFE, interest_model
from recsys.metrics.uncertainty import estimate_mean
from recsys.models.attention.config import AttentionConfig
from recsys.runs import Run, load_run, train_run
from sample_data.build.community import build_community

HELD_OUT = 20
K = 10
NEIGHBOURS = 20  # users whose items are recommended
Vectors = np.ndarray | csr_array
Encode = Callable[[Sequence[History]], Vectors]


def similarities(vectors: Vectors, others: Vectors | None = None) -> np.ndarray:
    """Cosine similarities of all rows to all rows, or to those of another matrix: float32 (n, m)."""
    rows = normalize(vectors.astype(np.float32))
    columns = rows if others is None else normalize(others.astype(np.float32))
    similar = rows @ columns.T
    return similar.toarray() if isinstance(similar, csr_array) else np.asarray(similar)


def nearest(vectors: Vectors, k: int = K) -> np.ndarray:
    """The k nearest other rows by cosine: (n, k)."""
    similar = similarities(vectors)
    np.fill_diagonal(similar, -np.inf)
    found: np.ndarray = np.argpartition(-similar, k, axis=1)[:, :k]
    return found


def agreement(neighbours: np.ndarray, labels: np.ndarray, wanted: np.ndarray | None = None) -> np.ndarray:
    """The share of each row's neighbours with its label, or with the `wanted` one: float64 (n,)."""
    shares: np.ndarray = (labels[neighbours] == (labels if wanted is None else wanted)[:, None]).mean(axis=1)
    return shares


def shipped_truth() -> dict[str, Any]:
    """What was planted in the shipped sample: user -> interests before and after the middle."""
    with gzip.open(FOLDER / "truth.json.gz", "rt", encoding="utf-8") as file:
        truth: dict[str, Any] = json.load(file)["people"]
    return truth


def planted_main_interests(
    users: Sequence[str], when: str = "after", truth: Mapping[str, Any] | None = None
) -> np.ndarray:
    """The interest each user of the sample has most of, "before" or "after" the middle; "" for one not planted."""
    people = shipped_truth() if truth is None else truth
    shares = [people.get(user, {}).get(when, {"": 1.0}) for user in users]
    return np.array([max(share, key=share.get) for share in shares])


def interval(values: np.ndarray) -> list[float]:
    """Mean and its 95% interval over users."""
    found = estimate_mean(values)
    return [round(one, 4) for one in (found.value, found.low, found.high)]


def planted(
    vectors: Vectors, dataset: Dataset, histories: Sequence[History], truth: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Agreement with the sample's truth."""
    before, after = (planted_main_interests(dataset.users.ids, when, truth) for when in ("before", "after"))
    neighbours, changed = nearest(vectors), before != after
    scenarios = np.array([dataset.catalogue.scenarios[history[-1]] for history in histories])
    rows = normalize(dense(vectors))
    means = [KMeans(12, n_init=4, random_state=seed).fit_predict(rows) for seed in range(3)]
    ari = float(np.mean([adjusted_rand_score(after, labels) for labels in means]))
    groups = cluster(dense(vectors))
    return {
        "same_main_interest": interval(agreement(neighbours, after)),
        "changed_users": int(changed.sum()),
        "changed_users_share_new": interval(agreement(neighbours, after)[changed]),
        "changed_users_share_old": interval(agreement(neighbours, after, before)[changed]),
        "last_scenario": interval(agreement(neighbours, scenarios)),
        "groups": {"number": len(groups), "ari": round(float(adjusted_rand_score(after, groups.labels)), 4),
                   "ari_of_12_means": round(ari, 4)},
    }  # fmt: skip


def dense(vectors: Vectors) -> np.ndarray:
    """The vectors as an array: float32 (n, d)."""
    rows = vectors.toarray() if isinstance(vectors, csr_array) else vectors
    return np.asarray(rows, dtype=np.float32)


def stability(encode: Encode, histories: Sequence[History]) -> dict[str, Any]:
    """Whether every second item of a user leads to the user's other items, among all users with 10 items or more."""
    long = [history for history in histories if len(history) >= 10]
    similar = similarities(*(encode([history[start::2] for history in long]) for start in (0, 1)))
    own = np.diag(similar)[:, None]
    # A tie counts as half before it: two halves without a common item have a similarity of 0, as most others have.
    rank = 1 + (similar > own).sum(axis=1) + ((similar == own).sum(axis=1) - 1) / 2
    return {
        "users": len(long),
        "hit@1": interval(rank <= 1),
        "hit@10": interval(rank <= K),
        "median_rank": float(np.median(rank)),
    }


def coherence(neighbours: np.ndarray, dataset: Dataset) -> dict[str, list[float]] | None:
    """Cosine of tag shares with the neighbours, and with as many random users; None where items have no tags."""
    tags, names = dataset.catalogue.tag_matrix
    if not names:
        return None
    similar = similarities(counts_of(dataset.histories(), dataset.n_items) @ tags)
    rows = np.arange(len(similar))[:, None]
    random = np.random.default_rng(0).integers(0, len(similar), neighbours.shape)
    return {
        "neighbours": interval(similar[rows, neighbours].mean(axis=1)),
        "random_users": interval(similar[rows, random].mean(axis=1)),
    }


def recall(scores: Callable[[int], np.ndarray], histories: Sequence[History], later: Sequence[History]) -> list[float]:
    """Recall@20 of items never chosen before, full ranking.

    Args:
        scores: of all items for the history of a number: float (n_items + 1,).
        histories, later: the items known and those held out.
    """
    found = []
    for number, (history, future) in enumerate(zip(histories, later, strict=True)):
        new = np.setdiff1d(future, history)
        if len(new):
            row = scores(number).astype(np.float64)
            row[0] = row[history] = -np.inf
            top = np.argpartition(-row, HELD_OUT)[:HELD_OUT]
            found.append(len(np.intersect1d(top, new)) / min(HELD_OUT, len(new)))
    return interval(np.array(found))


def neighbours_items(vectors: Vectors, rows: Dataset, users: np.ndarray) -> Callable[[int], np.ndarray]:
    """Scores of items: which of the 20 nearest users of `users[number]` chose them, each weighted by the cosine."""
    neighbours, similar = nearest(vectors, NEIGHBOURS), similarities(vectors)
    chosen = counts_of(rows.histories(), rows.n_items)
    chosen.data[:] = 1.0  # not how often

    def scores(number: int) -> np.ndarray:
        user = users[number]
        return np.asarray(similar[user, neighbours[user]] @ chosen[neighbours[user]])

    return scores


def counts_of(histories: Sequence[History], n_items: int) -> csr_array:
    """How often each user chose each item: csr float64 (n, n_items + 1)."""
    users = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    return csr_array((np.ones(len(users)), (users, np.concatenate(histories))), shape=(len(histories), n_items + 1))


def representations(model: Any, dataset: Dataset) -> dict[str, Encode]:
    """What is compared: name -> function of histories that gives one vector each."""

    def counts(histories: Sequence[History]) -> csr_array:
        return counts_of(histories, dataset.n_items)

    def mean_vector(histories: Sequence[History]) -> np.ndarray:
        return np.array([model.item_vectors[history].mean(axis=0) for history in histories])

    interests = interest_model(model, dataset).encode
    return {"next-item state": model.encode, "interests": interests, "mean item vector": mean_vector, "counts": counts}


def scorers(model: Any, rows: Dataset) -> dict[str, Callable[[Sequence[History]], np.ndarray]]:
    """The scores of the representations that have them: vector · item + bias."""
    histories = rows.histories()
    mean_vector = representations(model, rows)["mean item vector"]
    # As for interests: as long as the states on average, so that the biases weigh as much.
    length = (
        np.linalg.norm(model.encode(histories), axis=1).mean()
        / np.linalg.norm(dense(mean_vector(histories)), axis=1).mean()
    )
    return {
        "next-item state": model.with_markov(None, 0.0).scores,
        "interests": interest_model(model, rows).scores,
        "mean item vector": lambda some: length * dense(mean_vector(some)) @ model.item_vectors.T + model.item_bias,
    }


def map_quality(vectors: np.ndarray) -> dict[str, float]:
    """Trustworthiness and continuity of the map with the app's settings."""
    found = project(vectors, neighbours=30, min_distance=0.5).quality
    assert found is not None
    return {"trustworthiness": round(found.trustworthiness, 4), "continuity": round(found.continuity, 4)}


def sample_made_anew(seed: int) -> tuple[Dataset, dict[str, Any], Run]:
    """A sample of another random seed, its truth, and a run that was trained as the shipped one."""
    community = build_community(seed)
    files = community.files()
    rows = gzip.decompress(files["interactions.csv.gz"])
    name = f"Four scenarios (sample of seed {seed})"
    dataset = load(rows, name=name, items=files["items.csv"], users=files["people.csv"], plan=sample_plan()).dataset
    run = train_run(
        dataset,
        model_config=AttentionConfig(embedding_size=32),
        train_config=TrainConfig(epochs=25),
        holdout="last-one",
    )
    truth: dict[str, Any] = json.loads(gzip.decompress(files["truth.json.gz"]))["people"]
    return dataset, truth, run


def figures_of(model: Any, rows: Dataset, dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Stability, coherence, recall and quality of the map of each representation.

    Args:
        rows: what the model was trained on.
        dataset: the same with the held-out items.
    """
    histories = rows.histories()
    long = np.flatnonzero(dataset.lengths >= 2 * HELD_OUT)
    test = np.random.default_rng(0).permutation(long)[:1000]
    known, later = [histories[user] for user in test], [dataset.history(user)[-HELD_OUT:] for user in test]
    found: dict[str, dict[str, Any]] = {}
    for name, encode in representations(model, rows).items():
        vectors = encode(histories)
        found[name] = {
            "stability": stability(encode, histories),
            "coherence": coherence(nearest(vectors), rows),
            "recall@20 of the nearest users’ items": recall(neighbours_items(vectors, rows, test), known, later),
        }
        if name in ("next-item state", "interests"):
            found[name]["map"] = map_quality(dense(vectors))
    for name, scores in scorers(model, rows).items():
        found[name]["recall@20"] = recall(lambda number, scores=scores: scores([known[number]])[0], known, later)
    both = recall(lambda number: model.scores([known[number]])[0], known, later)
    found["next-item state"]["recall@20 with Markov scores"] = both
    popular = np.bincount(rows.sequence, minlength=rows.n_items + 1).astype(np.float64)
    found["popularity"] = {"recall@20": recall(lambda _: popular, known, later)}
    return found


def milliseconds(model: Any, rows: Dataset) -> float:
    """The time of one new history."""
    interests, histories = interest_model(model, rows), rows.histories()[:200]
    interests.encode(histories[:1])
    started = time.perf_counter()
    for history in histories:
        interests.encode([history])
    return round((time.perf_counter() - started) / len(histories) * 1e3, 3)


def main() -> None:
    """Trains, encodes, compares, publishes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample-seed", type=int, help="a sample made anew with this random seed")
    measurement = Measurement(parser)
    chosen = measurement.options
    truth, run = None, None
    if chosen.file is not None:
        dataset = load(chosen.file).dataset
        name = chosen.file.parent.name if chosen.file.name.startswith("interactions") else chosen.file.stem
    elif chosen.sample_seed is not None:
        dataset, truth, run = sample_made_anew(chosen.sample_seed)
        name = f"sample-seed-{chosen.sample_seed}"
    else:
        run, dataset = load_run(FOLDER / "run")
        name = "sample"
    measurement.name = f"interests-{name}"
    long = np.flatnonzero(dataset.lengths >= 2 * HELD_OUT)
    kept = np.ones(dataset.n_interactions, dtype=bool)
    for end in dataset.offsets[1:][long]:
        kept[end - HELD_OUT : end] = False
    rows = dataset.with_rows(kept)
    *_, last = train(rows, train_config=TrainConfig(epochs=chosen.epochs, seed=chosen.seed))
    figures = figures_of(last.model, rows, dataset)
    if run is not None:
        read = run.known_histories(dataset)
        for one, encode in representations(run.model, dataset).items():
            figures[one]["planted"] = planted(encode(read), dataset, read, truth)
    measurement.publish(
        {
            "data": {"name": dataset.name, "users": rows.n_users, "items": rows.n_items, "rows": rows.n_interactions},
            "protocol": "last 20 items of users with 40 or more held out; figures: mean [95% interval over users]",
            "half_life": HALF_LIFE,
            "milliseconds_for_a_new_history": milliseconds(last.model, rows),
            "representations": figures,
        }
    )


if __name__ == "__main__":
    main()

"""Models judged on the same people: every item ranked, seen items left out, an interval beside every figure."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout
from recsys.errors import InputError
from recsys.metrics import Ranks, Repeats, accuracy_at, classification, place, reciprocal_rank, repeats_of, unseen
from recsys.metrics import beyond_accuracy as listed
from recsys.metrics.uncertainty import Comparison, Estimate, compare, estimate_means, estimate_ratio
from recsys.models.baselines import BASELINES
from recsys.models.recommender import Recommender, top_k

Progress = Callable[[float, str], object]  # fraction in [0, 1] and what is being done

MAIN = "ndcg@10"


@dataclass(frozen=True, eq=False)
class ModelResult:
    """One model's figures.

    Args:
        name: the model's name in the report.
        per_user: metric -> float64 (n,) one value per person, such as "ndcg@10", "mrr", "auc", "novelty@10".
        estimates: metric -> value and interval; beside the means of `per_user` also figures of the lists as a whole,
            such as "coverage@10", "gini@10" and "popularity_lift@10".
        ranks: int64 (n,) the best rank of each person's held-out items.
        lists: int32 (n, max k) what each person is shown, best first, 0 = nothing.
        threshold: the bar of like/not-like, a share of unseen items.
        milliseconds: scoring time per person.
        baseline: whether it is one of the simple models that anything else has to beat.
    """

    name: str
    per_user: Mapping[str, np.ndarray]
    estimates: Mapping[str, Estimate]
    ranks: np.ndarray
    lists: np.ndarray
    threshold: float
    milliseconds: float
    baseline: bool = False


@dataclass(frozen=True, eq=False)
class Report:
    """What an evaluation found.

    Args:
        protocol: how rows were kept aside ("leave-one-out", …).
        ks: the list lengths, ascending.
        users: int64 (n,) the people judged, as indexes of the dataset.
        lengths: int64 (n,) how much of each was known.
        models: in the order given.
        comparisons: the first model against each other one, on the main metric, Holm-corrected together.
        parts: names of models that are parts of the first (its network alone …): shown, but no rivals of it.
        repeats: held-out choices that no list can show, and the NDCG@10 that is therefore at most reachable.
        seed: of resampling and of the drawn unseen items.
    """

    protocol: str
    ks: tuple[int, ...]
    users: np.ndarray
    lengths: np.ndarray
    models: tuple[ModelResult, ...]
    comparisons: tuple[Comparison, ...]
    repeats: Repeats
    seed: int
    parts: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> ModelResult:
        return next(m for m in self.models if m.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(m.name for m in self.models)

    @property
    def main(self) -> str:
        """The metric verdicts are about: NDCG@10 if 10 was asked for, else NDCG at the largest k."""
        return MAIN if 10 in self.ks else f"ndcg@{self.ks[-1]}"

    @property
    def best_baseline(self) -> ModelResult | None:
        """The best of the simple baselines beside the first model, None where there is none.

        Markov scores that are a part of the model are one too: what they reach alone, the model has to beat.
        """
        simple = [m for m in self.models[1:] if m.baseline]
        return max(simple, key=lambda m: m.estimates[self.main].value, default=None)

    def against(self, name: str) -> Comparison:
        """The comparison of the first model with another."""
        return next(c for c in self.comparisons if c.second == name)

    @property
    def verdict(self) -> str:
        """What the first model reaches, and whether it is shown to be better than the best simple baseline."""
        first, rival = self.models[0], self.best_baseline
        lead = (
            f"{first.name} reaches {self.main.upper()} {first.estimates[self.main].text} on {len(self.users):,} users"
        )
        words = [lead if rival is None else f"{lead}. {self._compared(rival)}"]
        if rival is None and len(self.models) == 1:
            words = [f"{lead}; nothing stands beside it to compare"]
        others = [m.name for m in self.models[1:] if not m.baseline and m.name not in self.parts]
        words += [self.against(name).sentence.removesuffix(".") for name in others]
        return ". ".join(words) + "."

    def _compared(self, rival: ModelResult) -> str:
        """The first model against the best simple baseline; "better" only where a difference is shown."""
        found = self.against(rival.name)
        lead = "Better" if found.shown and found.difference.value > 0 else "Not better"
        return (
            f"{lead} than {rival.name}, the best simple baseline ({rival.estimates[self.main].text}): difference "
            f"{found.difference.text}"
        )

    @property
    def parts_sentence(self) -> str:
        """What each part of the first model reaches by itself; "" where it is one thing only."""
        if not self.parts:
            return ""
        names = {name: name for name in self.parts}
        if "markov" in self.names:
            names["Markov alone"] = "markov"
        each = [f"{shown} {self[name].estimates[self.main].text}" for shown, name in names.items()]
        both = f"both together {self.models[0].estimates[self.main].text}"
        return f"{self.main.upper()}: {'; '.join([*each, both])}."

    def to_json(self) -> dict[str, object]:
        """Numbers and names only: {"protocol", "people", "ks", "seed", "repeats": {share, reachable, k},
        "parts": [names],        "models": {name: {metric: {value, low, high}}}, "comparisons": […]}."""
        return {
            "protocol": self.protocol,
            "people": len(self.users),
            "ks": list(self.ks),
            "seed": self.seed,
            "repeats": self.repeats.to_json(),
            "parts": list(self.parts),
            "models": {m.name: {k: e.to_json() for k, e in m.estimates.items()} for m in self.models},
            "comparisons": [
                {
                    "metric": c.metric,
                    "first": c.first,
                    "second": c.second,
                    "difference": c.difference.to_json(),
                    "p": c.p,
                    "p_holm": c.p_holm,
                    "shown": c.shown,
                }
                for c in self.comparisons
            ],
        }


def evaluate_models(
    models: Mapping[str, Recommender],
    holdout: Holdout,
    dataset: Dataset,
    ks: Sequence[int] = (5, 10, 20),
    seed: int = 0,
    *,
    protocol: str = "leave-one-out",
    parts: Sequence[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Judge models on the same held-out people, full ranking, seen items left out.

    Args:
        models: name on the report -> model; the first is compared with each other one.
        holdout: who is judged on what (`split.test`).
        dataset: where item popularity and tags are read from: `split.train`, so that novelty does not know the test.
        ks: list lengths.
        seed: of the bootstrap and the unseen items of like/not-like; every model gets the same draws.
        parts: names of models that are parts of the first.
        progress: called with the fraction done and a text; may raise to stop.

    Raises:
        InputError: nothing to judge, a k below 1, a model of another catalogue, scores that are not numbers.
    """
    lengths = tuple(sorted(set(ks)))
    if not models or not len(holdout):
        raise InputError("the evaluation", "needs at least one model and one held-out person")
    if not lengths or lengths[0] < 1:
        raise InputError("k", "must be at least 1", list(ks))
    report = progress or (lambda fraction, message: None)
    known = _Known(holdout, dataset, lengths, seed)
    results = [
        _judge(name, model, known, lambda f, m, i=i: report((i + f) / len(models), m))  # type: ignore[misc]
        for i, (name, model) in enumerate(models.items())
    ]
    main = MAIN if 10 in lengths else f"ndcg@{lengths[-1]}"
    names = list(models)
    compared = compare(
        main, {r.name: r.per_user[main] for r in results}, [(names[0], other) for other in names[1:]], seed=seed
    )
    report(1.0, "Done")
    sizes = np.array([len(h) for h in holdout.histories])
    repeats = repeats_of(holdout.histories, holdout.positives, 10 if 10 in lengths else lengths[-1])
    return Report(protocol, lengths, holdout.users, sizes, tuple(results), compared, repeats, seed, tuple(parts))


class _Known:
    """What is the same for every model: the people, the items' statistics, and what popularity would show."""

    def __init__(self, holdout: Holdout, dataset: Dataset, ks: tuple[int, ...], seed: int) -> None:
        self.holdout, self.dataset, self.ks, self.seed = holdout, dataset, ks, seed
        self.counts = dataset.item_counts
        self.users_of_item = np.diff(dataset.matrix().tocsc().indptr)  # each user once, however often they chose it
        self.features = listed.item_features(dataset, seed=seed)
        self.size = int(np.clip(8_000_000 // (dataset.n_items + 1), 1, 512))  # people a batch: 32 MB of scores
        popular = np.tile(self.counts.astype(np.float32), (self.size, 1))
        self.obvious = np.concatenate([top_k(popular[: len(h)], ks[-1], h) for h in self._slices(holdout.histories)])
        self.party = np.array([self.counts[h].mean() if len(h) else np.nan for h in holdout.histories])

    def _slices(self, sequence: Sequence[np.ndarray]) -> list[Sequence[np.ndarray]]:
        return [sequence[start : start + self.size] for start in range(0, len(sequence), self.size)]

    def batches(self) -> list[tuple[Sequence[np.ndarray], Sequence[np.ndarray]]]:
        return list(zip(self._slices(self.holdout.histories), self._slices(self.holdout.positives), strict=True))


def _judge(name: str, model: Recommender, known: _Known, progress: Progress) -> ModelResult:
    if model.n_items != known.dataset.n_items:
        fix = f"Train it on this data, which has {known.dataset.n_items:,} items."
        raise InputError(f"model {name}", "must know the same items as the data", model.n_items, fix)
    rng = np.random.default_rng(known.seed)
    placed, others, lists = [], [], []
    seconds, batches = 0.0, known.batches()
    for number, (histories, positives) in enumerate(batches):
        progress(number / len(batches), f"Ranking all items for {name}")
        began = time.perf_counter()
        scores = model.scores(histories)
        seconds += time.perf_counter() - began
        masked = unseen(scores, histories)
        lists.append(top_k(masked, known.ks[-1]))
        placed.append(place(masked, positives))
        others.append(classification.random_places(masked, placed[-1].rows, rng))
    found = Ranks.joined(placed)
    like = classification.like_not_like(found.rows, found.above, np.concatenate(others), found.n_people, known.seed)
    shown = np.concatenate(lists)
    per_user = _per_user(found, like, shown, known)
    estimates = estimate_means(per_user, seed=known.seed) | _of_lists(shown, per_user, known)
    lap = 1000 * seconds / max(1, found.n_people)
    return ModelResult(name, per_user, estimates, found.best, shown, like.threshold, lap, model.name in BASELINES)


def _per_user(
    found: Ranks, like: classification.LikeNotLike, shown: np.ndarray, known: _Known
) -> dict[str, np.ndarray]:
    values: dict[str, np.ndarray] = {}
    for k in known.ks:
        values |= {f"{name}@{k}": value for name, value in accuracy_at(found, k).items()}
        top = shown[:, :k]
        values[f"novelty@{k}"] = listed.novelty(top, known.users_of_item, known.dataset.n_users)
        values[f"diversity@{k}"] = listed.diversity(top, known.features)
        values[f"serendipity@{k}"] = listed.serendipity(top, known.holdout.positives, known.obvious[:, :k])
    values["mrr"] = reciprocal_rank(found)
    values["auc"] = classification.auc(found)
    values["balanced_accuracy"] = like.per_person
    return values


def _of_lists(shown: np.ndarray, per_user: Mapping[str, np.ndarray], known: _Known) -> dict[str, Estimate]:
    """Figures that only all lists together have, and the popularity lift, a ratio of two means."""
    found: dict[str, Estimate] = {}
    read = np.isfinite(known.party)
    for k in known.ks:
        top = shown[:, :k]
        found[f"coverage@{k}"] = listed.estimate_coverage(top, known.dataset.n_items)
        found[f"gini@{k}"] = listed.estimate_gini(top, known.dataset.n_items)
        if read.any():
            lift = estimate_ratio(listed.popularity_in(top, known.counts)[read], known.party[read], seed=known.seed)
            found[f"popularity_lift@{k}"] = Estimate(lift.value - 1, lift.low - 1, lift.high - 1)
    return found

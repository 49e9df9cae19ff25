"""Models and transfer methods under the protocol of ABXI (WWW 2025), beside its published figures. Prints JSON.

python -m benchmarks.transfer_methods FILE [--items TABLE] [--seed 0] [--only-delinked]

Each user's last item is ranked among 999 random unseen items of its scenario, ties against us. Everything is chosen on
validation items, the ones before the last: settings, weights, α. The figures are not comparable with those of full
ranking, nor of other numbers of negatives. "delinked": the text bridge where no user is shared (benchmarks.delinked).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.delinked import measure
from benchmarks.record import Measurement
from recsys.data import load
from recsys.data.dataset import Dataset, History
from recsys.data.splits import Holdout, leave_one_out
from recsys.evaluation.sampled_ranking import SAMPLED, CandidateSampler
from recsys.metrics import mask_seen
from recsys.metrics.accuracy import discounted_gain
from recsys.metrics.uncertainty import estimate_mean
from recsys.models.attention.config import AttentionConfig
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import batched
from recsys.models.sequence.model import SequenceModel
from recsys.models.sequence.scenario_weights import weigh_scenarios
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train
from recsys.transfer.methods import METHODS, fit_method

PUBLISHED = {
    "name": "ABXI",
    "food": 0.1971,
    "kitchen": 0.1427,
    "source": "README of DiMarzioBian/ABXI (WWW 2025), means of five seeds, ± 0.002: ids alone, 256 numbers, on a GPU",
}
CONFIGS: dict[str, tuple[AttentionConfig, TrainConfig]] = {
    "attention": (AttentionConfig(), TrainConfig()),
    "attention, loss within scenarios": (
        AttentionConfig(embedding_size=128, dropout=0.6, scenarios="loss"),
        TrainConfig(epochs=30),
    ),
    "attention, loss and adapters": (
        AttentionConfig(embedding_size=128, dropout=0.6, scenarios="loss, adapters and weights"),
        TrainConfig(epochs=30),
    ),
}
PROTOCOL = f"last item among {SAMPLED} random unseen items of its scenario, NDCG@10"
ALPHAS = np.linspace(0, 1, 21)
Scores = Callable[[Sequence[History]], np.ndarray]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Held-out items, each with the items it is ranked among.

    Attributes:
        items: int64 (n, 1 + 999), the held-out item first; 0 where there are fewer.
        scenario: of each held-out item, as an index of the names.
        repeated: bool (n,), held-out items of the history: misses.
    """

    users: Holdout
    items: np.ndarray
    scenario: np.ndarray
    repeated: np.ndarray

    @classmethod
    def draw(cls, users: Holdout, dataset: Dataset, seed: int) -> Candidates:
        names, sampler = dataset.catalogue.scenario_names, CandidateSampler(dataset.catalogue, SAMPLED, seed)
        items = np.zeros((len(users), 1 + SAMPLED), dtype=np.int64)
        positives = np.array([int(one[0]) for one in users.positives])
        start = 0
        for histories in batched(users.histories):
            masked = mask_seen(np.zeros((len(histories), dataset.n_items + 1), np.float32), histories)
            part = slice(start, start + len(histories))
            for row, kept in enumerate(sampler.only_sampled(masked, users.positives[part]), start):
                drawn = np.setdiff1d(np.flatnonzero(kept > -np.inf), positives[row])
                items[row, 0], items[row, 1 : 1 + len(drawn)] = positives[row], drawn
            start += len(histories)
        scenario = np.array([names.index(dataset.catalogue.scenarios[item]) for item in positives])
        repeated = np.array([item in history for item, history in zip(positives, users.histories, strict=True)])
        return cls(users, items, scenario, repeated)

    def gather(self, scores: Scores, histories: Sequence[History] | None = None) -> np.ndarray:
        """The scores of the candidates: float32 (n, 1 + 999), −inf where there are fewer."""
        gathered = np.empty(self.items.shape, dtype=np.float32)
        start = 0
        for batch in batched(self.users.histories if histories is None else histories):
            items = self.items[start : start + len(batch)]
            gathered[start : start + len(batch)] = np.take_along_axis(scores(batch), items, axis=1)
            start += len(batch)
        gathered[self.items == 0] = -np.inf
        return gathered

    def gains(self, gathered: np.ndarray) -> np.ndarray:
        """NDCG@10 of each user, ties against the model: float64 (n,)."""
        ranks = 1 + (gathered[:, 1:] >= gathered[:, :1]).sum(axis=1)
        return np.where(self.repeated, 0.0, discounted_gain(ranks, 10))


class Trial:
    """The data, their candidates, and the figures so far."""

    def __init__(self, dataset: Dataset, seed: int) -> None:
        self.dataset, self.seed, self.names = dataset, seed, dataset.catalogue.scenario_names
        self.split = leave_one_out(dataset)
        self.parts = {
            "validation": Candidates.draw(self.split.validation, dataset, seed),
            "test": Candidates.draw(self.split.test, dataset, seed),
        }
        self.rows: list[dict[str, Any]] = []

    def add(self, name: str, seconds: float, gains: dict[str, np.ndarray], **more: Any) -> None:
        """Adds the figures of a model or method."""
        row: dict[str, Any] = {"name": name, "cpu_seconds": round(seconds, 1), **more}
        for part, candidates in self.parts.items():
            row[part] = {
                scenario: estimate_mean(gains[part][candidates.scenario == number], seed=self.seed).to_json()
                for number, scenario in enumerate(self.names)
            }
        self.rows.append(row)

    def add_model(self, name: str, seconds: float, scores: Scores, **more: Any) -> None:
        """Adds a model by its scores of histories."""
        self.add(name, seconds, {part: one.gains(one.gather(scores)) for part, one in self.parts.items()}, **more)

    def train(self, name: str) -> tuple[SequenceModel, float]:
        """The model of CONFIGS, and the CPU-seconds of its training."""
        began, trained = time.process_time(), None
        for report in train(self.split.train, *CONFIGS[name], self.split.validation):
            trained = report.model
        assert isinstance(trained, SequenceModel)
        return trained, time.process_time() - began

    def delinked(self) -> dict[str, Any]:
        """The text bridge between scenarios that share no user, on the test items."""
        test = self.parts["test"]

        def gains(rows: np.ndarray, scores: Scores, histories: Sequence[History]) -> np.ndarray:
            sub = _subset(test, rows)
            return sub.gains(sub.gather(scores, histories))

        return measure(self.split.train, test.users.histories, test.scenario, gains, self.seed)

    def add_methods(self, model: SequenceModel) -> None:
        """Every transfer method: target and source are a user's items in the scenario of the answer and in others."""
        inside = {name: self.dataset.catalogue.in_scenario(name) for name in self.names}
        for method in METHODS:
            gains = {part: np.zeros(len(one.scenario)) for part, one in self.parts.items()}
            alphas, began = {}, time.process_time()
            for number, name in enumerate(self.names):
                other = next(one for one in self.names if one != name)
                users = np.arange(self.dataset.n_users)
                fitted = fit_method(method, self.split.train, model, users, (other, name))

                def moved(histories: Sequence[History], fitted: Any = fitted) -> np.ndarray:
                    pairs = zip(model.scores(histories), model.encode(histories), strict=True)
                    return np.stack([fitted.apply(model, scores, vector) for scores, vector in pairs])

                blended = {}
                for part, one in self.parts.items():
                    of_scenario = np.flatnonzero(one.scenario == number)
                    sub = _subset(one, of_scenario)
                    target, source = (
                        sub.gather(scores, [history[inside[where][history]] for history in sub.users.histories])
                        for scores, where in ((model.scores, name), (moved, other))
                    )
                    blended[part] = (
                        of_scenario,
                        np.stack([sub.gains(_blend(alpha, source, target)) for alpha in ALPHAS]),
                    )
                best = int(blended["validation"][1].mean(axis=1).argmax())
                alphas[name] = float(ALPHAS[best])
                for part, (rows, values) in blended.items():
                    gains[part][rows] = values[best]
            self.add(f"transfer: {METHODS[method].label}", time.process_time() - began, gains, alpha=alphas)


def _blend(alpha: float, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """α · source + (1 − α) · target, −inf where there is no candidate."""
    left_out = np.isneginf(target)
    blended: np.ndarray = alpha * np.where(left_out, 0, source) + (1 - alpha) * np.where(left_out, 0, target)
    return np.where(left_out, -np.inf, blended)


def _subset(candidates: Candidates, rows: np.ndarray) -> Candidates:
    users = candidates.users
    part = Holdout(
        users.users[rows], tuple(users.histories[row] for row in rows), tuple(users.positives[row] for row in rows)
    )
    return Candidates(part, candidates.items[rows], candidates.scenario[rows], candidates.repeated[rows])


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--items", default="", help="a table of the items in the folder of FILE, for their texts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only-delinked", action="store_true", help="only the text bridge without shared users")
    measurement = Measurement(parser)
    options = measurement.options
    dataset = load(options.file, items=options.file.parent / options.items if options.items else None).dataset
    trial = Trial(dataset, options.seed)
    data = {"users": dataset.n_users, "items": dataset.n_items, "rows": dataset.n_interactions}
    if options.only_delinked:
        measurement.name = "transfer_methods-delinked"
        measurement.publish({"data": data, "protocol": PROTOCOL, "delinked": trial.delinked()})
        return
    for baseline in ("popularity", "markov"):
        began = time.process_time()
        model = fit_baseline(baseline, trial.split.train)
        trial.add_model(baseline, time.process_time() - began, model.scores)
    for name in CONFIGS:
        trained, seconds = trial.train(name)
        trial.add_model(f"{name}, network alone", seconds, trained.with_markov(None, 0.0).scores)
        trial.add_model(name, seconds, trained.scores)
        if name == "attention":
            trial.add_methods(trained)
        began = time.process_time()
        weighted, found = weigh_scenarios(trained, trial.split.train, trial.split.validation, options.seed)
        more = {} if found is None else {"weights": found.to_json()}
        seconds += time.process_time() - began
        trial.add_model(f"{name}, weights per scenario", seconds, weighted.scores, **more)
    best = max(trial.rows, key=lambda row: sum(one["value"] for one in row["validation"].values()))
    measurement.publish(
        {
            "data": data,
            "protocol": PROTOCOL,
            "published": PUBLISHED,
            "results": trial.rows,
            "best_on_validation": best["name"],
            "delinked": trial.delinked(),
        }
    )


if __name__ == "__main__":
    main()

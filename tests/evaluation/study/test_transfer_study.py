"""The study against planted truth: it finds an effect that is there, and none where there is none; it never leaks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset, History
from recsys.data.ids import IdMap
from recsys.errors import InputError
from recsys.evaluation.study.cases import plan_study
from recsys.evaluation.study.scorers import SourceScorer, method_scores
from recsys.evaluation.study.training import study_epochs
from recsys.evaluation.study.transfer_study import TransferStudy, transfer_study
from recsys.models.training.warm_start import warm_vectors
from tests.conftest import planted_dataset
from tests.metrics.test_repeats import shop


class Reader:
    """An encoder in seconds: decayed means of PMI vectors, and a little popularity."""

    name = "reader"
    embedding_size = 16

    def __init__(self, dataset: Dataset) -> None:
        vectors = warm_vectors(dataset, 16)
        self.item_vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        self.item_bias = (0.05 * np.log1p(dataset.item_counts)).astype(np.float32)
        self.n_items = dataset.n_items

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        vectors = np.zeros((len(histories), 16), dtype=np.float32)
        for row, history in enumerate(histories):
            if len(history):
                weights = 0.9 ** np.arange(len(history))[::-1]
                vectors[row] = weights @ self.item_vectors[history] / weights.sum()
        return vectors

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        scores: np.ndarray = self.encode(histories) @ self.item_vectors.T + self.item_bias
        scores[:, 0] = -np.inf
        return scores


def two_scenarios(linked: bool, people: int = 500, seed: int = 0) -> Dataset:
    """Ten tastes; each has its five items in scenario a and in scenario b. Linked: a person has one taste in both."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(people):
        party = rng.integers(10)
        other = party if linked else rng.integers(10)
        first = 1 + party * 5 + rng.permutation(5)[:4]
        second = 51 + other * 5 + rng.permutation(5)[:4]
        rows.append(np.concatenate([first, second]))
    ids = [f"i{n}" for n in range(1, 101)]
    scenarios = [*("a" for _ in range(50)), *("b" for _ in range(50))]
    return Dataset(
        users=IdMap([f"u{n}" for n in range(people)], first=0, subject="user_id"),
        items=IdMap(ids),
        offsets=np.arange(people + 1, dtype=np.int64) * 8,
        sequence=np.concatenate(rows).astype(np.int32),
        catalogue=Catalogue.bare(ids, scenarios),
    )


@pytest.fixture(scope="module")
def linked() -> TransferStudy:
    return transfer_study(two_scenarios(True), "scenarios", model=Reader, scenarios=("a", "b"))


@pytest.fixture(scope="module")
def unlinked() -> TransferStudy:
    return transfer_study(two_scenarios(False), "scenarios", model=Reader, scenarios=("a", "b"))


def test_finds_what_is_planted(linked: TransferStudy) -> None:
    nothing_known = linked.points[0]
    assert nothing_known.observed == 0
    assert nothing_known.helps
    assert nothing_known.methods["transfer"].value > 0.4  # one of the five items of the taste, on average
    assert nothing_known.methods["target alone"].value < 0.2
    assert min(nothing_known.chosen) > 0
    for control in ("random source", "shuffled pairs", "popularity", "early popularity"):
        assert nothing_known.beats(control), control
    assert nothing_known.harmed < nothing_known.helped
    assert linked.level in ("helps", "mixed")
    assert linked.verdict.startswith("Borrowing a person’s own taste in a to recommend in b helps where 0")


def test_says_no_where_nothing_is_planted(unlinked: TransferStudy) -> None:
    assert not any(point.helps for point in unlinked.points)
    assert unlinked.level in ("no evidence", "harms")
    assert unlinked.verdict.startswith("No evidence that borrowing")
    assert unlinked.suggest(0).alpha == 0.0
    assert unlinked.suggest(0).evidence.startswith("No evidence that any α > 0 helps")


def test_suggests_more_of_the_source_where_less_is_known(linked: TransferStudy) -> None:
    assert linked.suggest(0).alpha > 0
    assert linked.suggest(0).helps
    assert linked.suggest(0).shrinkage >= linked.suggest(3).shrinkage


def test_the_suggested_alpha_was_chosen_on_some_and_judged_on_others(linked: TransferStudy) -> None:
    point = linked.points[0]
    found = point.suggested
    assert found.alpha == point.chosen[1], "chosen on the first half"
    assert linked.suggest(0).alpha == found.alpha
    assert found.chosen_on + found.judged_on == point.people and min(found.chosen_on, found.judged_on) >= 10
    assert found.gain.low > 0 and found.over_random.low > 0
    evidence = linked.suggest(0).evidence
    assert f"chosen on {found.chosen_on:,} users" in evidence and f"judged on {found.judged_on:,} others" in evidence
    assert linked.to_json()["points"][0]["suggested"]["judged_on"] == found.judged_on


def test_the_whole_curve_begins_at_no_transfer(linked: TransferStudy) -> None:
    for point in linked.points:
        assert len(point.curve) == len(point.gain) == 21
        assert point.curve[0].value == pytest.approx(point.methods["target alone"].value)
        assert point.gain[0].value == 0
        assert all(estimate.low <= estimate.value <= estimate.high for estimate in (*point.curve, *point.gain))


def test_json_holds_everything_and_no_nan(linked: TransferStudy) -> None:
    content = json.loads(json.dumps(linked.to_json(), allow_nan=False))
    assert content["scenarios"] == ["a", "b"]
    point = content["points"][0]
    assert {one["against"] for one in point["comparisons"]} == set(point["methods"]) - {"transfer"}
    assert all(one["p"] <= one["p_holm"] <= 1 for one in point["comparisons"])
    assert content["verdict"] == linked.verdict


def test_the_same_seed_gives_the_same_study() -> None:
    first, second = (transfer_study(planted_dataset(people=60), "users", model=Reader, seed=3) for _ in range(2))
    assert first.to_json() == second.to_json()


@pytest.mark.parametrize("axis", ["users", "time", "scenarios"])
def test_nobody_is_judged_by_a_model_that_saw_them(axis: str) -> None:
    data = two_scenarios(True, people=90)
    seen: list[Dataset] = []

    def spy(train: Dataset) -> Reader:
        seen.append(train)
        return Reader(train)

    transfer_study(data, axis, model=spy, folds=3)
    plan = plan_study(data, axis, folds=3)
    assert len(seen) == 3
    evaluated = [np.unique(np.concatenate([case.users for case in fold.cases])) for fold in plan.folds]
    for train, people in zip(seen, evaluated, strict=True):
        assert not train.lengths[people].any()
    assert len(np.unique(np.concatenate(evaluated))) == sum(map(len, evaluated))


@pytest.mark.parametrize("axis", ["users", "time", "scenarios"])
def test_cases_hold_only_what_came_before(axis: str) -> None:
    data = two_scenarios(True, people=60)
    for fold in plan_study(data, axis).folds:
        for cases in fold.cases:
            for i, user in enumerate(cases.users):
                history = data.history(int(user)).tolist()
                before = history[: history.index(int(cases.positives[i]))]
                assert cases.whole[i].tolist() == before
                assert len(cases.target[i]) == cases.observed
                assert set(cases.target[i]) | set(cases.source[i]) <= set(before)
                assert not set(cases.target[i]) & set(cases.source[i])


@pytest.mark.parametrize("axis", ["users", "time"])
def test_other_axes_run_to_a_verdict(axis: str) -> None:
    told: list[float] = []
    study = transfer_study(
        planted_dataset(), axis, model=Reader, progress=lambda fraction, message, **details: told.append(fraction)
    )
    assert 0 not in [point.observed for point in study.points]
    assert study.verdict.endswith(".")
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_trains_a_model_of_its_own_when_none_is_given() -> None:
    study = transfer_study(planted_dataset(people=60), "users", folds=2, epochs=2)
    assert study.model == "attention"
    assert study.trained_on == 30


def test_the_number_of_epochs_follows_from_the_data_alone_and_is_written_down() -> None:
    data = planted_dataset(people=60)
    first, again = (transfer_study(data, "users", folds=2).to_json() for _ in range(2))
    assert first == again, "no clock decides anything"
    told = first["training"]
    assert len(told["epochs"]) == 2 and min(told["epochs"]) >= 2
    assert told["train"]["minutes"] is None and told["train"]["seed"] == 0 and told["model"]["embedding_size"] == 32
    assert [study_epochs(fold.train, folds=2) for fold in plan_study(data, "users").folds] == told["epochs"]
    assert transfer_study(data, "users", model=Reader).to_json()["training"] == {}, "a model of somebody else’s making"


def timed(data: Dataset, late: bool = True) -> Dataset:
    """Two moments for everybody: items up to 50 are chosen before 1,000 s, item numbers above it after."""
    rank = np.tile(np.arange(8), data.n_users)
    return replace(data, timestamps=rank + np.where((data.sequence > 50) & late, 1000.0, 0.0))


class Watching(Reader):
    """Remembers every item it was ever asked to read."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.read: set[int] = set()

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        self.read |= {int(item) for history in histories for item in history}
        return super().encode(histories)


@pytest.mark.parametrize("dated", [True, False])
def test_no_source_is_read_beyond_the_moment_of_the_target(dated: bool) -> None:
    """Items above 50 are everybody’s future: the item to be found (k = 1, 2, 3) is always one of the first four."""
    data = two_scenarios(True, people=120)
    data = timed(data) if dated else data
    made: list[Watching] = []

    def watch(train: Dataset) -> Watching:
        made.append(Watching(train))
        return made[-1]

    plan = plan_study(data, "users", folds=2)
    early = replace(plan, observed=(1, 2, 3), folds=tuple(replace(f, cases=f.cases[:3]) for f in plan.folds))
    for fold in early.folds:
        scorers = SourceScorer(watch(fold.train), early, fold, seed=0)
        for cases in fold.cases:
            method_scores(scorers, cases)
    future = {item for reader in made for item in reader.read if item > 50}
    assert bool(future) is not dated, "without times nothing can be cut"


def test_what_is_borrowed_from_the_future_no_longer_helps() -> None:
    """The answer is an item that lenders choose later: whole histories would give it away."""
    data = two_scenarios(True, people=300)
    whole = transfer_study(replace(data, timestamps=None), "users", model=Reader).to_json()
    cut = transfer_study(timed(data, late=False), "users", model=Reader).to_json()
    assert (whole["sources_cut"], cut["sources_cut"]) == (False, True)
    told = {"whole": whole, "cut": cut}
    for point in range(3):  # 1, 2 and 3 known items
        alone, transfer = (
            {name: study["points"][point]["methods"][method]["value"] for name, study in told.items()}
            for method in ("target alone", "transfer")
        )
        assert alone["cut"] == alone["whole"], "the target is read as before"
        assert transfer["cut"] < transfer["whole"] - 0.01
        assert transfer["whole"] > alone["whole"] + 0.01 > transfer["cut"]


def test_users_whose_next_item_is_a_repeat_are_counted() -> None:
    data = shop(users=200)
    share = np.mean([history[-1] in history[:-1] for history in data.histories()])
    for point in transfer_study(data, "time", model=Reader).to_json()["points"]:
        assert point["repeats"] == pytest.approx(share) and share > 0.3
        assert point["people"] <= round((1 - share) * 200)


def test_bad_input_is_refused() -> None:
    data = planted_dataset(people=30)
    with pytest.raises(InputError, match="axis must be one of"):
        transfer_study(data, "space", model=Reader)
    with pytest.raises(InputError, match="scenario must be one of left, right"):
        transfer_study(data, "scenarios", model=Reader, scenarios=("left", "up"))
    with pytest.raises(InputError, match="at least 20 people"):
        transfer_study(planted_dataset(people=12), "users", model=Reader)

"""The study on planted data: it finds a planted effect, none where none is planted, and never leaks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from recsys.charts.study import gain_by_known_items_figure, methods_figure
from recsys.data.dataset import Catalogue, Dataset, History
from recsys.data.ids import IdMap
from recsys.errors import ArtifactError, InputError
from recsys.evaluation.study import methods
from recsys.evaluation.study.certificate import certificate_of, certified
from recsys.evaluation.study.fold_scorer import BatchScores, FoldScorer
from recsys.evaluation.study.methods import METHODS, Method, compared
from recsys.evaluation.study.plan import plan_study
from recsys.evaluation.study.results import suggestion_evidence
from recsys.evaluation.study.training import study_epochs
from recsys.evaluation.study.transfer_study import TransferStudy, transfer_study
from recsys.evaluation.study.verdict import saved_verdict
from recsys.evaluation.study.what_helps import what_helps
from recsys.models.training.warm_start import warm_vectors
from recsys.wording import Message, tr, use_catalogue
from tests.conftest import planted_dataset
from tests.metrics.test_repeats import shop
from ui.language import _of_reader, catalogue


class FastEncoder:
    """An encoder without training: decayed means of PMI vectors, and a little popularity."""

    name = "fast"
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


def two_scenarios(linked: bool, users: int = 500, seed: int = 0) -> Dataset:
    """Ten interests with five items in each of two scenarios. Linked: a user has the same interest in both."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(users):
        interest = rng.integers(10)
        other = interest if linked else rng.integers(10)
        first = 1 + interest * 5 + rng.permutation(5)[:4]
        second = 51 + other * 5 + rng.permutation(5)[:4]
        rows.append(np.concatenate([first, second]))
    ids = [f"i{n}" for n in range(1, 101)]
    scenarios = [*("a" for _ in range(50)), *("b" for _ in range(50))]
    return Dataset(
        users=IdMap([f"u{n}" for n in range(users)], first=0, subject="user_id"),
        items=IdMap(ids),
        offsets=np.arange(users + 1, dtype=np.int64) * 8,
        sequence=np.concatenate(rows).astype(np.int32),
        catalogue=Catalogue.bare(ids, scenarios),
    )


@pytest.fixture(scope="module")
def linked() -> TransferStudy:
    return transfer_study(two_scenarios(True), "scenarios", model=FastEncoder, scenarios=("a", "b"))


@pytest.fixture(scope="module")
def unlinked() -> TransferStudy:
    return transfer_study(two_scenarios(False), "scenarios", model=FastEncoder, scenarios=("a", "b"))


def test_finds_a_planted_effect(linked: TransferStudy) -> None:
    nothing_known = linked.points[0]
    assert nothing_known.observed == 0
    assert nothing_known.helps
    assert nothing_known.methods["transfer"].value > 0.4  # one of the five items of the interest, on average
    assert nothing_known.methods["target alone"].value < 0.2
    assert min(nothing_known.chosen) > 0
    for control in ("random source", "shuffled pairs", "popularity", "early popularity"):
        assert nothing_known.beats(control), control
    assert nothing_known.harmed < nothing_known.helped
    assert linked.level in ("helps", "mixed")
    assert linked.verdict.startswith("Transfer from a user’s own interests in a to b helps where 0")


def test_reports_no_effect_where_none_is_planted(unlinked: TransferStudy) -> None:
    assert not any(point.helps for point in unlinked.points)
    assert unlinked.level in ("no evidence", "harms")
    assert unlinked.verdict.startswith("No evidence that transfer from")
    assert unlinked.suggest(0).alpha == 0.0
    assert unlinked.suggest(0).evidence.startswith("No evidence that any α > 0 helps")


def test_suggests_more_of_the_source_for_fewer_known_items(linked: TransferStudy) -> None:
    assert linked.suggest(0).alpha > 0
    assert linked.suggest(0).helps
    assert linked.suggest(0).shrinkage >= linked.suggest(3).shrinkage


def test_the_suggested_alpha_was_chosen_on_some_users_and_evaluated_on_others(linked: TransferStudy) -> None:
    point = linked.points[0]
    found = point.suggested
    assert found.alpha == point.chosen[1], "chosen on the first half"
    assert linked.suggest(0).alpha == found.alpha
    assert found.chosen_on + found.evaluated_on == point.users and min(found.chosen_on, found.evaluated_on) >= 10
    assert found.gain.low > 0 and found.over_random.low > 0
    evidence = linked.suggest(0).evidence
    assert (
        f"chosen on {found.chosen_on:,} users" in evidence and f"evaluated on {found.evaluated_on:,} others" in evidence
    )
    assert suggestion_evidence(linked.to_json()["points"][0]).alpha == found.alpha
    assert linked.to_json()["points"][0]["suggested"]["judged_on"] == found.evaluated_on


@pytest.mark.parametrize("method", ["linear", "bridge", "personalised_bridge"])
def test_the_certificate_of_each_method_accepts_linked_interests_and_refuses_unlinked_ones(
    linked: TransferStudy, unlinked: TransferStudy, method: str
) -> None:
    found, other = (study.certificate_of(("next-choice", method)) for study in (linked, unlinked))
    assert found is not None and other is not None
    check = found.check
    assert check.accepted > 0.1
    assert check.harmed is not None and check.harmed.value <= found.certificate.promise
    assert check.gain is not None and check.gain.low > 0
    assert check.gain.value > check.gain_of_one_alpha.value
    assert set(check.refused) == {"random source", "shuffled pairs"}
    assert min(check.refused.values()) >= 0.95
    assert other.check.accepted < 0.05


def test_every_way_of_transferring_has_a_certificate_of_its_own_pairs(linked: TransferStudy) -> None:
    names = {(one.what, one.method) for one in linked.certificates}
    assert names == {("next-choice", one) for one in ("linear", "bridge", "personalised_bridge")} | {
        ("interests", "linear")
    }
    true = [one.pairs["transfer"] for one in linked.certificates]
    assert all(np.array_equal(one.users, true[0].users) for one in true)
    assert all(not np.array_equal(one.features, true[0].features) for one in true[1:])
    for one in linked.certificates:
        assert set(one.pairs) == {"transfer", "random source", "shuffled pairs"}
        read = certificate_of(json.loads(json.dumps(linked.to_json())), one.what, one.method)
        assert read is not None and read[0].to_json() == one.certificate.to_json()
        assert read[1] == one.check.to_json()
    assert certified(linked.to_json()) == names
    for absent in (("next-choice", "text_bridge"), ("interests", "bridge")):
        assert certificate_of(linked.to_json(), *absent) is None


def test_a_saved_study_of_an_earlier_version_has_the_certificate_of_the_linear_blend_only(
    linked: TransferStudy,
) -> None:
    first = linked.certificates[0]
    earlier = {name: value for name, value in linked.to_json().items() if name != "certificates"}
    assert certificate_of(earlier, "next-choice", "linear") is None, "before certificates"
    earlier |= {"certificate": first.certificate.to_json(), "certificate_check": first.check.to_json()}
    found = certificate_of(earlier, "next-choice", "linear")
    assert found is not None and found[0].to_json() == first.certificate.to_json() and found[1] is not None
    assert certificate_of(earlier, "next-choice", "bridge") is None
    assert certificate_of(earlier, "interests", "linear") is None
    assert certified(earlier) == {("next-choice", "linear")}
    assert certified({}) == certified({"certificates": 3}) == set()
    for damaged in ({"certificates": 3}, {"certificates": [{"what": "next-choice", "method": "linear"}]}):
        with pytest.raises(ArtifactError, match="Run the study again"):
            certificate_of(damaged, "next-choice", "linear")


def test_every_curve_starts_at_no_transfer(linked: TransferStudy) -> None:
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


def test_the_verdict_of_a_saved_study_is_made_from_its_numbers_or_stays_its_text(
    linked: TransferStudy, unlinked: TransferStudy
) -> None:
    chinese = catalogue("zh")
    for study in (linked, unlinked):
        content = json.loads(json.dumps(study.to_json()))
        verdict = saved_verdict(content)
        assert verdict == content["verdict"] and isinstance(verdict, Message)
        use_catalogue(lambda: chinese)
        try:
            assert "“a”的兴趣到“b”的迁移" in tr(verdict) and not set("Tt") & set(tr(verdict))
        finally:
            use_catalogue(_of_reader)
        older = content | {"verdict": "Words of an earlier version."}
        assert saved_verdict(older) == older["verdict"] == saved_verdict(older | {"points": [{}]})


def test_the_same_seed_gives_the_same_study() -> None:
    first, second = (transfer_study(planted_dataset(users=60), "users", model=FastEncoder, seed=3) for _ in range(2))
    assert first.to_json() == second.to_json()


@pytest.mark.parametrize("axis", ["users", "time", "scenarios"])
def test_no_user_is_evaluated_by_a_model_trained_on_them(axis: str) -> None:
    data = two_scenarios(True, users=90)
    seen: list[Dataset] = []

    def record(train: Dataset) -> FastEncoder:
        seen.append(train)
        return FastEncoder(train)

    transfer_study(data, axis, model=record, folds=3)
    plan = plan_study(data, axis, folds=3)
    models = 2 if axis == "scenarios" else 1  # of a fold: the second is trained on the target scenario alone
    assert len(seen) == 3 * models
    evaluated = [np.unique(np.concatenate([cold.users for cold in fold.cold])) for fold in plan.folds]
    for number, train in enumerate(seen):
        assert not train.lengths[evaluated[number // models]].any()
    assert len(np.unique(np.concatenate(evaluated))) == sum(map(len, evaluated))


@pytest.mark.parametrize("axis", ["users", "time", "scenarios"])
def test_known_items_precede_the_held_out_one(axis: str) -> None:
    data = two_scenarios(True, users=60)
    for fold in plan_study(data, axis).folds:
        for cold in fold.cold:
            for i, user in enumerate(cold.users):
                history = data.history(int(user)).tolist()
                before = history[: history.index(int(cold.positives[i]))]
                assert cold.history[i].tolist() == before
                assert len(cold.target[i]) == cold.observed
                assert set(cold.target[i]) | set(cold.source[i]) <= set(before)
                assert not set(cold.target[i]) & set(cold.source[i])


@pytest.mark.parametrize("axis", ["users", "time"])
def test_the_other_axes_reach_a_verdict(axis: str) -> None:
    reported: list[float] = []
    study = transfer_study(
        planted_dataset(),
        axis,
        model=FastEncoder,
        progress=lambda fraction, *_, **details: reported.append(fraction),
    )
    assert 0 not in [point.observed for point in study.points]
    assert study.verdict.endswith(".")
    assert reported == sorted(reported)
    assert reported[-1] == 1.0


def test_trains_the_attention_model_by_default() -> None:
    study = transfer_study(planted_dataset(users=60), "users", folds=2, epochs=2)
    assert study.model == "attention"
    assert study.trained_on == 30


def test_the_number_of_epochs_depends_on_the_data_only_and_is_recorded() -> None:
    data = planted_dataset(users=60)
    first, again = (transfer_study(data, "users", folds=2).to_json() for _ in range(2))
    assert first == again, "independent of time"
    training, epochs = first["training"], first["training"]["epochs"]
    assert len(epochs) == 2 and min(epochs) >= 2
    assert (
        training["train"]["minutes"] is None
        and training["train"]["seed"] == 0
        and training["model"]["embedding_size"] == 32
    )
    assert [study_epochs(fold.train, folds=2) for fold in plan_study(data, "users").folds] == epochs
    assert transfer_study(data, "users", model=FastEncoder).to_json()["training"] == {}, "a given model"


def timed(data: Dataset, late: bool = True) -> Dataset:
    """Two times for all users: items up to 50 are chosen before 1,000 s, the others after."""
    rank = np.tile(np.arange(8), data.n_users)
    return replace(data, timestamps=rank + np.where((data.sequence > 50) & late, 1000.0, 0.0))


class RecordingEncoder(FastEncoder):
    """Records every item of the histories it encodes."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.encoded: set[int] = set()

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        self.encoded |= {int(item) for history in histories for item in history}
        return super().encode(histories)


@pytest.mark.parametrize("dated", [True, False])
def test_no_source_history_goes_beyond_the_time_of_the_target(dated: bool) -> None:
    """Items above 50 are in the future: the held-out item (k = 1, 2, 3) is always one of the first four."""
    data = two_scenarios(True, users=120)
    data = timed(data) if dated else data
    encoders: list[RecordingEncoder] = []

    def record(train: Dataset) -> RecordingEncoder:
        encoders.append(RecordingEncoder(train))
        return encoders[-1]

    plan = plan_study(data, "users", folds=2)
    some = tuple(replace(fold, cold=fold.cold[:3]) for fold in plan.folds)
    early = replace(plan, observed=(1, 2, 3), folds=some, again=True)
    for fold in early.folds:
        scorer = FoldScorer(record(fold.train), early, fold, 0, FastEncoder)
        evaluated = compared(scorer)
        absent = ("text bridge", methods.WHOLE, "target scenario alone")
        left_out = {m.name for m in METHODS if {m.name, m.of} & set(absent)}
        assert {m.name for m in METHODS} - {m.name for m in evaluated} == left_out
        encoders[-1].encoded.clear()  # learned methods are fitted on whole histories of training users, as the model is
        for cold in fold.cold:
            batch = BatchScores(scorer, cold)
            for method in evaluated:
                method.scores(batch)
    future = {item for encoder in encoders for item in encoder.encoded if item > 50}
    assert bool(future) is not dated, "without times nothing can be cut"


def test_items_of_the_future_are_not_transferred() -> None:
    """The held-out item is one that source users choose later: uncut histories would contain it."""
    data = two_scenarios(True, users=300)
    uncut = transfer_study(replace(data, timestamps=None), "users", model=FastEncoder).to_json()
    cut = transfer_study(timed(data, late=False), "users", model=FastEncoder).to_json()
    assert (uncut["sources_cut"], cut["sources_cut"]) == (False, True)
    studies = {"uncut": uncut, "cut": cut}
    for point in range(3):  # 1, 2 and 3 known items
        alone, transfer = (
            {name: study["points"][point]["methods"][method]["value"] for name, study in studies.items()}
            for method in ("target alone", "transfer")
        )
        assert alone["cut"] == alone["uncut"], "the target’s history is the same"
        assert transfer["cut"] < transfer["uncut"] - 0.01
        assert transfer["uncut"] > alone["uncut"] + 0.01 > transfer["cut"]


def test_users_whose_next_item_is_a_repeat_are_counted() -> None:
    data = shop(users=200)
    share = np.mean([history[-1] in history[:-1] for history in data.histories()])
    for point in transfer_study(data, "time", model=FastEncoder).to_json()["points"]:
        assert point["repeats"] == pytest.approx(share) and share > 0.3
        assert point["people"] <= round((1 - share) * 200)


def test_learned_methods_and_the_target_scenarios_own_model_are_compared() -> None:
    """Every user's items in b follow from those in a, by a rule that no cold user's own items tell."""
    trained: list[Dataset] = []

    def record(train: Dataset) -> FastEncoder:
        trained.append(train)
        return FastEncoder(train)

    data = two_scenarios(True, users=200)
    study = transfer_study(data, "scenarios", model=record, scenarios=("a", "b"))
    learned = {"bridge", "personalised bridge", "target scenario alone"}
    assert all(learned <= set(point.methods) for point in study.points)
    inside = data.catalogue.in_scenario("b")
    alone = [rows for rows in trained if inside[rows.sequence].all()]
    assert len(trained) == 2 * len(alone) and len(alone) == 3
    some = transfer_study(data, "scenarios", model=FastEncoder, scenarios=("a", "b"), only=["bridge"])
    assert learned & set(some.points[0].methods) == {"bridge"}
    assert study.to_json()["not_compared"] == ["text bridge", "new items"]  # the items have no texts
    for name in ("transfer", "bridge", "target alone", "random source"):
        assert some.points[0].methods[name].value == study.points[0].methods[name].value
    drawn = [str(trace.name) for trace in gain_by_known_items_figure(study.to_json()["points"]).data]
    assert "Transfer by bridge" in drawn and drawn[0] == "Random source (control, 95% interval)"
    with pytest.raises(InputError, match="must be of bridge"):
        transfer_study(data, "scenarios", model=FastEncoder, only=["telepathy"])


def test_bad_input_is_refused() -> None:
    data = planted_dataset(users=30)
    with pytest.raises(InputError, match="axis must be one of"):
        transfer_study(data, "space", model=FastEncoder)
    with pytest.raises(InputError, match="scenario must be one of left, right"):
        transfer_study(data, "scenarios", model=FastEncoder, scenarios=("left", "up"))
    with pytest.raises(InputError, match="at least 20 users"):
        transfer_study(planted_dataset(users=12), "users", model=FastEncoder)


def test_a_control_is_added_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The right answer as a control that transfer must beat: the study, its verdict and its evidence say no."""
    data = two_scenarios(True, users=200)

    def oracle(batch: BatchScores) -> np.ndarray:
        scores = np.zeros((len(batch.cold), len(batch.fold.columns)), dtype=np.float32)
        scores[np.arange(len(scores)), batch.fold.column_of[batch.cold.positives]] = 1.0
        return scores

    control = Method("oracle", "Oracle", "control", "none", oracle, must_beat=True)
    monkeypatch.setattr(methods, "METHODS", (*METHODS, control))
    study = transfer_study(data, "scenarios", model=FastEncoder, scenarios=("a", "b"))
    point = study.points[0]
    assert point.methods["oracle"].value == 1.0 and point.loses_to("oracle") and point.beats("target alone")
    assert study.level == "no evidence" and "not than the random source and oracle" in study.verdict
    assert not suggestion_evidence(point.to_json()).shown
    title = methods_figure(study.to_json()["points"][0])
    assert [trace.marker.symbol for trace in title.data if trace.y[0] == "Oracle"] == ["circle-open"]


def test_the_whole_history_is_compared_with_the_weight_that_is_best_for_other_users(
    linked: TransferStudy, unlinked: TransferStudy
) -> None:
    point = linked.points[0]
    assert set(methods.variants(methods.WHOLE)) and not set(methods.variants(methods.WHOLE)) & set(point.methods)
    against = {one.second: one for one in point.of_whole_history}
    assert {methods.ALONE, methods.RANDOM, "popularity", "own history, decayed"} <= set(against)
    gain = against[methods.ALONE]
    whole, alone = (point.methods[name].value for name in (methods.WHOLE, methods.ALONE))
    assert gain.significant and gain.difference.value == pytest.approx(whole - alone)
    assert not any(c.significant and c.difference.value > 0 for p in unlinked.points for c in p.of_whole_history
                   if c.second == methods.ALONE)  # fmt: skip
    everything = [c for p in linked.points for part in p.all_comparisons for c in part]
    assert all(c.p_holm >= c.p for c in everything)
    assert min(c.p_holm for c in everything) == pytest.approx(len(everything) * min(c.p for c in everything))


def test_interests_are_compared_under_the_same_folds_and_controls(
    linked: TransferStudy, unlinked: TransferStudy
) -> None:
    for point in linked.points:
        assert {methods.INTERESTS, methods.RANDOM_INTERESTS} <= set(point.methods)
        against = {one.second: one for one in point.of_interests}
        assert {methods.ALONE, methods.RANDOM, methods.RANDOM_INTERESTS, "popularity"} <= set(against)
        gain = against[methods.ALONE].difference.value
        assert gain == pytest.approx(point.methods[methods.INTERESTS].value - point.methods[methods.ALONE].value)
    cold = linked.points[0]
    assert all(c.significant and c.difference.value > 0 for c in cold.of_interests if c.second == methods.ALONE)
    found, none = (what_helps(study.to_json()["points"]) for study in (linked, unlinked))
    assert found is not None and "transferring interests helps with" in found.sentence
    assert none is not None and none.what == "next-choice" and "interests is not shown to help" in none.sentence

"""Already chosen items: one rule decides what leaves a ranking, from training to the served bundle."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.quality import repeat_share
from recsys.data.repeats import ALLOW, DAY, LEAVE_OUT, RepeatRule, propose_repeats
from recsys.data.splits import leave_one_out, time_split
from recsys.errors import InputError
from recsys.evaluation import evaluate_models
from recsys.evaluation.quality_over_alpha import quality_over_alpha
from recsys.evaluation.study.methods import AGAIN
from recsys.evaluation.study.plan import plan_study
from recsys.evaluation.study.transfer_study import transfer_study
from recsys.metrics import RepeatStatistics, repeat_statistics
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import top_k
from recsys.models.validation import next_item_quality
from recsys.runs import TrainingPlan, load_run, save_run, train_run
from recsys.runs.storage import load_run_data
from recsys.transfer.blend import items_left_out, transfer
from recsys.transfer.parties import parties_before_and_after, party_of_group, party_of_items, party_of_user
from recsys.transfer.recommendations import recommend
from recsys.transfer.serving.bundle import Policy, export_bundle
from tests.metrics.test_repeats import shop
from tests.models.small import dataset_of
from tests.transfer.conftest import random_model

DAYS_10 = RepeatRule("days", 10)
RULES = (LEAVE_OUT, ALLOW, DAYS_10, RepeatRule("date", date="2024-01-06"))


@pytest.fixture(scope="module")
def model(planted: Dataset) -> AttentionModel:
    return random_model(planted)


def small(repeats: RepeatRule = LEAVE_OUT) -> Dataset:
    """One user chooses items 1, 2, 3, 2 and then 1, on days 1, 5, 20, 28 and 30 of January 2024; others follow on."""
    data = dataset_of([[1, 2, 3, 2, 1], [4, 5, 6, 5, 4]], 6)
    days = np.array([1, 5, 20, 28, 30, 1, 5, 20, 28, 31])
    return replace(data, timestamps=1_704_067_200.0 + (days - 1) * DAY, repeats=repeats)


class Fixed:
    """Scores items 1 … 6 by 6 … 1, the same for all."""

    name, n_items = "fixed", 6

    def scores(self, histories: object) -> np.ndarray:
        row = np.array([-np.inf, 6, 5, 4, 3, 2, 1], dtype=np.float32)
        return np.tile(row, (len(histories), 1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "left_out", "rank"),
    [
        (LEAVE_OUT, {1, 2, 3}, None),  # the held-out item 1 is a miss
        (ALLOW, set(), 1),
        (DAYS_10, {2, 3}, 1),  # day 30: 2 was chosen again two days ago and 3 exactly ten; 1 is new again
        (RepeatRule("days", 9), {2}, 1),
        (RepeatRule("days", 29), {1, 2, 3}, None),
        (RepeatRule("date", date="2024-01-05"), {2, 3}, 1),
        (RepeatRule("date", date="2024-01-21"), {2}, 1),
    ],
)
def test_what_leaves_the_ranking_and_the_rank_by_hand(rule: RepeatRule, left_out: set[int], rank: int | None) -> None:
    data = small(rule)
    assert set(data.left_out(0, 4)) == left_out
    split = leave_one_out(data)
    assert set(split.test.left_out[0]) == left_out
    report = evaluate_models({"fixed": Fixed()}, split.test, split.train, (3,))
    assert report["fixed"].per_user["ndcg@3"][0] == (0.0 if rank is None else 1.0)
    assert not left_out & set(report["fixed"].lists[0])


def test_after_the_last_item_the_moment_is_the_end_of_the_data() -> None:
    data = small(RepeatRule("days", 10))  # the data end on day 31
    assert set(data.left_out(0)) == {1, 2} and set(data.left_out(0, now=np.inf)) == set()
    assert set(replace(data, timestamps=None, repeats=ALLOW).left_out(0)) == set()


@pytest.mark.parametrize("text", ["leave-out", "allow", "30 days", "2024-01-31"])
def test_a_rule_is_written_and_read(text: str) -> None:
    assert RepeatRule.parse(text).text == text
    plan = TrainingPlan(repeats=RepeatRule.parse(text))
    assert TrainingPlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    assert ("repeats" in TrainingPlan().to_json()) is False, "plans are keyed as before"


@pytest.mark.parametrize(
    "text", ["", "never", "0 days", "99999 days", "2024-13-01", "20240131", "2024-01-31T10:00", "３０ days"]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        RepeatRule.parse(text)


def test_only_new_since_needs_times() -> None:
    with pytest.raises(InputError, match="must have times"):
        replace(shop(20), repeats=DAYS_10)


def test_the_rule_is_proposed_by_the_share_of_repeats() -> None:
    assert propose_repeats(repeat_share(shop()))[0] == ALLOW
    assert propose_repeats(0.05) == (LEAVE_OUT, "Only 5.0% of the rows repeat an item that the user had before.")
    assert propose_repeats(0.32)[1].startswith("32% of the rows repeat")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.text)
def test_validation_and_test_agree(rule: RepeatRule) -> None:
    timed = replace(shop(), timestamps=np.tile(1_704_067_200.0 + DAY * np.arange(12.0), 200), repeats=rule)
    split = leave_one_out(timed)
    model = fit_baseline("markov", split.train)
    report = evaluate_models({"markov": model}, split.validation, split.train)
    quality = next_item_quality(model, split.validation)
    for metric in ("ndcg@10", "hr@10", "mrr"):
        assert quality[metric] == pytest.approx(report["markov"].estimates[metric].value, abs=1e-9)
    curve = quality_over_alpha(model, split.validation, "average", steps=2)
    assert curve.curve[0].value == pytest.approx(report["markov"].estimates["ndcg@10"].value, abs=1e-6)
    found = report.repeats
    missed = np.mean(
        [p[0] in out for p, out in zip(split.validation.positives, split.validation.left_out, strict=True)]
    )
    assert found.share - found.allowed == pytest.approx(missed) == 1 - found.reachable


def test_the_sentence_on_repeats_says_what_the_rule_does() -> None:
    histories, positives = [np.array([1, 2])] * 2, [np.array([1]), np.array([2])]
    assert "never recommended" in repeat_statistics(histories, positives).sentence
    nothing = [np.zeros(0, int)] * 2
    assert "count as any other item" in repeat_statistics(histories, positives, left_out=nothing).sentence
    some = repeat_statistics(histories, positives, left_out=[np.array([1]), np.array([1])])
    assert "50% were chosen too recently" in some.sentence and some.reachable == 0.5
    assert RepeatStatistics(**{"share": 0.4, "reachable": 0.6, "k": 10}).allowed == 0, "runs of earlier versions"


def test_a_split_by_time_asks_for_what_may_be_recommended() -> None:
    timed = replace(shop(), timestamps=np.tile(np.arange(12.0) * DAY, 200))
    new, all_of_it = time_split(timed), time_split(replace(timed, repeats=ALLOW))
    assert all(not np.isin(p, h).any() for p, h in zip(new.test.positives, new.test.histories, strict=True))
    assert any(np.isin(p, h).any() for p, h in zip(all_of_it.test.positives, all_of_it.test.histories, strict=True))
    assert sum(map(len, all_of_it.test.positives)) > sum(map(len, new.test.positives))


def test_again_what_was_last_ranks_recent_items_first() -> None:
    model = fit_baseline("recent-items", dataset_of([[1, 1, 1], [2, 2, 3]], 6))
    assert top_k(model.scores([np.array([5, 4, 6, 4])]), 5)[0].tolist() == [4, 6, 5, 1, 2]


def test_where_users_repeat_themselves_allowing_is_much_better_and_its_own_baseline_stands_beside() -> None:
    data = shop(users=150, items=60, repeated=0.7)
    leave, allow = (train_run(data, model="markov", repeats=rule) for rule in (LEAVE_OUT, ALLOW))
    assert list(leave.models) == ["markov", "popularity", "item-knn"]
    assert list(allow.models) == ["markov", "popularity", "item-knn", "recent-items"]
    gain = allow.validation["markov"]["ndcg@10"] - leave.validation["markov"]["ndcg@10"]
    assert gain > 0.2, (allow.validation, leave.validation)
    assert allow.validation["recent-items"]["ndcg@10"] > allow.validation["popularity"]["ndcg@10"] + 0.2
    assert allow.evidence["comparison"]["baseline"] == "recent-items"
    assert allow.evidence["repeats"]["allowed"] == allow.evidence["repeats"]["share"] > 0.5


def test_a_run_keeps_its_rule_and_its_data_have_it(tmp_path: Path) -> None:
    data = shop(60)
    run = train_run(data, model="popularity", baselines=(), repeats=ALLOW)
    save_run(run, data, tmp_path / "run")
    back, dataset = load_run(tmp_path / "run")
    assert back.repeats == dataset.repeats == load_run_data(tmp_path / "run").repeats == ALLOW
    assert dataset.fingerprint == data.fingerprint and data.repeats == LEAVE_OUT
    assert all(not len(out) for out in run.split(data).test.left_out)
    assert back.training_rows(dataset).repeats == ALLOW


def test_runs_of_earlier_versions_leave_out() -> None:
    run, dataset = load_run(Path(__file__).parents[1] / "sample_data" / "run")
    assert "repeats" not in run.config and dataset.repeats == run.repeats == LEAVE_OUT
    test = run.split(dataset).test
    assert all(np.array_equal(out, history) for out, history in zip(test.left_out, test.histories, strict=True))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.text)
def test_lists_and_the_exact_path_follow_the_rule(planted: Dataset, model: AttentionModel, rule: RepeatRule) -> None:
    data = replace(planted, repeats=rule, timestamps=planted.timestamps - 1.6e9 + 1_704_067_200)  # type: ignore[operator]
    target, source = party_of_user(data, 4, data.history(4)[:-1]), party_of_user(data, 9)
    pair = transfer(model, target, source)
    left_out = set(data.left_out(4, len(data.history(4)) - 1).tolist())
    assert set(np.flatnonzero(~pair.allowed)) == {0} | left_out == {0} | set(items_left_out(target).tolist())
    path = pair.path(8)
    for alpha in (0.0, 0.3, 0.77, 1.0):
        brute = [item for item in np.argsort(-pair.scores(alpha), kind="stable")[:8].tolist() if pair.allowed[item]]
        assert list(path.at(alpha)) == brute == recommend(pair, alpha, 8).items.tolist()
    if rule == ALLOW:
        whole = set(data.history(4).tolist())
        assert whole & {item for step in path.steps for item in step.items}, "a chosen item is listed again"


def test_parts_groups_and_new_users_follow_the_rule(planted: Dataset) -> None:
    data = replace(planted, repeats=ALLOW)
    later, _ = parties_before_and_after(party_of_user(data, 3), 5, "5 May")
    parties = [later, party_of_group(data, range(8), "eight"), party_of_items([1, 2], repeats=ALLOW)]
    assert [len(items_left_out(party)) for party in parties] == [0, 0, 0]
    assert (
        len(items_left_out(party_of_items([1, 2]))) == len(items_left_out(party_of_items([1, 2], repeats=DAYS_10))) == 2
    )


def test_the_served_bundle_follows_the_rule(planted: Dataset, model: AttentionModel, tmp_path: Path) -> None:
    import runpy

    data = replace(planted, repeats=RepeatRule("days", 6))
    export_bundle(model, data, Policy("a user", ((0, 0.0),)), tmp_path)
    bundle = runpy.run_path(str(tmp_path / "serve_blend.py"))["Bundle"](tmp_path)
    target, source = bundle.user("u7"), bundle.user("u20")
    pair = transfer(model, party_of_user(data, 7), party_of_user(data, 20))
    assert bundle.recommend(target, source, 0.4, 12) == data.items.externals(recommend(pair, 0.4, 12).items)
    assert 0 < len(target[2]) < len(data.history(7)) and bundle.policy["repeats"] == "6 days"


def test_a_study_evaluates_repeats_where_they_are_allowed_beside_again_what_was_last() -> None:
    from tests.evaluation.study.test_transfer_study import FastEncoder

    data = shop(users=200)
    left_out, allowed = (plan_study(replace(data, repeats=rule), "time") for rule in (LEAVE_OUT, ALLOW))
    assert max(allowed.repeats) == 0 < min(left_out.repeats)
    study = transfer_study(replace(data, repeats=ALLOW), "time", model=FastEncoder, only=[])
    point = study.to_json()["points"][-1]
    assert point["people"] == 200 and AGAIN in point["methods"] and AGAIN not in study.to_json()["not_compared"]
    assert study.verdict

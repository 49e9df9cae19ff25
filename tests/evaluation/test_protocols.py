"""Splits do not leak, and leaks are detected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.repeats import RepeatRule
from recsys.data.splits import Holdout, Split, cold_users, leave_one_out, next_click, rows_left_in, time_split
from recsys.errors import InputError
from recsys.evaluation.protocols import PROTOCOLS, check_no_leak, evaluate_protocol, protocol, sampled_split
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import Recommender
from tests.models.small import dataset_of

SPLITS = {
    "leave-one-out": leave_one_out,
    "time": time_split,
    "cold-users": cold_users,
    "next-click": next_click,
    "sampled-negatives": sampled_split,
}


@pytest.mark.parametrize("key", SPLITS)
def test_no_protocol_leaks(uneven: Dataset, key: str) -> None:
    split = SPLITS[key](uneven)
    check_no_leak(split)
    assert split.protocol == key == protocol(key).key
    assert len(split.test) and len(split.validation)
    assert all(len(p) for p in split.test.positives)


@pytest.mark.parametrize("key", SPLITS)
def test_training_holds_no_reference_to_the_held_out_rows(uneven: Dataset, key: str) -> None:
    train = SPLITS[key](uneven).train
    owner = train.sequence
    while owner.base is not None:
        owner = owner.base
    assert len(owner) == train.n_interactions < uneven.n_interactions


@pytest.mark.parametrize("key", SPLITS)
def test_a_planted_leak_is_detected(uneven: Dataset, key: str) -> None:
    split = SPLITS[key](uneven)
    with pytest.raises(InputError, match=r"must not be trained on|without rows in training|earlier than the cut"):
        check_no_leak(replace(split, train=uneven))


def test_the_rows_left_in_are_all_but_the_last_two_of_three(uneven: Dataset) -> None:
    rows = rows_left_in(dataset_of([[1, 2], [3, 4, 5], [5, 4, 3, 2, 1]], 5))
    assert [history.tolist() for history in rows.histories()] == [[1, 2], [3], [5, 4, 3]]
    assert rows_left_in(uneven).fingerprint == leave_one_out(uneven).train.fingerprint
    with pytest.raises(InputError, match="at least 3 interactions"):
        rows_left_in(dataset_of([[1, 2]], 2))


def test_one_leaked_row_is_detected(uneven: Dataset) -> None:
    split = leave_one_out(uneven)
    keep = np.ones(uneven.n_interactions, dtype=bool)
    ends = uneven.offsets[1:]
    keep[ends - 1] = keep[ends - 2] = False
    keep[ends[5] - 1] = True  # one user's test item
    with pytest.raises(InputError, match="user u5"):
        check_no_leak(replace(split, train=uneven.with_rows(keep)))


def test_validation_histories_with_test_items_are_detected(uneven: Dataset) -> None:
    split = leave_one_out(uneven)
    leaky = replace(split, validation=Holdout(split.test.users, tuple(uneven.histories()), split.test.positives))
    with pytest.raises(InputError, match="validation part must not"):
        check_no_leak(leaky)


def test_the_time_split_trains_on_nothing_after_the_cut_and_holds_out_new_items_only(uneven: Dataset) -> None:
    split = time_split(uneven)
    assert split.cuts is not None and split.train.timestamps is not None
    assert split.train.timestamps.max() < split.cuts[0] < split.cuts[1]
    for history, wanted in zip(split.test.histories, split.test.positives, strict=True):
        assert not set(history.tolist()) & set(wanted.tolist())
        assert len(set(wanted.tolist())) == len(wanted)


@pytest.mark.parametrize("rule", ["leave-out", "allow", "3 days", "1970-01-05"])
@pytest.mark.parametrize("seed", range(6))
def test_the_time_split_is_that_of_each_user_alone(rule: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = dataset_of([rng.integers(1, 6, rng.integers(0, 12)).tolist() for _ in range(30)], 5)
    days = [np.sort(rng.integers(0, 9, length)) + rng.integers(0, 4) for length in data.lengths]
    data = replace(data, timestamps=86_400.0 * np.concatenate(days), repeats=RepeatRule.parse(rule))
    split = time_split(data, 0.3)
    assert split.cuts is not None
    for holdout, start, end in ((split.validation, *split.cuts), (split.test, split.cuts[1], np.inf)):
        found = {}
        for user in range(data.n_users):
            times = data.timestamps[data.offsets[user] : data.offsets[user + 1]]  # type: ignore[index]
            history = data.history(user)
            known, later = history[times < start], history[(times >= start) & (times < end)]
            out = data.left_out(user, len(known), start)
            new = [item for item in dict.fromkeys(later.tolist()) if item not in out]
            if len(known) and new:
                found[user] = known.tolist(), new, out.tolist()
        rows = zip(holdout.users, holdout.histories, holdout.positives, holdout.left_out, strict=True)
        assert {int(user): tuple(part.tolist() for part in parts) for user, *parts in rows} == found
        assert len(found) > 3 and holdout.users.tolist() == sorted(found)


def test_the_held_out_item_of_cold_users_follows_the_observed_ones(planted: Dataset) -> None:
    split = cold_users(planted, observed=3, share=0.2, seed=4)
    assert len(split.test) == len(split.validation) == 24
    assert not set(split.test.users) & set(split.validation.users)
    for user, history, wanted in zip(split.test.users, split.test.histories, split.test.positives, strict=True):
        assert planted.history(user)[:4].tolist() == [*history.tolist(), *wanted.tolist()]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda d: time_split(replace(d, timestamps=None)), "must have times"),
        (lambda d: time_split(d, share=0.9), "share must be"),
        (lambda d: cold_users(d, observed=0), "observed must be"),
        (lambda d: cold_users(d, observed=99), "must have enough users"),
        (lambda d: cold_users(d, share=0), "share must be"),
        (lambda d: protocol("sampled"), "must be one of"),
    ],
)
def test_invalid_input_is_refused(planted: Dataset, call: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        call(planted)  # type: ignore[operator]


def test_models_are_trained_without_the_held_out_rows(uneven: Dataset) -> None:
    seen: list[Split] = []

    def trainer(split: Split) -> Recommender:
        seen.append(split)
        return fit_baseline("markov", split.train)

    fractions: list[float] = []
    report = evaluate_protocol(uneven, "cold-users", {"markov": trainer}, progress=lambda f, m: fractions.append(f))
    assert report.protocol == "cold-users"
    assert seen[0].train.lengths[seen[0].test.users].sum() == 0
    assert report["markov"].estimates["ndcg@10"].value > 0.3
    assert fractions == sorted(fractions)


def test_every_protocol_names_its_question_and_limit() -> None:
    assert {p.key for p in PROTOCOLS} == set(SPLITS)
    assert all(p.question.endswith("?") and p.how.endswith(".") and p.limit.endswith(".") for p in PROTOCOLS)

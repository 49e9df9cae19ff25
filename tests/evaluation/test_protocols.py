"""Splits that cannot leak, leaks that are caught, drawings that tell the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout, Split, cold_users, leave_one_out, time_split
from recsys.errors import InputError
from recsys.evaluation.protocols import PARTS, PROTOCOLS, check_no_leak, evaluate_protocol, protocol, split_timeline
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import Recommender
from tests.conftest import planted_dataset


@pytest.fixture(scope="module")
def uneven() -> Dataset:
    """Planted walks whose people start a week apart, so that a cut in time falls inside some histories only."""
    data = planted_dataset(people=90)
    times = data.timestamps + data.user_of * 4 * 86_400.0  # type: ignore[operator]
    return replace(data, timestamps=times)


SPLITS = {"leave-one-out": leave_one_out, "time": time_split, "cold-users": cold_users}


@pytest.mark.parametrize("key", SPLITS)
def test_every_protocol_is_clean(uneven: Dataset, key: str) -> None:
    split = SPLITS[key](uneven)
    check_no_leak(split)
    assert split.protocol == key == protocol(key).key
    assert len(split.test) and len(split.validation)
    assert all(len(p) for p in split.test.positives)


@pytest.mark.parametrize("key", SPLITS)
def test_training_holds_no_way_to_the_held_out_rows(uneven: Dataset, key: str) -> None:
    train = SPLITS[key](uneven).train
    owner = train.sequence
    while owner.base is not None:
        owner = owner.base
    assert len(owner) == train.n_interactions < uneven.n_interactions


@pytest.mark.parametrize("key", SPLITS)
def test_a_planted_leak_is_caught(uneven: Dataset, key: str) -> None:
    split = SPLITS[key](uneven)
    with pytest.raises(InputError, match=r"must not be learned from|without rows in training|earlier than the cut"):
        check_no_leak(replace(split, train=uneven))


def test_one_leaked_row_is_enough(uneven: Dataset) -> None:
    split = leave_one_out(uneven)
    keep = np.ones(uneven.n_interactions, dtype=bool)
    ends = uneven.offsets[1:]
    keep[ends - 1] = keep[ends - 2] = False
    keep[ends[5] - 1] = True  # one person's test item
    with pytest.raises(InputError, match="person u5"):
        check_no_leak(replace(split, train=uneven.with_rows(keep)))


def test_validation_that_reads_the_test_is_caught(uneven: Dataset) -> None:
    split = leave_one_out(uneven)
    reads = replace(split, validation=Holdout(split.test.users, tuple(uneven.histories()), split.test.positives))
    with pytest.raises(InputError, match="validation part must not"):
        check_no_leak(reads)


def test_time_split_learns_nothing_later_than_the_cut_and_asks_only_for_new_items(uneven: Dataset) -> None:
    split = time_split(uneven)
    assert split.cuts is not None and split.train.timestamps is not None
    assert split.train.timestamps.max() < split.cuts[0] < split.cuts[1]
    for history, wanted in zip(split.test.histories, split.test.positives, strict=True):
        assert not set(history.tolist()) & set(wanted.tolist())
        assert len(set(wanted.tolist())) == len(wanted)


def test_cold_people_are_asked_for_the_item_after_the_observed_ones(planted: Dataset) -> None:
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
        (lambda d: cold_users(d, observed=99), "must have enough people"),
        (lambda d: cold_users(d, share=0), "share must be"),
        (lambda d: protocol("sampled"), "must be one of"),
    ],
)
def test_what_cannot_be_split_is_refused(planted: Dataset, call: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        call(planted)  # type: ignore[operator]


@pytest.mark.parametrize("key", SPLITS)
def test_a_drawing_shows_each_row_in_its_part(uneven: Dataset, key: str) -> None:
    split = SPLITS[key](uneven)
    drawn = split_timeline(uneven, split)
    assert drawn
    tests = {uneven.users.external(int(u)): len(p) for u, p in zip(split.test.users, split.test.positives, strict=True)}
    for strip in drawn:
        assert set(strip.part) <= set(PARTS)
        learned = strip.part.count("learned from")
        assert learned == len(split.train.history(uneven.users.index(strip.person)))
        assert ("test" in strip.part) == (strip.person in tests)
        if key != "time":
            assert strip.part.count("test") == tests.get(strip.person, 0)


def test_judge_trains_without_the_hidden_rows(uneven: Dataset) -> None:
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


def test_every_protocol_says_what_it_cannot_tell() -> None:
    assert {p.key for p in PROTOCOLS} == set(SPLITS)
    assert all(p.question.endswith("?") and p.how.endswith(".") and p.limit.endswith(".") for p in PROTOCOLS)

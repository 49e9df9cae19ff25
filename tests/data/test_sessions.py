"""Sessions without users: each is a history, and the next click of later sessions is what must be found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.data import load
from recsys.data.dataset import Dataset
from recsys.data.repeats import ALLOW
from recsys.data.splits import next_click
from recsys.data.storage import load_dataset, save_dataset
from recsys.errors import InputError
from recsys.evaluation.protocols import check_no_leak, protocols_for
from recsys.evaluation.segments import user_attributes
from recsys.transfer.parties import party_of_user
from tests.models.small import dataset_of

CLICKS = b"session_id,item_id,timestamp\n" + b"".join(
    b"s%d,i%d,%d\n" % (session, (session + click) % 7, 1_700_000_000 + 10 * session + 7 * click)
    for session in range(30)
    for click in range(1 + session % 4)
)


def clicks() -> Dataset:
    return load(CLICKS, name="clicks.csv").dataset


def test_a_file_of_sessions_opens_and_stays_one(tmp_path: Path) -> None:
    data = clicks()
    assert data.sessions and data.unit == "session" and party_of_user(data, 3).label == "session s3"
    save_dataset(data, tmp_path)
    assert load_dataset(tmp_path).sessions
    assert "activity" not in user_attributes(data) and "activity" in user_attributes(replace(data, sessions=False))


@pytest.mark.parametrize("user", ["user_id", "customer_number", "kunde"])
def test_a_user_column_comes_before_a_session_column(user: str) -> None:
    header, *rows = CLICKS.decode().splitlines()
    lines = [f"{header},{user}", *(f"{row},u{number % 5}" for number, row in enumerate(rows))]
    loaded = load("\n".join(lines).encode(), name="clicks.csv")
    assert loaded.columns["user_id"] == user and not loaded.dataset.sessions and loaded.dataset.unit == "user"


def test_one_click_of_each_later_session_is_found_from_those_before_it() -> None:
    data = clicks()
    split = next_click(data, share=0.2)
    check_no_leak(split)
    with_two = np.flatnonzero(data.lengths >= 2)  # in order of time, as the sessions of the file are
    size = round(0.2 * len(with_two))
    assert split.test.users.tolist() == with_two[-size:].tolist()
    assert split.validation.users.tolist() == with_two[-2 * size : -size].tolist()
    for session, history, wanted in zip(split.test.users, split.test.histories, split.test.positives, strict=True):
        assert data.history(session)[: len(history) + 1].tolist() == [*history.tolist(), *wanted.tolist()]
        assert len(history)
    assert split.cuts is not None and split.train.timestamps is not None
    assert split.train.timestamps.max() < split.cuts[0]
    before = np.array([len(history) for history in split.test.histories])
    assert (before + 1 < data.lengths[split.test.users]).any(), "not always the last click"
    assert all(not len(out) for out in next_click(replace(data, repeats=ALLOW)).test.left_out)


def test_without_times_the_order_of_the_file_counts_and_too_few_sessions_are_refused() -> None:
    split = next_click(dataset_of([[1, 2, 3]] * 20, 3), share=0.1)
    assert split.test.users.tolist() == [18, 19] and split.validation.users.tolist() == [16, 17]
    check_no_leak(split)
    with pytest.raises(InputError, match="two clicks"):
        next_click(dataset_of([[1], [2], [1, 2]], 2))


def test_sessions_have_the_protocols_that_make_sense_for_them() -> None:
    data = clicks()
    assert [one.key for one in protocols_for(data)] == ["leave-one-out", "next-click", "sampled-negatives"]
    users = [one.key for one in protocols_for(replace(data, sessions=False))]
    assert users == ["leave-one-out", "time", "cold-users", "sampled-negatives"]

"""Pseudonyms: the same for the same key, different for another, never the id itself."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.data.dataset import Dataset
from recsys.data.pseudonyms import new_key, pseudonymise, pseudonymous
from recsys.errors import InputError

KEY = "0123456789abcdef0123456789abcdef"


def test_a_pseudonym_is_the_keyed_blake2b_of_the_id() -> None:
    expected = hashlib.blake2b("åse".encode(), key=KEY.encode(), digest_size=8).hexdigest()
    assert pseudonymise(["åse"], KEY) == ["p-" + expected]


@given(st.lists(st.text(max_size=20), unique=True, max_size=30))
def test_different_ids_stay_different_and_order_is_kept(ids: list[str]) -> None:
    hidden = pseudonymise(ids, KEY)
    assert len(set(hidden)) == len(ids)
    assert pseudonymise(reversed(ids), KEY) == hidden[::-1]


def test_another_key_gives_other_pseudonyms_and_keys_are_random() -> None:
    first, second = new_key(), new_key()
    assert len(first) == 32 and first != second
    assert pseudonymise(["ann"], first) != pseudonymise(["ann"], second)


@pytest.mark.parametrize("key", ["", "short", "x" * 65])
def test_a_short_or_long_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(InputError, match="must have 16 to 64 bytes") as refusal:
        pseudonymise(["ann"], key)
    assert not key or key not in str(refusal.value)


def test_a_dataset_keeps_everything_but_the_user_ids(planted: Dataset) -> None:
    hidden = pseudonymous(planted, KEY)
    assert not set(hidden.users.ids) & set(planted.users.ids)
    np.testing.assert_array_equal(hidden.sequence, planted.sequence)
    assert hidden.items is planted.items
    assert hidden.fingerprint != planted.fingerprint

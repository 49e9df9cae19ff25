"""The history of “Try the model”."""

from __future__ import annotations

import pytest

from ui.train.try_model import _remove


@pytest.mark.parametrize(("place", "left"), [(0, [7, 5]), (2, [5, 7])])
def test_a_second_click_on_a_removed_item_removes_no_other(place: int, left: list[int]) -> None:
    history = [5, 7, 5]
    _remove(history, place, 5)
    _remove(history, place, 5)
    assert history == left

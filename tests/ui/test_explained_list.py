"""What an explanation is kept by."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from recsys.cases.rules import NO_RULES
from recsys.data.repeats import LEAVE_OUT
from ui.explain.explained_list import ExplainedList


def test_equal_changed_histories_whose_lists_leave_out_other_items_are_kept_apart() -> None:
    """One user has both items, long ago; another adds the second one, which the list then leaves out."""
    party = SimpleNamespace(left_out=(np.empty(0, dtype=np.int32),))
    transfer = SimpleNamespace(source_scores=np.zeros(4), allowed=np.array([False, True, True, True]))
    scored: Any = SimpleNamespace(
        rules=NO_RULES, transfer=transfer, pair=SimpleNamespace(target=SimpleNamespace(party=party))
    )
    context: Any = SimpleNamespace(run=SimpleNamespace(id="r", repeats=LEAVE_OUT))
    both = np.array([1, 2], dtype=np.int32)
    had, added = (ExplainedList(context, scored, 0.3, 10, history, both) for history in (both, both[:1]))
    assert had.candidates.tolist() != added.candidates.tolist() and had.cache_key != added.cache_key

from __future__ import annotations

import pytest

from recsys.errors import InputError
from recsys.transfer.alpha_suggestion import AlphaCurve, shrinkage_alpha, suggest_alpha


def curve(observed: int, shown: bool, alpha: float = 0.6) -> AlphaCurve:
    low, high = (0.004, 0.03) if shown else (-0.01, 0.02)
    flat = (0.02, 0.03, 0.025)
    return AlphaCurve(observed, 210, 190, (0.0, 0.5, 1.0), flat, flat, flat, alpha, 0.0175, low, high, shown, 0.031)


def test_reads_the_curve_of_users_with_as_much_history() -> None:
    curves = [curve(10, False), curve(1, True, 0.7), curve(3, True, 0.4)]
    assert suggest_alpha(curves, 1).alpha == 0.7
    assert suggest_alpha(curves, 0).curve.observed == 1
    assert suggest_alpha(curves, 9).alpha == 0.4
    assert suggest_alpha(curves, 3, c=3.0).shrinkage == 0.5


def test_says_so_when_nothing_helps() -> None:
    found = suggest_alpha([curve(5, False)], 50)
    assert (found.alpha, found.helps) == (0.0, False)
    assert found.evidence == (
        "No evidence that any α > 0 helps where 5 items are known: α = 0.6, chosen on 210 users and evaluated on 190 "
        "others, changed NDCG@10 by +0.0175 [−0.0100, +0.0200]."
    )


def test_evidence_names_users_gain_and_harm() -> None:
    evidence = suggest_alpha([curve(5, True)], 5, c=5.0).evidence
    assert evidence.startswith("α = 0.6, chosen on 210 users of whom 5 items are known and evaluated on 190 others:")
    assert "+0.0175 [+0.0040, +0.0300]" in evidence
    assert "it fell for 3% of these others" in evidence
    assert "c / (c + n) = 0.5" in evidence


def test_bad_input() -> None:
    assert shrinkage_alpha(0, 0) == 0
    with pytest.raises(InputError):
        shrinkage_alpha(-1, 2)
    with pytest.raises(InputError):
        suggest_alpha([], 3)

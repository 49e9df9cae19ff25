"""What draws cost together: against dp-accounting's own accountant, by user, and up to the limit."""

from __future__ import annotations

import json
from dataclasses import replace

import dp_accounting
import numpy as np
import pytest
from dp_accounting.pld import PLDAccountant

from recsys.errors import ProtectionError
from recsys.transfer.privacy import noise_multiplier
from recsys.transfer.privacy_budget import LIMIT, Draw, check_budget, composed_epsilon, spent

DELTA = 1e-5
NOTED = {"first table": (5, 6), "second table": (6, 7)}
DATA, OTHER = "a" * 16, "b" * 16
GROUPS = {"user:1": [1], "user:2": [2], "column:a=b": [1, 2, 3], "everyone": list(range(10))}


def members_of(data: str, draw: Draw) -> np.ndarray:
    """Of other data, all users may have been read."""
    return np.arange(10) if data == OTHER else np.array(draw.members or GROUPS[draw.source])


@pytest.mark.parametrize("epsilons", [(1.0,), (1.0, 1.0), (0.5, 2.0, 4.0), (4.0,) * 6])
def test_draws_add_up_as_dp_accounting_composes_them(epsilons: tuple[float, ...]) -> None:
    accountant = PLDAccountant(value_discretization_interval=1e-3)
    for epsilon in epsilons:
        accountant.compose(dp_accounting.GaussianDpEvent(noise_multiplier(epsilon, DELTA)))
    ours = composed_epsilon([(epsilon, DELTA) for epsilon in epsilons], DELTA)
    assert ours == pytest.approx(accountant.get_epsilon(DELTA), rel=0.02)
    assert max(epsilons) <= ours * (1 + 1e-6) and ours <= sum(epsilons) * (1 + 1e-6)


def draw(source: str, epsilon: float, number: int = 0, model: str = "m") -> Draw:
    return Draw(model, source, epsilon, DELTA, number)


def test_one_draw_costs_its_epsilon_and_seeing_it_again_costs_nothing() -> None:
    once = (draw("user:1", 4.0),)
    assert spent({DATA: once}, np.array([1]), members_of, 10, DELTA) == pytest.approx(4.0, rel=1e-4)
    assert spent({DATA: once * 5}, np.array([1]), members_of, 10, DELTA) == pytest.approx(4.0, rel=1e-4)
    assert spent({DATA: once, OTHER: once}, np.array([1]), members_of, 10, DELTA) > 4.0 * 1.2
    assert spent({}, np.array([1]), members_of, 10, DELTA) == 0.0


def test_another_number_another_model_and_a_group_that_holds_the_user_all_add() -> None:
    shown = [draw("user:1", 4.0)]
    total = 4.0
    for further in (
        draw("user:1", 4.0, 1),
        draw("user:1", 4.0, model="n"),
        draw("column:a=b", 4.0),
        draw("everyone", 1.0),
    ):
        shown.append(further)
        now = spent({DATA: shown}, np.array([1]), members_of, 10, DELTA)
        assert now > total
        total = now
    assert spent({DATA: shown}, np.array([2]), members_of, 10, DELTA) < total  # not asked about alone
    assert spent({DATA: shown}, np.array([2, 1]), members_of, 10, DELTA) == pytest.approx(
        total
    )  # the most exposed counts
    assert spent({DATA: shown}, np.array([9]), members_of, 10, DELTA) == pytest.approx(1.0, rel=1e-4)


def test_a_draw_is_charged_to_those_who_were_in_it_whatever_its_source_means_today() -> None:
    noted = [replace(draw("column:a=b", 4.0), made_of=digest, members=members) for digest, members in NOTED.items()]
    alone = spent({DATA: noted[:1]}, np.arange(10), members_of, 10, DELTA)
    both = spent({DATA: noted}, np.array([6]), members_of, 10, DELTA)
    assert both > alone == pytest.approx(4.0, rel=1e-4)
    for user, expected in ((5, alone), (7, alone), (1, 0.0)):
        assert spent({DATA: noted}, np.array([user]), members_of, 10, DELTA) == expected


def test_beyond_the_limit_a_draw_is_refused() -> None:
    check_budget(LIMIT)
    with pytest.raises(ProtectionError, match="ε = 16 together"):
        check_budget(LIMIT * 1.01)


def test_a_draw_comes_back_from_json() -> None:
    one = draw("column:a=b", 0.5, 3)
    for written in (one, replace(one, made_of="ab", members=(0, 7)), replace(one, members=("0f", "a0"))):
        assert Draw.from_json(json.loads(json.dumps(written.to_json()))) == written


def test_a_draw_of_an_older_version_has_no_members() -> None:
    older = {"model": "m", "source": "user:1", "epsilon": 1.0, "delta": DELTA, "number": 2}
    assert Draw.from_json(older) == Draw("m", "user:1", 1.0, DELTA, 2, made_of="", members=None)


@pytest.mark.parametrize(
    "change",
    [
        {"epsilon": -1},
        {"epsilon": "x"},
        {"delta": 2},
        {"number": -1},
        {"source": None},
        {"members": []},
        {"members": [-1]},
        {"members": "u"},
        {"members": 3},
        {"members": ["0f", -1]},
    ],
)
def test_a_damaged_draw_is_refused(change: dict[str, object]) -> None:
    values = draw("user:1", 1.0).to_json() | change
    if change == {"source": None}:
        del values["source"]
    with pytest.raises((ValueError, KeyError, TypeError)):
        Draw.from_json(values)

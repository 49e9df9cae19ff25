from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from scipy.stats import kstest, norm

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.models.attention.model import AttentionModel
from recsys.transfer.blend import transfer
from recsys.transfer.parties import TransferParty, party_of_group, party_of_items, party_of_user
from recsys.transfer.privacy import (
    PrivacyParameters,
    clip_length,
    default_delta,
    make_private,
    privacy_curve,
    privacy_sentence,
    private_scores,
    private_transfer,
    standard_normal,
)

USERS = 120
SECRET = b"a secret"


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 8.0])
@pytest.mark.parametrize("users", [1, 30])
def test_the_noise_keeps_the_parameters_exactly(epsilon: float, users: int) -> None:
    """Balle & Wang 2018, theorem 8: δ = Φ(Δ/2σ − εσ/Δ) − e^ε Φ(−Δ/2σ − εσ/Δ)."""
    parameters = PrivacyParameters(epsilon, USERS, 2.0, 1e-5)
    assert parameters.sensitivity(users) == 4.0 / users
    ratio = parameters.sensitivity(users) / parameters.noise(users)
    delta = norm.cdf(ratio / 2 - epsilon / ratio) - math.exp(epsilon) * norm.cdf(-ratio / 2 - epsilon / ratio)
    assert delta == pytest.approx(1e-5, rel=1e-4)


def test_delta_is_below_one_in_all_users() -> None:
    assert PrivacyParameters(1.0, USERS).delta == 1e-5 == default_delta(1)
    assert PrivacyParameters(1.0, 10_000_000).delta == default_delta(10_000_000) == pytest.approx(1e-8)
    for delta in (1 / USERS, 0.5, 1.0, -1e-5, float("nan")):
        with pytest.raises(InputError, match="below 1 / 120 users"):
            PrivacyParameters(1.0, USERS, 1.0, delta)


def test_replacing_one_member_moves_the_mean_by_at_most_the_sensitivity(
    planted: Dataset, model: AttentionModel
) -> None:
    parameters = PrivacyParameters(1e9, USERS, 1.5)
    rng = np.random.default_rng(0)
    for _ in range(10):
        members = rng.choice(120, 9, replace=False).tolist()
        first = make_private(model, party_of_group(planted, members[:8], "a"), parameters, SECRET)
        second = make_private(model, party_of_group(planted, members[1:], "b"), parameters, SECRET)
        assert np.linalg.norm(first.vector - second.vector) <= parameters.sensitivity(8) + 1e-3


def test_noise_has_the_size_and_shape_it_says(planted: Dataset, model: AttentionModel) -> None:
    numbers = standard_normal(SECRET, 200_000)
    assert kstest(numbers, "norm").pvalue > 0.001 and np.isfinite(numbers).all()
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.01
    parameters = PrivacyParameters(1.0, USERS)
    draws = np.stack(
        [make_private(model, party_of_user(planted, 0), parameters, bytes([s])).vector for s in range(200)]
    )
    assert draws.std() == pytest.approx(parameters.noise(1), rel=0.05)
    group = make_private(model, party_of_group(planted, range(50), "fifty"), parameters, SECRET)
    assert group.noise == pytest.approx(parameters.noise(1) / 50)


def test_the_same_secret_is_the_same_draw_and_another_is_another(planted: Dataset, model: AttentionModel) -> None:
    vectors = [
        make_private(model, party_of_user(planted, 0), PrivacyParameters(1.0, USERS), s).vector
        for s in (b"a", b"a", b"b")
    ]
    assert np.array_equal(vectors[0], vectors[1]) and not np.array_equal(vectors[0], vectors[2])


def test_nothing_but_the_noised_vector_depends_on_the_source(planted: Dataset, model: AttentionModel) -> None:
    """Two sources of the same name and the same noised vector give the same transfer, whatever their histories are."""
    private = make_private(model, party_of_user(planted, 0), PrivacyParameters(1.0, USERS), SECRET)
    assert {field.name for field in fields(private)} == {"vector", "noise", "bound"} and private.bound == 1.0
    target = party_of_user(planted, 5)
    seen = []
    for user in (0, 1):
        history = planted.history(user)
        pair = transfer(model, target, TransferParty("the source", "user", (history,), (user,)))
        told = private_transfer(pair, private)
        assert all(len(h) == 0 for h in told.source.histories) and told.source.users == ()
        seen.append(
            (told.source_scores.tolist(), told.target_scores.tolist(), told.allowed.tolist(), told.sentence(0.5))
        )
    assert seen[0] == seen[1]
    assert np.array_equal(told.source_scores, private_scores(model, private))
    empty = model.scores([np.zeros(0, np.int32)])[0]
    assert np.allclose(told.source_scores[1:] - empty[1:], model.item_vectors[1:] @ private.vector, atol=1e-4)


def test_the_clip_depends_on_the_weights_alone(planted: Dataset, model: AttentionModel) -> None:
    singles = model.encode([np.array([item], np.int32) for item in range(1, model.n_items + 1)])
    assert clip_length(model) == pytest.approx(np.median(np.linalg.norm(singles, axis=1)))


def test_the_curve_rises_with_epsilon_and_a_group_loses_less(planted: Dataset, model: AttentionModel) -> None:
    target = party_of_items([1, 2, 3])
    group = transfer(model, target, party_of_group(planted, range(0, 120, 2), "even users"))
    alone = transfer(model, target, party_of_user(planted, 2))
    many = privacy_curve(group, 0.8, 5, users=USERS, clip=4.0, epsilons=(0.5, 4.0, 1e6), draws=8)
    one = privacy_curve(alone, 0.8, 5, users=USERS, clip=4.0, epsilons=(0.5, 4.0, 1e6), draws=8)
    assert many[0].overlap <= many[1].overlap <= many[2].overlap
    assert many[2].overlap > 0.95
    assert many[1].overlap > one[1].overlap
    assert many[0].noise == pytest.approx(one[0].noise / 60)


def test_words_say_how_much_less_a_group_needs_and_what_delta_is() -> None:
    assert "30 times less" in privacy_sentence(PrivacyParameters(1.0, USERS), 30)
    alone = privacy_sentence(PrivacyParameters(1.0, USERS), 1)
    assert "times less" not in alone and "δ = 1e-05 (below 1 / 120 users)" in alone


@pytest.mark.parametrize("values", [(0.0, 9), (1.0, 0), (1.0, 9, 0.0), (float("nan"), 9), (float("inf"), 9)])
def test_bad_parameterss_are_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(InputError):
        PrivacyParameters(*values)  # type: ignore[arg-type]

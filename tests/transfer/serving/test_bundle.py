from __future__ import annotations

import json
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.embeddings import cluster
from recsys.embeddings.interests import interest_model
from recsys.errors import InputError
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines.popularity import Popularity
from recsys.transfer.alpha_suggestion import AlphaCurve
from recsys.transfer.blend import transfer
from recsys.transfer.certificate import FEATURES, Certificate, pair_features
from recsys.transfer.methods import DEFAULT, METHODS, TransferMethod, fit_method
from recsys.transfer.parties import parties_before_and_after, party_in_scenario, party_of_items, party_of_user
from recsys.transfer.recommendations import recommend
from recsys.transfer.serving.bundle import Policy, ServedInterests, ServedRules, export_bundle, export_onnx
from recsys.transfer.source_interests import read_weights, split_interests

POLICY = Policy("the nearest user", ((1, 0.7), (10, 0.2)))


def run(folder: Path, *arguments: str) -> list[str]:
    code = (
        "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__');"
        "assert not {'torch', 'streamlit', 'recsys'} & set(sys.modules)"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(folder / "serve_blend.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout.split()


@pytest.fixture(scope="module")
def folder(planted: Dataset, model: AttentionModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle")
    export_bundle(model, planted, POLICY, path)
    export_onnx(model, path)
    return path


@pytest.mark.parametrize("alpha", ["0", "0.35", "1"])
def test_the_script_alone_gives_the_apps_list(
    folder: Path, planted: Dataset, model: AttentionModel, alpha: str
) -> None:
    pair = transfer(model, party_of_user(planted, 7), party_of_user(planted, 20))
    wanted = planted.items.externals(recommend(pair, float(alpha), 8).items)
    assert run(folder, "u7", "u20", alpha, "8") == wanted


def test_a_new_user_is_encoded_by_onnx_and_alpha_comes_from_the_policy(
    folder: Path, planted: Dataset, model: AttentionModel
) -> None:
    pair = transfer(model, party_of_items([3, 9, 11]), party_of_user(planted, 20))
    assert run(folder, "item:i3,i9,i11", "u20") == planted.items.externals(recommend(pair, 0.7, 10).items)


def test_the_script_decides_as_the_certificate(planted: Dataset, model: AttentionModel, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    n = len(FEATURES) + 1
    weights, spread = rng.normal(size=n), np.abs(rng.normal(1, 0.2, n))
    rule = Certificate(
        0.1, {0: 0.8, 3: 0.6, 12: 0.25}, rng.normal(size=n), spread, weights, 0.0, np.zeros(9), np.zeros(9)
    )
    expected = {}
    for target, source in [(int(a), int(b)) for a, b in rng.integers(0, planted.n_users, (30, 2))]:
        pair = transfer(model, party_of_user(planted, target), party_of_user(planted, source))
        known, others = len(planted.history(target)), len(planted.history(source))
        scores = pair.target_scores[pair.allowed], pair.source_scores[pair.allowed]
        features = pair_features(*scores, known, others, own=target == source)
        expected[target, source] = features, known
    middle = float(np.median([rule.expectation(f[None], np.array([known]))[0] for f, known in expected.values()]))
    rule = replace(rule, threshold=middle)
    export_bundle(model, planted, replace(POLICY, certificate=rule), tmp_path)
    bundle = runpy.run_path(str(tmp_path / "serve_blend.py"))["Bundle"](tmp_path)
    decided = []
    for (target, source), (features, known) in expected.items():
        served = bundle.alpha(bundle.user(f"u{target}"), bundle.user(f"u{source}"), target == source)
        assert served == rule.decide(features, known).alpha
        decided.append(served > 0)
    assert 0 < sum(decided) < len(decided)


@pytest.fixture(scope="module", params=list(METHODS))
def by_method(
    request: pytest.FixtureRequest, planted: Dataset, model: AttentionModel, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TransferMethod, Path]:
    """A fitted transfer method, and the folder of a bundle that serves it."""
    method = fit_method(request.param, planted, model, range(planted.n_users))
    path = tmp_path_factory.mktemp(method.name)
    export_bundle(model, planted, POLICY, path, method=method)
    return method, path


def test_every_method_is_served_to_the_bit(
    by_method: tuple[TransferMethod, Path], planted: Dataset, model: AttentionModel
) -> None:
    method, path = by_method
    served = runpy.run_path(str(path / "serve_blend.py"))["Bundle"](path)
    plain = moved = 0
    for target, source in np.random.default_rng(8).integers(0, planted.n_users, (40, 2)).tolist():
        pair = transfer(model, party_of_user(planted, target), party_of_user(planted, source), method=method)
        users = served.user(f"u{target}"), served.user(f"u{source}")
        assert np.array_equal(served.scores(users[0]), pair.target_scores[1:])
        assert np.array_equal(served._source_scores(users[1]), pair.source_scores[1:])
        for alpha in (0.0, 0.35, 1.0):
            wanted = planted.items.externals(recommend(pair, alpha, 8).items)
            assert served.recommend(*users, alpha, 8) == wanted
        plain += served.recommend(*users, 1.0, 8) == planted.items.externals(
            recommend(transfer(model, pair.target, pair.source), 1.0, 8).items
        )
        moved += 1
    assert (plain == moved) == (method.name == DEFAULT), "a learned method serves another list than the linear blend"
    assert (path / "method.npz").is_file() == (method.name != DEFAULT)


def test_the_script_alone_serves_every_method(
    by_method: tuple[TransferMethod, Path], planted: Dataset, model: AttentionModel
) -> None:
    method, path = by_method
    pair = transfer(model, party_of_user(planted, 7), party_of_user(planted, 20), method=method)
    assert run(path, "u7", "u20", "0.6", "8") == planted.items.externals(recommend(pair, 0.6, 8).items)


def test_the_certificate_decides_by_the_scores_of_its_method(
    by_method: tuple[TransferMethod, Path], planted: Dataset, model: AttentionModel, tmp_path: Path
) -> None:
    method = by_method[0]
    weights = np.random.default_rng(5).normal(size=len(FEATURES) + 1)
    rule = Certificate(
        0.1, {0: 0.5}, np.zeros_like(weights), np.ones_like(weights), weights, 0.0, np.zeros(9), np.zeros(9)
    )
    export_bundle(model, planted, replace(POLICY, certificate=rule), tmp_path, method=method)
    served = runpy.run_path(str(tmp_path / "serve_blend.py"))["Bundle"](tmp_path)
    for target, source in np.random.default_rng(9).integers(0, planted.n_users, (25, 2)).tolist():
        pair = transfer(model, party_of_user(planted, target), party_of_user(planted, source), method=method)
        known, others = len(planted.history(target)), len(planted.history(source))
        scores = pair.target_scores[pair.allowed], pair.source_scores[pair.allowed]
        decided = rule.decide(pair_features(*scores, known, others, own=False), known).alpha
        assert served.alpha(served.user(f"u{target}"), served.user(f"u{source}")) == decided


@pytest.mark.parametrize("name", METHODS)
def test_between_scenarios_a_part_of_the_history_is_the_source(
    planted: Dataset, model: AttentionModel, tmp_path: Path, name: str
) -> None:
    both = ("left", "right")
    method = fit_method(name, planted, model, range(planted.n_users), both)
    export_bundle(model, planted, POLICY, tmp_path, method=method, scenarios=both)
    for user in (3, 8, 21):
        source, target = (party_in_scenario(planted, user, one) for one in both)
        pair = transfer(model, target, source, catalogue=planted.catalogue, scenario="right", method=method)
        allowed = pair.allowed.copy()
        allowed[planted.history(user)] = False
        wanted = recommend(replace(pair, allowed=allowed), 0.6, 8).items
        assert run(tmp_path, f"u{user}", f"u{user}", "0.6", "8") == planted.items.externals(wanted)


@pytest.mark.parametrize("name", [DEFAULT, "bridge"])
def test_earlier_items_of_a_user_are_the_source_for_the_later_ones(
    planted: Dataset, model: AttentionModel, tmp_path: Path, name: str
) -> None:
    method = fit_method(name, planted, model, range(planted.n_users))
    export_bundle(model, planted, POLICY, tmp_path, method=method, source_items=5)
    export_onnx(model, tmp_path)
    served = runpy.run_path(str(tmp_path / "serve_blend.py"))["Bundle"](tmp_path)
    for user in (3, 8, 21):
        whole = party_of_user(planted, user)
        target, source = parties_before_and_after(whole, 5, "a day")
        pair = transfer(model, target, source, method=method)
        allowed = pair.allowed.copy()
        allowed[planted.history(user)] = False
        users = served.user(f"u{user}"), served.user(f"u{user}", "source")
        assert np.array_equal(served.scores(users[0]), pair.target_scores[1:])
        assert np.array_equal(served._source_scores(users[1]), pair.source_scores[1:])
        wanted = planted.items.externals(recommend(replace(pair, allowed=allowed), 0.6, 8).items)
        assert served.recommend(*users, 0.6, 8) == wanted
        new = "item:" + ",".join(planted.items.externals(planted.history(user)))
        assert served.recommend(served.user(new), served.user(new, "source"), 0.6, 8) == wanted
    assert run(tmp_path, "u21", "u21", "0.6", "8") == wanted
    with pytest.raises(ValueError, match="no item after those that are the source"):
        served.user("item:i1,i2")


def test_who_has_no_later_items_is_refused(planted: Dataset, model: AttentionModel, tmp_path: Path) -> None:
    export_bundle(model, planted, POLICY, tmp_path, source_items=14)
    served = runpy.run_path(str(tmp_path / "serve_blend.py"))["Bundle"](tmp_path)
    for side in ("target", "source"):
        with pytest.raises(ValueError, match="u3 has no item after those that are the source"):
            served.user("u3", side)
    with pytest.raises(InputError, match="by scenario or by time"):
        export_bundle(model, planted, POLICY, tmp_path, source_items=5, scenarios=("left", "right"))


EVERY_SECOND = np.arange(41) % 2 == 1


@pytest.mark.parametrize(
    "rules",
    [
        ServedRules(EVERY_SECOND),
        ServedRules(without_sources=True),
        ServedRules(pins=(31, 2, 5), diversity=0.4),
        ServedRules(pins=(7,), per_tag=3),
        ServedRules(diversity=0.8),
        ServedRules(EVERY_SECOND, True, (31, 2, 5), 4, 0.4),
    ],
)
def test_rules_are_served_as_the_app_applies_them(
    planted: Dataset, model: AttentionModel, tmp_path: Path, rules: ServedRules
) -> None:
    export_bundle(model, planted, POLICY, tmp_path, rules=rules)
    served = runpy.run_path(str(tmp_path / "serve_blend.py"))["Bundle"](tmp_path)
    differs = 0
    for target, source in np.random.default_rng(4).integers(0, planted.n_users, (15, 2)).tolist():
        parties = party_of_user(planted, target), party_of_user(planted, source)
        pair = transfer(model, *parties, among=rules.allowed, without_sources=rules.without_sources)
        more = {"diversity": rules.diversity, "pins": rules.pins, "per_tag": rules.per_tag}
        wanted = recommend(pair, 0.35, 8, catalogue=planted.catalogue, **more).items  # type: ignore[arg-type]
        users = served.user(f"u{target}"), served.user(f"u{source}")
        assert served.recommend(*users, 0.35, 8) == planted.items.externals(wanted)
        differs += wanted.tolist() != recommend(transfer(model, *parties), 0.35, 8).items.tolist()
    assert differs > 5


def test_interests_are_not_served_by_a_learned_method(planted: Dataset, model: AttentionModel, tmp_path: Path) -> None:
    interests = ServedInterests(interest_model(model, planted), np.zeros(40, dtype=int))
    method = fit_method("bridge", planted, model, range(planted.n_users))
    with pytest.raises(InputError, match="linear blend"):
        export_bundle(model, planted, POLICY, tmp_path, interests=interests, method=method)


def test_onnx_equals_the_encoder_at_every_length(folder: Path, model: AttentionModel) -> None:
    from onnxruntime import InferenceSession

    session = InferenceSession(str(folder / "encoder.onnx"), providers=["CPUExecutionProvider"])
    for length in range(1, 11):
        items = np.random.default_rng(length).integers(1, 41, length)
        vector = session.run(None, {"items": items[None].astype(np.int64)})[0][0]
        assert np.allclose(vector, model.encode([items])[0], atol=1e-5), length


def test_policy_follows_the_evidence_and_is_saved(folder: Path) -> None:
    assert [POLICY.alpha(n) for n in (0, 1, 9, 10, 500)] == [0.0, 0.7, 0.7, 0.2, 0.2]
    saved = json.loads((folder / "policy.json").read_text("utf-8"))
    assert saved["alpha_by_known_items"] == [{"from": 1, "alpha": 0.7}, {"from": 10, "alpha": 0.2}]
    flat = (0.1, 0.1)
    curves = [
        AlphaCurve(k, 50, 49, (0.0, 1.0), flat, flat, flat, 0.5, 0.01, 0.0, 0.1, shown, 0.1)
        for k, shown in ((5, False), (1, True))
    ]
    policy = Policy.from_curves("the nearest user", curves)
    assert policy.alphas == ((1, 0.5), (5, 0.0))
    assert policy.evidence[1].startswith("No evidence")


def test_bad_policies_and_models_are_refused(planted: Dataset, tmp_path: Path) -> None:
    for alphas in ((), ((3, 0.1), (1, 0.2)), ((1, 1.4),)):
        with pytest.raises(InputError):
            Policy("x", alphas)
    with pytest.raises(InputError, match="causal network"):
        export_onnx(Popularity.fit(planted), tmp_path)


@pytest.mark.parametrize("weights", ["", "0:0.25,1:0,rest:0.5"])
@pytest.mark.parametrize("alpha", ["0", "0.35", "1"])
def test_the_script_serves_the_interests_of_a_source(
    planted: Dataset, model: AttentionModel, tmp_path: Path, weights: str, alpha: str
) -> None:
    interests = interest_model(model, planted)
    labels = cluster(interests.item_vectors[1:], 9).labels
    chosen = read_weights(weights)
    export_bundle(model, planted, POLICY, tmp_path, interests=ServedInterests(interests, labels, chosen))
    source = party_of_user(planted, 20)
    split = split_interests(interests, source, labels, [str(n) for n in range(9)])
    pair = transfer(model, party_of_user(planted, 7), source, interests=split, weights=chosen)
    served = runpy.run_path(str(tmp_path / "serve_blend.py"))["Bundle"](tmp_path)
    assert np.array_equal(served.interest_scores(served.user("u20")[1]), pair.source_scores[1:])  # to the bit
    assert run(tmp_path, "u7", "u20", alpha, "8") == planted.items.externals(recommend(pair, float(alpha), 8).items)
    plain = transfer(model, party_of_user(planted, 7), source)
    assert not np.allclose(plain.source_scores[1:], pair.source_scores[1:])


def test_a_source_without_items_serves_the_item_biases(planted: Dataset, model: AttentionModel, tmp_path: Path) -> None:
    interests = interest_model(model, planted)
    nothing = ServedInterests(interests, np.zeros(40, dtype=int), {0: 0.0})
    export_bundle(model, planted, POLICY, tmp_path, interests=nothing)
    served = runpy.run_path(str(tmp_path / "serve_blend.py"))["Bundle"](tmp_path)
    assert np.array_equal(served.interest_scores(np.zeros(0, dtype=np.int64)), model.item_bias[1:])
    with pytest.raises(ValueError, match="leave nothing of this source"):
        served.interest_scores(served.user("u20")[1])

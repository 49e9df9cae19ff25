"""What every transfer method must do, checked for each one in the table and for a small learned one written here."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from recsys.__main__ import main
from recsys.data.dataset import Dataset
from recsys.errors import ArtifactError, InputError
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import Encoder, Recommender
from recsys.runs import save_run, train_run
from recsys.transfer.blend import Transfer, transfer
from recsys.transfer.methods import METHODS, TransferMethod, fit_method, load_method, save_method
from recsys.transfer.parties import party_of_user
from recsys.transfer.privacy import PrivacyParameters, make_private, private_transfer

USERS = range(0, 120, 3)


class ScaledEmbedding:
    """A learned method for these tests: each dimension of the source's embedding is scaled by its variance."""

    name: ClassVar[str] = "scaled"
    label: ClassVar[str] = "Scaled embedding"
    sentence: ClassVar[str] = "Dimensions in which users differ count more."
    paper: ClassVar[str] = "none: a test"
    needs_embeddings: ClassVar[bool] = True
    needs_text: ClassVar[bool] = False

    def __init__(self, scale: np.ndarray) -> None:
        self.scale = scale

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        model: Recommender,
        users: Sequence[int] | np.ndarray,
        scenarios: tuple[str, str] | None = None,
    ) -> ScaledEmbedding:
        assert isinstance(model, Encoder)
        return cls(model.encode(dataset.histories(users)).var(axis=0))

    def apply(self, model: Recommender, scores: np.ndarray, embedding: np.ndarray | None) -> np.ndarray:
        assert isinstance(model, Encoder) and embedding is not None
        moved: np.ndarray = scores + model.item_vectors @ (embedding * (self.scale - 1))
        return moved

    def tensors(self) -> dict[str, np.ndarray]:
        return {"scale": self.scale}

    def meta(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> ScaledEmbedding:
        return cls(tensors["scale"])


@pytest.fixture(params=[*METHODS, ScaledEmbedding.name])
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a method; the one of this file gets a line in the table."""
    monkeypatch.setitem(METHODS, ScaledEmbedding.name, ScaledEmbedding)
    yield str(request.param)


@pytest.fixture
def method(name: str, planted: Dataset, model: AttentionModel) -> TransferMethod:
    return fit_method(name, planted, model, USERS)


def scored(planted: Dataset, model: AttentionModel, method: TransferMethod) -> Transfer:
    return transfer(model, party_of_user(planted, 0), party_of_user(planted, 1), method=method)


def same(first: TransferMethod, second: TransferMethod) -> bool:
    """Whether two fitted methods hold the same numbers, to the bit."""
    one, other = first.tensors(), second.tensors()
    return (first.name, first.meta(), list(one)) == (second.name, second.meta(), list(other)) and all(
        one[key].dtype == other[key].dtype and one[key].tobytes() == other[key].tobytes() for key in one
    )


def test_it_says_what_it_is(name: str) -> None:
    method = METHODS[name]
    assert method.name == name and name.isidentifier()
    assert method.label and method.sentence.endswith(".") and method.paper


def test_the_source_contributes_a_finite_score_for_every_item(
    method: TransferMethod, planted: Dataset, model: AttentionModel
) -> None:
    scores = scored(planted, model, method).source_scores
    assert scores.shape == (planted.n_items + 1,) and scores[0] == -np.inf and np.isfinite(scores[1:]).all()


def test_the_target_alone_is_left_as_it_is(method: TransferMethod, planted: Dataset, model: AttentionModel) -> None:
    pair = scored(planted, model, method)
    assert np.array_equal(pair.target_scores, model.scores([planted.history(0)])[0])
    assert np.array_equal(pair.scores(0.0)[pair.allowed], pair.target_scores[pair.allowed])


def test_it_is_linear_in_alpha_and_its_path_equals_brute_force(
    method: TransferMethod, planted: Dataset, model: AttentionModel
) -> None:
    pair = scored(planted, model, method)
    target, source = pair.scores(0.0), pair.scores(1.0)
    path = pair.path(5)
    for alpha in np.linspace(0, 1, 101):
        blended = np.full(len(target), -np.inf)
        blended[pair.allowed] = alpha * source[pair.allowed] + (1 - alpha) * target[pair.allowed]
        assert np.allclose(pair.scores(alpha)[pair.allowed], blended[pair.allowed], rtol=1e-12)
        best = np.argsort(-blended, kind="stable")[:5]
        assert sorted(blended[list(path.at(alpha))], reverse=True) == pytest.approx(blended[best], rel=1e-9)
    for step in path.steps:
        middle = (step.start + step.end) / 2
        assert step.items == tuple(np.argsort(-pair.scores(middle), kind="stable")[:5].tolist())


def test_it_is_saved_and_read_back_to_the_bit(
    method: TransferMethod, planted: Dataset, model: AttentionModel, tmp_path: Path
) -> None:
    save_method(method, tmp_path / "method")
    assert {path.suffix for path in (tmp_path / "method").iterdir()} == {".safetensors", ".json"}
    loaded = load_method(tmp_path / "method")
    assert type(loaded) is type(method) and same(loaded, method)
    first, again = (scored(planted, model, one).source_scores for one in (method, loaded))
    assert first.tobytes() == again.tobytes()


def test_fitting_again_gives_the_same(
    name: str, method: TransferMethod, planted: Dataset, model: AttentionModel
) -> None:
    assert same(fit_method(name, planted, model, USERS), method)


def test_fit_reads_no_other_users_history(
    name: str, method: TransferMethod, planted: Dataset, model: AttentionModel
) -> None:
    sequence = planted.sequence.copy()
    for user in set(range(planted.n_users)) - set(USERS):
        sequence[planted.offsets[user] : planted.offsets[user + 1]] = 1 + user % 7
    changed = replace(planted, sequence=sequence)
    assert changed.history(1).tolist() != planted.history(1).tolist()
    assert same(fit_method(name, changed, model, USERS), method)


def test_of_a_protected_source_only_the_noised_embedding_counts(
    method: TransferMethod, planted: Dataset, model: AttentionModel
) -> None:
    def protected(source: int) -> np.ndarray:
        pair = transfer(model, party_of_user(planted, 0), party_of_user(planted, source), method=method)
        return private_transfer(pair, private).source_scores

    private = make_private(model, party_of_user(planted, 1), PrivacyParameters(1.0, planted.n_users), b"secret")
    assert np.array_equal(protected(1), protected(7))


def test_a_learned_method_changes_the_list(planted: Dataset, model: AttentionModel) -> None:
    linear, scaled = METHODS["linear"].fit(planted, model, USERS), ScaledEmbedding.fit(planted, model, USERS)
    assert not np.array_equal(*(scored(planted, model, one).source_scores for one in (linear, scaled)))


def test_unknown_unfit_and_damaged_methods_are_refused(
    planted: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    popularity = fit_baseline("popularity", planted)
    monkeypatch.setitem(METHODS, ScaledEmbedding.name, ScaledEmbedding)
    with pytest.raises(InputError, match="must be one of linear"):
        fit_method("telepathy", planted, popularity, USERS)
    with pytest.raises(InputError, match="must have user embeddings"):
        fit_method("scaled", planted, popularity, USERS)
    save_method(ScaledEmbedding(np.ones(3)), tmp_path / "method")
    content = json.loads((tmp_path / "method" / "method.json").read_text("utf-8"))
    for broken in ({**content, "name": "telepathy"}, {**content, "format": 2}, []):
        (tmp_path / "method" / "method.json").write_text(json.dumps(broken), "utf-8")
        with pytest.raises(ArtifactError, match="transfer method in method is damaged"):
            load_method(tmp_path / "method")


def test_one_class_and_one_line_in_the_table_bring_a_method_into_the_shell(
    planted: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train_run(planted, model="popularity", baselines=())
    save_run(run, planted, tmp_path / "run")
    command = ["transfer", "--run", str(tmp_path / "run"), "--target", "u0", "--source", "u1", "--json"]

    class Reversed(ScaledEmbedding):
        name: ClassVar[str] = "reversed"
        needs_embeddings: ClassVar[bool] = False

        @classmethod
        def fit(
            cls,
            dataset: Dataset,
            model: Recommender,
            users: Sequence[int] | np.ndarray,
            scenarios: tuple[str, str] | None = None,
        ) -> Reversed:
            return cls(np.ones(1))

        def apply(self, model: Recommender, scores: np.ndarray, embedding: np.ndarray | None) -> np.ndarray:
            return np.where(np.isfinite(scores), -scores, scores)

    def items(*more: str) -> list[str]:
        with redirect_stdout(io.StringIO()) as out:
            assert main([*command, "--alpha", "1", *more]) == 0, sys.stderr
        return [item["item_id"] for item in json.loads(out.getvalue())["items"]]

    monkeypatch.setitem(METHODS, "reversed", Reversed)
    assert items("--method", "reversed") != items() == items("--method", "linear")
    monkeypatch.undo()
    assert main([*command, "--method", "reversed"]) == 2

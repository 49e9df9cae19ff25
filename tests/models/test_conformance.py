"""Every model of the table is tested alike: shape, finiteness, independence, seeds, files, planted truth."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap
from recsys.models.baselines import BASELINES, fit_baseline
from recsys.models.recommender import LinearRecommender, Recommender, mean_scores, top_k
from recsys.models.storage import load_model, save_model
from recsys.models.table import MODELS, TRAINABLE, model_entry
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train

NAMES = tuple(entry.name for entry in MODELS)
PERSONAL = tuple(entry.name for entry in MODELS if entry.family not in ("popularity", "repeats"))
ORDERED = tuple(entry.name for entry in MODELS if entry.family in ("sequence", "repeats"))  # they read the order


def dataset_of(histories: list[list[int]], n_items: int) -> Dataset:
    ids = [f"i{n}" for n in range(1, n_items + 1)]
    return Dataset(
        users=IdMap([f"u{n}" for n in range(len(histories))], first=0),
        items=IdMap(ids),
        offsets=np.concatenate([[0], np.cumsum([len(history) for history in histories])]),
        sequence=np.concatenate([np.asarray(history, dtype=np.int32) for history in histories]),
        catalogue=Catalogue.bare(ids),
    )


def checkerboard(users: int = 100, items: int = 60, seed: int = 4) -> Dataset:
    """Even users have half of the even items, odd users half of the odd ones, so the missing items are known."""
    rng = np.random.default_rng(seed)
    half = items // 2
    return dataset_of([list(1 + user % 2 + 2 * rng.permutation(half)[: half // 2]) for user in range(users)], items)


def fit(name: str, dataset: Dataset, seed: int = 0) -> Recommender:
    if name not in TRAINABLE:
        return fit_baseline(name, dataset, seed)
    config = model_entry(name).config_class.from_json({"embedding_size": 32, "layers": 1})
    return list(train(dataset, config, TrainConfig(epochs=25, batch_size=512, seed=seed)))[-1].model


@pytest.fixture(scope="module")
def fitted() -> Callable[[str], Recommender]:
    """Each model fitted on the checkerboard, once."""
    models: dict[str, Recommender] = {}

    def get(name: str) -> Recommender:
        if name not in models:
            models[name] = fit(name, checkerboard())
        return models[name]

    return get


@pytest.mark.parametrize("name", NAMES)
def test_scores_have_their_shape_and_are_finite(name: str, fitted: Callable[[str], Recommender]) -> None:
    model = fitted(name)
    assert isinstance(model, Recommender)
    assert (model.name, model.n_items) == (name, 60)
    scores = model.scores([*checkerboard().histories(range(5)), np.zeros(0, dtype=np.int32)])
    assert scores.shape == (6, 61) and scores.dtype == np.float32
    assert (scores[:, 0] == -np.inf).all()
    assert np.isfinite(scores[:, 1:]).all()
    assert model.scores([]).shape == (0, 61)


@pytest.mark.parametrize("name", NAMES)
def test_the_mean_scores_of_users_are_the_mean_of_their_scores(name: str, fitted: Callable[[str], Recommender]) -> None:
    model, rng = fitted(name), np.random.default_rng(0)
    histories = [rng.integers(1, 61, size).astype(np.int32) for size in rng.integers(0, 70, 1100)]  # items repeat
    histories += [np.zeros(0, dtype=np.int32), np.array([3, 99, 5, 0], dtype=np.int32)]  # 99 is not known
    found = mean_scores(model, histories)
    assert found.shape == (61,) and found[0] == -np.inf
    np.testing.assert_allclose(found[1:], model.scores(histories)[:, 1:].mean(axis=0, dtype=np.float64), 1e-5, 1e-5)
    assert np.array_equal(mean_scores(model, histories[:1]), model.scores(histories[:1])[0]), "of one to the bit"
    assert isinstance(model, LinearRecommender) == (name != "mean-item-mlp"), "only that one is not linear"


@pytest.mark.parametrize("name", NAMES)
def test_a_users_scores_do_not_depend_on_the_batch(name: str, fitted: Callable[[str], Recommender]) -> None:
    model, histories = fitted(name), [*checkerboard().histories(range(7)), np.array([3], dtype=np.int32)]
    together = model.scores(histories)[:, 1:]
    for row, history in zip(together, histories, strict=True):
        assert np.allclose(row, model.scores([history])[0, 1:], rtol=1e-4, atol=1e-4)
    backwards = model.scores(histories[::-1])[::-1, 1:]
    assert np.allclose(together, backwards, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_scoring_changes_neither_the_model_nor_the_histories(name: str, fitted: Callable[[str], Recommender]) -> None:
    model, history = fitted(name), np.array([4, 2, 8, 2], dtype=np.int32)
    before = model.scores([history])
    before[:] = 0.0  # must be a copy
    again = model.scores([history])
    assert np.array_equal(again, model.scores([history])) and again[0, 1:].any()
    assert history.tolist() == [4, 2, 8, 2]


@pytest.mark.parametrize("name", NAMES)
def test_unknown_items_are_ignored(name: str, fitted: Callable[[str], Recommender]) -> None:
    scores = fitted(name).scores([np.array([0, 5, 61, 9, 10_000]), np.array([5, 9]), np.array([99]), np.array([])])
    assert np.allclose(scores[0, 1:], scores[1, 1:], atol=1e-5)
    assert np.allclose(scores[2, 1:], scores[3, 1:], atol=1e-5)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ORDERED])
def test_models_of_sets_ignore_the_order(name: str, fitted: Callable[[str], Recommender]) -> None:
    history = checkerboard().history(0)
    scores = fitted(name).scores([history, history[::-1], np.concatenate([history, history[:3]])])
    assert np.allclose(scores[0, 1:], scores[1, 1:], atol=1e-5)
    assert np.allclose(scores[0, 1:], scores[2, 1:], atol=1e-5), "an item chosen twice counts once"


@pytest.mark.parametrize("name", ORDERED)
def test_models_of_sequences_read_the_order(name: str, planted: Dataset) -> None:
    model, history = fit(name, planted), planted.history(0)[:6]
    scores = model.scores([history, history[::-1]])[:, 1:]
    assert np.abs(scores[0] - scores[1]).max() > 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_without_a_history_the_most_popular_items_rank_first(name: str) -> None:
    dataset = dataset_of([[n, 1 + n % 6, 7, 8] for n in range(1, 7)] * 8, 20)  # every user has items 7 and 8
    scores = fit(name, dataset).scores([np.zeros(0, dtype=np.int32)])
    if name in ("item-knn", "ease", "als", "lightgcn"):  # linear in the history: without one, all scores are 0
        assert (scores[0, 1:] == 0).all()
    else:
        assert set(top_k(scores, 2)[0]) == {7, 8}


@pytest.mark.parametrize("name", PERSONAL)
def test_the_planted_structure_is_found(name: str, fitted: Callable[[str], Recommender]) -> None:
    dataset, model = checkerboard(), fitted(name)
    histories = dataset.histories()
    best = top_k(model.scores(histories), 10, exclude=histories)
    own = (best - 1) % 2 == (np.arange(dataset.n_users) % 2)[:, None]
    assert own.mean() > 0.95  # by chance: a third, since half of a user's own items are seen


@pytest.mark.parametrize("name", PERSONAL)
def test_new_users_are_scored_from_their_items(name: str, fitted: Callable[[str], Recommender]) -> None:
    histories = [np.array([1, 3, 5], dtype=np.int32), np.array([2, 4, 6], dtype=np.int32)]
    best = top_k(fitted(name).scores(histories), 10, exclude=histories)
    own = (best - 1) % 2 == np.array([0, 1])[:, None]
    assert own.mean() >= 0.9


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_model(name: str, fitted: Callable[[str], Recommender]) -> None:
    histories = checkerboard().histories()
    assert np.array_equal(fitted(name).scores(histories), fit(name, checkerboard()).scores(histories))


@pytest.mark.parametrize(
    "name", [n for n in BASELINES if "seed" in inspect.signature(model_entry(n).model_class.fit).parameters]
)
def test_another_seed_gives_another_model(name: str, fitted: Callable[[str], Recommender]) -> None:
    histories = checkerboard().histories()
    assert not np.array_equal(fitted(name).scores(histories), fit(name, checkerboard(), seed=1).scores(histories))


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_model_comes_back_to_the_bit(name: str, fitted: Callable[[str], Recommender], tmp_path: Path) -> None:
    model, histories = fitted(name), [*checkerboard().histories(), np.zeros(0, dtype=np.int32)]
    save_model(model, tmp_path / "model")  # type: ignore[arg-type]
    back = load_model(tmp_path / "model")
    assert type(back) is type(model)
    assert np.array_equal(back.scores(histories), model.scores(histories))
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["meta.json", "weights.safetensors"]


@pytest.mark.parametrize("name", NAMES)
def test_two_items_are_enough(name: str) -> None:
    model = fit(name, dataset_of([[1, 2], [2, 1], [1, 2], [1], [2, 1, 2]], 2))
    scores = model.scores([np.array([1]), np.array([2, 1]), np.zeros(0, dtype=np.int32)])
    assert scores.shape == (3, 3) and np.isfinite(scores[:, 1:]).all()


@pytest.mark.parametrize("name", NAMES)
def test_one_user_is_enough(name: str) -> None:
    model = fit(name, dataset_of([[3, 1, 2, 3, 5]], 6))
    scores = model.scores([np.array([1, 2]), np.array([6])])  # nobody has item 6
    assert scores.shape == (2, 7) and np.isfinite(scores[:, 1:]).all()


@pytest.mark.parametrize("name", NAMES)
def test_identical_histories_are_enough(name: str) -> None:
    model = fit(name, dataset_of([[1, 2, 3]] * 12, 3))
    assert np.isfinite(model.scores([np.array([1, 2])])[:, 1:]).all()

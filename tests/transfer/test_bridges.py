"""Learned methods on planted data: where the two scenarios are related they find how, elsewhere they add nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset, History
from recsys.data.ids import IdMap
from recsys.errors import InputError
from recsys.models.recommender import Encoder
from recsys.transfer.methods import TransferMethod, fit_method, usable_methods
from recsys.transfer.methods.bridge import Bridge
from recsys.transfer.methods.ridge import fit_ridge

TOPICS, PER_TOPIC, SIZE, USERS = 8, 6, 16, 480
SCENARIOS = ("left", "right")
FITTED, UNSEEN = range(0, 360), range(360, USERS)


class MeanOfItems:
    """An encoder for these tests: an embedding is the mean of a history's item vectors."""

    name = "mean of items"
    embedding_size = SIZE

    def __init__(self, vectors: np.ndarray) -> None:
        self.item_vectors, self.item_bias = vectors, np.zeros(len(vectors), np.float32)
        self.n_items = len(vectors) - 1

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        return np.stack([self.item_vectors[h].mean(axis=0) if len(h) else np.zeros(SIZE) for h in histories])

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        scores = (self.encode(histories) @ self.item_vectors.T).astype(np.float32)
        scores[:, 0] = -np.inf
        return scores


def topic_of(item: int) -> int:
    return (item - 1) % (TOPICS * PER_TOPIC) // PER_TOPIC


def two_scenarios(right_topics: np.ndarray, left_topics: np.ndarray, titles: Sequence[str] | None = None) -> Dataset:
    """Users with five left items of one topic, then five right items of another; −1: none there."""
    rng = np.random.default_rng(0)
    count = TOPICS * PER_TOPIC
    rows = []
    for left, right in zip(left_topics, right_topics, strict=True):
        parts = [
            start + topic * PER_TOPIC + rng.integers(0, PER_TOPIC, 5) + 1
            for start, topic in ((0, left), (count, right))
            if topic >= 0
        ]
        rows.append(np.concatenate(parts))
    ids = [f"i{n}" for n in range(1, 2 * count + 1)]
    names = ("", *(titles or ids))
    empty = ("",) * len(names)
    scenarios = ("", *(SCENARIOS[n >= count] for n in range(2 * count)))
    return Dataset(
        users=IdMap([f"u{n}" for n in range(len(rows))], first=0, subject="user_id"),
        items=IdMap(ids),
        offsets=np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        sequence=np.concatenate(rows).astype(np.int32),
        catalogue=Catalogue(names, empty, ((),) * len(names), scenarios),
    )


def encoder(seed: int = 1) -> MeanOfItems:
    """Each topic of each scenario has a random direction, its items lie near it."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(2 * TOPICS, SIZE))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    vectors = np.repeat(directions, PER_TOPIC, axis=0) + 0.05 * rng.normal(size=(2 * TOPICS * PER_TOPIC, SIZE))
    return MeanOfItems(np.concatenate([np.zeros((1, SIZE)), vectors]).astype(np.float32))


def accuracy(method: TransferMethod, dataset: Dataset, model: MeanOfItems, right: np.ndarray) -> float:
    """How often the best right item for the left part of an unseen user is of the user's right topic."""
    inside = dataset.catalogue.in_scenario("right")
    hits = []
    for user in UNSEEN:
        history = dataset.history(user)
        source = history[~inside[history]]
        moved = method.apply(model, model.scores([source])[0], model.encode([source])[0])
        hits.append(topic_of(int(np.where(inside, moved, -np.inf).argmax())) == right[user])
    return float(np.mean(hits))


LEFT = np.random.default_rng(3).integers(0, TOPICS, USERS)
RELATED = (LEFT + 3) % TOPICS
UNRELATED = np.random.default_rng(4).integers(0, TOPICS, USERS)


def fitted(name: str, dataset: Dataset, model: MeanOfItems) -> TransferMethod:
    return fit_method(name, dataset, model, FITTED, SCENARIOS)


@pytest.mark.parametrize("name", ["bridge", "personalised_bridge"])
def test_a_bridge_finds_the_planted_relation_and_beats_the_linear_blend(name: str) -> None:
    dataset, model = two_scenarios(RELATED, LEFT), encoder()
    assert isinstance(model, Encoder)
    found, linear = (accuracy(fitted(method, dataset, model), dataset, model, RELATED) for method in (name, "linear"))
    assert found > 0.95 and linear < 0.5


def test_the_bridge_recovers_the_planted_map() -> None:
    rotation = np.linalg.qr(np.random.default_rng(5).normal(size=(SIZE, SIZE)))[0]
    model, dataset = encoder(), two_scenarios(LEFT, LEFT)
    left = model.item_vectors[1 : TOPICS * PER_TOPIC + 1]
    vectors = np.concatenate([np.zeros((1, SIZE)), left, left @ rotation]).astype(np.float32)
    bridge = fitted("bridge", dataset, MeanOfItems(vectors))
    assert isinstance(bridge, Bridge)
    directions = left.reshape(TOPICS, PER_TOPIC, SIZE).mean(axis=1)
    assert np.allclose(bridge.map(directions), directions @ rotation, atol=0.05)
    assert bridge.map.explained > 0.9


@pytest.mark.parametrize("name", ["bridge", "personalised_bridge"])
def test_a_bridge_is_no_better_where_the_scenarios_are_not_related(name: str) -> None:
    dataset, model = two_scenarios(UNRELATED, LEFT), encoder()
    method = fitted(name, dataset, model)
    assert accuracy(method, dataset, model, UNRELATED) < 1 / TOPICS + 0.08  # chance; two standard errors are 0.06
    bridge = fitted("bridge", dataset, model)
    assert isinstance(bridge, Bridge) and abs(bridge.map.explained) < 0.05


def test_the_personalised_bridge_finds_a_relation_that_differs_between_groups() -> None:
    """Eight left topics in two dimensions: what follows is no linear function of where they lie."""
    angles = np.arange(TOPICS) * 2 * np.pi / TOPICS
    model, right = encoder(), (3 * LEFT + 1) % TOPICS
    vectors = model.item_vectors.copy()
    plane = np.zeros((TOPICS, SIZE))
    plane[:, 0], plane[:, 1] = np.cos(angles), np.sin(angles)
    vectors[1 : TOPICS * PER_TOPIC + 1] = np.repeat(plane, PER_TOPIC, axis=0)
    model, dataset = MeanOfItems(vectors), two_scenarios(right, LEFT)
    personalised, plain = (
        accuracy(fitted(name, dataset, model), dataset, model, right) for name in ("personalised_bridge", "bridge")
    )
    assert personalised > 0.9 and plain < 0.6


def titled(topics: np.ndarray) -> list[str]:
    """Titles of all items; a left item has a word of its topic, a right one of the topic given for it."""
    words = ["tea", "bread", "fish", "pasta", "cheese", "honey", "grill", "salad"]
    left = [f"{words[topic_of(n)]} left" for n in range(1, TOPICS * PER_TOPIC + 1)]
    return left + [f"{words[topic]} right" for topic in np.repeat(topics, PER_TOPIC)]


def test_the_text_bridge_joins_scenarios_that_share_no_user() -> None:
    """A right topic has the words of the left topic three before it; its users have no left items."""
    alone = np.arange(USERS) % 2 == 0
    left, right = np.where(alone, LEFT, -1), np.where(alone, -1, RELATED)
    words = (np.arange(TOPICS) - 3) % TOPICS
    model, unlinked = encoder(), two_scenarios(right, left, titled(words))
    shared = two_scenarios(RELATED, LEFT, titled(words))  # of users who are evaluated only
    text, linear = (
        accuracy(fit_method(name, unlinked, model, FITTED, SCENARIOS), shared, model, RELATED)
        for name in ("text_bridge", "linear")
    )
    assert text > 0.95 and linear < 0.5
    with pytest.raises(InputError, match="users with items in left and in right"):
        fit_method("bridge", unlinked, model, FITTED, SCENARIOS)


def test_the_text_bridge_is_no_better_with_words_that_mean_nothing() -> None:
    dataset, model = two_scenarios(RELATED, LEFT, titled(np.arange(TOPICS)[::-1])), encoder()
    wrong = accuracy(fitted("text_bridge", dataset, model), dataset, model, RELATED)
    assert wrong < 0.3  # (7 − t) = (t + 3) for two of eight topics at most


def test_the_order_of_users_between_the_sides_does_not_matter_to_the_text_bridge() -> None:
    model = encoder()
    related, shuffled = (two_scenarios(right, LEFT, titled(np.arange(TOPICS))) for right in (RELATED, RELATED[::-1]))
    both = [fit_method("text_bridge", dataset, model, range(USERS), SCENARIOS) for dataset in (related, shuffled)]
    embedding = model.encode([related.history(0)[:5]])[0]
    first, second = (method.apply(model, np.zeros(model.n_items + 1), embedding) for method in both)
    assert np.corrcoef(first, second)[0, 1] > 0.99


def test_methods_are_offered_where_they_can_be_fitted() -> None:
    model = encoder()
    assert "text_bridge" in usable_methods(two_scenarios(RELATED, LEFT, titled(np.arange(TOPICS))), model)
    bare = two_scenarios(RELATED, LEFT)
    assert list(usable_methods(bare, model)) == ["linear", "bridge", "personalised_bridge"]
    with pytest.raises(InputError, match="must have texts"):
        fitted("text_bridge", bare, model)
    with pytest.raises(InputError, match="must be one of left, right"):
        fit_method("bridge", bare, model, FITTED, ("left", "middle"))


def test_without_scenarios_the_second_half_of_a_history_is_the_target() -> None:
    dataset, model = two_scenarios(RELATED, LEFT), encoder()
    halves = fit_method("bridge", dataset, model, FITTED)
    parts = fitted("bridge", dataset, model)
    assert all(np.array_equal(halves.tensors()[name], value) for name, value in parts.tensors().items())


def test_leave_one_out_errors_are_those_of_fitting_without_each_row() -> None:
    rng = np.random.default_rng(0)
    x, y, weights = rng.normal(size=(30, 4)), rng.normal(size=(30, 3)), rng.uniform(0.5, 2, 30)
    fit = fit_ridge(x, y, weights)
    errors = constants = 0.0
    for row in range(30):
        rest = np.arange(30) != row
        w = weights[rest]
        x_mean, y_mean = w @ x[rest] / w.sum(), w @ y[rest] / w.sum()
        a, b = np.sqrt(w)[:, None] * (x[rest] - x_mean), np.sqrt(w)[:, None] * (y[rest] - y_mean)
        matrix = np.linalg.solve(a.T @ a + fit.strength * np.eye(4), a.T @ b)
        errors += weights[row] * ((y[row] - y_mean - (x[row] - x_mean) @ matrix) ** 2).sum()
        constants += weights[row] * ((y[row] - y_mean) ** 2).sum()
    assert fit.explained == pytest.approx(1 - errors / constants, abs=1e-9)

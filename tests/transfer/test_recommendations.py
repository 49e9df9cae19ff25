from __future__ import annotations

import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset
from recsys.errors import InputError
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines.item_knn import ItemKNN
from recsys.models.baselines.popularity import Popularity
from recsys.transfer.blend import Transfer, transfer
from recsys.transfer.parties import TransferParty, party_of_items, party_of_user
from recsys.transfer.recommendations import collaborative, combined_scores, content, recommend, standardise


@pytest.fixture
def pair(planted: Dataset, model: AttentionModel) -> Transfer:
    return transfer(model, party_of_user(planted, 0), party_of_user(planted, 1))


def test_the_list_is_the_best_of_the_blend_and_its_parts_add_up(pair: Transfer, planted: Dataset) -> None:
    found = recommend(pair, 0.3, 7)
    scores = pair.scores(0.3)
    assert found.items.tolist() == np.argsort(-scores, kind="stable")[:7].tolist()
    assert np.allclose(found.scores, scores[found.items])
    assert np.allclose(found.target_part + found.source_part, found.scores)
    assert not set(found.items.tolist()) & set(planted.history(0).tolist())
    assert recommend(pair, 0.0, 7).target_ranks.tolist() == list(range(1, 8))
    assert recommend(pair, 1.0, 7).source_ranks.tolist() == list(range(1, 8))
    row = found.rows(planted)[0]
    assert row["item_id"] == planted.items.external(int(found.items[0]))
    assert row["rank"] == 1


def test_a_second_score_takes_over_with_its_weight(pair: Transfer, planted: Dataset) -> None:
    knn = ItemKNN.fit(planted)
    alone = recommend(pair, 0.5, 5, second_scorer=collaborative(knn), weight=1.0)
    own = 0.5 * standardise(knn.scores([planted.history(0)])[0]) + 0.5 * standardise(
        knn.scores([planted.history(1)])[0]
    )
    own[~pair.allowed] = -np.inf
    assert alone.items.tolist() == np.argsort(-own, kind="stable")[:5].tolist()
    assert (
        recommend(pair, 0.5, 5, second_scorer=collaborative(knn), weight=0.0).items.tolist()
        == recommend(pair, 0.5, 5).items.tolist()
    )
    mixed = combined_scores(pair, collaborative(knn), 0.3)[0]
    wanted = 0.7 * standardise(pair.target_scores) + 0.3 * standardise(knn.scores([planted.history(0)])[0])
    assert np.allclose(mixed[1:], wanted[1:])


def test_content_prefers_items_with_the_same_tags(pair: Transfer, planted: Dataset) -> None:
    scores = content(planted.catalogue)(pair.target)  # even users walk the first half of the items
    assert scores[1:21].min() > scores[21:].max()


def test_rare_tags_weigh_more(planted: Dataset) -> None:
    matrix = planted.catalogue.tag_vectors.toarray()
    assert matrix.shape == (41, 2)
    assert (matrix[1:] > 0).sum() == 40
    assert not matrix[0].any()


def test_content_is_the_cosine_to_the_mean_item_by_a_sparse_table_that_is_made_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("recsys.data.dataset.MOST_TAGS", 6)
    rng, names = np.random.default_rng(0), [f"tag {n}" for n in range(9)]
    tags = ((), (), *(tuple(rng.choice(names, rng.integers(0, 5))) for _ in range(40)))  # some have a tag twice
    catalogue = Catalogue(("",) * 42, ("",) * 42, tags, ("",) * 42)
    counts = {name: sum(name in of_item for of_item in tags) for name in names}
    frequent = sorted(names, key=lambda name: (-counts[name], name))[:6]
    table = np.array([[np.log1p(42 / counts[name]) * (name in of_item) for name in frequent] for of_item in tags])
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    histories = [np.array(items, dtype=np.int32) for items in ([3, 4, 4, 9], [], [7], range(1, 42))]
    profiles = [unit[history].mean(axis=0) if len(history) else np.zeros(6) for history in histories]
    party = TransferParty("four users", "group", tuple(histories))
    for scores in (content(catalogue), content(catalogue, table)):
        np.testing.assert_allclose(scores(party), unit @ np.mean(profiles, axis=0), atol=1e-6)
    assert not content(catalogue)(party_of_items([])).any()
    assert catalogue.tag_vectors.nnz == np.count_nonzero(table)
    assert catalogue.tag_vectors is catalogue.tag_vectors
    assert not content(Catalogue.bare(["a", "b"]))(party_of_items([1])).any(), "without any tag"


def test_diversity_separates_twins(planted: Dataset, model: AttentionModel) -> None:
    popular = Popularity.fit(planted)
    pair = transfer(popular, party_of_user(planted, 0), party_of_user(planted, 1))
    vectors = np.zeros((41, 2))
    vectors[1:21, 0] = vectors[21:, 1] = 1.0
    calm, mixed = recommend(pair, 0.5, 4), recommend(pair, 0.5, 4, diversity=0.9, vectors=vectors)
    assert calm.items[0] == mixed.items[0]
    assert {item <= 20 for item in mixed.items[:2].tolist()} == {True, False}
    with pytest.raises(InputError, match="vectors"):
        recommend(pair, 0.5, 4, diversity=0.5)


@pytest.mark.parametrize(("name", "value"), [("weight", 1.1), ("diversity", -0.1), ("k", 0), ("alpha", 2.0)])
def test_values_out_of_range_are_refused(pair: Transfer, name: str, value: float) -> None:
    arguments = {"alpha": 0.5, "k": 5, name: value}
    with pytest.raises(InputError, match=name):
        recommend(pair, **arguments)

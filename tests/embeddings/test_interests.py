"""Long-term interests: a recency-weighted mean of item vectors, each less the mean of its scenario."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from benchmarks.interests import agreement, nearest, planted_main_interests
from recsys.data.dataset import Catalogue
from recsys.data.samples import FOLDER
from recsys.embeddings import cluster, extract, name_user_groups
from recsys.embeddings.interests import HALF_LIFE, InterestModel, interest_model
from recsys.errors import InputError
from recsys.models.recommender import Encoder
from recsys.runs import load_run
from tests.embeddings.test_extraction import Counts, Means

SCENARIOS = ("", "shop", "shop", "courses", "courses")


def catalogue(scenarios: tuple[str, ...] = SCENARIOS) -> Catalogue:
    bare = Catalogue.bare([str(number) for number in range(1, len(scenarios))])
    return Catalogue(bare.titles, bare.texts, bare.tags, scenarios, {})


def test_an_interest_is_the_recency_weighted_mean_of_centred_item_vectors() -> None:
    model = Means(4)
    vectors = model.item_vectors.copy()
    vectors[1:3] -= vectors[1:3].mean(axis=0)
    vectors[3:5] -= vectors[3:5].mean(axis=0)
    found = InterestModel(model, catalogue(), half_life=1.0).encode([np.array([1, 3, 3])])
    expected = (vectors[3] + vectors[3] / 2 + vectors[1] / 4) / 1.75
    assert np.allclose(found[0], expected, atol=1e-6)


def test_scores_are_linear_in_the_interest() -> None:
    interests = InterestModel(Means(4), catalogue())
    histories = [np.array([1, 2]), np.array([4])]
    by_hand = interests.encode(histories) @ interests.item_vectors.T + interests.item_bias
    scores = interests.scores(histories)
    assert np.allclose(scores[:, 1:], by_hand[:, 1:]) and np.isneginf(scores[:, 0]).all()
    assert isinstance(interests, Encoder)


def test_users_without_known_items_have_the_zero_interest() -> None:
    interests = InterestModel(Means(4), catalogue())
    histories = [np.array([], dtype=int), np.array([2]), np.array([99])]
    encoded = interests.encode(histories)
    assert not encoded[0].any() and not encoded[2].any() and encoded[1].any()
    assert not interests.encode(histories[:1]).any()


def test_a_user_is_encoded_alike_alone_and_among_others() -> None:
    interests = InterestModel(Means(4), catalogue())
    histories = [np.array([1, 2, 3]), np.array([4]), np.array([], dtype=int), np.array([2, 2])]
    together = interests.encode(histories)
    for row, history in zip(together, histories, strict=True):
        assert np.allclose(interests.encode([history])[0], row, atol=1e-7)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="half_life"):
        InterestModel(Means(4), catalogue(), half_life=0)
    with pytest.raises(InputError, match="catalogue"):
        InterestModel(Means(9), catalogue())
    with pytest.raises(InputError, match="vectors of items"):
        InterestModel(Counts(), catalogue())  # type: ignore[arg-type]


def test_on_the_sample_neighbours_by_interest_share_the_planted_main_interest() -> None:
    """The planted truth says which interest each user has most of; states of the last item hardly know it."""
    run, dataset = load_run(Path(FOLDER) / "run")
    main = planted_main_interests(dataset.users.ids)
    histories = run.known_histories(dataset)
    interests = interest_model(run.model, dataset)
    assert isinstance(run.model, Encoder)
    by_interest = agreement(nearest(interests.encode(histories)), main).mean()
    by_state = agreement(nearest(run.model.encode(histories)), main).mean()
    assert by_interest >= 0.47 > by_state
    states, found = (np.linalg.norm(one.encode(histories), axis=1).mean() for one in (run.model, interests))
    assert found == pytest.approx(states, rel=0.05)
    assert interests.half_life == HALF_LIFE


def test_on_the_sample_groups_of_interests_are_the_planted_ones_and_are_named_by_them() -> None:
    run, dataset = load_run(Path(FOLDER) / "run")
    main = planted_main_interests(dataset.users.ids)
    groups = cluster(extract(interest_model(run.model, dataset), dataset).users)
    assert adjusted_rand_score(main, groups.labels) >= 0.33
    names = name_user_groups(groups.labels, dataset)
    most_common = [Counter(main[groups.members(number)]).most_common(1)[0][0] for number in range(len(groups))]
    first = [name.split(",")[0] for name in names]
    assert sum(map(str.__eq__, first, most_common)) > 0.8 * len(groups), names
    assert not {word for name in names for word in name.split(", ")} & {"series", "film", "course", "gear", "add-on"}

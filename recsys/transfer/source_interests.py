"""What a source likes, as a few interests that can be transferred one by one.

A long-term interest is a weighted mean of the vectors of the items in the histories (`recsys.embeddings.interests`).
The items of one group of the catalogue (the groups on the map of items) are one interest of the source. So the source's
interest is exactly Σ shareᵢ · interestᵢ, and with weights wᵢ of 0 to 1 it becomes

    Σ wᵢ · shareᵢ · interestᵢ / Σ wᵢ · shareᵢ

which is the interest of a source that had chosen the items of interest i with wᵢ of their weight. Without the divisor
the source would be shorter the less of it is transferred, and the item biases would decide the list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from recsys.data.dataset import Dataset, History, read_only
from recsys.embeddings import cluster, name_item_groups
from recsys.embeddings.interests import InterestModel, interest_model
from recsys.errors import InputError
from recsys.models.recommender import Recommender, batched
from recsys.transfer.agreement import agree
from recsys.transfer.parties import TransferParty
from recsys.wording import Message

MOST = 6
"""Interests of a source at most: smaller ones are joined."""
REST, REST_NAME = -1, Message("Other items")
_SMALLEST = 0.03  # share of an interest that is shown by itself
_CHARACTERISTIC = 3  # items that describe an interest
_REST_WORD = "rest"
_WEIGHT = re.compile(rf"([0-9]{{1,4}}|{_REST_WORD}):([0-9]*\.?[0-9]+)", re.ASCII)

Weights = Mapping[int, float]
"""Weight of an interest by its group, 0 … 1; an interest that is not mentioned has the weight 1."""


@dataclass(frozen=True, eq=False)
class Interest:
    """One interest of a source.

    Attributes:
        group: the group of items, as on the map of items; REST for items of all small groups together.
        name: of the group.
        share: of the source's interest, above 0, at most 1; the shares of all interests sum to 1.
        items: indexes of the items with the largest weight, at most three.
        vector: float32 (D,), the interest of a source that had chosen these items alone.
        scores: float32 (n_items + 1,), vector · item + bias; [0] = −inf.
    """

    group: int
    name: str
    share: float
    items: tuple[int, ...]
    vector: np.ndarray
    scores: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "vector", read_only(self.vector))
        object.__setattr__(self, "scores", read_only(self.scores))


@dataclass(frozen=True, eq=False)
class SourceInterests:
    """The interests of a source, largest share first.

    Attributes:
        interests: none if the source has no item.
        groups: int (n_items + 1,), the interest's `group` of each item of the catalogue.
        without_items: float32 (n_items + 1,), the scores of a source without items: the item biases; [0] = −inf.
        agreement: how several named users agree, one of AGREEMENTS; "" for all other sources.
        of_users: of such users the scores of each for a weight per item: float (n_items + 1,) to (users, n_items + 1).
    """

    interests: tuple[Interest, ...]
    groups: np.ndarray
    without_items: np.ndarray
    agreement: str = ""
    of_users: Callable[[np.ndarray], np.ndarray] | None = None

    def parts(self, weights: Weights) -> np.ndarray:
        """The part of each interest in the weighted source: float64 (interests,), sums to 1.

        Raises:
            InputError: a weight is outside 0 … 1, or every interest has the weight 0.
        """
        check_weights(weights)
        parts = np.array([weights.get(one.group, 1.0) * one.share for one in self.interests])
        if len(parts) and not parts.sum() > 0:
            raise InputError("the interests to transfer", "must be at least one", 0, "Tick one, or raise its weight.")
        return parts / parts.sum() if len(parts) else parts

    def scores(self, weights: Weights) -> np.ndarray:
        """The scores of the weighted source: float64 (n_items + 1,), [0] = −inf. Raises InputError as `parts`.

        Summed in the order of the interests, as the browser does, so that both get the same numbers. Several named
        users agree on their scores instead.
        """
        if not self.interests:
            return self.without_items.astype(np.float64)
        if self.agreement:
            return agree(self.user_scores(weights), self.agreement)
        total = np.zeros(len(self.without_items))
        for part, interest in zip(self.parts(weights), self.interests, strict=True):
            total[1:] += part * interest.scores[1:]
        total[0] = -np.inf
        return total

    def user_scores(self, weights: Weights) -> np.ndarray:
        """The weighted scores of each of several named users: float (users, n_items + 1). Raises InputError as `parts`.

        A user all of whose items have the weight 0 is scored as one without items.
        """
        self.parts(weights)
        if self.of_users is None:
            raise InputError("the interests", "must be of several named users", self.agreement or "one party")
        return self.of_users(self.item_weights(weights))

    def vector(self, weights: Weights) -> np.ndarray:
        """The interest of the weighted source: float32 (D,). Raises InputError as `parts`; without items () -> (0,)."""
        vectors = np.stack([one.vector for one in self.interests]) if self.interests else np.zeros((0, 0))
        weighted: np.ndarray = (self.parts(weights) @ vectors).astype(np.float32)
        return weighted

    def item_weights(self, weights: Weights) -> np.ndarray:
        """The weight that each item of the catalogue has by its interest: float64 (n_items + 1,)."""
        check_weights(weights)
        of_items = np.ones(len(self.groups))
        for group, weight in weights.items():
            of_items[self.groups == group] = weight
        return of_items

    def rows(self, weights: Weights) -> list[dict[str, object]]:
        """For tables and files: group, name, share, weight."""
        return [
            {"group": one.group, "name": one.name, "share": one.share, "weight": weights.get(one.group, 1.0)}
            for one in self.interests
        ]


def check_weights(weights: Weights) -> None:
    """Raises InputError unless every weight is a number from 0 to 1."""
    for group, weight in weights.items():
        if not 0 <= weight <= 1:  # false for NaN too
            raise InputError(Message("the weight of interest {group}", group=group), "must be between 0 and 1", weight)


def find_interests(model: Recommender, dataset: Dataset, party: TransferParty) -> SourceInterests:
    """The interests of a party, by the groups of items that the map of items shows.

    Args:
        model: an Encoder.
        dataset: its users' histories set the scale of interests; its catalogue names them.

    Raises:
        InputError: the model has no vectors of items.
    """
    interests = interest_model(model, dataset)
    labels = cluster(interests.item_vectors[1:]).labels
    return split_interests(interests, party, labels, name_item_groups(labels, dataset))


def split_interests(
    model: InterestModel, party: TransferParty, labels: np.ndarray, names: Sequence[str], most: int = MOST
) -> SourceInterests:
    """Splits the interest of a party by the groups of the items in its histories.

    Of a group of users all members count alike, as in `party_embedding`.

    Args:
        labels: int (n_items,), the group of each item 1 … n_items, from 0.
        names: of the groups.
        most: interests at most; the smallest groups, and those with a share below 3%, are one interest together.

    Raises:
        InputError: a label for each item is missing.
    """
    if len(labels) != model.n_items:
        rule = Message("must have one label for each of {n:,} items", n=model.n_items)
        raise InputError("the groups of items", rule, len(labels))
    weight = np.zeros(model.n_items + 1)
    for histories in batched(party.histories, 2048):
        weight += model.item_weights(histories).sum(axis=0)
    strength = weight.sum() / len(party.histories)  # below 1 where members have no items
    share = weight / max(weight.sum(), 1e-300)
    groups = np.concatenate([[REST], np.asarray(labels, dtype=np.int64)])
    shown = _shown(np.bincount(groups[1:], share[1:], minlength=len(names)), most)
    groups[~np.isin(groups, shown)] = REST
    interests = [
        _interest(
            model, group, names[group] if group != REST else REST_NAME, np.where(groups == group, share, 0), strength
        )
        for group in (*shown, REST)
    ]
    empty = model.scores([np.zeros(0, dtype=np.int32)])[0]
    found = tuple(one for one in interests if one.share > 0)
    of_users = partial(interest_scores, model, party.histories) if party.agreement else None
    return SourceInterests(found, read_only(groups), read_only(empty), party.agreement, of_users)


def _shown(shares: np.ndarray, most: int) -> list[int]:
    """The groups that are an interest by themselves, largest share first; all others are one interest together."""
    ranked = [int(group) for group in np.argsort(-shares, kind="stable") if shares[group] > 0]
    shown = [group for group in ranked if shares[group] >= _SMALLEST][:most]
    if len(ranked) > len(shown) == most:
        shown = shown[:-1]
    return ranked if len(ranked) == len(shown) + 1 <= most else shown  # one small group alone keeps its name


def _interest(model: InterestModel, group: int, name: str, shares: np.ndarray, strength: float) -> Interest:
    """The interest in the items with these shares of the source: float64 (n_items + 1,), 0 for all other items."""
    total = float(shares.sum())
    typical = [int(item) for item in np.argsort(-shares, kind="stable")[:_CHARACTERISTIC] if shares[item] > 0]
    of_one = shares * (model.scale * strength / max(total, 1e-300))
    vector = (of_one @ model.item_vectors).astype(np.float32)
    scores = model.item_vectors @ vector + model.item_bias
    scores[0] = -np.inf
    return Interest(group, name, total, tuple(typical), vector, scores)


def interest_scores(model: InterestModel, histories: Sequence[History], item_weights: np.ndarray) -> np.ndarray:
    """Scores of weighted sources of one user each: float32 (B, n_items + 1), as `SourceInterests.scores` gives them.

    Args:
        item_weights: float (n_items + 1,), from `SourceInterests.item_weights`; a history of which every item has the
            weight 0 is scored as an empty one.
    """
    rows = model.item_weights(histories)
    rows.data *= item_weights[rows.indices]
    totals = rows.sum(axis=1)
    factors = np.divide(model.scale, totals, out=np.zeros_like(totals), where=totals > 0)
    rows.data *= np.repeat(factors, np.diff(rows.indptr))
    return model.representation_scores(rows.astype(np.float32) @ model.item_vectors)


def write_weights(weights: Weights) -> str:
    """Weights as text, for links and the shell: "3:0,rest:0.5". Weights of 1 are left out."""
    changed = sorted((group, weight) for group, weight in weights.items() if weight != 1)
    return ",".join(f"{_REST_WORD if group == REST else group}:{weight:.3g}" for group, weight in changed)


def read_weights(text: str) -> dict[int, float]:
    """The weights that `write_weights` wrote. Raises InputError for any other text."""
    weights: dict[int, float] = {}
    for part in filter(None, text.split(",")):
        found = _WEIGHT.fullmatch(part.strip())
        weight = float(found[2]) if found else np.nan
        if found is None or not 0 <= weight <= 1:
            fix = Message("Example: 3:0,7:0.5 leaves interest 3 out and halves interest 7.")
            raise InputError("the weights of interests", "must be number:weight, each weight from 0 to 1", part, fix)
        weights[REST if found[1] == _REST_WORD else int(found[1])] = weight
    return weights

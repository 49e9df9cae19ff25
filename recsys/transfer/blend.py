"""new = α · source + (1 − α) · target: of scores or of embeddings, and other ways of blending two parties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from recsys.data.dataset import Catalogue, History, read_only
from recsys.errors import InputError
from recsys.models.recommender import Encoder, Recommender
from recsys.transfer.agreement import agree
from recsys.transfer.methods import TransferMethod
from recsys.transfer.methods.linear import LinearBlend
from recsys.transfer.parties import TransferParty, blend_sentence, party_embedding, party_scores
from recsys.transfer.path.alpha_path import AlphaPath, alpha_path, check_alpha
from recsys.transfer.source_interests import SourceInterests, Weights
from recsys.wording import Message, listed

WAYS: Mapping[str, Message] = MappingProxyType(
    {
        "scores": Message("The two scores of each item are blended. The same as blending embeddings for dot products."),
        "representations": Message(
            "The two embeddings are blended, then the blend scores every item: the formula itself."
        ),
        "normalised": Message("Both embeddings are scaled to length 1 first, so that a long one does not dominate."),
        "ranks": Message("The ranks in the two lists are blended; differences of scores do not count."),
        "histories": Message(
            "The two histories are merged, with a share of α from the source, and read as one user’s."
        ),
    }
)
"""The ways of blending, with one sentence about each."""
_MERGED_LENGTH = 50  # items of a merged history


def interpolate(source: np.ndarray, target: np.ndarray, alpha: float) -> np.ndarray:
    """α · source + (1 − α) · target, element by element, in float64.

    Args:
        source, target: arrays (or nested lists) of one shape.
        alpha: weight of the source, 0 … 1.

    Returns:
        float64, of the same shape.

    Raises:
        InputError: α outside [0, 1], or the shapes differ.
    """
    check_alpha(alpha)
    a, b = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if a.shape != b.shape:
        raise InputError("source", Message("must have the shape of target, {shape}", shape=str(b.shape)), a.shape)
    blended: np.ndarray = alpha * a + (1 - alpha) * b
    return blended


@dataclass(frozen=True, eq=False)
class Transfer:
    """A target and a source, scored by a model.

    Attributes:
        target_scores, source_scores: float (n_items + 1,), the scores at α = 0 and at α = 1; [0] = −inf (padding).
        allowed: bool (n_items + 1,), what may be recommended.
        method: how the source's scores were transferred.
        interests, weights: the interests of the source and their weights where long-term interests are transferred;
            None where the source's next-choice scores are.
    """

    model: Recommender
    target: TransferParty
    source: TransferParty
    target_scores: np.ndarray
    source_scores: np.ndarray
    allowed: np.ndarray
    method: TransferMethod = field(default_factory=LinearBlend)
    interests: SourceInterests | None = None
    weights: Weights = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("target_scores", "source_scores", "allowed"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def scores(self, alpha: float) -> np.ndarray:
        """The blend's scores: float64 (n_items + 1,), −inf where not allowed. Raises InputError outside [0, 1]."""
        check_alpha(alpha)
        blended = np.full(len(self.allowed), -np.inf)
        items = np.flatnonzero(self.allowed)
        blended[items] = interpolate(self.source_scores[items], self.target_scores[items], alpha)
        return blended

    def path(self, k: int) -> AlphaPath:
        """Every α at which the list of the k best changes; see `alpha_path`."""
        target = np.where(self.allowed, self.target_scores, -np.inf)
        return alpha_path(target, np.where(self.allowed, self.source_scores, -np.inf), k)

    def sentence(self, alpha: float) -> Message:
        """What is blended, as a sentence."""
        return blend_sentence(self.target, self.source, alpha)


def transfer(
    model: Recommender,
    target: TransferParty,
    source: TransferParty,
    *,
    catalogue: Catalogue | None = None,
    scenario: str = "",
    tag: str = "",
    among: np.ndarray | None = None,
    without_sources: bool = False,
    also_left_out: History | Sequence[int] = (),
    method: TransferMethod | None = None,
    interests: SourceInterests | None = None,
    weights: Weights = MappingProxyType({}),
) -> Transfer:
    """Scores target and source, and decides which items may be recommended.

    The target's scores are always the model's, so that α = 0 is the target's own list. The source's are the model's
    too (next choice), or those of its long-term interests.

    What the target's ranking leaves out is never recommended: of a user the already chosen items, as far as the data's
    rule says so (`TransferParty.left_out`); of a group the items that at least half of its members leave out, of
    several named users those that any or all of them do (`TransferParty.left_out_by`).

    Args:
        catalogue: needed for the filters.
        scenario, tag: only items of it; "" for all.
        among: bool (n_items + 1,), only these items: for instance those without interactions.
        without_sources: leave out the items of the source's histories too.
        also_left_out: items that are left out beside these.
        method: a fitted transfer method; the linear blend by default.
        interests: of the source, from `split_interests`, to transfer them in place of its next-choice scores.
        weights: of the interests; all 1 by default.

    Raises:
        InputError: a filter leaves nothing to recommend, every interest has the weight 0, or interests are combined
            with a learned method, which is fitted to next-choice scores.
    """
    allowed = filtered_items(model.n_items, catalogue, scenario, tag, among)
    allowed[items_left_out(target)] = False
    allowed[np.asarray(also_left_out, dtype=np.int64)] = False
    if without_sources:
        for history in source.histories:
            allowed[history] = False
    if not allowed.any():
        raise _nothing_left(scenario, tag, among is not None, without_sources)
    method = LinearBlend() if method is None else method
    target_scores = party_scores(model, target)
    if interests is not None:
        if method.name != LinearBlend.name:
            fix = Message("Use the linear blend, or transfer next-choice scores.")
            raise InputError(
                "the transfer method", "must be the linear blend where interests are transferred", method.name, fix
            )
        source_scores = interests.scores(weights)
        return Transfer(model, target, source, target_scores, source_scores, allowed, method, interests, weights)
    linear = Transfer(model, target, source, target_scores, party_scores(model, source), allowed)
    return linear if method.name == LinearBlend.name else with_method(linear, method)


def with_method(pair: Transfer, method: TransferMethod) -> Transfer:
    """The pair of a linear blend of next-choice scores, by another method.

    Raises:
        InputError: the pair is by a learned method already, or transfers interests.
    """
    if pair.method.name != LinearBlend.name or pair.interests is not None:
        raise InputError("the pair", "must be a linear blend of next-choice scores", pair.method.name)
    model, source, embedding = pair.model, pair.source, None
    if source.agreement:
        agreed = agree(scores_by_method(model, source.histories, method), source.agreement)
        return replace(pair, source_scores=agreed.astype(np.float32), method=method)
    if isinstance(model, Encoder) and method.needs_embeddings:
        embedding = party_embedding(model, source)
    return replace(pair, source_scores=method.apply(model, pair.source_scores, embedding), method=method)


def scores_by_method(model: Recommender, histories: Sequence[History], method: TransferMethod) -> np.ndarray:
    """The scores of sources of one user each, after the transfer method: float (B, n_items + 1), [:, 0] = −inf."""
    embeddings: Sequence[np.ndarray | None] = [None] * len(histories)
    if isinstance(model, Encoder) and method.needs_embeddings:
        embeddings = list(model.encode(histories))
    rows = zip(model.scores(histories), embeddings, strict=True)
    return np.stack([method.apply(model, row, embedding) for row, embedding in rows])


def _nothing_left(scenario: str, tag: str, among: bool, without_sources: bool) -> InputError:
    """Why nothing is left to recommend: the filters that are set, or without one the target, who has all items."""
    lists = [Message("only some items")] * among + [Message("without the items of the source")] * without_sources
    filters: list[str | Message] = [*filter(None, (scenario, tag)), *lists]
    if not filters:
        fix = Message("Choose another target, or let already chosen items be recommended again.")
        return InputError("the target", "must not have every item already", fix=fix)
    return InputError("the filters", "must leave something to recommend", listed(filters), Message("Remove a filter."))


def filtered_items(
    n_items: int, catalogue: Catalogue | None, scenario: str, tag: str, among: np.ndarray | None
) -> np.ndarray:
    """The items that the filters of `transfer` leave: bool (n_items + 1,)."""
    allowed = np.ones(n_items + 1, dtype=bool)
    allowed[0] = False
    if catalogue is not None and scenario:
        allowed &= catalogue.in_scenario(scenario)
    if catalogue is not None and tag:
        allowed &= np.fromiter((tag in tags for tags in catalogue.tags), dtype=bool)
    if among is not None:
        allowed &= among
    return allowed


def items_left_out(party: TransferParty) -> History:
    """Items that enough members leave out: any, half or all (`left_out_by`); of one user all: int32, ascending."""
    distinct = np.concatenate([np.unique(items) for items in party.left_out])
    items, counts = np.unique(distinct, return_counts=True)
    members = len(party.histories)
    enough = {"any": 1, "half": members / 2, "all": members}[party.left_out_by]
    return items[(counts >= enough) & (items > 0)].astype(np.int32)


def blend_ways(pair: Transfer, alpha: float) -> dict[str, np.ndarray]:
    """The blend's scores in every way the model allows: name in WAYS -> float64 (n_items + 1,), −inf where not allowed.

    For a model with Markov scores "representations" and "normalised" blend the network's embeddings; the Markov part,
    a function of the history alone, is blended as scores. So "representations" equals "scores" up to rounding.

    Raises:
        InputError: α outside [0, 1], or the source's interests are transferred: the other ways read its next choice.
    """
    check_alpha(alpha)
    if pair.interests is not None:
        raise InputError("ways of blending", "need next-choice scores of the source", "interests", "Transfer those.")
    ways = {"scores": pair.scores(alpha)}
    if isinstance(pair.model, Encoder):
        target, source = (party_embedding(pair.model, party).astype(np.float64) for party in (pair.target, pair.source))
        items, bias = pair.model.item_vectors.astype(np.float64), pair.model.item_bias.astype(np.float64)
        with np.errstate(invalid="ignore"):
            scorers = [(pair.target_scores, target), (pair.source_scores, source)]
            rest = [np.nan_to_num(scores - items @ vector - bias, neginf=0.0) for scores, vector in scorers]
        fixed = interpolate(rest[1], rest[0], alpha) + bias
        ways["representations"] = items @ interpolate(source, target, alpha) + fixed
        length = alpha * np.linalg.norm(source) + (1 - alpha) * np.linalg.norm(target)
        ways["normalised"] = items @ (length * interpolate(_unit(source), _unit(target), alpha)) + fixed
    target_ranks, source_ranks = (_scaled_ranks(s, pair.allowed) for s in (pair.target_scores, pair.source_scores))
    ways["ranks"] = interpolate(source_ranks, target_ranks, alpha)
    ways["histories"] = party_scores(pair.model, merged_party(pair.target, pair.source, alpha)).astype(np.float64)
    return {name: np.where(pair.allowed, ways[name], -np.inf) for name in WAYS if name in ways}


def merged_party(target: TransferParty, source: TransferParty, alpha: float) -> TransferParty:
    """Both histories as one user's: of at most 50 items a share of α from the source, evenly spread, newest last.

    Of a group the newest item of each member is taken in turn, then the one before it, and so on.
    """
    of_target, of_source = (_newest(party) for party in (target, source))
    n = min(_MERGED_LENGTH, len(of_target) + len(of_source))
    n_source = min(round(alpha * n), len(of_source)) if of_target else len(of_source) * (alpha > 0)
    n_target = min(n - n_source, len(of_target)) if alpha < 1 or not of_source else 0
    parts = [np.asarray(of_target[:n_target]), np.asarray(of_source[:n_source])]
    age = np.concatenate([(np.arange(len(part)) + 0.5) / max(len(part), 1) for part in parts])  # 0 = newest, 1 = oldest
    items = np.concatenate(parts)[np.argsort(-age, kind="stable")].astype(np.int32)
    return TransferParty(
        Message("{target} and {source} as one user", target=target.label, source=source.label), "composed", (items,)
    )


def _newest(party: TransferParty) -> list[int]:
    longest = max(map(len, party.histories))
    depth = min(longest, _MERGED_LENGTH)
    order = [int(history[-back]) for back in range(1, depth + 1) for history in party.histories if len(history) >= back]
    return order[:_MERGED_LENGTH]


def _unit(vector: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _scaled_ranks(scores: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """1 for the best allowed item down to 0 for the last, ties equal; 0 where not allowed."""
    ranks = np.zeros(len(scores))
    _, level, counts = np.unique(-scores[allowed], return_inverse=True, return_counts=True)
    ranks[allowed] = 1 - (np.cumsum(counts) - counts)[level] / max(int(allowed.sum()) - 1, 1)
    return ranks

"""new = α · source + (1 − α) · target: of representations, of scores, and the other ways of mixing two tastes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from recsys.data.dataset import Catalogue, History, read_only
from recsys.errors import InputError
from recsys.models.recommender import Encoder, Recommender
from recsys.transfer.methods import TransferMethod
from recsys.transfer.methods.linear import LinearBlend
from recsys.transfer.parties import TransferParty, blend_sentence, party_embedding, party_scores
from recsys.transfer.path.alpha_path import AlphaPath, alpha_path, check_alpha

WAYS: Mapping[str, str] = MappingProxyType(
    {
        "scores": "Each item’s two scores are mixed. The same as mixing representations where scores are dot products.",
        "representations": "The two representations are mixed, then the mix scores every item: the formula itself.",
        "normalised": "Both representations are first cut to length 1: a strong taste does not drown a weak one.",
        "ranks": "Places in the two lists are mixed: how far apart scores are does not count.",
        "histories": "The two histories are shuffled together, α deciding how much of each, and read as one person’s.",
    }
)
"""The ways of blending and what each means."""
_LENGTH = 50  # items of a merged history


def interpolate(source: np.ndarray, target: np.ndarray, alpha: float) -> np.ndarray:
    """α · source + (1 − α) · target, element by element, in float64.

    Args:
        source, target: arrays (or nested lists) of one shape.
        alpha: weight of the source, 0 … 1.

    Raises:
        InputError: α outside [0, 1], or the shapes differ.
    """
    check_alpha(alpha)
    a, b = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if a.shape != b.shape:
        raise InputError("source", f"must have the shape of target, {b.shape}", a.shape)
    blended: np.ndarray = alpha * a + (1 - alpha) * b
    return blended


@dataclass(frozen=True, eq=False)
class Transfer:
    """A target and a source, scored by a model.

    Attributes:
        target, source: whose tastes.
        target_scores, source_scores: float32 (n_items + 1,), α = 0 and α = 1, of all items but the padding (−inf).
        allowed: bool (n_items + 1,), what may be recommended.
        method: how the source's scores were transferred.
    """

    model: Recommender
    target: TransferParty
    source: TransferParty
    target_scores: np.ndarray
    source_scores: np.ndarray
    allowed: np.ndarray
    method: TransferMethod = field(default_factory=LinearBlend)

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

    def sentence(self, alpha: float) -> str:
        """What is blended, in words."""
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
    method: TransferMethod | None = None,
) -> Transfer:
    """Scores target and source, and decides which items may be recommended.

    Items of the target's history are never recommended; of a group: items of at least half of its members.

    Args:
        catalogue: needed for the filters.
        scenario, tag: only items of it; "" for all.
        among: bool (n_items + 1,), only these items: those nobody has chosen yet, for instance.
        without_sources: leave out the items of the source's histories too.
        method: a fitted transfer method; the linear blend by default.

    Raises:
        InputError: a filter leaves nothing to recommend.
    """
    allowed = np.ones(model.n_items + 1, dtype=bool)
    allowed[0] = False
    if catalogue is not None and scenario:
        allowed &= catalogue.in_scenario(scenario)
    if catalogue is not None and tag:
        allowed &= np.fromiter((tag in tags for tags in catalogue.tags), dtype=bool)
    if among is not None:
        allowed &= among
    allowed[seen_by_half(target)] = False
    if without_sources:
        for history in source.histories:
            allowed[history] = False
    if not allowed.any():
        fix = "Remove a filter."
        raise InputError("the filters", "must leave something to recommend", f"{scenario} {tag}".strip(), fix)
    method = LinearBlend() if method is None else method
    embedding = party_embedding(model, source) if isinstance(model, Encoder) and method.needs_embeddings else None
    source_scores = method.apply(model, party_scores(model, source), embedding)
    return Transfer(model, target, source, party_scores(model, target), source_scores, allowed, method)


def seen_by_half(party: TransferParty) -> History:
    """Items that at least half of a taste's people have: of one person, all of theirs. int32, ascending."""
    each = np.concatenate([np.unique(history) for history in party.histories])
    items, counts = np.unique(each, return_counts=True)
    return items[(2 * counts >= len(party.histories)) & (items > 0)].astype(np.int32)


def blend_ways(pair: Transfer, alpha: float) -> dict[str, np.ndarray]:
    """The blend's scores in every way the model allows: name in WAYS -> float64 (n_items + 1,), −inf where not allowed.

    For the attention model "representations" and "normalised" mix the network's representations; the Markov part of its
    scores, a function of the history alone, is mixed as scores. So "representations" equals "scores" up to rounding.

    Raises:
        InputError: α outside [0, 1].
    """
    check_alpha(alpha)
    ways = {"scores": pair.scores(alpha)}
    if isinstance(pair.model, Encoder):
        target, source = (party_embedding(pair.model, party).astype(np.float64) for party in (pair.target, pair.source))
        items, bias = pair.model.item_vectors.astype(np.float64), pair.model.item_bias.astype(np.float64)
        with np.errstate(invalid="ignore"):
            scorers = [(pair.target_scores, target), (pair.source_scores, source)]
            rest = [np.nan_to_num(scores - items @ vector - bias, neginf=0.0) for scores, vector in scorers]
        beside = interpolate(rest[1], rest[0], alpha) + bias
        ways["representations"] = items @ interpolate(source, target, alpha) + beside
        length = alpha * np.linalg.norm(source) + (1 - alpha) * np.linalg.norm(target)
        ways["normalised"] = items @ (length * interpolate(_unit(source), _unit(target), alpha)) + beside
    ways["ranks"] = interpolate(
        _places(pair.source_scores, pair.allowed), _places(pair.target_scores, pair.allowed), alpha
    )
    ways["histories"] = party_scores(pair.model, merged_party(pair.target, pair.source, alpha)).astype(np.float64)
    return {name: np.where(pair.allowed, ways[name], -np.inf) for name in WAYS if name in ways}


def merged_party(target: TransferParty, source: TransferParty, alpha: float) -> TransferParty:
    """Both read as one person: of 50 items a share of α from the source, spread evenly, newest last.

    Of a group the newest item of each member is taken in turn, then the one before it, and so on.
    """
    own, borrowed = (_newest(party) for party in (target, source))
    n = min(_LENGTH, len(own) + len(borrowed))
    wanted = min(round(alpha * n), len(borrowed)) if len(own) else len(borrowed) * (alpha > 0)
    kept = min(n - wanted, len(own)) if alpha < 1 or not len(borrowed) else 0
    parts = [np.asarray(own[:kept]), np.asarray(borrowed[:wanted])]
    place = np.concatenate([(np.arange(len(part)) + 0.5) / max(len(part), 1) for part in parts])  # 0 = newest
    items = np.concatenate(parts)[np.argsort(-place, kind="stable")].astype(np.int32)
    return TransferParty(f"{target.label} and {source.label} as one person", "composed", (items,))


def _newest(party: TransferParty) -> list[int]:
    longest = max(map(len, party.histories))
    depth = min(longest, _LENGTH)
    order = [int(history[-back]) for back in range(1, depth + 1) for history in party.histories if len(history) >= back]
    return order[:_LENGTH]


def _unit(vector: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _places(scores: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """1 for the best allowed item down to 0 for the last, equal scores equal places; 0 where not allowed."""
    places = np.zeros(len(scores))
    _, level, counts = np.unique(-scores[allowed], return_inverse=True, return_counts=True)
    places[allowed] = 1 - (np.cumsum(counts) - counts)[level] / max(int(allowed.sum()) - 1, 1)
    return places

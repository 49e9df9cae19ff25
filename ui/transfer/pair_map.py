"""The map in the mixer: the positions of target, source, and the blend between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from recsys.embeddings.positions import positions_on_map
from recsys.embeddings.projection_storage import load_projection
from recsys.models.recommender import Encoder
from recsys.transfer import TransferMethod, TransferParty, party_embedding
from recsys.transfer.methods import DEFAULT
from recsys.transfer.methods.linear import LinearBlend
from recsys.transfer.privacy import PrivateSource
from ui import cache
from ui.components.mixer import MethodPath, UserMap
from ui.run_context import RunContext

STOPS = 41  # positions of the blend that are computed, α = 0 … 1


def map_of_pair(
    context: RunContext,
    target: TransferParty,
    source: TransferParty,
    map_folder: str,
    private: PrivateSource | None = None,
    interest: np.ndarray | None = None,
    methods: Sequence[TransferMethod] = (),
) -> UserMap | None:
    """The pair on the map of interests; None where the model has no user embeddings, or no user is left to be drawn.

    Learned methods map next-item states, so with one of them every path is placed by states, the linear one too.

    Args:
        map_folder: the folder of a saved map of interests; "" for the instant one (PCA).
        private: of a protected source only this noised next-item state is used: the pair is compared with other users
            by state, and the points of the source's users are left out.
        interest: of the source with weights, float32 (D,), where not all of it is transferred.
        methods: the method of the list first, then the one beside it.
    """
    if not isinstance(context.run.model, Encoder):
        return None
    points = load_projection(Path(map_folder)).points if map_folder else cache.flat_map_of(context.folder)
    learned = any(method.name != DEFAULT for method in methods)
    if private is None and not learned:
        interests, vectors = context.interests, cache.embeddings_of(context.folder, "interests").users
        if interest is not None:
            return user_map(points, vectors, (party_embedding(interests, target), interest), (target.users, ()))
        embeddings = party_embedding(interests, target), party_embedding(interests, source)
        return user_map(points, vectors, embeddings, (target.users, source.users))
    model, kept, members = context.run.model, np.arange(len(points)), source.users
    if private is not None:
        kept, members = np.setdiff1d(kept, source.users), ()
        if not len(kept):
            return None
    target_rows = np.searchsorted(kept, target.users).tolist()
    states = party_embedding(model, target), party_embedding(model, source) if private is None else private.vector
    drawn = user_map(points[kept], context.vectors[kept], states, (target_rows, members))
    return with_paths(drawn, context.vectors[kept], states, methods) if learned else drawn


def with_paths(
    drawn: UserMap, vectors: np.ndarray, states: tuple[np.ndarray, np.ndarray], methods: Sequence[TransferMethod]
) -> UserMap:
    """The map with the path of each method and of the linear blend.

    Args:
        drawn: with the linear path.
        vectors: float (n_users, D), the states of its users.
        states: of target and source, float32 (D,) each.
        methods: fitted; the first is that of the list.
    """
    paths = [MethodPath(LinearBlend.label, drawn.walk, chosen=methods[0].name == DEFAULT)]
    for method in methods:
        if (mapped := getattr(method, "map", None)) is not None:  # the linear blend has none
            walk = _walk(drawn.points, vectors, (states[0], mapped(states[1])), (drawn.target, ()))
            paths.append(MethodPath(method.label, walk, mapped=True, chosen=method is methods[0]))
    return replace(drawn, paths=tuple(paths))


def user_map(
    points: np.ndarray,
    vectors: np.ndarray,
    embeddings: tuple[np.ndarray, np.ndarray],
    members: tuple[Sequence[int], Sequence[int]],
) -> UserMap:
    """The map with the path of the blend from target to source.

    A blend is not a user, so it has no point of its own: it is drawn at the weighted mean position of the users with
    the most similar embeddings. A single user is drawn at their own point.

    Args:
        points: float (n_users, 2), the points of the users.
        vectors: float (n_users, D), the embeddings of all users.
        embeddings: of target and source, float (D,) each.
        members: rows of target and source; empty for a composed history.
    """
    return UserMap(points, members[0], members[1], _walk(points, vectors, embeddings, members))


def _walk(
    points: np.ndarray,
    vectors: np.ndarray,
    embeddings: tuple[np.ndarray, np.ndarray],
    members: tuple[Sequence[int], Sequence[int]],
) -> np.ndarray:
    """The position of the blend at each of STOPS α: float (STOPS, 2)."""
    target, source = embeddings
    alphas = np.linspace(0.0, 1.0, STOPS)[:, None]
    walk = _smooth(positions_on_map((1 - alphas) * target + alphas * source, vectors, points))
    for end, rows in ((0, members[0]), (-1, members[1])):
        if len(rows) == 1:
            walk[end] = points[rows[0]]
    return walk


def _smooth(walk: np.ndarray) -> np.ndarray:
    """The path without corners, its ends unchanged: a neighbour enters the weighted mean abruptly."""
    padded = np.concatenate([np.repeat(walk[:1], 3, axis=0), walk, np.repeat(walk[-1:], 3, axis=0)])
    soft = np.stack([np.convolve(padded[:, axis], np.ones(7) / 7, mode="valid") for axis in (0, 1)], axis=1)
    soft[0], soft[-1] = walk[0], walk[-1]
    return soft

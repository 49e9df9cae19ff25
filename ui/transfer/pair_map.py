"""The map in the mixer: the positions of target, source, and the blend between them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recsys.embeddings.positions import positions_on_map
from recsys.embeddings.projection_storage import load_projection
from recsys.models.recommender import Encoder
from recsys.transfer import TransferParty, party_embedding
from recsys.transfer.privacy import PrivateSource
from ui import cache
from ui.components.mixer import UserMap
from ui.run_context import RunContext

STOPS = 41  # positions of the blend that are computed, α = 0 … 1


def map_of_pair(
    context: RunContext,
    target: TransferParty,
    source: TransferParty,
    map_folder: str,
    private: PrivateSource | None = None,
    interest: np.ndarray | None = None,
) -> UserMap | None:
    """The pair on the map of interests; None where the model has no user embeddings.

    Args:
        map_folder: the folder of a saved map of interests; "" for the instant one (PCA).
        private: of a protected source only this noised next-item state is used: the pair is compared with other users
            by state, and the points of the source's users are left out.
        interest: of the source with weights, float32 (D,), where not all of it is transferred.
    """
    if not isinstance(context.run.model, Encoder):
        return None
    points = load_projection(Path(map_folder)).points if map_folder else cache.flat_map_of(context.folder)
    if private is None:
        interests, vectors = context.interests, cache.embeddings_of(context.folder, "interests").users
        if interest is not None:
            return user_map(points, vectors, (party_embedding(interests, target), interest), (target.users, ()))
        embeddings = party_embedding(interests, target), party_embedding(interests, source)
        return user_map(points, vectors, embeddings, (target.users, source.users))
    others = np.setdiff1d(np.arange(len(points)), source.users)
    target_rows = np.searchsorted(others, target.users).tolist()
    embeddings = party_embedding(context.run.model, target), private.vector
    return user_map(points[others], context.vectors[others], embeddings, (target_rows, ()))


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
    target, source = embeddings
    alphas = np.linspace(0.0, 1.0, STOPS)[:, None]
    walk = _smooth(positions_on_map((1 - alphas) * target + alphas * source, vectors, points))
    for end, rows in ((0, members[0]), (-1, members[1])):
        if len(rows) == 1:
            walk[end] = points[rows[0]]
    return UserMap(points, members[0], members[1], walk)


def _smooth(walk: np.ndarray) -> np.ndarray:
    """The path without corners, its ends unchanged: a neighbour enters the weighted mean abruptly."""
    padded = np.concatenate([np.repeat(walk[:1], 3, axis=0), walk, np.repeat(walk[-1:], 3, axis=0)])
    soft = np.stack([np.convolve(padded[:, axis], np.ones(7) / 7, mode="valid") for axis in (0, 1)], axis=1)
    soft[0], soft[-1] = walk[0], walk[-1]
    return soft

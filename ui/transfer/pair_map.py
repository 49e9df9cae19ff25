"""Where a taste stands on the map of people, and the walk of the blend between two of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ui.components.mixer import UserMap

STOPS = 41  # places of the walk, α = 0 … 1
NEAR = 12  # people whose places decide where a taste is drawn


def user_map(
    points: np.ndarray,
    vectors: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    people: tuple[Sequence[int], Sequence[int]],
) -> UserMap:
    """The map with the walk from target to source.

    A blend is nobody's taste, so it has no point of its own: it is drawn where the people of the most similar tastes
    stand (the mean of their places, the more similar counting more). A single person stands where they stand.

    Args:
        points: float (n_users, 2), a picture of `vectors`.
        vectors: float (n_users, d), everybody's representation.
        ends: the representations of target and source, float (d,) each.
        people: who they are (user indexes); empty for a new person.
    """
    target, source = ends
    alphas = np.linspace(0.0, 1.0, STOPS)[:, None]
    walk = _smooth(place((1 - alphas) * target + alphas * source, vectors, points))
    for side, members in ((0, people[0]), (-1, people[1])):
        if len(members) == 1:
            walk[side] = points[members[0]]
    return UserMap(points, people[0], people[1], walk)


def place(parties: np.ndarray, vectors: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Where tastes are drawn: float (m, 2), from representations (m, d)."""
    similarity = _unit(parties) @ _unit(vectors).T  # (m, n_users)
    near = np.argpartition(-similarity, min(NEAR, len(vectors)) - 1, axis=1)[:, :NEAR]
    close = np.take_along_axis(similarity, near, axis=1)
    weight = np.exp(20.0 * (close - close.max(axis=1, keepdims=True)))
    placed: np.ndarray = (weight[:, :, None] * points[near]).sum(axis=1) / weight.sum(axis=1, keepdims=True)
    return placed


def _unit(vectors: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return scaled


def _smooth(walk: np.ndarray) -> np.ndarray:
    """The walk without corners, its ends kept: a neighbour enters the mean at once, a foot does not."""
    padded = np.concatenate([np.repeat(walk[:1], 3, axis=0), walk, np.repeat(walk[-1:], 3, axis=0)])
    soft = np.stack([np.convolve(padded[:, axis], np.ones(7) / 7, mode="valid") for axis in (0, 1)], axis=1)
    soft[0], soft[-1] = walk[0], walk[-1]
    return soft

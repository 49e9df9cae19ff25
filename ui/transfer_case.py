"""The case on screen: a pair, the rules of recommending, both score vectors, the exact path, what the mixer shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from recsys.embeddings.storage import load_projection
from recsys.errors import InputError
from recsys.models.recommender import Encoder
from recsys.transfer import AlphaPath, Transfer, alpha_path, collaborative, content, taste_vector, transfer
from recsys.transfer.privacy import PrivateTaste, private_transfer
from recsys.transfer.recommend import Voice, voiced
from ui import cache
from ui.live.mixer import mixer_data
from ui.protection import check, hidden, noted_draw, private_source
from ui.rules import Rules
from ui.studio import Studio
from ui.transfer_ends import Pair, Room, read_pair
from ui.transfer_map import people_map

CONTENT = "tags of the items"


@dataclass(frozen=True, eq=False)
class Case:
    """A pair that has been scored.

    Attributes:
        both: target and source scored by the model, and what may be recommended.
        path: the exact lists over α.
        shown: what the mixer is given.
    """

    pair: Pair
    rules: Rules
    both: Transfer
    path: AlphaPath
    shown: Mapping[str, Any]


def room_of(folder: str) -> Room:
    """What ends are read from, for a saved run."""
    return Room(folder, *cache.open_run(folder))


def scored(studio: Studio, room: Room, target: str, source: str, rules: Rules, picture: str = "") -> Case:
    """The case for a visitor: a protected source is noted as shown to their space first. Raises StudioError."""
    draw = noted_draw(studio.space, room, target, source, rules) if rules.epsilon else 0
    return cache.case_of(room.folder, target, source, studio.view.k, rules, picture, draw)


def build(folder: str, target: str, source: str, k: int, rules: Rules, picture: str = "", draw: int = 0) -> Case:
    """Scores a pair. Called through `cache.case_of`. Raises InputError, UnknownIdError."""
    room = room_of(folder)
    pair = read_pair(room, target, source)
    if rules.epsilon:
        check(pair, target, source, rules)
    both = transfer(
        room.run.model,
        pair.target.taste,
        pair.source.taste,
        catalogue=room.dataset.catalogue,
        scenario=pair.scenario or rules.scenario,
        tag=rules.tag,
        among=room.dataset.item_counts == 0 if rules.unmet else None,
        without_sources=rules.hide_source,
    )
    allowed = both.allowed.copy()
    allowed[pair.seen] = False  # what they have in another time or scenario is no news either
    both = replace(both, allowed=allowed)
    private = None
    if rules.epsilon:
        private = private_source(room, pair, source, rules, draw)
        both = private_transfer(both, private)
    picture_of_pair = _map(room, pair, picture, private)
    if rules.epsilon:
        pair = replace(pair, source=hidden(pair.source, rules))
    scores = [np.where(allowed, s.astype(np.float64), -np.inf) for s in voiced(both, voice(room, rules), rules.weight)]
    path = alpha_path(scores[0], scores[1], k)
    shown = mixer_data(
        path,
        scores[0],
        scores[1],
        room.dataset.catalogue,
        pair.target.side,
        pair.source.side,
        picture_of_pair,
    )
    return Case(pair, rules, both, path, shown)


def voice(room: Room, rules: Rules) -> Voice | None:
    """The second score that the rules name. Raises InputError when the run has no such model."""
    if not rules.beside or not rules.weight or rules.epsilon:
        return None
    if rules.beside == CONTENT:
        return content(room.dataset.catalogue)
    if rules.beside not in room.run.models:
        raise InputError("the second score", "must be a model of this run", rules.beside, "Choose another under Rules.")
    return collaborative(room.run.models[rules.beside])


def second_scores(room: Room) -> list[str]:
    """What may be a second score in a run: its other models, and the tags of the items where there are any."""
    others = [name for name in room.run.models if name != room.run.model.name]
    return others + [CONTENT] * any(room.dataset.catalogue.tags)


def applicable(room: Room, rules: Rules) -> tuple[Rules, tuple[str, ...]]:
    """The rules that this run can follow, and a sentence about each that it can't: a link may come from another run.

    Protection of the source is never left out: where it can't be given, `build` refuses the list.
    """
    catalogue, problems = room.dataset.catalogue, []
    known = {
        "scenario": rules.scenario in ("", *catalogue.scenario_names),
        "tag": not rules.tag or any(rules.tag in tags for tags in catalogue.tags),
        "beside": rules.beside in ("", *second_scores(room)),
    }
    for name, called in (("scenario", "the scenario"), ("tag", "the tag"), ("beside", "the second score")):
        if not known[name]:
            rule = "must be one that this run has"
            problems.append(str(InputError(f"{called} under Rules", rule, getattr(rules, name), "It is not applied.")))
            rules = replace(rules, **{name: ""})
    return rules, tuple(problems)


def _map(room: Room, pair: Pair, picture: str, private: PrivateTaste | None = None) -> Any:
    """The map with both ends; of a private source only the noised vector, and without its users' own points."""
    if not isinstance(room.run.model, Encoder):
        return None
    points = load_projection(Path(picture)).points if picture else cache.flat_map_of(room.folder)
    target, source = pair.target.taste, pair.source.taste
    begin = taste_vector(room.run.model, target)
    if private is None:
        ends = (begin, taste_vector(room.run.model, source))
        return people_map(points, room.vectors, ends, (target.users, source.users))
    kept = np.setdiff1d(np.arange(len(points)), source.users)
    users = np.searchsorted(kept, target.users).tolist()
    return people_map(points[kept], room.vectors[kept], (begin, private.vector), (users, ()))


def surprise(room: Room, seed: int, target_text: str = "") -> tuple[str, str]:
    """Two people of different tastes, each with something to show: how target and source are written in the URL.

    Args:
        target_text: a target that is given; its source is then the one that differs from it.
    """
    lengths, rng = room.dataset.lengths, np.random.default_rng(seed)
    enough = np.flatnonzero(lengths >= min(8, int(np.median(lengths))))
    short = enough[lengths[enough] <= max(40, int(np.median(lengths[enough])))]
    kind, _, value = target_text.partition(":")
    if kind == "user" and value in room.dataset.users:
        target = room.dataset.users.index(value)
    else:
        target = int(rng.choice(short if len(short) else enough))
    others = enough[enough != target] if len(enough) > 1 else enough
    if isinstance(room.run.model, Encoder):
        vectors = room.vectors
        similar = vectors[others] @ vectors[target] / np.maximum(np.linalg.norm(vectors[others], axis=1), 1e-9)
        others = others[np.argsort(similar, kind="stable")[: max(1, len(others) // 10)]]
    users = room.dataset.users
    return f"user:{users.external(target)}", f"user:{users.external(int(rng.choice(others)))}"

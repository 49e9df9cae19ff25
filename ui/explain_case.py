"""What Explain is about: one person, perhaps blended with a source, a what-if history, and the item asked about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st

from recsys.data.dataset import History
from recsys.explain.influence import Influence, Scorer, blended, influence, places, unseen_items
from recsys.models.recommender import Encoder, top_k
from recsys.transfer import taste_scores
from ui.frame import Studio
from ui.transfer_case import surprise
from ui.transfer_ends import MEDOID, Pair, Room, read_pair

SINGLE = ("user", "items")


@dataclass(frozen=True, eq=False)
class Why:
    """A recommendation and what it may hang on.

    Attributes:
        pair: target and source; the source counts only if alpha > 0.
        before: the history as it is. now: with what was taken away and added.
        k: how long the list is.
    """

    room: Room
    pair: Pair
    alpha: float
    k: int
    before: History
    now: History

    @property
    def key(self) -> str:
        """Changes with anything that the answer depends on but the item."""
        return f"{self.room.run.id}:{self.pair.source.taste.phrase}:{self.alpha}:{self.now.tolist()}:{self.k}"

    @cached_property
    def source_scores(self) -> np.ndarray:
        return taste_scores(self.room.run.model, self.pair.source.taste)

    @cached_property
    def scorer(self) -> Scorer:
        model = self.room.run.model
        return blended(model, self.source_scores, self.alpha) if self.alpha else model.scores

    @cached_property
    def allowed(self) -> np.ndarray:
        """What may be recommended: nothing of either history, so that what is taken away does not come back as new."""
        known = np.concatenate([self.before, self.now, self.pair.seen]).astype(np.int64)
        allowed = unseen_items(self.room.dataset.n_items, known)
        if self.pair.scenario:
            allowed &= self.room.dataset.catalogue.in_scenario(self.pair.scenario)
        return allowed

    @cached_property
    def both(self) -> np.ndarray:
        """Scores with the history as it is and as it is imagined: (2, n_items + 1), −inf where not allowed."""
        return np.where(self.allowed, self.scorer([self.before, self.now]), -np.inf)

    def listed(self, row: int) -> list[int]:
        """The first k items: 0 = as it is, 1 = as imagined."""
        return [int(item) for item in top_k(self.both[row : row + 1], self.k)[0] if item]

    def influence(self, item: int) -> Influence:
        """What each item of the imagined history does for one recommendation."""
        return influence(self.scorer, self.now, item, self.allowed)

    def rank(self, item: int, row: int = 1) -> int:
        """The item's place as it is (0) or as imagined (1)."""
        scores = self.scorer([self.now if row else self.before])
        return int(places(scores, item, self.allowed)[1][0])

    def title(self, item: int) -> str:
        return self.room.dataset.catalogue.titles[item]


def target_of(studio: Studio, room: Room) -> str:
    """The person in the URL, else one with something to show. A group is stood for by its most typical person."""
    text = studio.view.target
    if not text:
        text = surprise(room, 0)[0]
        studio.set_view(target=text)
    if text.partition(":")[0] in SINGLE or text.endswith(MEDOID) or not isinstance(room.run.model, Encoder):
        return text
    return text + MEDOID


def imagine(room: Room, target: str, source: str, alpha: float, k: int) -> Why:
    """The case with what was taken away and added on this page. Raises InputError, UnknownIdError."""
    pair = read_pair(room, target, source if source and alpha else target if target.startswith("user:") else "everyone")
    before = max(pair.target.taste.histories, key=len)
    gone = [p for p in st.session_state.get(f"gone_{target}", ()) if p < len(before)]
    added = [item for item in st.session_state.get(f"added_{target}", ()) if item not in before]
    now = np.concatenate([np.delete(before, gone), np.array(added, dtype=np.int32)]).astype(np.int32)
    return Why(room, pair, alpha if source else 0.0, k, before, now)

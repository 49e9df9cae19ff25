"""What Explain is about: one person, perhaps blended with a source, a what-if history, and the item asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import streamlit as st

from recsys.data.dataset import History
from recsys.explain.history_influence import Influence, Scorer, blended_with, influence, places
from recsys.models.recommender import Encoder, top_k
from recsys.transfer import TransferParty
from recsys.transfer.recommendations import combined_scores, with_second
from ui.run_context import RunContext
from ui.shell.frame import PageContext
from ui.transfer.parties import MEDOID, TransferPair
from ui.transfer.scored_pair import ScoredPair, random_pair, scored_pair, second_scorer
from ui.transfer.view import applied_rules, saved_map

SINGLE = ("user", "items")


@dataclass(frozen=True, eq=False)
class ExplainedList:
    """A recommendation and what it may hang on.

    Attributes:
        scored: target and source as Transfer scores them under the rules; the source counts only if alpha > 0.
        before: the history as it is. now: with what was taken away and added.
        k: how long the list is.
    """

    context: RunContext
    scored: ScoredPair
    alpha: float
    k: int
    before: History
    now: History

    @property
    def pair(self) -> TransferPair:
        return self.scored.pair

    @property
    def key(self) -> str:
        """Changes with anything that the answer depends on but the item."""
        rules = self.scored.rules.params()
        return (
            f"{self.context.run.id}:{self.pair.source.party.phrase}:{self.alpha}:{self.now.tolist()}:{self.k}:{rules}"
        )

    @cached_property
    def source_scores(self) -> np.ndarray:
        """Of the source, as Transfer blends them: protected, and with the second score, where the rules say so."""
        return combined_scores(
            self.scored.transfer, second_scorer(self.context, self.scored.rules), self.scored.rules.weight
        )[1]

    def own(self, party: TransferParty) -> Scorer:
        """Scores of histories in the place of a taste's, before blending: with the second score where there is one."""
        model, second, weight = (
            self.context.run.model,
            second_scorer(self.context, self.scored.rules),
            self.scored.rules.weight,
        )
        if second is None:
            return model.scores

        def scores(histories: Sequence[History]) -> np.ndarray:
            others = (second(replace(party, histories=(history,))) for history in histories)
            return np.stack([with_second(*pair, weight) for pair in zip(model.scores(histories), others, strict=True)])

        return scores

    @cached_property
    def scorer(self) -> Scorer:
        own = self.own(self.pair.target.party)
        return blended_with(own, self.source_scores, self.alpha) if self.alpha else own

    @cached_property
    def allowed(self) -> np.ndarray:
        """What the rules let be recommended, but nothing of either history: what is taken away is no news."""
        allowed = self.scored.transfer.allowed.copy()
        allowed[np.concatenate([self.before, self.now]).astype(np.int64)] = False
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
        return self.context.dataset.catalogue.titles[item]


def target_of(studio: PageContext, context: RunContext) -> str:
    """The person in the URL, else one with something to show. A group is stood for by its most typical person."""
    text = studio.view.target
    if not text:
        text = random_pair(context, 0)[0]
        studio.set_view(target=text)
    if text.partition(":")[0] in SINGLE or text.endswith(MEDOID) or not isinstance(context.run.model, Encoder):
        return text
    return text + MEDOID


def what_if(context: RunContext, target: str, part: str) -> str:
    """The key in the session of one part of a what-if: "gone", "added" or "item". Another run starts without any."""
    return f"{part}_{context.run.id}_{target}"


def imagine(studio: PageContext, context: RunContext, target: str) -> ExplainedList:
    """The case with what was taken away and added on this page. Raises InputError, UnknownIdError."""
    view, rules = studio.view, applied_rules(studio, context)
    source = view.source
    if not source:  # the person's own list: nobody is blended in, so nobody is protected or left out
        source = target if target.startswith("user:") else "everyone"
        rules = replace(rules, hide_source=False, epsilon=0.0)
    scored = scored_pair(studio, context, target, source, rules, saved_map(studio, context))
    before = max(scored.pair.target.party.histories, key=len)
    gone = [p for p in st.session_state.get(what_if(context, target, "gone"), ()) if p < len(before)]
    added = [item for item in st.session_state.get(what_if(context, target, "added"), ()) if item not in before]
    now = np.concatenate([np.delete(before, gone), np.array(added, dtype=np.int32)]).astype(np.int32)
    return ExplainedList(context, scored, view.alpha if view.source else 0.0, view.k, before, now)

"""The recommendation list that Explain explains: of one user, perhaps blended with a source, perhaps edited."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import streamlit as st

from recsys.cases.parties import MEDOID, SEVERAL, SeveralUsers
from recsys.cases.scoring import second_scorer
from recsys.data.dataset import History
from recsys.explain.history_influence import Influence, Scorer, blended_scorer, influence, margins_and_ranks
from recsys.models.recommender import items_read, top_k
from recsys.transfer import TransferParty
from recsys.transfer.blend import scores_by_method
from recsys.transfer.recommendations import combined_scores, with_second
from recsys.transfer.source_interests import interest_scores
from recsys.wording import Message
from ui.language import WordedLater
from ui.run_context import RunContext
from ui.shell.page_context import PageContext
from ui.shell.widgets import chosen_indexes
from ui.transfer.parties import TransferPair
from ui.transfer.scored_pair import ScoredPair, random_pair, scored_pair
from ui.transfer.view import applied_rules, saved_map

SINGLE = ("user", "items")


@dataclass(frozen=True, eq=False)
class ExplainedList:
    """A recommendation list with the histories and scores that explain it.

    Attributes:
        scored: target and source as Transfer scores them under the rules; the source counts only if alpha > 0.
        alpha: weight of the source, 0 … 1.
        k: length of the list.
        history: int (T,) the target's items, oldest first.
        edited_history: the history without the removed items and with the added ones at its end.
    """

    context: RunContext
    scored: ScoredPair
    alpha: float
    k: int
    history: History
    edited_history: History

    @property
    def pair(self) -> TransferPair:
        return self.scored.pair

    @property
    def edited(self) -> bool:
        return not np.array_equal(self.history, self.edited_history)

    @cached_property
    def cache_key(self) -> str:
        """Everything that an explanation depends on, except the item."""
        rules, transfer = self.scored.rules.params(), self.scored.transfer
        # groups of one name differ in the scores, and so do draws of the noise
        source = hashlib.sha256(transfer.source_scores.tobytes() + self.candidates.tobytes()).hexdigest()
        return f"{self.context.run.id}:{source}:{self.alpha}:{self.edited_history.tolist()}:{self.k}:{rules}"

    @cached_property
    def source_scores(self) -> np.ndarray:
        """The source's scores as Transfer blends them: with protection and the second score where the rules say so."""
        rules = self.scored.rules
        return combined_scores(self.scored.transfer, second_scorer(self.context, rules), rules.weight)[1]

    @cached_property
    def target_scores(self) -> np.ndarray:
        """The target's scores with the edited history: (n_items + 1,)."""
        scores: np.ndarray = self.target_scorer([self.edited_history])[0]
        return scores

    @property
    def newest(self) -> int | None:
        """How many of the newest items of a history its scores depend on; None for all, as by a second score."""
        second = second_scorer(self.context, self.scored.rules)
        return items_read(self.context.run.model) if second is None else None

    @property
    def target_scorer(self) -> Scorer:
        """Scores of the target as a function of its history, before blending."""
        return self._with_second_score(self.context.run.model.scores, self.pair.target.party)

    @property
    def source_scorer(self) -> Scorer:
        """Scores of a source that is one user, after the transfer method, as a function of its history."""
        model, method, interests = self.context.run.model, self.scored.transfer.method, self.scored.transfer.interests
        if interests is not None:
            weights = interests.item_weights(self.scored.transfer.weights)
            of_history = partial(interest_scores, self.context.interests, item_weights=weights)
            return self._with_second_score(of_history, self.pair.source.party)
        scores = partial(scores_by_method, model, method=method)
        return self._with_second_score(scores, self.pair.source.party)

    def _with_second_score(self, scorer: Scorer, party: TransferParty) -> Scorer:
        weight, second = self.scored.rules.weight, second_scorer(self.context, self.scored.rules)
        if second is None:
            return scorer

        def scores(histories: Sequence[History]) -> np.ndarray:
            others = (second(replace(party, histories=(history,))) for history in histories)
            rows = zip(scorer(histories), others, strict=True)
            return np.stack([with_second(first, other, weight) for first, other in rows])

        return scores

    @cached_property
    def scorer(self) -> Scorer:
        """Blended scores as a function of the target's history."""
        return blended_scorer(self.target_scorer, self.source_scores, self.alpha) if self.alpha else self.target_scorer

    @cached_property
    def candidates(self) -> np.ndarray:
        """Items that the rules allow and neither history leaves out: bool (n_items + 1,)."""
        candidates, target = self.scored.transfer.allowed.copy(), self.pair.target.party
        added = self.edited_history[~np.isin(self.edited_history, self.history)]
        for items in (target.left_out[0], self.context.run.repeats.left_out(added)):
            candidates[items.astype(np.int64)] = False
        return candidates

    @cached_property
    def scores(self) -> np.ndarray:
        """Scores with the history and with the edited history: (2, n_items + 1), −inf outside the candidates."""
        return np.where(self.candidates, self.scorer([self.history, self.edited_history]), -np.inf)

    def top_items(self, *, edited: bool) -> list[int]:
        """The first k items."""
        row = self.scores[int(edited)]
        return [int(item) for item in top_k(row[None], self.k)[0] if item]

    def influence(self, item: int) -> Influence:
        """The influence of each item of the edited history on one recommendation."""
        key = f"{self.context.folder}:{self.cache_key}:{item}"
        return _influence(key, self.scorer, self.edited_history, item, self.candidates, self.newest)

    def source_influence(self, item: int) -> Influence:
        """The influence of each item in the history of a source that is one user."""
        history = self.pair.source.party.histories[0]
        scorer = blended_scorer(self.source_scorer, self.target_scores, 1 - self.alpha)
        newest = self.newest if self.scored.transfer.interests is None else None
        key = f"{self.context.folder}:{self.cache_key}:{item}:source:{history.tolist()}"
        return _influence(key, scorer, history, item, self.candidates, newest)

    def rank(self, item: int) -> int:
        """The item's rank with the edited history."""
        return int(margins_and_ranks(self.scorer([self.edited_history]), item, self.candidates)[1][0])

    def title(self, item: int) -> str:
        return self.context.dataset.catalogue.titles[item]


@st.cache_resource(max_entries=256, show_spinner=WordedLater(Message("Leaving out one history item after another …")))
def _influence(
    key: str, _scorer: Scorer, _history: History, _item: int, _candidates: np.ndarray, _newest: int | None
) -> Influence:
    return influence(_scorer, _history, _item, _candidates, _newest)


def explained_target(page: PageContext, context: RunContext) -> str:
    """The target in the URL, else a random user.

    A group is represented by its most typical user (medoid), several named users by the first of them. A model without
    user embeddings can't tell the medoid: `explain` says so.
    """
    target = page.view.target
    if not target:
        target = random_pair(context, 0)[0]
        page.set_view(target=target)
    if target.startswith(f"{SEVERAL}:"):
        return "user:" + "".join(SeveralUsers.parse(target).ids[:1])
    if target.partition(":")[0] in SINGLE or target.endswith(MEDOID):
        return target
    return target + MEDOID


def edit_key(context: RunContext, target: str, part: str) -> str:
    """The key in the session of one part of an edit: "removed", "added" or "item". Each run has its own."""
    return f"{part}_{context.run.id}_{target}"


def items_added(context: RunContext, target: str) -> list[int]:
    """The items added to the history."""
    return chosen_indexes(edit_key(context, target, "added"))


def explained_list(page: PageContext, context: RunContext, target: str) -> ExplainedList:
    """The list of a target with the items that were removed and added on this page.

    Raises:
        InputError, UnknownIdError, ProtectionError.
    """
    view, rules = page.view, applied_rules(page, context)
    source = view.source
    if not source:  # without a source nothing is protected or left out
        source = target if target.startswith("user:") else "everyone"
        rules = replace(rules, hide_source=False, epsilon=0.0)
    scored = scored_pair(page, context, target, source, rules, saved_map(page, context))
    history = scored.pair.target.party.histories[0]  # of one user, see `explained_target`
    removed = [p for p in st.session_state.get(edit_key(context, target, "removed"), ()) if p < len(history)]
    added = [item for item in items_added(context, target) if item not in history]
    edited = np.concatenate([np.delete(history, removed), np.array(added, dtype=np.int32)]).astype(np.int32)
    return ExplainedList(context, scored, view.alpha if view.source else 0.0, view.k, history, edited)

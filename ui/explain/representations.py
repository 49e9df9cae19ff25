"""Explain's tab of a user's interests and next choice: what each leans on, what each lists, what α moves in each."""

from __future__ import annotations

import numpy as np
import streamlit as st

from recsys.charts.representations import like_newest_figure, reliance_figure, replaced_figure
from recsys.errors import StudioError
from recsys.explain.representations import Reliance, like_newest, reliance, replaced
from recsys.models.recommender import Encoder, top_k
from recsys.wording import tr
from ui.explain.explained_list import ExplainedList
from ui.glossary import meaning_of
from ui.run_context import RunContext
from ui.shell.errors import show_error
from ui.shell.figures import show_figure
from ui.shell.page_context import PageContext
from ui.transfer.scored_pair import cached_pair

ALPHAS = np.linspace(0.0, 1.0, 101)


def show_representations(page: PageContext, explained: ExplainedList) -> None:
    """Three figures, one for each question."""
    context, history = explained.context, explained.edited_history
    if not isinstance(context.run.model, Encoder) or not len(history):
        st.write(tr("There is nothing to compare: interests need a model with item vectors, and at least one item."))
        return
    st.caption(
        tr("The next choice is what the user is likely to choose next. Interests are what the user likes over time."),
        help=meaning_of("Next choice", "Interest"),
    )
    left, right = st.columns(2, gap="large")
    with left:
        found = history_reliance(context, explained)
        titles = [explained.title(int(item)) for item in found.items]
        show_figure(reliance_figure(found, titles), "reliance")
        st.caption(
            tr("Interests: exact shares. Next choice: each item is left out, and all scores are compared."),
            help=meaning_of("Influence"),
        )
    with right:
        lists = [
            [int(item) for item in top_k(np.where(explained.candidates, scores, -np.inf), explained.k)[0] if item]
            for scores in (context.run.model.scores([history]), context.interests.scores([history]))
        ]
        likeness = like_newest(context.dataset.catalogue, history, *lists)
        if likeness.kind:
            figure = like_newest_figure(likeness, len(lists[0]))
            show_figure(figure, "like_newest")
            st.caption(tr("Why the next choice may be about something the user only did last night."))
        else:
            st.write(tr("The newest item has neither scenario nor tags, so the lists can’t be compared by kind."))
    _replaced(page, explained)


def history_reliance(context: RunContext, explained: ExplainedList) -> Reliance:
    """What interests and next choice lean on, for the edited history."""
    return reliance(context.interests, context.run.model.scores, explained.edited_history, explained.candidates)


def _replaced(page: PageContext, explained: ExplainedList) -> None:
    """What α moves, for the same pair with next-choice scores and with interests."""
    view, rules = page.view, explained.scored.rules
    if not view.source or not explained.alpha:
        st.write(tr("Choose a source and an α above 0 to see what α moves in each case."))
        return
    if rules.epsilon:
        st.write(tr("The source is protected, so its interests are not compared: one noised embedding can’t be split."))
        return
    with_interests = rules if rules.what == "interests" else rules.transferring("interests")  # keeps the weights
    try:
        paths = [
            cached_pair(explained.context.folder, view.target, view.source, explained.k, one).path
            for one in (rules.transferring("next-choice"), with_interests)
        ]
    except StudioError as error:
        show_error(error)
        return
    of_next, of_interests = (replaced(path, ALPHAS) for path in paths)
    figure = replaced_figure(ALPHAS, of_next, of_interests, explained.alpha, len(paths[0].at(0.0)))
    show_figure(figure, "replaced")

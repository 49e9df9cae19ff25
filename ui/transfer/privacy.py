"""Privacy of the source: what a promise costs, what it covers, what was spent, and what is left of the list."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from recsys.charts.style import CONFIG
from recsys.charts.transfer import privacy_figure
from recsys.errors import ProtectionError
from recsys.models.recommender import Encoder
from recsys.transfer.privacy import COVERED, NOT_COVERED, PrivacyPoint, privacy_curve, privacy_sentence
from recsys.transfer.privacy_budget import LIMIT
from ui import cache
from ui.run_context import RunContext
from ui.shell.frame import PageContext
from ui.shell.rules import Rules
from ui.shell.widgets import escape_markdown
from ui.transfer.protection import privacy_parameters, recorded_draw, spent_on
from ui.transfer.scored_pair import ScoredPair, cached_pair

EPSILON = 4.0  # where the curve is read when the switch is off


def privacy(studio: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """The promise in words, what this space has spent of it, and (without protection) the curve over ε."""
    if not isinstance(context.run.model, Encoder):
        st.info("The promise is made on vectors of users. This model has none: open a run of the attention model.")
        return
    st.write(
        "Showing one user’s interests in another’s list reveals them. The switch “Protect the source” under Rules cuts "
        "the source’s vector to a fixed length and adds noise."
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        if scored.rules.epsilon:
            _spending(studio, context, scored)
        else:
            _curve(studio, context, scored)
    with right:
        _promise(context, scored)


def _promise(context: RunContext, scored: ScoredPair) -> None:
    epsilon, people = scored.rules.epsilon, len(scored.pair.source.party.histories)
    st.subheader(f"Protection is on, ε = {epsilon:g}" if epsilon else "Protection is off", anchor=False)
    st.write(escape_markdown(privacy_sentence(privacy_parameters(context, epsilon or EPSILON), people), 500))
    if people == 1:
        st.caption("A group’s mean needs less noise: with n users, n times less.")
    st.caption(COVERED)
    st.caption(NOT_COVERED)


def _spending(studio: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """What was spent, and a new draw for a price."""
    source = studio.view.source
    used = spent_on(studio.space, context, source)
    st.metric("Spent on this source", f"ε = {used:.3g}", help="Of the most exposed user in it, all draws together.")
    st.progress(min(used / LIMIT, 1.0), text=f"{used:.3g} of at most {LIMIT:g}, in this space")
    st.write(
        "The noise of one source at one ε is drawn once: other α, lengths and filters, and seeing it again, cost "
        "nothing more. Another ε, another run, another item or user table, a group with the same user, or a new draw "
        "adds."
    )
    if st.button("Draw the noise again", key="privacy_again", help="Adds to what was spent; it can’t be taken back."):
        try:
            recorded_draw(studio.space, context, studio.view.target, source, scored.rules, again=True)
        except ProtectionError as refused:
            st.warning(escape_markdown(str(refused), 600))
        else:
            st.rerun()
    st.caption("How much of the list the noise leaves is not shown here: that figure reads the source as it is.")


def _curve(studio: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """How much of the list survives the noise, over ε; it reads the source as it is."""
    view = studio.view
    with st.spinner("Drawing the noise many times …"):
        rules = replace(scored.rules, epsilon=0.0, diversity=0.0)
        points = _noise_curve(context.folder, view.target, view.source, view.k, rules, view.alpha)
    people = len(scored.pair.source.party.histories)
    st.plotly_chart(privacy_figure(points, EPSILON, people), key="privacy", config=CONFIG, width="stretch")
    st.caption("This figure compares with the list without noise, so it is no part of any promise.")


@st.cache_resource(max_entries=32, show_spinner=False)
def _noise_curve(folder: str, target: str, source: str, k: int, rules: Rules, alpha: float) -> tuple[PrivacyPoint, ...]:
    """How much of a pair's list survives the noise, over ε; fewer draws where the source has many users."""
    both = cached_pair(folder, target, source, k, rules).transfer
    draws = max(3, min(20, 600 // len(both.source.histories)))
    users = cache.open_run(folder)[1].n_users
    return privacy_curve(both, alpha, k, users=users, clip=cache.clip_of(folder), draws=draws)

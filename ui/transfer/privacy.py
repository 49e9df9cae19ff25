"""The tab Privacy: the guarantee, what it covers, the budget spent, and how much of the list survives the noise."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from recsys.cases.rules import Rules
from recsys.charts.transfer import privacy_figure
from recsys.errors import ProtectionError
from recsys.models.recommender import Encoder
from recsys.transfer.agreement import MEAN
from recsys.transfer.privacy import COVERED, NOT_COVERED, PrivacyPoint, privacy_curve, privacy_sentence
from recsys.transfer.privacy_budget import LIMIT
from recsys.wording import tr
from ui import cache
from ui.glossary import meaning_of
from ui.run_context import RunContext
from ui.shell.figures import show_figure
from ui.shell.frame import PageContext
from ui.shell.widgets import escape_markdown
from ui.transfer.protection import privacy_parameters, recorded_draw, spent_on
from ui.transfer.scored_pair import ScoredPair, cached_pair

EPSILON = 4.0  # described while the protection is off


def privacy(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """The guarantee, and the budget spent or (without protection) the curve over ε."""
    if not isinstance(context.run.model, Encoder):
        st.info(tr("Protection needs user embeddings. This model has none: open a run of a model with embeddings."))
        return
    if scored.transfer.source.agreement not in ("", MEAN):
        st.info(tr("Noise is added to the mean of several users. Let those of the source agree by the mean to see it."))
        return
    st.write(
        tr(
            "A blended list reveals interests of the source. The option “Protect the source” under Rules clips the "
            "source’s embedding and adds noise to it."
        )
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        if scored.rules.epsilon:
            _spending(page, context, scored)
        else:
            _curve(page, context, scored)
    with right:
        _guarantee(context, scored)


def _guarantee(context: RunContext, scored: ScoredPair) -> None:
    epsilon, members = scored.rules.epsilon, len(scored.pair.source.party.histories)
    state = tr("Protection is on, ε = {epsilon:g}", epsilon=epsilon) if epsilon else tr("Protection is off")
    help = meaning_of("Differential privacy", "Privacy parameter ε", "Privacy parameter δ")
    st.subheader(state, anchor=False, help=help)
    st.write(escape_markdown(tr(privacy_sentence(privacy_parameters(context, epsilon or EPSILON), members)), 500))
    if members == 1:
        st.caption(tr("The mean of n users needs n times less noise."))
    st.caption(tr(COVERED))
    st.caption(tr(NOT_COVERED))


def _spending(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """The budget spent, and a button for a new draw."""
    source = page.view.source
    used = spent_on(page.space, context, source)
    st.metric(
        tr("Spent on this source"),
        f"ε = {used:.3g}",
        help=f"{tr('All draws together, for the most exposed user.')}\n\n{meaning_of('Privacy parameter ε')}",
    )
    said = tr("{used:.3g} of at most {limit:g}, in this workspace", used=used, limit=LIMIT)
    st.progress(min(used / LIMIT, 1.0), text=said)
    st.write(
        tr(
            "The noise of a source at one ε is drawn once: another α, length or filter, or opening it again, costs "
            "nothing. Another ε, run, item table or user table, a group with the same user, or a new draw adds to it."
        )
    )
    hint = tr("Adds to the budget spent, which can’t be undone.")
    if st.button(tr("Draw the noise again"), key="privacy_again", help=hint):
        try:
            recorded_draw(page.space, context, page.view.target, source, scored.rules, again=True)
        except ProtectionError as refused:
            st.warning(escape_markdown(tr(refused.message), 600))
        else:
            st.rerun()
    st.caption(tr("The figure over ε is hidden while the source is protected: it reads the source without noise."))


def _curve(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """The figure of how much of the list survives the noise; it reads the source without noise."""
    view = page.view
    with st.spinner(tr("Drawing the noise many times …")):
        rules = replace(scored.rules, epsilon=0.0, diversity=0.0).transferring("next-choice")
        points = _noise_curve(context.folder, view.target, view.source, view.k, rules, view.alpha)
    members = len(scored.pair.source.party.histories)
    show_figure(privacy_figure(points, EPSILON, members), "privacy")
    st.caption(tr("The figure compares with the list without noise, so the guarantee does not cover it."))
    if scored.transfer.interests is not None:
        st.caption(tr("It is about the next choice: one noised embedding can’t be split into interests."))


@st.cache_resource(max_entries=32, show_spinner=False)
def _noise_curve(folder: str, target: str, source: str, k: int, rules: Rules, alpha: float) -> tuple[PrivacyPoint, ...]:
    """How much of a pair's list survives the noise, over ε; fewer draws where the source has many users."""
    both = cached_pair(folder, target, source, k, rules).transfer
    draws = max(3, min(20, 600 // len(both.source.histories)))
    users = cache.open_run(folder)[1].n_users
    return privacy_curve(both, alpha, k, users=users, clip=cache.clip_of(folder), draws=draws)

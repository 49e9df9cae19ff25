"""Privacy of the source: what a promise costs, what is left of the list, and what it does not cover."""

from __future__ import annotations

import streamlit as st

from recsys.charts.style import CONFIG
from recsys.charts.transfer import privacy_figure
from recsys.models.recommender import Encoder
from recsys.transfer.privacy import NOT_COVERED, Promise, privacy_sentence
from ui import cache
from ui.frame import Studio
from ui.inputs import plain
from ui.transfer_case import Case
from ui.transfer_ends import Room

EPSILON = 4.0  # where the curve is read when the switch is off


def privacy(studio: Studio, room: Room, case: Case) -> None:
    """The curve over ε for this pair, the promise in words, and where the switch is."""
    if not isinstance(room.run.model, Encoder):
        st.info(
            "The promise is made on representations of people. This model has none: open a run of the attention model."
        )
        return
    epsilon, people = case.rules.epsilon or EPSILON, len(case.pair.source.taste.histories)
    clip = cache.clip_of(room.folder)
    st.write(
        "Showing somebody’s taste in another’s list reveals it. The switch “Protect the source” under Rules cuts the "
        "source’s representation to a fixed length and adds noise."
    )
    left, right = st.columns([3, 2], gap="large")
    with left, st.spinner("Drawing the noise many times …"):
        view = studio.view
        points = cache.privacy_of(room.folder, view.target, view.source, view.k, case.rules.plain(), view.alpha)
        st.plotly_chart(privacy_figure(points, epsilon, people), key="privacy", config=CONFIG, width="stretch")
    with right:
        on = f"on, ε = {case.rules.epsilon:g}" if case.rules.epsilon else "off"
        st.subheader(f"Protection is {on}", anchor=False)
        st.write(plain(privacy_sentence(Promise(epsilon, clip=clip), people), 500))
        if people == 1:
            st.caption(
                "A group’s mean needs less noise: with n people, n times less. Choose a group as the source to see it."
            )
        st.caption(NOT_COVERED)

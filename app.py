"""Home: what this is, where you stand, one click to a running demo."""

from __future__ import annotations

import streamlit as st

from ui import frame
from ui.account import account_buttons, bring_along
from ui.demo import class_button, demo_button, demo_progress
from ui.diagnostics import diagnostics
from ui.miniature import miniature
from ui.saved_work import saved_work
from ui.steps import step_cards
from ui.warm import warm_up

with frame("home") as studio:
    show, start = st.columns([7, 3], gap="large")
    with show:
        miniature()
    with start:
        st.subheader("Start", anchor=False)
        st.write("Drag the thumb: the list follows. It blends two people’s tastes, with a model trained on our sample.")
        class_button(studio)
        demo_button(studio)
        if st.button("Use my data", key="home_own", width="stretch"):
            studio.go("data")
        demo_progress(studio)
        account_buttons("home")
        bring_along(studio.space)
    step_cards(studio)
    with st.expander("Your saved work", expanded=bool(studio.space.entries())):
        saved_work(studio)
    with st.expander("Diagnostics"):
        diagnostics(studio)
    warm_up()

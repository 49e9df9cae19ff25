"""Home: what this is, where you stand, one click to a running demo."""

from __future__ import annotations

import streamlit as st

from ui.home.demo import class_button, demo_button, demo_progress
from ui.home.miniature import miniature
from ui.home.saved_work import saved_work
from ui.home.step_cards import step_cards
from ui.shell.account import account_buttons, bring_along
from ui.shell.diagnostics import diagnostics
from ui.shell.frame import open_page
from ui.shell.warm_up import warm_up

with open_page("home") as studio:
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

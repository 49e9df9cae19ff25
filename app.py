"""Home: a live example, the demo with one click, the steps, saved work."""

from __future__ import annotations

import streamlit as st

from recsys.wording import tr
from ui.data.replaced import remove_replaced
from ui.home.demo import class_button, demo_button, demo_progress
from ui.home.miniature import miniature
from ui.home.saved_work import saved_work
from ui.home.step_cards import step_cards
from ui.shell.account import account_buttons, move_browser_work
from ui.shell.diagnostics import diagnostics
from ui.shell.frame import open_page
from ui.shell.warm_up import warm_up

with open_page("home") as page:
    show, start = st.columns([7, 3], gap="large")
    with show:
        miniature()
    with start:
        st.subheader(tr("Start"), anchor=False)
        st.write(tr("Drag α to blend the interests of two users of the sample: the list follows at once."))
        class_button(page)
        demo_button(page)
        if st.button(tr("Use my data"), key="home_own", width="stretch"):
            page.go("data")
        demo_progress(page)
        account_buttons("home")
        move_browser_work(page.space)
    step_cards(page)
    remove_replaced(page, (page.dataset_id,))
    with st.expander(tr("Your saved work"), expanded=bool(page.space.entries())):
        saved_work(page)
    with st.expander(tr("Diagnostics")):
        diagnostics(page)
    warm_up(page.jobs)

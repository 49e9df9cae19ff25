"""A page that goes wrong in the way its address names: what tests/browser/test_screen.py must see."""

import logging
import time

import streamlit as st

from recsys.errors import InputError
from ui.shell.errors import ErrorDisplay, show_verdict
from ui.shell.log import start_log

start_log()
how = st.query_params.get("how", "")
st.title("Screen")
with ErrorDisplay():
    if how == "unexpected":
        raise ZeroDivisionError("a private detail")
    if how == "refused":
        raise InputError("alpha", "must be small", 7)
if how in ("unexpected-a-while", "refused-a-while", "bare-a-while"):
    for_a_while = st.empty()
    with for_a_while.container(), ErrorDisplay():
        if how.startswith("bare"):
            st.error("bare")
        else:
            raise ZeroDivisionError if how.startswith("unexpected") else InputError("alpha", "must be small", 7)
    time.sleep(0.5)
    for_a_while.empty()
if how == "log":
    logging.getLogger("recsys.jobs.queue").error("job x failed")
elif how == "verdict":
    show_verdict("harms", "It harms.")
elif how == "bare":
    st.error("bare")
elif how == "escaped":
    raise ValueError("escaped")

"""Loads the modules of the later pages in the background while the first visitor looks at Home."""

from __future__ import annotations

import threading
from importlib import import_module

import streamlit as st

MODULES = (
    "torch",
    "sklearn.cluster",
    "recsys.runs",
    "recsys.embeddings",
    "recsys.transfer",
    "recsys.evaluation",
    "recsys.explain",
)
DELAY = 1.0  # seconds, so that Home is drawn first


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Starts loading, once per server. A page that is opened meanwhile waits for its own imports only."""
    timer = threading.Timer(DELAY, lambda: [import_module(name) for name in MODULES])
    timer.daemon = True
    timer.start()
    return timer

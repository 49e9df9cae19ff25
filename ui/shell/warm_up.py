"""What the later pages need is loaded while the server's first visitor looks at Home."""

from __future__ import annotations

import threading
from importlib import import_module

import streamlit as st

LATER = (
    "torch",
    "sklearn.cluster",
    "recsys.runs",
    "recsys.embeddings",
    "recsys.transfer",
    "recsys.evaluation",
    "recsys.explain",
)
DELAY = 1.0  # seconds: Home itself comes first


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Begins to load, once per server. A page that is opened meanwhile waits for what it needs, as it would without."""
    timer = threading.Timer(DELAY, lambda: [import_module(name) for name in LATER])
    timer.daemon = True
    timer.start()
    return timer

"""Starts the first worker and loads the modules of the later pages while the first visitor looks at Home."""

from __future__ import annotations

import threading
from importlib import import_module

import streamlit as st

from recsys.jobs.queue import JobQueue

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
def warm_up(_jobs: JobQueue) -> threading.Thread:
    """Starts the first worker of the job queue, once per server, and loads the modules meanwhile.

    A page that is opened meanwhile waits for its own imports only.
    """

    def load() -> None:
        _jobs.runner.prepare()
        for name in MODULES:
            import_module(name)

    timer = threading.Timer(DELAY, load)
    timer.daemon = True
    timer.start()
    return timer

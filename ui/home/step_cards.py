"""Where you stand: the steps as a row of cards, each with its state and the way to it."""

from __future__ import annotations

import streamlit as st

from ui.shell.frame import STEPS, PageContext

WHAT = {
    "data": "A file of who chose what",
    "train": "A model of taste, in a minute",
    "embeddings": "A map of your people",
    "transfer": "Blend two tastes, live",
    "evaluate": "Does it help? With intervals",
    "explain": "What a pick hangs on",
    "learn": "The ideas, with live numbers",
}


def step_cards(studio: PageContext) -> None:
    """One card a step: mark, name, a line, a link."""
    steps = [step for step in STEPS if step.key in WHAT]
    with st.container(key="steps"):
        for column, step in zip(st.columns(len(steps), gap="small"), steps, strict=True):
            with column:
                st.page_link(step.file, label=f"{studio.mark(step)} {step.name}", query_params=studio.params())
                st.caption(WHAT[step.key])

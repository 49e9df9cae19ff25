"""The steps as a row of cards, each with its state and a link."""

from __future__ import annotations

import streamlit as st

from recsys.wording import Message, tr
from ui.shell.frame import STEPS, PageContext

DESCRIPTIONS = {
    "data": Message("A file of interactions"),
    "train": Message("A model in a minute"),
    "embeddings": Message("A map of users"),
    "transfer": Message("Blend two users’ interests"),
    "evaluate": Message("Does transfer help?"),
    "explain": Message("Why an item is recommended"),
    "learn": Message("The ideas, with live numbers"),
}


def step_cards(page: PageContext) -> None:
    """One card per step: mark, name, link, a line."""
    steps = [step for step in STEPS if step.key in DESCRIPTIONS]
    with st.container(key="steps"):
        for column, step in zip(st.columns(len(steps), gap="small"), steps, strict=True):
            with column:
                st.page_link(
                    step.file, label=f"{page.step_mark(step)} {tr(step.name)}".strip(), query_params=page.params()
                )
                st.caption(tr(DESCRIPTIONS[step.key]))

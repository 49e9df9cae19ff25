"""The page Transfer: the mixer on top, details in tabs below the fold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from recsys.errors import ProtectionError, StudioError
from recsys.models.recommender import Encoder
from ui import cache
from ui.components.mixer import choice, mixer
from ui.embeddings.projections import ProjectionSettings
from ui.run_context import RunContext
from ui.shell import state
from ui.shell.frame import PageContext, show_error
from ui.shell.rules import Rules
from ui.shell.widgets import escape_markdown
from ui.transfer.pickers import complete_pair, picker_row
from ui.transfer.scored_pair import ScoredPair, applicable_rules, scored_pair

KEY = "mixer"


def apply_component_events() -> None:
    """Takes over what was chosen in the mixer into the URL; before the frame, so that the menu's links carry it."""
    told = choice(KEY)
    changed: dict[str, Any] = {}
    if told.seq != st.session_state.get("mixer_heard", 0):
        st.session_state["mixer_heard"] = told.seq
        if told.alpha is not None:
            changed["alpha"] = told.alpha
    if told.k is not None:
        changed["k"] = told.k
    if changed:
        state.write_view(replace(state.read_view(), **changed))


def requested_choice() -> str:
    """The tab that was asked for in the mixer at this run, or ""."""
    return choice(KEY).open or ""


def choose_pair(studio: PageContext, context: RunContext) -> ScoredPair | None:
    """The row of pickers, and the case it leads to; None (and a sentence on screen) when it leads nowhere."""
    complete_pair(studio, context)
    view, rules = studio.view, applied_rules(studio, context)
    row = st.container()
    scored, names = None, (view.target.partition(":")[2], view.source.partition(":")[2])
    try:
        scored = scored_pair(studio, context, view.target, view.source, rules, saved_map(studio, context))
        names = (scored.pair.target.card.name, scored.pair.source.card.name)
    except ProtectionError as refused:
        st.warning(escape_markdown(str(refused), 600))
    except StudioError as error:
        show_error(error)
    with row:
        picker_row(studio, context, names)
    return scored


def applied_rules(studio: PageContext, context: RunContext) -> Rules:
    """The rules of the URL that this run can follow; a sentence on screen about each that it can't."""
    rules, problems = applicable_rules(context, studio.view.rules)
    for problem in problems:
        st.warning(escape_markdown(problem, 400))
    return rules


def saved_map(studio: PageContext, context: RunContext) -> str:
    """The folder of this space's map of the run's people as Embeddings shows it; "" before it has been drawn."""
    if not isinstance(context.run.model, Encoder):
        return ""
    key = ProjectionSettings().key(cache.embeddings_of(context.folder))
    found = (entry.id for entry in studio.space.entries("map") if entry.meta.get("key") == key)
    entry_id = next(found, None)
    return "" if entry_id is None else str(studio.space.path(entry_id))


def show_mixer(studio: PageContext, scored: ScoredPair, verdict: str) -> None:
    """The mixer. While the thumb moves nothing reaches the server."""
    mixer(scored.mixer_data, studio.view.alpha, KEY, verdict)

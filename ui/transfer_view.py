"""The page Transfer: the mixer on top, details in tabs below the fold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from recsys.errors import ProtectionError, StudioError
from recsys.models.recommender import Encoder
from ui import cache, state
from ui.frame import Studio, show_error
from ui.inputs import plain
from ui.live.mixer import choice, mixer
from ui.maps import Wish
from ui.rules import Rules
from ui.transfer_case import Case, applicable, scored
from ui.transfer_ends import Room
from ui.transfer_pickers import complete, end_row

KEY = "mixer"


def hear() -> None:
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


def asked() -> str:
    """The tab that was asked for in the mixer at this run, or ""."""
    return choice(KEY).open or ""


def pick(studio: Studio, room: Room) -> Case | None:
    """The row of pickers, and the case it leads to; None (and a sentence on screen) when it leads nowhere."""
    complete(studio, room)
    view, rules = studio.view, followed(studio, room)
    row = st.container()
    case, names = None, (view.target.partition(":")[2], view.source.partition(":")[2])
    try:
        case = scored(studio, room, view.target, view.source, rules, saved_map(studio, room))
        names = (case.pair.target.side.name, case.pair.source.side.name)
    except ProtectionError as refused:
        st.warning(plain(str(refused), 600))
    except StudioError as error:
        show_error(error)
    with row:
        end_row(studio, room, names)
    return case


def followed(studio: Studio, room: Room) -> Rules:
    """The rules of the URL that this run can follow; a sentence on screen about each that it can't."""
    rules, problems = applicable(room, studio.view.rules)
    for problem in problems:
        st.warning(plain(problem, 400))
    return rules


def saved_map(studio: Studio, room: Room) -> str:
    """The folder of this space's map of the run's people as Embeddings shows it; "" before it has been drawn."""
    if not isinstance(room.run.model, Encoder):
        return ""
    key = Wish().key(cache.embeddings_of(room.folder))
    found = (entry.id for entry in studio.space.entries("map") if entry.meta.get("key") == key)
    entry_id = next(found, None)
    return "" if entry_id is None else str(studio.space.path(entry_id))


def live(studio: Studio, case: Case, verdict: str) -> None:
    """The mixer. While the thumb moves nothing reaches the server."""
    mixer(case.shown, studio.view.alpha, KEY, verdict)

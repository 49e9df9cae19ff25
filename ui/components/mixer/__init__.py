"""The mixer: one browser component that holds the α slider, the list, the map, both histories and the words.

While the thumb moves nothing reaches the server; on release Python hears of α. The answer carries a number (`seq`), so
that an answer to an older value never moves the thumb back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.mixer.payload import LENGTHS, PartyCard, UserMap, mixer_data

__all__ = ["LENGTHS", "Choice", "PartyCard", "UserMap", "choice", "mixer", "mixer_data"]

_HERE = Path(__file__).parent
_SCRIPTS = (
    "words.js",
    "state.js",
    "rows.js",
    "map.js",
    "list.js",
    "component.js",
)  # one module, in this order
_mount = st.components.v2.component(
    "studio_mixer",
    html=(_HERE / "component.html").read_text("utf-8"),
    css=(_HERE / "component.css").read_text("utf-8"),
    js="\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS),
)


@dataclass(frozen=True)
class Choice:
    """What the person last chose in a mixer; None for what wasn't touched since it appeared.

    Attributes:
        alpha: where the thumb was released, from 0 to 1.
        k: the list length, at the run in which it was chosen.
        open: "help" at the run in which "does it help?" was pressed.
        seq: how many values of α the browser has told.
    """

    alpha: float | None = None
    k: int | None = None
    open: str | None = None
    seq: int = 0


def choice(key: str) -> Choice:
    """The choice in the mixer of this key. Values from the browser are not trusted: what breaks a rule is ignored."""
    state = st.session_state.get(key) or {}
    told = state.get("alpha") or {}
    alpha, seq = (told.get("value"), told.get("seq", 0)) if isinstance(told, Mapping) else (None, 0)
    k = state.get("k")
    return Choice(
        alpha=float(alpha) if isinstance(alpha, int | float) and 0 <= alpha <= 1 else None,
        k=int(k) if isinstance(k, int | float) and 1 <= k <= 100 else None,
        open=state.get("open") if state.get("open") == "help" else None,
        seq=int(seq) if isinstance(seq, int | float) else 0,
    )


def mixer(data: Mapping[str, Any], alpha: float, key: str, verdict: str = "", alone: bool = False) -> Choice:
    """Shows the mixer.

    Args:
        data: from `mixer_data`.
        alpha: where the thumb stands; read when the pair is new or when the page changed it.
        key: the widget's key.
        verdict: the words on the button that leads to "does it help?"; "" hides it.
        alone: the miniature: slider, list and map only; it plays once by itself and tells Python nothing.
    """
    sent = {**data, "alpha": alpha, "seq": choice(key).seq, "verdict": verdict, "alone": alone}
    _mount(key=key, data=sent, on_alpha_change=_heard, on_k_change=_heard, on_open_change=_heard)
    return choice(key)


def _heard() -> None:
    """Callbacks make the values appear in session state; the page reads them there with `choice`."""

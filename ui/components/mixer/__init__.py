"""The mixer: one browser component with the α slider, the list, the map, both histories and the texts.

While the thumb moves nothing is sent to the server; α is sent on release. Each value carries a number (`seq`), so that
the answer to an older value never moves the thumb back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import streamlit as st

from recsys.errors import InputError
from ui.components.colours import css_colours, js_colours
from ui.components.mixer.interest_panel import InterestPanel, InterestRow
from ui.components.mixer.method_panel import MethodOption, MethodPanel, SecondList
from ui.components.mixer.payload import MethodPath, PartyCard, UserMap, mixer_data, worded
from ui.components.words import WORDS_JS, component_words

__all__ = [
    "Choice",
    "InterestPanel",
    "InterestRow",
    "MethodOption",
    "MethodPanel",
    "MethodPath",
    "PartyCard",
    "SecondList",
    "UserMap",
    "choice",
    "mixer",
    "mixer_data",
]

_HERE = Path(__file__).parent
_MAX_WEIGHTS = 200  # characters
_MAX_NAME = 40  # characters of a transfer method's name
_SCRIPTS = (
    "words.js",
    "state.js",
    "path.js",
    "map.js",
    "list.js",
    "interests.js",
    "methods.js",
    "component.js",
)  # joined to one module, in this order
_HTML = (_HERE / "component.html").read_text("utf-8")
_JS = "\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)
_mount = st.components.v2.component(
    "studio_mixer",
    html=_HTML,
    css=css_colours(".mixer") + (_HERE / "component.css").read_text("utf-8"),
    js=js_colours() + WORDS_JS + _JS,
)


@dataclass(frozen=True)
class Choice:
    """What the user last chose in a mixer; None for what was not changed since the mixer appeared.

    Attributes:
        alpha: where the thumb was released, from 0 to 1.
        k: the list length, at the run in which it was chosen.
        open: "help" at the run in which "Does it help?" was pressed.
        what: "interests" or "next-choice", at the run in which the switch was used.
        weights: of the source's interests, as `recsys.transfer.write_weights` writes them.
        weights_seq: how many weights the browser has sent.
        method: the name of a transfer method, at the run in which it was chosen.
        beside: the name of the method whose list is shown beside it, "" for none, at the run in which it was chosen.
        seq: how many values of α the browser has sent.
    """

    alpha: float | None = None
    k: int | None = None
    open: str | None = None
    seq: int = 0
    what: str | None = None
    weights: str | None = None
    weights_seq: int = 0
    method: str | None = None
    beside: str | None = None


def choice(key: str) -> Choice:
    """The choice in the mixer of this widget key. Invalid values are ignored: a browser can send anything."""
    state = st.session_state.get(key) or {}
    sent = state.get("alpha") or {}
    alpha, seq = (sent.get("value"), sent.get("seq", 0)) if isinstance(sent, Mapping) else (None, 0)
    weighed = state.get("weights") or {}
    text, weights_seq = (weighed.get("value"), weighed.get("seq", 0)) if isinstance(weighed, Mapping) else (None, 0)
    k = state.get("k")
    return Choice(
        alpha=float(alpha) if isinstance(alpha, int | float) and 0 <= alpha <= 1 else None,
        k=int(k) if isinstance(k, int | float) and 1 <= k <= 100 else None,
        open=state.get("open") if state.get("open") == "help" else None,
        seq=int(seq) if isinstance(seq, int | float) else 0,
        what=state.get("what") if state.get("what") in ("interests", "next-choice") else None,
        weights=_weights(text),
        weights_seq=int(weights_seq) if isinstance(weights_seq, int | float) else 0,
        method=_name(state.get("method")) or None,
        beside="" if state.get("beside") == "none" else _name(state.get("beside")),
    )


def _name(text: object) -> str | None:
    """A method's name as it was sent; whether the run has such a method is checked by the page."""
    return text if isinstance(text, str) and len(text) <= _MAX_NAME else None


def _weights(text: object) -> str | None:
    if not isinstance(text, str) or len(text) > _MAX_WEIGHTS:
        return None
    from recsys.transfer import read_weights, write_weights  # heavy: Home shows a mixer before it is loaded

    try:
        return write_weights(read_weights(text))
    except InputError:
        return None


def mixer(
    data: Mapping[str, Any],
    alpha: float,
    key: str,
    verdict: str = "",
    compact: bool = False,
    evidence: Sequence[str] = (),
    meanings: Mapping[str, str] = MappingProxyType({}),
) -> Choice:
    """Shows the mixer.

    Args:
        data: from `mixer_data`.
        alpha: where the thumb is; used when the pair is new or when the page changed α.
        key: the widget's key.
        verdict: label of the button that leads to "Does it help?"; "" hides it.
        compact: only slider, list and map, as on Home; plays once by itself and sends nothing to Python.
        evidence: what a study says of the first list's method, of the second's, and of their difference.
        meanings: name of a transfer method -> what it does, in the language of the reader; `data` is kept for all.
    """
    now = choice(key)
    sent = {
        **worded(data, meanings),
        "words": component_words(_HTML, _JS),
        "alpha": alpha,
        "seq": now.seq,
        "weights_seq": now.weights_seq,
        "verdict": verdict,
        "compact": compact,
        "evidence": list(evidence),
    }
    _mount(
        key=key,
        data=sent,
        on_alpha_change=_on_change,
        on_k_change=_on_change,
        on_open_change=_on_change,
        on_what_change=_on_change,
        on_weights_change=_on_change,
        on_method_change=_on_change,
        on_beside_change=_on_change,
    )
    return choice(key)


def _on_change() -> None:
    """Values are kept in the session state only where a callback is given; pages read them with `choice`."""

"""What the session keeps of a map: the valid choice, and which parts its browser has been sent.

Streamlit drops a component's state as soon as a page without it runs, and a refresh begins a new session with an empty
browser. So the session keeps the choice, and both sides follow it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from ui.components.point_map.payload import bits_of, chosen_rows, cut

MOST_SENT = 8  # signatures of sent parts; the browser keeps more (component.js) and asks for the ones it lacks


@dataclass(frozen=True, eq=False)
class Choice:
    """The rows chosen on a map.

    Attributes:
        kind: "none", "pick" (one point), "lasso", or "group" (all rows of one colour).
        rows: int64, ascending; empty for "none".
        name: the group's name, else "".
        seq: number of choices that the browser has sent.
    """

    kind: str
    rows: np.ndarray
    name: str = ""
    seq: int = 0


def choice(key: str, n: int, identity: str | None = None) -> Choice:
    """The choice on the map of this key, of `n` rows. What comes from the browser is not trusted.

    Args:
        identity: of the rows that are shown (`identity_of`): a choice among other rows ends. None reads the choice
            without ending it.
    """
    message = _valid_choice(key, identity)
    kind, seq = message.get("kind"), _integer(message.get("seq"))
    if kind == "pick" and isinstance(message.get("index"), int | float) and 0 <= message["index"] < n:
        return Choice("pick", np.array([int(message["index"])], dtype=np.int64), seq=seq)
    if kind in ("lasso", "group") and len(rows := chosen_rows(message.get("bits"), n)):
        return Choice(kind, rows, cut(str(message.get("name", ""))) if kind == "group" else "", seq)
    return Choice("none", np.empty(0, dtype=np.int64), seq=seq)


def set_choice(key: str, rows: np.ndarray, n: int, name: str, identity: str) -> None:
    """Chooses rows in place of the browser, which adopts them: they are newer than its own choice.

    Args:
        name: of the group of these rows.
        identity: of the rows of the map (`identity_of`).
    """
    seq = choice(key, n).seq + 1
    bits = {"kind": "group", "bits": bits_of(rows, n), "name": cut(name), "count": len(rows)}
    _state(key)["valid"] = {**bits, "seq": seq, "identity": identity}


def receive_choice(key: str) -> None:
    """Keeps the choice that the component has just sent, before a page runs: it may be a page without the map."""
    _valid_choice(key, None)


def choice_to_send(key: str) -> dict[str, Any] | None:
    """The valid choice for a browser that does not have it; None while the component itself has sent it."""
    valid = _state(key)["valid"]
    return None if not valid or _received(key) == valid else valid


def unsent_parts(key: str, signatures: Mapping[str, str]) -> list[str]:
    """The names of the parts that this session's browser has not been sent, which are then noted as sent."""
    sent: list[str] = st.session_state.setdefault(f"{key}_sent", [])
    new = [name for name, signature in signatures.items() if signature not in sent]
    others = (one for one in sent if one not in signatures.values())
    st.session_state[f"{key}_sent"] = [*others, *signatures.values()][-MOST_SENT:]
    return new


def forget_sent_parts(key: str) -> None:
    """Has all parts sent again, for a browser that lacks one."""
    st.session_state.pop(f"{key}_sent", None)


def _valid_choice(key: str, identity: str | None) -> Mapping[str, Any]:
    """The choice as the browser wrote it, as long as its rows are shown."""
    state, received = _state(key), _received(key)
    if received and received != state["received"]:
        state.update(valid=received, received=received)
    if identity is not None and state["valid"]:
        if state["valid"].get("identity", identity) != identity:
            state["valid"] = {"kind": "none", "seq": _integer(state["valid"].get("seq"))}
        state["valid"] = {**state["valid"], "identity": identity}
    return state["valid"]  # type: ignore[no-any-return]


def _state(key: str) -> dict[str, Any]:
    return st.session_state.setdefault(f"{key}_state", {"valid": {}, "received": {}})  # type: ignore[no-any-return]


def _received(key: str) -> dict[str, Any]:
    message = (st.session_state.get(key) or {}).get("choice")
    return dict(message) if isinstance(message, Mapping) else {}


def _integer(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0

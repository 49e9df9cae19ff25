"""What the session remembers of a map: the one valid choice, and which parts its browser has been sent.

Streamlit forgets what a component has told as soon as a page without it runs, and a refresh begins a new session with
an empty browser. So the choice is kept here, and both sides follow it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from ui.components.point_map.payload import chosen_rows, cut

REMEMBERED = 8  # signatures of sent parts; the browser keeps more (component.js), and asks for what it lacks


@dataclass(frozen=True, eq=False)
class Choice:
    """Who is chosen on a map.

    Attributes:
        kind: "none", "pick" (one point), "lasso", or "group" (everybody of one colour).
        rows: int64, ascending; empty for "none".
        name: the group's name, else "".
        seq: how many choices the browser has told.
    """

    kind: str
    rows: np.ndarray
    name: str = ""
    seq: int = 0


def choice(key: str, n: int, identity: str | None = None) -> Choice:
    """Who is chosen on the map of this key, of `n` rows. What comes from the browser is not trusted.

    Args:
        identity: of the rows that are shown (`identity_of`). A choice among others ends; None asks without ending it.
    """
    told = _valid(key, identity)
    kind, seq = told.get("kind"), _whole(told.get("seq"))
    if kind == "pick" and isinstance(told.get("index"), int | float) and 0 <= told["index"] < n:
        return Choice("pick", np.array([int(told["index"])], dtype=np.int64), seq=seq)
    if kind in ("lasso", "group") and len(rows := chosen_rows(told.get("bits"), n)):
        return Choice(kind, rows, cut(str(told.get("name", ""))) if kind == "group" else "", seq)
    return Choice("none", np.empty(0, dtype=np.int64), seq=seq)


def hear(key: str) -> None:
    """Takes over what the component of this key has just told, before any page runs: it may be another page."""
    _valid(key, None)


def held(key: str) -> dict[str, Any] | None:
    """The valid choice for a browser that does not have it; None while the component itself is what told it."""
    kept = _kept(key)
    return None if not kept["told"] or _told(key) == kept["told"] else kept["told"]


def unsent(key: str, signs: Mapping[str, str]) -> list[str]:
    """The names of the parts that this session's browser has not been sent; from now on it has."""
    sent: list[str] = st.session_state.setdefault(f"{key}_sent", [])
    new = [name for name, sign in signs.items() if sign not in sent]
    st.session_state[f"{key}_sent"] = [*(s for s in sent if s not in signs.values()), *signs.values()][-REMEMBERED:]
    return new


def forget_sent(key: str) -> None:
    """The browser lacks a part: all are sent again."""
    st.session_state.pop(f"{key}_sent", None)


def _valid(key: str, identity: str | None) -> Mapping[str, Any]:
    """The choice as the browser wrote it, once it has been told and as long as its rows are shown."""
    kept, told = _kept(key), _told(key)
    if told and (told != kept["heard"]):
        kept.update(told=told, heard=told)
    if identity is not None:
        if kept["told"].get("identity", identity) != identity:
            kept["told"] = {"kind": "none", "seq": _whole(kept["told"].get("seq"))}
        kept["told"] = {**kept["told"], "identity": identity} if kept["told"] else kept["told"]
    return kept["told"]  # type: ignore[no-any-return]


def _kept(key: str) -> dict[str, Any]:
    return st.session_state.setdefault(f"{key}_kept", {"told": {}, "heard": {}})  # type: ignore[no-any-return]


def _told(key: str) -> dict[str, Any]:
    told = (st.session_state.get(key) or {}).get("choice")
    return dict(told) if isinstance(told, Mapping) else {}


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0

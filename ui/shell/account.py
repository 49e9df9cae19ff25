"""Signing in and out, where `[auth]` is configured in the server's secrets, and work that comes along."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from recsys.workspace import Space
from ui.shell import state
from ui.shell.widgets import escape_markdown


def providers() -> dict[str, str | None]:
    """What is offered to sign in with: the words on the button -> what `st.login` is given. {} where nothing is."""
    if not st.secrets.load_if_toml_exists() or "auth" not in st.secrets:
        return {}
    auth = st.secrets["auth"]
    named: dict[str, str | None] = {
        f"Sign in with {name}": name for name, value in auth.items() if isinstance(value, Mapping)
    }
    return ({"Sign in": None} if "client_id" in auth else {}) | named


def account_buttons(where: str) -> None:
    """ "Sign in" for each provider, or who is signed in and "Sign out"; nothing where sign-in is not configured.

    Args:
        where: makes the keys of the buttons on one page differ.
    """
    offered = providers()
    if not offered:
        return
    if state.signed_in():
        st.caption(
            "Signed in as "
            f"{escape_markdown(st.user.get('name') or st.user.get('email') or 'an account without a name', 60)}"
        )
        st.button("Sign out", key=f"{where}_sign_out", on_click=st.logout)
        return
    for label, provider in offered.items():
        st.button(label, key=f"{where}_{label}", on_click=st.login, args=(provider,) if provider else ())


def bring_along(space: Space) -> None:
    """For a signed-in visitor: the button that brings what this browser saved before signing in."""
    before = state.browser_space()
    if not state.signed_in() or before is None or before.id == space.id:
        return
    count = len(before.entries())
    if not count:
        return
    if any(job.active for job in state.jobs().of(before.id)):
        st.caption("What this browser saved before you signed in can be brought along once its jobs have ended.")
    elif st.button(f"Bring {count} saved item{'s' * (count != 1)} along", key="bring_along"):
        moved = space.move_from(before)
        st.toast(f"{moved} saved item{'s' * (moved != 1)} moved into your account.")
        st.rerun()
    else:
        st.caption("Saved in this browser before you signed in. Your account finds it on every computer then.")

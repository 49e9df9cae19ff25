"""Signing in and out, where `[auth]` is configured; moving a browser's work to an account."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from recsys.wording import tr, tr_n
from recsys.workspace import Space
from ui.shell import state
from ui.shell.widgets import escape_markdown


def sign_in_options() -> dict[str, str | None]:
    """The sign-in buttons: label -> argument of `st.login`; {} where sign-in is not configured."""
    if not st.secrets.load_if_toml_exists() or "auth" not in st.secrets:
        return {}
    auth = st.secrets["auth"]
    named: dict[str, str | None] = {
        tr("Sign in with {name}", name=name): name for name, value in auth.items() if isinstance(value, Mapping)
    }
    return ({tr("Sign in"): None} if "client_id" in auth else {}) | named


def account_buttons(where: str) -> None:
    """Buttons to sign in with each provider, or the account and "Sign out"; nothing where sign-in is not configured.

    Args:
        where: prefix of the widget keys, because one page may show the buttons twice.
    """
    options = sign_in_options()
    if not options:
        return
    if state.signed_in():
        name = st.user.get("name") or st.user.get("email") or tr("an account without a name")
        st.caption(tr("Signed in as {name}", name=escape_markdown(name, 60)))
        st.button(tr("Sign out"), key=f"{where}_sign_out", on_click=st.logout)
        return
    for label, provider in options.items():
        st.button(
            label, key=f"{where}_sign_in_{provider or ''}", on_click=st.login, args=(provider,) if provider else ()
        )


def move_browser_work(space: Space) -> None:
    """For a signed-in visitor: a button that moves the work saved in this browser before signing in."""
    before = state.browser_space()
    if not state.signed_in() or before is None or before.id == space.id:
        return
    count = len(before.entries())
    if not count:
        return
    if any(job.active for job in state.jobs().of(before.id)):
        st.caption(
            tr("Work saved in this browser before you signed in can be moved to your account when its jobs have ended.")
        )
    elif st.button(
        tr_n("Move {n} saved item to your account", "Move {n} saved items to your account", count),
        key="move_browser_work",
    ):
        moved = space.move_from(before)
        st.toast(tr_n("{n} saved item moved into your account.", "{n} saved items moved into your account.", moved))
        st.rerun()
    else:
        st.caption(tr("Saved in this browser before you signed in. In your account it is available on every computer."))

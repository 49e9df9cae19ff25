"""The row above the mixer: target and source with their pickers, swap, random pair, and the rules."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from recsys.wording import tr
from ui.run_context import RunContext
from ui.shell.frame import PageContext
from ui.shell.widgets import escape_markdown
from ui.transfer.advice import what_to_transfer
from ui.transfer.party_picker import pick_party
from ui.transfer.rules_panel import rules_panel
from ui.transfer.scored_pair import random_pair


def picker_row(page: PageContext, context: RunContext, names: tuple[str, str]) -> None:
    """Shows the row. `names` are the labels of target and source."""
    target, swap, source, random, rules = st.columns([5, 1.1, 5, 2.2, 2.2], vertical_alignment="bottom")
    with target:
        _popover(
            ":blue[●] " + tr("Target: {name}", name=escape_markdown(tr(names[0]), 40)),
            "transfer_target",
            lambda: _pick(page, context, "target"),
        )
    with swap:
        depends_on_target = page.view.source.partition(":")[0] in ("near", "before", "scenario")
        if st.button("⇄", key="swap", help=tr("Swap target and source"), width="stretch", disabled=depends_on_target):
            _change(page, target=page.view.source, source=page.view.target)
    with source:
        _popover(
            ":orange[◆] " + tr("Source: {name}", name=escape_markdown(tr(names[1]), 40)),
            "transfer_source",
            lambda: _pick(page, context, "source"),
        )
    with random:
        if st.button(tr("Random pair"), key="surprise", help=tr("Two users with different interests"), width="stretch"):
            seed = st.session_state["random_pairs"] = st.session_state.get("random_pairs", 0) + 1
            picked = random_pair(context, seed)
            _change(page, target=picked[0], source=picked[1])
    with rules:
        count = len(page.view.rules.words())
        label = tr("Rules ({count})", count=count) if count else tr("Rules")
        hint = tr("Which items may be recommended, and by which scores")
        _popover(label, "transfer_rules", lambda: rules_panel(page, context), hint)


def _popover(label: str, key: str, body: Callable[[], None], hint: str | None = None) -> None:
    """A button with a panel. The body runs only while the panel is open, because it may create thousands of labels.

    It runs once more when the panel was closed: closing interrupts the run of a choice that was made just before.
    """
    panel, was_open = st.popover(label, key=key, on_change="rerun", width="stretch", help=hint), f"{key}_was_open"
    if panel.open or st.session_state.get(was_open):
        with panel:
            body()
    st.session_state[was_open] = panel.open


def _pick(page: PageContext, context: RunContext, side: str) -> None:
    """The picker of the target or the source. A choice is written to the URL."""
    chosen = pick_party(page, context, side)
    if chosen and chosen != getattr(page.view, side):
        _change(page, **{side: chosen})


def _change(page: PageContext, **view: str) -> None:
    page.set_view(**view)
    st.rerun()


def complete_pair(page: PageContext, context: RunContext) -> None:
    """Writes a random target or source to the URL where one is missing, so that the page always shows a blend.

    What is transferred then follows the study of this data (`what_to_transfer`).
    Then the page runs again, so that the links of the menu contain them.
    """
    view = page.view
    if view.target and view.source:
        return
    target, source = random_pair(context, 0, view.target)
    page.set_view(target=view.target or target, source=view.source or source)
    if page.view.rules == view.rules and what_to_transfer(page, context) == "interests" and not view.rules.epsilon:
        page.set_view(rules=view.rules.transferring("interests"))  # a link with both users keeps what it names
    st.rerun()

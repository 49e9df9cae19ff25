"""The panel Rules of Transfer: which items may be recommended, by which scores, how private. It writes the URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from recsys.cases.rules import DEFAULT_WEIGHT, NO_RULES, TRANSFERRED
from recsys.cases.scoring import second_scores
from recsys.models.recommender import Encoder
from recsys.models.table import model_label
from recsys.transfer.privacy import EPSILONS
from recsys.wording import tr
from ui.glossary import meaning_of, meaning_of_methods
from ui.run_context import RunContext
from ui.shell.frame import PageContext
from ui.shell.widgets import set_widget_value
from ui.transfer.candidate_rules import candidate_rules
from ui.transfer.methods import usable_methods

EPSILON = 4.0  # when the protection is turned on


def rules_panel(page: PageContext, context: RunContext) -> None:
    """The controls, with the values of the URL; a rule that does not apply to this run stays visible to be removed."""
    catalogue, rules = context.dataset.catalogue, page.view.rules
    st.caption(tr(context.run.repeats.sentence))
    if len(catalogue.scenario_names) > 1 or rules.scenario:
        _choice(page, "scenario", tr("Only from"), catalogue.scenario_names, tr("anything"))
    if isinstance(context.run.model, Encoder) or rules.what == "interests":
        st.selectbox(
            tr("What is transferred"),
            list(TRANSFERRED),
            format_func=lambda what: tr(TRANSFERRED[what]),
            help=meaning_of("Interest", "Next choice"),
            **_bound(page, "what"),
            **_disabled(page, "what", rules.what == "interests"),
        )
    methods = usable_methods(context)
    if len(methods) > 1 and rules.what != "interests":  # learned methods are fitted to next-choice scores
        st.selectbox(
            tr("Transfer method"),
            list(methods),
            format_func=lambda name: tr(methods[name].label),
            help=meaning_of_methods(methods),
            **_bound(page, "method"),
            **_disabled(page, "method", rules.method != NO_RULES.method),
        )
    if catalogue.tag_names or rules.tag:
        _choice(page, "tag", tr("Only with the tag"), catalogue.tag_names, tr("anything"))
    cold = np.count_nonzero(context.dataset.item_counts[1:] == 0)
    if cold or rules.cold_items:
        st.checkbox(
            tr("Only the {n:,} items without interactions", n=cold),
            **_bound(page, "cold_items"),
            **_disabled(page, "cold_items"),
        )
    hidden = tr("Leave out the items of the source")
    st.checkbox(hidden, **_bound(page, "hide_source"), **_disabled(page, "hide_source"))
    candidate_rules(page, context)
    seconds = second_scores(context)
    if seconds or rules.second_score:
        _choice(page, "second_score", tr("Second score"), seconds, tr("none"), meaning_of("Second score"))
        if rules.second_score:
            help = tr("0: the model’s score alone, 1: the second score alone.")
            st.slider(tr("Weight of the second score"), 0.0, 1.0, step=0.05, help=help, **_bound(page, "weight"))
    if isinstance(context.run.model, Encoder) or rules.diversity or rules.epsilon:
        note = tr("For the exported list. The list above is ranked by score alone, so that its changes are exact.")
        st.slider(tr("Diversity"), 0.0, 1.0, step=0.1, help=note, **_bound(page, "diversity"))
        _protection(page)


def _protection(page: PageContext) -> None:
    """The toggle, and ε while it is on."""
    rules = page.view.rules
    note = tr(
        "Clips the source’s embedding and adds noise; see the tab Privacy. Turns off the rules that read histories: "
        "learned transfer methods, second score, items of the source, items without interactions, and a period."
    )
    key = "rule_protect"

    def toggle() -> None:
        _set(page, "epsilon", EPSILON if st.session_state[key] else 0.0)

    set_widget_value(key, bool(rules.epsilon))
    st.toggle(tr("Protect the source"), key=key, on_change=toggle, help=note)
    if rules.epsilon:
        help = meaning_of("Privacy parameter ε")
        st.select_slider(tr("ε (smaller is more private)"), EPSILONS, help=help, **_bound(page, "epsilon"))


def _choice(
    page: PageContext, name: str, label: str, offered: Sequence[str], none: str, help: str | None = None
) -> None:
    """A select box with the offered values and none."""
    now = getattr(page.view.rules, name)
    missing = now and now not in offered
    options = ["", *offered, *([now] if missing else [])]

    def shown(value: str) -> str:
        label = tr(model_label(value)) if value and name == "second_score" else value
        return tr("{name} (not in this run)", name=label) if missing and value == now else label or none

    shut = _disabled(page, name) if name == "second_score" else {}
    st.selectbox(label, options, format_func=shown, help=help, **_bound(page, name), **shut)


def _disabled(page: PageContext, name: str, is_set: bool | None = None) -> dict[str, Any]:
    """Disables a rule that reads histories while the source is protected; one that is set can still be removed."""
    rules = page.view.rules
    return {"disabled": bool(rules.epsilon) and not (getattr(rules, name) if is_set is None else is_set)}


def _bound(page: PageContext, name: str) -> dict[str, Any]:
    """The arguments that make a widget show a rule of the URL and write its changes there."""
    key = f"rule_{name.removesuffix('_source')}"
    set_widget_value(key, getattr(page.view.rules, name))
    return {"key": key, "on_change": lambda: _set(page, name, st.session_state[key])}


def _set(page: PageContext, name: str, value: object) -> None:
    rules, beside = replace(page.view.rules, **{name: value}), page.view.beside  # type: ignore[arg-type]
    if name == "epsilon" and value:
        rules, beside = rules.protected(), ""
    if name == "what":
        rules = rules.transferring(str(value))
    if name == "second_score":
        rules = replace(rules, weight=(rules.weight or DEFAULT_WEIGHT) if value else 0.0)
    page.set_view(rules=rules, beside=beside)

"""The page Transfer: the mixer on top, details in tabs below the fold."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import streamlit as st

from recsys.cases.parties import name_of_party
from recsys.cases.rules import NO_RULES, Rules
from recsys.cases.scoring import applicable_rules
from recsys.errors import ProtectionError, StudioError
from recsys.jobs.maps import ProjectionSettings
from recsys.models.recommender import Encoder
from recsys.wording import in_a_row, tr
from ui import cache
from ui.components.mixer import choice, mixer
from ui.glossary import meaning_of_method
from ui.run_context import RunContext
from ui.shell import state
from ui.shell.frame import PageContext, show_error
from ui.shell.widgets import escape_markdown
from ui.transfer.advice import pair_certificate, study_of, verdict_label, where_to_begin
from ui.transfer.certificate import badge
from ui.transfer.methods import applied_beside, study_words, usable_methods
from ui.transfer.picker_row import complete_pair, picker_row
from ui.transfer.satisfaction import show_satisfaction
from ui.transfer.scored_pair import ScoredPair, scored_pair

KEY = "mixer"


def apply_component_events() -> None:
    """Writes the choice in the mixer to the URL; called before the frame, so that the links of the menu contain it."""
    chosen = choice(KEY)
    changed: dict[str, Any] = {}
    if chosen.seq != st.session_state.get("mixer_seq", 0):
        st.session_state["mixer_seq"] = chosen.seq
        if chosen.alpha is not None:
            changed["alpha"] = chosen.alpha
    if chosen.k is not None:
        changed["k"] = chosen.k
    rules = state.read_view().rules
    if chosen.what is not None:
        rules = rules.transferring(chosen.what)
        if chosen.what == "interests":
            changed["beside"] = ""  # methods are compared for the next choice
    if chosen.method is not None:
        if chosen.method == state.read_view().beside:
            changed["beside"] = rules.method  # the two lists change places
        rules = replace(rules, method=chosen.method)
    if chosen.beside is not None:
        changed["beside"] = chosen.beside
    if chosen.weights_seq != st.session_state.get("mixer_weights_seq", 0):
        st.session_state["mixer_weights_seq"] = chosen.weights_seq
        if chosen.weights is not None and rules.what == "interests":
            rules = replace(rules, interests=chosen.weights)
    if rules != state.read_view().rules:
        changed["rules"] = rules
    if changed:
        state.write_view(replace(state.read_view(), **changed))


def requested_choice() -> str:
    """The tab that was opened from the mixer in this run of the page, or ""."""
    return choice(KEY).open or ""


def choose_pair(page: PageContext, context: RunContext) -> ScoredPair | None:
    """Shows the pickers and returns the pair they name; None, and an error on screen, where it can't be scored."""
    complete_pair(page, context)
    view, rules = page.view, applied_rules(page, context)
    row = st.container()
    scored, names = None, (_name_of(context, view.target), _name_of(context, view.source))
    beside, problem = applied_beside(context, view.beside, rules)
    if problem:
        st.warning(escape_markdown(tr(problem), 400))
    try:
        scored = scored_pair(page, context, view.target, view.source, rules, saved_map(page, context), beside)
        names = (scored.pair.target.card.name, scored.pair.source.card.name)
    except ProtectionError as refused:
        st.warning(escape_markdown(tr(refused.message), 600))
    except StudioError as error:
        show_error(error)
        if rules.interests and st.button(tr("Transfer all interests"), key="all_interests"):
            page.set_view(rules=replace(page.view.rules, interests=""))
            st.rerun()
        if rules.method != NO_RULES.method and st.button(tr("Use the linear blend"), key="use_linear"):
            page.set_view(rules=replace(page.view.rules, method=NO_RULES.method))
            st.rerun()
    with row:
        picker_row(page, context, names)
    return scored


def _name_of(context: RunContext, party: str) -> str:
    """The name of a party as far as it is known without scoring it, else what the link says."""
    with suppress(StudioError):  # what is wrong with it is said above
        return name_of_party(context, party)
    return party.partition(":")[2]


def applied_rules(page: PageContext, context: RunContext) -> Rules:
    """The rules of the URL that can be applied to this run; a warning on screen about each of the others."""
    rules, problems = applicable_rules(context, page.view.rules)
    for problem in problems:
        st.warning(escape_markdown(tr(problem), 400))
    return rules


def saved_map(page: PageContext, context: RunContext) -> str:
    """The folder of the map of interests that Embeddings shows for this run; "" before it has been computed."""
    if not isinstance(context.run.model, Encoder):
        return ""
    key = ProjectionSettings().key(cache.embeddings_of(context.folder, "interests"))
    folders = (page.space.path(entry.id) for entry in page.space.entries("map") if entry.meta.get("key") == key)
    return str(next(folders, ""))


def show_mixer(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """The mixer; below it a suggestion where to begin, and the next step."""
    study = study_of(page, context)
    decision = pair_certificate(page, study, scored)
    if scored.problem:
        st.warning(escape_markdown(tr(scored.problem), 400))
    evidence: tuple[str, ...] = ()
    histories = scored.pair.target.party.histories
    if scored.beside and len(histories) == 1:  # studies hold out single users
        evidence = study_words(study, len(histories[0]), (scored.rules.method, scored.beside))
    meanings = {name: meaning_of_method(name) for name in usable_methods(context)}
    mixer(scored.mixer_data, page.view.alpha, KEY, verdict_label(study), evidence=evidence, meanings=meanings)
    if scored.rules.epsilon and scored.mixer_data["map"] is None:
        st.caption(tr("There is no map: all users belong to the protected source, and their points would show them."))
    alpha, reason = where_to_begin(study, decision, scored)
    sentence, button, onward = st.columns([5, 2, 2.4], vertical_alignment="center")
    if decision:
        with sentence:
            badge(decision)
    repeats = context.run.repeats
    sentence.caption(tr(in_a_row([reason, repeats.sentence])) if repeats.allows else reason)
    label = tr("Set α to {alpha:.2f}", alpha=alpha)
    if button.button(label, key="try_alpha", width="stretch", disabled=page.view.alpha == alpha):
        page.set_view(alpha=alpha)
        st.rerun()
    if onward.button(tr("Next: evaluate transfer"), key="transfer_next", type="primary", width="stretch"):
        page.go("evaluate", tab="study")
    if scored.transfer.target.agreement:
        show_satisfaction(page, context, scored)

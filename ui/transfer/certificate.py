"""The transfer certificate of the pair on screen: one badge below the mixer, and its evidence in "Does it help?"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from recsys.metrics.uncertainty import Estimate
from recsys.transfer.certificate import Certificate, Decision, pair_features
from recsys.transfer.methods import DEFAULT
from ui.glossary import meaning_of
from ui.transfer.scored_pair import ScoredPair

CONTROLS = {"random source": "Random sources refused", "shuffled pairs": "Shuffled sources refused"}


def not_certified(scored: ScoredPair) -> str:
    """Why no certificate applies to the pair on screen, as a sentence; "" where one can.

    A study fits its certificate to the linear blend of next-choice scores, ranks all items, and reads histories without
    noise, so it says nothing about any other list.
    """
    rules, method = scored.rules, scored.transfer.method
    reasons = (
        (method.name != DEFAULT, f"for the method “{method.label}”: the study’s certificate is for the linear blend"),
        (scored.transfer.interests is not None, "for interests: the study’s certificate is for the next choice"),
        (rules.epsilon, "for a protected source: the study’s certificate is for sources without noise"),
        (rules.second_score and rules.weight, "with a second score: the study’s certificate is for the model’s scores"),
        (
            rules.tag or rules.cold_items or rules.hide_source or (rules.scenario and not scored.pair.scenario),
            "for a filtered list: the study ranks all items",
        ),
    )
    return next((f"Not certified {why}." for applies, why in reasons if applies), "")


def decision_of(study: Mapping[str, Any] | None, own: bool, scored: ScoredPair) -> Decision | None:
    """The certificate of the pair; None without a study, with one of an earlier version that has no certificate, and
    for a list that the certificate was not fitted to (`not_certified`).

    Args:
        own: whether the source is another part of the target's own history.

    Raises:
        ArtifactError: the saved certificate is damaged.
    """
    if study is None or "certificate" not in study or not_certified(scored):
        return None
    known, source_items = (
        float(np.mean([len(history) for history in party.histories]))
        for party in (scored.pair.target.party, scored.pair.source.party)
    )
    pair, allowed = scored.transfer, scored.transfer.allowed
    scores = pair.target_scores[allowed], pair.source_scores[allowed]
    features = pair_features(*scores, round(known), source_items, own)
    return Certificate.from_json(study["certificate"]).decide(features, round(known))


def sentence(decision: Decision) -> str:
    """What the certificate says."""
    similar = f"For {decision.users:,} users like this one"
    if decision.accepted:
        return (
            f"{similar}, α = {decision.alpha:.2f} changed NDCG@10 by {decision.gain.signed(3)}; "
            f"{_percent(decision.harm)} of them got a worse list."
        )
    return f"{similar}, no gain with little enough harm is shown: {decision.gain.signed(3)} NDCG@10."


def badge(decision: Decision) -> None:
    """The certificate in a few words."""
    label = f"Transfer at α = {decision.alpha:.2f}" if decision.accepted else "Keep α = 0"
    colour: Literal["green", "gray"] = "green" if decision.accepted else "gray"
    st.badge(f"Certificate: {label}", color=colour, help=meaning_of("Transfer certificate"))


def evidence(study: Mapping[str, Any], decision: Decision) -> None:
    """The decision, and how the rule did on users that it was not made with."""
    check = study.get("certificate_check")
    badge(decision)
    st.write(sentence(decision))
    if not check:
        return
    promise = float(study["certificate"]["promise"])
    st.caption(
        f"The rule promises that at most {promise:.0%} of the accepted users get a worse list. On {check['users']:,} "
        f"users that it was not made with ({check['pairs']:,} pairs):",
        help=meaning_of("Transfer certificate"),
    )
    rows = [
        ("Pairs accepted", f"{check['accepted']:.1%}"),
        ("Worse lists among the accepted", _percent(_estimate(check["harmed"])) if check["harmed"] else "–"),
        ("Change of NDCG@10 of the accepted", _estimate(check["gain"]).signed(3) if check["gain"] else "–"),
        ("The same if every pair is accepted", _estimate(check["gain_of_all"]).signed(3)),
        ("The same with one α for all users", _estimate(check["gain_of_one_alpha"]).signed(3)),
        *((CONTROLS.get(name, f"{name} refused"), f"{share:.1%}") for name, share in check["refused"].items()),
    ]
    wide = {"Result": st.column_config.TextColumn(width="medium")}  # the interval too
    st.dataframe(pd.DataFrame(rows, columns=["Check", "Result"]), hide_index=True, width="content", column_config=wide)


def _estimate(content: Mapping[str, float]) -> Estimate:
    return Estimate(float(content["value"]), float(content["low"]), float(content["high"]))


def _percent(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"

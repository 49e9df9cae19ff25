"""The transfer certificate of the pair on screen: one badge below the mixer, and its evidence in "Does it help?"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from recsys.evaluation.study.certificate import certificate_of, certified
from recsys.evaluation.study.methods import LINEAR
from recsys.metrics.uncertainty import Estimate
from recsys.models.table import model_label
from recsys.transfer.certificate import Certificate, Decision, pair_features
from recsys.transfer.methods import DEFAULT
from recsys.wording import Message, tr
from ui.glossary import meaning_of
from ui.transfer.scored_pair import ScoredPair

CONTROLS = {
    "random source": Message("Random sources refused"),
    "shuffled pairs": Message("Shuffled sources refused"),
}


def not_certified(study: Mapping[str, Any], scored: ScoredPair) -> Message | None:
    """Why no certificate applies to the pair on screen, as a sentence; None where one can.

    A study fits a certificate to each way of transferring that it compared, with single users as targets and sources,
    ranks all items, and reads histories without noise, so it says nothing about any other list.
    """
    rules, method, interests = scored.rules, scored.transfer.method, scored.transfer.interests is not None
    known = certified(study)
    absent = (_what(scored), method.name) not in known
    only = Message("for the linear blend of the next choice" if known <= {LINEAR} else "for what it compared")
    target, source = (len(side.party.histories) > 1 for side in (scored.pair.target, scored.pair.source))
    reasons = (
        (
            scored.model != study["model"],
            Message(
                "Not certified for the model “{model}”: the study trained the model “{studied}”.",
                model=model_label(scored.model),
                studied=model_label(str(study["model"])),
            ),
        ),
        (
            absent and method.name != DEFAULT,
            Message(
                "Not certified for the method “{method}”: the study’s certificate is {only}.",
                method=method.label,
                only=only,
            ),
        ),
        (
            absent and interests,
            Message("Not certified for interests: the study’s certificate is {only}.", only=only),
        ),
        (
            rules.interests,
            Message("Not certified for weighted interests: the study’s certificate is for all of them."),
        ),
        (
            scored.transfer.target.agreement,
            Message("Not certified for several users together: the study held out single users."),
        ),
        (target, Message("Not certified for a group as the target: the study held out single users.")),
        (source, Message("Not certified for a group as the source: the study’s sources were single users.")),
        (
            rules.epsilon,
            Message("Not certified for a protected source: the study’s certificate is for sources without noise."),
        ),
        (
            rules.second_score and rules.weight,
            Message("Not certified with a second score: the study’s certificate is for the model’s scores."),
        ),
        (
            rules.filters(scored.pair.named.scenario),
            Message("Not certified for a filtered list: the study ranks all items."),
        ),
    )
    return next((why for applies, why in reasons if applies), None)


def decision_of(study: Mapping[str, Any] | None, own: bool, scored: ScoredPair) -> Decision | None:
    """The certificate of the pair; None without a study, where the study has none for what is transferred and for this
    transfer method, and for a list that it was not fitted to (`not_certified`).

    Args:
        own: whether the source is another part of the target's own history.

    Raises:
        ArtifactError: the saved certificate is damaged.
    """
    found = _certificate(study, scored)
    if study is None or found is None or not_certified(study, scored):
        return None
    known, source_items = (
        float(np.mean([len(history) for history in party.histories]))
        for party in (scored.pair.target.party, scored.pair.source.party)
    )
    pair, allowed = scored.transfer, scored.transfer.allowed
    scores = pair.target_scores[allowed], pair.source_scores[allowed]
    features = pair_features(*scores, round(known), source_items, own)
    return found[0].decide(features, round(known))


def _certificate(
    study: Mapping[str, Any] | None, scored: ScoredPair
) -> tuple[Certificate, Mapping[str, Any] | None] | None:
    return None if study is None else certificate_of(study, _what(scored), scored.transfer.method.name)


def _what(scored: ScoredPair) -> str:
    """What is transferred, as studies name it."""
    return "next-choice" if scored.transfer.interests is None else "interests"


def sentence(decision: Decision) -> Message:
    """What the certificate says."""
    if decision.accepted:
        return Message(
            "For {users:,} users like this one, α = {alpha:.2f} changed NDCG@10 by {gain}; "
            "{harm} of them got a worse list.",
            users=decision.users,
            alpha=decision.alpha,
            gain=decision.gain.signed(3),
            harm=_percent(decision.harm),
        )
    return Message(
        "For {users:,} users like this one, no gain with little enough harm is shown: {gain} NDCG@10.",
        users=decision.users,
        gain=decision.gain.signed(3),
    )


def badge(decision: Decision) -> None:
    """The certificate in a few words."""
    label = (
        tr("Certificate: Transfer at α = {alpha:.2f}", alpha=decision.alpha)
        if decision.accepted
        else tr("Certificate: Keep α = 0")
    )
    colour: Literal["green", "gray"] = "green" if decision.accepted else "gray"
    st.badge(label, color=colour, help=meaning_of("Transfer certificate"))


def evidence(study: Mapping[str, Any], scored: ScoredPair, decision: Decision) -> None:
    """The decision, and how the rule did on users that it was not made with."""
    found = _certificate(study, scored)
    badge(decision)
    st.write(tr(sentence(decision)))
    if found is None or found[1] is None:
        return
    promise, check = found[0].promise, found[1]
    st.caption(
        tr(
            "The rule promises that at most {promise:.0%} of the accepted users get a worse list. On {users:,} users "
            "that it was not made with ({pairs:,} pairs):",
            promise=promise,
            users=check["users"],
            pairs=check["pairs"],
        ),
        help=meaning_of("Transfer certificate"),
    )
    rows = [
        (tr("Pairs accepted"), f"{check['accepted']:.1%}"),
        (tr("Worse lists among the accepted"), _percent(_estimate(check["harmed"])) if check["harmed"] else "–"),
        (tr("Change of NDCG@10 of the accepted"), _estimate(check["gain"]).signed(3) if check["gain"] else "–"),
        (tr("The same if every pair is accepted"), _estimate(check["gain_of_all"]).signed(3)),
        (tr("The same with one α for all users"), _estimate(check["gain_of_one_alpha"]).signed(3)),
        *(
            (tr(CONTROLS.get(name, Message("{control} refused", control=name))), f"{share:.1%}")
            for name, share in check["refused"].items()
        ),
    ]
    columns = [tr("Check"), tr("Result")]
    wide = {columns[1]: st.column_config.TextColumn(width="medium")}  # the interval too
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, width="content", column_config=wide)


def _estimate(content: Mapping[str, float]) -> Estimate:
    return Estimate(float(content["value"]), float(content["low"]), float(content["high"]))


def _percent(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"

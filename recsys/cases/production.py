"""The production bundle of a run under rules, with the α that a study supports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys.cases.rules import NO_RULES, Rules
from recsys.cases.run_parts import RunParts
from recsys.cases.scoring import items_of_rules
from recsys.errors import InputError, MissingExtraError
from recsys.evaluation.study.certificate import certificate_of
from recsys.evaluation.study.results import suggestion_evidence
from recsys.models.recommender import Encoder
from recsys.models.table import model_label
from recsys.transfer import METHODS, read_weights
from recsys.transfer.blend import filtered_items
from recsys.transfer.candidates import known_items
from recsys.transfer.serving.bundle import Policy, ServedInterests, ServedRules, export_bundle, export_onnx
from recsys.wording import Message


def write_bundle(
    parts: RunParts,
    study: Mapping[str, Any] | None,
    folder: Path,
    rules: Rules = NO_RULES,
    *,
    scenarios: tuple[str, str] | None = None,
    source_items: int = 0,
) -> None:
    """Writes vectors, counts, policy, maps of the method, serving scripts and (with the extra) the ONNX encoder.

    Where there is no encoder, encoder-missing.txt says why.

    Args:
        study: saved, of the run's data and model; None: α is 0.
        scenarios, source_items: where a source is another part of the target's own history, see `export_bundle`; by
            default it is another user.

    Raises:
        InputError: a model without vectors, or rules whose lists no bundle can serve (`not_served`).
    """
    if (why := not_served(rules)) is not None:
        raise InputError("the production bundle", "must serve the lists of the page", fix=why)
    model = parts.run.model
    if not isinstance(model, Encoder):
        raise InputError("the run's model", "must have user embeddings", model.name, "Train another model.")
    interests = None
    if rules.what == "interests":
        interests = ServedInterests(parts.interests, parts.item_groups[0].labels, read_weights(rules.interests))
    export_bundle(
        model,
        parts.dataset,
        policy(model.name, study, rules, scenarios[1] if scenarios else ""),
        folder,
        histories=parts.known_histories,
        interests=interests,
        method=parts.fitted_method(rules.method, scenarios),
        scenarios=scenarios,
        source_items=source_items,
        rules=served_rules(parts, rules, scenarios),
    )
    try:
        export_onnx(model, folder)
    except (MissingExtraError, InputError) as error:
        (folder / "encoder-missing.txt").write_text(f"{error}\n", "utf-8")


def not_served(rules: Rules) -> Message | None:
    """Why no bundle can serve the lists of these rules, as a sentence; None where one can."""
    if rules.epsilon:
        return Message(
            "The production bundle contains all user embeddings, so it is not offered while the source is protected."
        )
    if rules.second_score and rules.weight:
        return Message(
            "The production bundle carries the scores of one model, so it is not offered with a second score. "
            "Set the second score to none under Rules."
        )
    return None


def served_rules(parts: RunParts, rules: Rules, scenarios: tuple[str, str] | None = None) -> ServedRules:
    """The rules about items and about the order of the exported list, as the bundle carries them.

    Args:
        scenarios: of source and target, where the pair is one of two scenarios: it recommends in the second one only.
    """
    dataset, scenario, allowed = parts.dataset, "" if scenarios else rules.scenario, items_of_rules(parts, rules)
    if scenario or rules.tag or allowed is not None:
        allowed = filtered_items(dataset.n_items, dataset.catalogue, scenario, rules.tag, allowed)
    pins = known_items(dataset, rules.pin)
    return ServedRules(allowed, rules.hide_source, pins, rules.per_tag, rules.diversity)


def policy(model: str, study: Mapping[str, Any] | None, rules: Rules = NO_RULES, scenario: str = "") -> Policy:
    """The α that the study supports for what is transferred and how; 0 without a study, or where it has no rule.

    A certificate is for the model that was studied, and for lists of which no rule leaves items out, as on the page.

    Args:
        model: the name of the one that is served.
        scenario: the only one that the pair itself recommends in; "" for all.
    """
    if study is None:
        return Policy("none: no study has been run", ((0, 0.0),), ("No study has been run, so α is 0.",))
    if study["model"] != model:
        says = f"The study trained {model_label(str(study['model']))}, not {model_label(model)}, so α is 0."
        return Policy("none: the study was of another model", ((0, 0.0),), (says,))
    sources = {"users": "the nearest user", "time": "the user’s earlier items"}
    source = sources.get(str(study["axis"]), " to recommend in ".join(map(str, study.get("scenarios", []))))
    uncertified = rules.interests or rules.filters(scenario)
    found = None if uncertified else certificate_of(study, rules.what, rules.method)
    certificate = None if found is None else found[0]
    if (rules.what, rules.method) != (NO_RULES.what, NO_RULES.method):
        what = "interests" if rules.what == "interests" else f"the method “{METHODS[rules.method].label}”"
        what += " where rules leave items out" if rules.filters(scenario) else ""
        says = f"The study has {'no' if certificate is None else 'a'} certificate for {what}"
        rest = "so α is 0" if certificate is None else "which decides for each pair"
        return Policy(source, ((0, 0.0),), (f"{says}, {rest}.",), certificate)
    curves = [suggestion_evidence(point) for point in study["points"]]
    return Policy.from_curves(source, curves, float(study["shrinkage"]), certificate)

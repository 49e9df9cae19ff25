"""Transfer methods on Transfer: those that the run allows, the fitted ones, and what a study says of two of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.cases.rules import Rules
from recsys.errors import ArtifactError, InputError
from recsys.evaluation.study import methods as studied
from recsys.evaluation.study.results import check_study
from recsys.metrics.uncertainty import Estimate
from recsys.transfer import METHODS, TransferMethod
from recsys.transfer.methods import DEFAULT
from recsys.wording import Message, tr, tr_n
from ui.components.mixer import MethodOption
from ui.run_context import RunContext


def usable_methods(context: RunContext) -> dict[str, type[TransferMethod]]:
    """The transfer methods that work with the model of a run, by name."""
    return {name: METHODS[name] for name in context.methods}


def method_options(context: RunContext, rules: Rules) -> tuple[MethodOption, ...]:
    """The methods to choose from in the mixer: of a protected source only the linear blend reads no histories."""
    found = {DEFAULT: METHODS[DEFAULT]} if rules.epsilon else usable_methods(context)
    return tuple(MethodOption(name, method.label) for name, method in found.items())


def applied_beside(context: RunContext, beside: str, rules: Rules) -> tuple[str, str]:
    """The method of a link whose list is shown beside the first, or "", and a sentence why it is not shown."""
    if not beside or beside == rules.method:
        return "", ""
    if rules.what == "interests":
        problem = InputError("the list beside the first", "needs next-choice scores", rules.what, "It is not shown.")
    elif rules.epsilon:
        rule = Message("can’t be shown with a protected source: learned methods are fitted to all histories")
        fix = Message("It is not shown. Turn the protection off under Rules to see it.")
        problem = InputError("the list beside the first", rule, beside, fix)
    elif beside not in usable_methods(context):
        problem = InputError("the list beside the first", "must be by a method of this run", beside, "It is not shown.")
    else:
        return beside, ""
    return "", problem.message


def study_words(study: Mapping[str, Any] | None, known: int, names: tuple[str, str]) -> tuple[str, str, str]:
    """What a study says of two methods for users with about as many known items: of each, and of their difference.

    Args:
        study: the saved one of this axis, or None.
        known: items of the target.
        names: of the first and the second method.
    """
    if study is None:
        none = tr("No study of this model and data yet.")
        return none, none, tr("Run the study under “Does it help?” to compare the methods.")
    try:
        points = sorted(check_study(study)["points"], key=lambda one: int(one["observed"]))
    except ArtifactError as error:
        return (tr(error.message),) * 2 + ("",)
    point = next((one for one in reversed(points) if int(one["observed"]) <= known), points[0])
    k = int(point["observed"])
    found = point["methods"]
    first, second = (
        tr_n(
            "Study, with {n:,} known item: NDCG@10 {value}",
            "Study, with {n:,} known items: NDCG@10 {value}",
            k,
            value=Estimate(**found[_studied(name)]).text,
        )
        if _studied(name) in found
        else tr("Not compared in the study of this data.")
        for name in names
    )
    return first, second, _difference(point, names)


def _studied(name: str) -> str:
    """The name of a method in studies."""
    return studied.TRANSFER if name == DEFAULT else name.replace("_", " ")


def _difference(point: Mapping[str, Any], names: tuple[str, str]) -> str:
    """The comparison of the linear blend with the other method; "" where the study has none of the two."""
    if DEFAULT not in names:
        return ""
    other = names[0] if names[1] == DEFAULT else names[1]
    compared = {str(one["against"]): one for one in point["comparisons"]}
    if (one := compared.get(_studied(other))) is None:
        return ""
    k, linear, learned = int(point["observed"]), tr(METHODS[DEFAULT].label), tr(METHODS[other].label)
    signed = Estimate(one["value"], one["low"], one["high"]).signed(3)
    if not one["shown"]:
        return tr_n(
            "Study, with {n:,} known item: no difference between the two is shown ({method} {change} NDCG@10).",
            "Study, with {n:,} known items: no difference between the two is shown ({method} {change} NDCG@10).",
            k,
            method=linear.lower(),
            change=signed,
        )
    better, worse = (linear, learned) if one["value"] > 0 else (learned, linear)
    return tr_n(
        "Study, with {n:,} known item: {better} is better than {worse} (linear minus the other: {change} NDCG@10).",
        "Study, with {n:,} known items: {better} is better than {worse} (linear minus the other: {change} NDCG@10).",
        k,
        better=better,
        worse=worse.lower(),
        change=signed,
    )

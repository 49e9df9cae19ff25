"""How far a search has come, as fractions and sentences."""

from __future__ import annotations

from collections.abc import Callable

from recsys.charts.style import format_number
from recsys.models.table import model_label
from recsys.runs.tuning.plan import SearchPlan
from recsys.runs.tuning.search import Step, Watch
from recsys.runs.tuning.trials import KeptTrials
from recsys.wording import Message

BASELINES, MODEL = 0.05, 0.93  # of the progress bar; the rest is for the test items


def search_watch(plan: SearchPlan, kept: KeptTrials, report: Callable[..., object]) -> Watch:
    """Reports each epoch of a search: the share of it that is done, and a sentence."""
    beside = plan.base.beside

    def watch(model: str, number: int, step: Step) -> None:
        if model in beside:
            share = BASELINES * (beside.index(model) + number / plan.trials) / len(beside)
        else:
            parts = [(number + step.epoch / step.epochs) / plan.trials]
            if plan.seconds is not None:
                parts.append(sum(one.seconds for one in kept.of_model(model)) / plan.seconds)
            share = BASELINES + MODEL * min(max(parts), 1.0)
        report(share, _sentence(plan, model, number, step))

    return watch


def part_watch(plan: SearchPlan, part: tuple[str, int | None], report: Callable[..., object]) -> Watch:
    """Reports each epoch of one of the `independent_parts` of a search: the share of the part, and a sentence."""

    def watch(model: str, number: int, step: Step) -> None:
        epochs = step.epoch / step.epochs
        report(epochs if part[1] is not None else (number + epochs) / plan.trials, _sentence(plan, model, number, step))

    return watch


def _sentence(plan: SearchPlan, model: str, number: int, step: Step) -> Message:
    trial = {"number": number + 1, "trials": plan.trials}
    if model in plan.base.beside:
        return Message("Tuning {model}: trial {number} of {trials}", model=model_label(model), **trial)
    return Message(
        "Trial {number} of {trials}: epoch {epoch} of {epochs}, NDCG@10 {ndcg}",
        epoch=step.epoch,
        epochs=step.epochs,
        ndcg=format_number(step.value),
        **trial,
    )

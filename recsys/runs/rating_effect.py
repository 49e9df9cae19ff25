"""What the ratings changed: the trained model beside the same one trained without them, on the same held-out items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from recsys.data.dataset import Dataset
from recsys.data.rating_weights import disliked
from recsys.data.splits import Holdout
from recsys.metrics import ndcg
from recsys.metrics.uncertainty import Estimate, estimate_mean, paired_p
from recsys.models.recommender import Recommender
from recsys.wording import Message

K = 10
FEWEST = 20  # held-out items of a group, for a figure


class ReportBeside:
    """Reports the second training of a run as one line beside the first, and passes on the wish to stop."""

    graceful = True

    def __init__(self, report: Callable[..., None]) -> None:
        self.report = report
        if hasattr(report, "graceful"):
            report.graceful = True

    def __call__(self, fraction: float, message: str = "", **details: object) -> None:
        self.report(
            0.985 + 0.01 * fraction, Message("The same without ratings, to compare: {message}", message=message)
        )

    @property
    def stopping(self) -> bool:
        return bool(getattr(self.report, "stopping", False))


def rating_effect(
    dataset: Dataset, users: Holdout, with_ratings: Recommender, without: Recommender, seed: int
) -> dict[str, Any]:
    """NDCG@10 of both models on held-out items that were liked, and on those in `disliked`, with paired differences.

    Args:
        dataset: all rows, with ratings; users: of which the second last item is held out (validation, leave-one-out).

    Returns:
        {"liked": {"users", "with", "without", "difference"}, "disliked": the same}; each value is an estimate with its
        interval. A group of fewer than 20 users has the number of users alone.
    """
    from recsys.models.validation import next_item_ranks

    marked = disliked(dataset)[dataset.offsets[users.users + 1] - 2]
    values = [ndcg(next_item_ranks(model, users), K) for model in (with_ratings, without)]
    effect: dict[str, Any] = {}
    for name, group in (("liked", ~marked), ("disliked", marked)):
        effect[name] = {"users": int(group.sum())}
        if effect[name]["users"] >= FEWEST:
            first, second = values[0][group], values[1][group]
            effect[name] |= {
                "with": estimate_mean(first, seed=seed).to_json(),
                "without": estimate_mean(second, seed=seed).to_json(),
                "difference": paired_p(first - second, seed=seed)[0].to_json(),
            }
    return effect


def effect_sentence(effect: Mapping[str, Any]) -> str:
    """The effect in one or two sentences, a message; "" for none."""
    parts = [_effect_on(name, effect[name]) for name in ("liked", "disliked") if name in effect]
    if len(parts) == 2:
        return Message("Effect of the ratings: {liked}; {disliked}.", liked=parts[0], disliked=parts[1])
    return Message("Effect of the ratings: {part}.", part=parts[0]) if parts else ""


def _effect_on(name: str, found: Mapping[str, Any]) -> Message:
    """A part of the sentence: the effect on held-out items that were liked, or on disliked ones."""
    if "difference" not in found:
        return Message(
            "too few liked held-out items to compare ({n:,})"
            if name == "liked"
            else "too few disliked held-out items to compare ({n:,})",
            n=found["users"],
        )
    difference = Estimate(**found["difference"])
    shown: str = difference.signed()
    if difference.low <= 0 <= difference.high:
        shown = Message("{difference}, not more than chance", difference=shown)
    return Message(
        "on {n:,} liked held-out items NDCG@{k} {given} with ratings, {without} without, "
        "difference {difference} (higher is better)"
        if name == "liked"
        else "on {n:,} disliked held-out items NDCG@{k} {given} with ratings, {without} without, "
        "difference {difference} (lower is better)",
        n=found["users"],
        k=K,
        given=Estimate(**found["with"]).text,
        without=Estimate(**found["without"]).text,
        difference=shown,
    )

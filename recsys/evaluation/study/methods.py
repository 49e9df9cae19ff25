"""The table of methods that a transfer study compares. Study, verdict, charts and page are built from it.

To add a control or a prior, add a line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys.evaluation.study.fold_scorer import BatchScores, FoldScorer
from recsys.wording import Message

Role = Literal["transfer", "learned", "no transfer", "prior", "control", "calibration"]
Blend = Literal["none", "chosen", "shrinkage"]
Transferred = tuple[str, str]  # what is transferred ("next-choice", "interests"), and the name of the transfer method
TRANSFER, ALONE, RANDOM, SHUFFLED = (
    Message("transfer"), Message("target alone"), Message("random source"), Message("shuffled pairs"),
)  # fmt: skip
INTERESTS, RANDOM_INTERESTS = Message("transfer of interests"), Message("random source’s interests")
WHOLE = Message("transfer of the whole history")
AGAIN = Message("again what was last")  # compared only where the data's rule allows already chosen items
DECAYED_WEIGHTS = (0.25, 0.5, 1.0, 2.0)  # of "own history, decayed" beside the model's scores of the whole history
NEW_ITEMS = Message("new items")  # a further part of a study, which may be left out as a method may
LINEAR: Transferred = ("next-choice", "linear")
OF_INTERESTS: Transferred = ("interests", "linear")


@dataclass(frozen=True)
class Method:
    """One way to rank the candidates for cold users.

    Args:
        name: its key in saved studies, and its name inside sentences, a message where it is shown.
        label: its name in figures, a message.
        role: "control": a source that must not help; "prior": an alternative that needs no source; "learned": a
            transfer method that is fitted on the fold's training users; "calibration": in no figure and no comparison,
            a control that only the certificate of a learned method reads, or a variant.
        blend: how α is found at which its scores are blended with the target's: "chosen" on one half of the users and
            evaluated on the other, "shrinkage" α = c / (c + k) with c fitted likewise; "none": ranked without a blend.
        scores: gets a batch, returns float32 (n, candidates).
        must_beat: whether transfer only counts as helping if it is shown to be better than this.
        optional: whether it is left out where it does not apply, or where a study is asked for other methods only.
        applies: whether it can be computed for a fold.
        certifies: whose certificate is fitted on its pairs; None for no certificate.
        pairs: the kind of its pairs there: TRANSFER (true), RANDOM or SHUFFLED sources.
        of: the method that it is a control or a variant of: it is left out with that one.
        variant: whether it is the method `of` with another setting, of which the best is chosen together with α, on one
            half of the users, and evaluated on the other.
    """

    name: str
    label: str
    role: Role
    blend: Blend
    scores: Callable[[BatchScores], np.ndarray]
    must_beat: bool = False
    optional: bool = False
    applies: Callable[[FoldScorer], bool] = lambda fold: True
    certifies: Transferred | None = None
    pairs: str = TRANSFER
    of: str = ""
    variant: bool = False


def _whole_history() -> tuple[Method, ...]:
    """All that is known of the user as the source: the model's scores plus weighted Markov scores of all items."""

    def weighted(weight: float) -> Method:
        return Method(
            f"{WHOLE}, {weight:g}" if weight else WHOLE, Message("Transfer of the whole history"),
            "calibration" if weight else "transfer", "chosen",
            lambda b: b.whole_history + np.float32(weight) * b.own_history if weight else b.whole_history,
            optional=True, applies=lambda fold: fold.plan.axis != "users", of=WHOLE if weight else "",
            variant=weight > 0,
        )  # fmt: skip

    return tuple(weighted(weight) for weight in (0.0, *DECAYED_WEIGHTS))


def _learned(name: str, label: str) -> tuple[Method, ...]:
    """A method of `recsys.transfer.methods` in place of the linear blend, and the controls for its certificate."""
    row = name.replace("_", " ")

    def of_kind(kind: str, text: str, role: Role, scores: Callable[[BatchScores], np.ndarray], of: str = "") -> Method:
        return Method(
            text, label, role, "chosen", scores, optional=True,
            applies=lambda fold: fold.learned(name) is not None, certifies=("next-choice", name), pairs=kind, of=of,
        )  # fmt: skip

    return (
        of_kind(TRANSFER, row, "learned", lambda b: b.learned(name).source),
        of_kind(RANDOM, f"{RANDOM}, {row}", "calibration", lambda b: b.learned(name).random, row),
        of_kind(SHUFFLED, f"{SHUFFLED}, {row}", "calibration", lambda b: b.shuffle(b.learned(name)), row),
    )


METHODS = (
    Method(
        TRANSFER, Message("Transfer"), "transfer", "chosen", lambda b: b.source, certifies=LINEAR,
    ),
    *_learned("bridge", Message("Transfer by bridge")),
    *_learned("personalised_bridge", Message("Transfer by personalised bridge")),
    *_learned("text_bridge", Message("Transfer by text bridge")),
    *_whole_history(),
    Method(
        INTERESTS, Message("Transfer of interests"), "transfer", "chosen", lambda b: b.source_interests, optional=True,
        applies=lambda fold: fold.interests.scale > 0,  # scaled here, on the training users that the model has seen
        certifies=OF_INTERESTS,
    ),
    Method(ALONE, Message("Target alone (α = 0)"), "no transfer", "none", lambda b: b.target, must_beat=True),
    Method(
        Message("target scenario alone"), Message("Model of the target scenario alone"), "no transfer", "none",
        lambda b: b.scenario_alone, optional=True, applies=lambda fold: bool(fold.plan.scenarios),
    ),
    Method(
        Message("popularity"), Message("Popularity"), "prior", "none",
        lambda b: b.same_for_all(b.fold.popularity), must_beat=True,
    ),
    Method(
        Message("early popularity"), Message("Early popularity"), "prior", "none",
        lambda b: b.same_for_all(b.fold.early_popularity), must_beat=True,
    ),
    Method(
        AGAIN, Message("Again what was last"), "prior", "none", lambda b: b.again, must_beat=True,
        applies=lambda fold: fold.plan.again,
    ),
    Method(Message("own history, decayed"), Message("Own history, decayed"), "prior", "none", lambda b: b.own_history),
    Method(
        Message("shrinkage to the mean user"), Message("Shrinkage to the mean user"), "prior", "shrinkage",
        lambda b: b.mean_user,
    ),
    Method(
        Message("neighbours’ mean"), Message("Mean of three neighbours"), "prior", "chosen",
        lambda b: b.neighbours_mean,
    ),
    Method(
        RANDOM, Message("Random source"), "control", "chosen", lambda b: b.random, must_beat=True,
        certifies=LINEAR, pairs=RANDOM,
    ),
    Method(
        RANDOM_INTERESTS, Message("Random source, interests"), "control", "chosen", lambda b: b.random_interests,
        optional=True,
        certifies=OF_INTERESTS, pairs=RANDOM, of=INTERESTS,
    ),
    Method(
        SHUFFLED, Message("Shuffled pairs"), "control", "chosen", lambda b: b.shuffle(b.next_choice),
        certifies=LINEAR, pairs=SHUFFLED,
    ),
    Method(
        f"{SHUFFLED}, interests", Message("Shuffled pairs, interests"), "calibration", "chosen",
        lambda b: b.shuffle(b.interests), optional=True, certifies=OF_INTERESTS, pairs=SHUFFLED, of=INTERESTS,
    ),
)  # fmt: skip


def asked(only: Sequence[str] | None = None) -> tuple[Method, ...]:
    """The methods to compare.

    Args:
        only: names of the optional ones; None for all.
    """
    return tuple(m for m in METHODS if not m.optional or only is None or m.name in only or (m.of and m.of in only))


def compared(fold: FoldScorer, only: Sequence[str] | None = None) -> tuple[Method, ...]:
    """The methods to compare that a fold can be evaluated by."""
    return tuple(m for m in asked(only) if m.applies(fold))


def optional_names() -> tuple[str, ...]:
    """Names of the methods that a study may leave out."""
    return (*(m.name for m in METHODS if m.optional and m.role != "calibration"), NEW_ITEMS)


def variants(name: str) -> tuple[str, ...]:
    """Names of a method's variants."""
    return tuple(m.name for m in METHODS if m.variant and m.of == name)


def reported() -> tuple[Method, ...]:
    """The methods in figures and comparisons."""
    return tuple(m for m in METHODS if m.role != "calibration")


def names(*roles: Role, must_beat: bool | None = None) -> tuple[str, ...]:
    """Names of the methods of some roles, in the table's order."""
    return tuple(m.name for m in METHODS if m.role in roles and must_beat in (None, m.must_beat))


def label(name: str) -> str:
    """The label of a method; the name itself where a saved study holds another method."""
    return next((m.label for m in METHODS if m.name == name), name)


def is_control(name: str) -> bool:
    return name in names("control")

"""Ways of holding out rows, described in words; models trained anew for each; a check that nothing leaks.

A model may only be evaluated on rows it was not trained on. `Split.train` is a copy without the held-out rows;
`check_no_leak` verifies this for any split.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.splits import Split, cold_users, leave_one_out, next_click, time_split
from recsys.errors import InputError
from recsys.evaluation.evaluate import Progress, evaluate_models, no_progress
from recsys.evaluation.report import Report
from recsys.evaluation.sampled_ranking import SAMPLED
from recsys.models.recommender import Recommender
from recsys.wording import Message

Trainer = Callable[[Split], Recommender]


@dataclass(frozen=True)
class Protocol:
    """A way of holding out rows: its key in a `Split`, name, the question it answers, how, and its limit.

    `sampled` is the number of random unseen items that held-out items are ranked among; 0 for all unseen items.
    `histories` is what it makes sense for: "users", "sessions" or "both".
    """

    key: str
    name: Message
    question: Message
    how: Message
    limit: Message
    split: Callable[[Dataset], Split]
    sampled: int = 0
    histories: str = "both"


def sampled_split(dataset: Dataset) -> Split:
    """The rows of `leave_one_out`, to be ranked among sampled items."""
    return replace(leave_one_out(dataset), protocol="sampled-negatives")


PROTOCOLS = (
    Protocol(
        "leave-one-out",
        Message("Leave one out"),
        Message("What will each user choose next?"),
        Message(
            "Each user’s last item is held out and must be found among all items that may be recommended; the item "
            "before it is used for validation."
        ),
        Message("Later interactions of other users are trained on, so future trends leak a little."),
        leave_one_out,
    ),
    Protocol(
        "time",
        Message("Split by time"),
        Message("What would have been recommended from a given day on?"),
        Message(
            "All interactions after one point in time are held out, for all users; items that users chose after it and "
            "that may be recommended must be found."
        ),
        Message("Only users active before and after that point are evaluated."),
        time_split,
        histories="users",
    ),
    Protocol(
        "cold-users",
        Message("Cold users"),
        Message("Does the model work for users it was not trained on?"),
        Message(
            "A tenth of the users is left out of training; the sixth item of each must be found from the first five."
        ),
        Message("Says nothing about users with long histories."),
        cold_users,
        histories="users",
    ),
    Protocol(
        "next-click",
        Message("Next click"),
        Message("What will a visitor click next in a new session?"),
        Message(
            "The latest tenth of the sessions is left out of training; one click of each, drawn at random, must be "
            "found from the clicks before it."
        ),
        Message("Every session counts once, however long it is."),
        next_click,
        histories="sessions",
    ),
    Protocol(
        "sampled-negatives",
        Message("{n} sampled negatives", n=SAMPLED),
        Message("How do these models compare with papers that sample negatives?"),
        Message(
            "Each user’s last item is held out and must be found among {n} random other items of its scenario.",
            n=SAMPLED,
        ),
        Message(
            "Not comparable across settings: the figures depend on how many items are drawn, and models may be ordered "
            "differently than among all items (Krichene & Rendle 2020)."
        ),
        sampled_split,
        SAMPLED,
    ),
)


def protocols_for(dataset: Dataset) -> tuple[Protocol, ...]:
    """The protocols that make sense for histories of users, or of sessions."""
    wanted = "sessions" if dataset.sessions else "users"
    return tuple(one for one in PROTOCOLS if one.histories in ("both", wanted))


def protocol(key: str) -> Protocol:
    """The protocol of that key. Raises InputError."""
    for one in PROTOCOLS:
        if one.key == key:
            return one
    rule = Message("must be one of {names}", names=", ".join(p.key for p in PROTOCOLS))
    raise InputError("the protocol", rule, key)


def check_no_leak(split: Split) -> None:
    """Verifies that training has not seen what it is evaluated on.

    Raises InputError if `train` holds rows of a held-out user beyond the history the model is shown, if it holds rows
    of a cold user, if a row is later than the cut in time, or if a validation history holds test items.
    """
    validation = Message("the validation part")
    for part, holdout in ((validation, split.validation), (Message("the test part"), split.test)):
        trained = split.train.histories(holdout.users)
        if split.protocol in ("cold-users", "next-click") and any(len(h) for h in trained):
            raise _leak(part, Message("must hold only users without rows in training"))
        if (user := _first_beyond(trained, holdout.histories)) is not None:
            name = split.train.users.external(int(holdout.users[user]))
            raise _leak(part, Message("must not be trained on"), f"held-out rows of user {name} in training")
    test_rows = {int(user): row for row, user in enumerate(split.test.users)}
    for user, history in zip(split.validation.users, split.validation.histories, strict=True):
        row = test_rows.get(int(user))
        if row is not None and _first_beyond([history], [split.test.histories[row]]) is not None:
            raise _leak(validation, Message("must not hold test items"))
    if (
        split.cuts is not None
        and split.train.timestamps is not None
        and (split.train.timestamps >= split.cuts[0]).any()
    ):
        raise _leak(Message("training rows"), Message("must all be earlier than the cut"))


def _leak(subject: str, rule: str, got: str | None = None) -> InputError:
    return InputError(subject, rule, got, "Make the split again from the whole data.")


def _first_beyond(inner: Sequence[History], outer: Sequence[History]) -> int | None:
    """The first position where `inner` holds an item more often than `outer` does."""
    for position, (few, many) in enumerate(zip(inner, outer, strict=True)):
        width = int(max(few.max(initial=0), many.max(initial=0))) + 1
        if (np.bincount(few, minlength=width) > np.bincount(many, minlength=width)).any():
            return position
    return None


def evaluate_protocol(
    dataset: Dataset,
    key: str,
    trainers: Mapping[str, Trainer],
    ks: Sequence[int] = (5, 10, 20),
    seed: int = 0,
    *,
    progress: Progress = no_progress,
) -> Report:
    """Splits the data by a protocol, checks that nothing leaks, trains each model on the rest, and evaluates them.

    Args:
        key: of PROTOCOLS.
        trainers: name -> function of the split (it may train on `train` and choose by `validation`).
    """
    chosen = protocol(key)
    split = chosen.split(dataset)
    check_no_leak(split)
    models = {}
    for number, (name, trainer) in enumerate(trainers.items()):
        progress(0.7 * number / len(trainers), Message("Training {name} without the held-out rows", name=name))
        models[name] = trainer(split)
    return evaluate_models(
        models,
        split.test,
        split.train,
        ks,
        seed,
        protocol=key,
        sampled=chosen.sampled,
        progress=lambda f, m: progress(0.7 + 0.3 * f, m),
    )

"""The rule for items that a user has already chosen: leave them out of lists, allow them, or allow those of long ago.

The rule has one place, `Dataset.repeats`. A training plan says it, a run keeps it in its config, and opening the run
puts it on the run's dataset, so that training rows, splits, lists, studies and exports have the same one.
`RepeatRule.left_out` alone decides what leaves a ranking; `Dataset.left_out` asks it for a user of the data. `Holdout`
and `TransferParty` carry the answer to where scores are masked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from recsys.errors import InputError
from recsys.wording import Message

DAY = 86_400
MOST_DAYS = 36_500
WORTH_ALLOWING = 0.1  # share of rows that repeat an item, from which on lists that leave them out miss too much
_DAYS = re.compile(r"([0-9]{1,6}) ?d(ays?)?")


@dataclass(frozen=True)
class RepeatRule:
    """Whether already chosen items may be recommended again.

    Args:
        kind: "leave-out", "allow", or what makes an item new again: "days" since its last choice, or a "date" before
            which it was.
        days: of "days", 1 … 36,500.
        date: of "date", such as 2024-01-31 (UTC).

    Raises:
        InputError: an unknown kind, or days or a date that are no such value.
    """

    kind: str = "leave-out"
    days: int = 0
    date: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("leave-out", "allow", "days", "date"):
            raise _unreadable(self.kind)
        if self.kind == "days" and not 1 <= self.days <= MOST_DAYS:
            rule = Message("must be between {low} and {high:,}", low=1, high=MOST_DAYS)
            raise InputError("the days since the last choice", rule, self.days)
        if self.kind == "date":
            _start_of(self.date)

    @classmethod
    def parse(cls, text: str) -> RepeatRule:
        """The rule of a text: `leave-out`, `allow`, `30 days`, `2024-01-31`. Raises InputError."""
        if days := _DAYS.fullmatch(text):
            return cls("days", int(days[1]))
        if text in ("leave-out", "allow"):
            return cls(text)
        if not text[:1].isdigit():
            raise _unreadable(text)
        return cls("date", date=text)

    @property
    def text(self) -> str:
        """What `parse` reads."""
        return f"{self.days} days" if self.kind == "days" else self.date or self.kind

    @property
    def allows(self) -> bool:
        """Whether any already chosen item may be recommended."""
        return self.kind != "leave-out"

    @property
    def needs_times(self) -> bool:
        """Whether it depends on when an item was chosen."""
        return self.kind in ("days", "date")

    @property
    def sentence(self) -> Message:
        """The rule in words."""
        if self.kind == "days":
            return Message("Already chosen items come again {days:,} days after their last choice.", days=self.days)
        if self.kind == "date":
            return Message("Already chosen items come again if last chosen before {date}.", date=self.date)
        if self.kind == "allow":
            return Message("Already chosen items may be recommended again.")
        return Message("Already chosen items are never recommended.")

    def left_out(self, items: np.ndarray, times: np.ndarray | None = None, now: float = np.inf) -> np.ndarray:
        """The chosen items that leave the ranking: int (m,), a part of `items`.

        Args:
            items: int (T,) chosen items, in any order; one that was chosen several times counts from the last.
            times: float (T,) unix seconds of each choice. None: all were chosen just now.
            now: unix seconds at which is recommended.
        """
        if self.kind == "allow":
            return items[:0]
        if self.kind == "leave-out" or times is None:
            return items
        begin = now - self.days * DAY if self.kind == "days" else _start_of(self.date)
        return items[times >= begin]


LEAVE_OUT, ALLOW = RepeatRule(), RepeatRule("allow")


def propose_repeats(share: float) -> tuple[RepeatRule, Message]:
    """The rule that suits the data, and the reason in a sentence.

    Args:
        share: of rows whose user had the item before, 0 … 1 (`recsys.data.quality.repeat_share`).
    """
    if share >= WORTH_ALLOWING:
        return ALLOW, Message(
            "{share:.0%} of the rows repeat an item that the user had before. Lists without such items miss them.",
            share=share,
        )
    if share:
        return LEAVE_OUT, Message("Only {share:.1%} of the rows repeat an item that the user had before.", share=share)
    return LEAVE_OUT, Message("No row repeats an item that the user had before.")


def _start_of(date: str) -> float:
    """Unix seconds of the beginning of a day in UTC. Raises InputError."""
    try:
        if len(date) != len("2024-01-31"):
            raise ValueError(date)
        return datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        raise InputError("the date of the last choice", "must be written as 2024-01-31", date) from None


def _unreadable(text: str) -> InputError:
    rule = Message("must be leave-out, allow, a number of days or a date")
    return InputError("the rule for already chosen items", rule, text, "Such as: allow, 30 days, 2024-01-31.")

"""The rules of recommending as they stand in a link: what may be recommended, by which scores, and how private."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recsys.errors import InputError
from recsys.models.table import model_label
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.transfer.candidates import CandidateRules

MAX_NAME_LENGTH = 200  # characters of one name in a link
TRANSFERRED: Mapping[str, Message] = {"next-choice": Message("Next choice"), "interests": Message("Interests")}
"""What can be transferred of a source, with its label."""
MAX_PER_TAG = 20
DEFAULT_WEIGHT = 0.3  # of a second score whose link names no weight


@dataclass(frozen=True)
class Rules:
    """What may be recommended, and by which scores. A field's name is also its query parameter.

    Items of the target's history are recommended only as the run's rule for already chosen items says.

    Attributes:
        scenario, tag: only items of it; "" for all.
        cold_items: only items without any interaction: the model knows them by their text, image or tags alone.
        hide_source: leave out the items of the source's histories too.
        second_score: the name of a second score: a model of the run, or CONTENT; "" for none.
        weight: the share of the second score, 0 … 1.
        diversity: 0 … 1, for the exported list. The list in the mixer is ranked by score alone, so that its changes are
            exact.
        epsilon: privacy parameter ε that protects the source; 0 for no protection. A protected source can't be combined
            with rules that read histories: `cold_items`, `hide_source`, `second_score`, `period`, a learned `method`.
        method: the name of the transfer method, of next-choice scores.
        what: what is transferred of the source: "next-choice" scores or its long-term "interests".
        interests: weights of the source's interests, as `recsys.transfer.write_weights` writes them; "" for all.
        only, block, numbers, period: rules about items, see `recsys.transfer.candidates.CandidateRules`. A period reads
            histories.
        pin: ids of items that come first in the exported list; per_tag: at most so many of each tag in it, 0 for any.
    """

    scenario: str = ""
    tag: str = ""
    cold_items: bool = False
    hide_source: bool = False
    second_score: str = ""
    weight: float = 0.0
    diversity: float = 0.0
    epsilon: float = 0.0
    method: str = "linear"
    what: str = "next-choice"
    interests: str = ""
    only: str = ""
    block: str = ""
    numbers: str = ""
    period: str = ""
    pin: str = ""
    per_tag: int = 0

    @property
    def candidates(self) -> CandidateRules:
        """The rules about single items."""
        from recsys.transfer.candidates import CandidateRules

        return CandidateRules(self.only, self.block, self.numbers, self.period)

    def filters(self, scenario: str = "") -> bool:
        """Whether items are left out of the lists; `scenario` is the only one that the pair itself recommends in."""
        of_all = self.candidates != NO_RULES.candidates or (self.scenario and not scenario)
        return bool(of_all or self.tag or self.cold_items or self.hide_source)

    def protected(self) -> Rules:
        """The same without the rules that read histories, for a protected source."""
        next_choice = replace(self, what="next-choice", interests="", method="linear")
        return replace(next_choice, cold_items=False, hide_source=False, second_score="", weight=0.0, period="")

    def transferring(self, what: str) -> Rules:
        """The same with all of another thing transferred; interests are blended without a learned method."""
        return replace(self, what=what, interests="", method="linear" if what == "interests" else self.method)

    def params(self) -> dict[str, str]:
        """As query parameters, only what differs from the default: `tag=maps&hide_source=1&epsilon=4`."""
        changed = {name: value for name, value in vars(self).items() if value != getattr(NO_RULES, name)}
        return {name: value if isinstance(value, str) else f"{value:.6g}" for name, value in changed.items()}

    def words(self) -> tuple[Message, ...]:
        """Each rule that is set, in words, for reports and files."""
        from recsys.transfer.candidates import read_items
        from recsys.transfer.methods import METHODS

        second = model_label(self.second_score)
        method = METHODS[self.method].label if self.method in METHODS else self.method
        set_: tuple[tuple[object, Message], ...] = (
            (self.scenario, Message("only from {scenario}", scenario=self.scenario)),
            (self.tag, Message("only with the tag {tag}", tag=self.tag)),
            (self.cold_items, Message("only items without interactions")),
            (self.hide_source, Message("without the items of the source")),
            (
                self.second_score and self.weight,
                Message("second score {score}, weight {weight:g}", score=second, weight=self.weight),
            ),
            (
                self.diversity,
                Message("diversity {diversity:g} (exported list only)", diversity=self.diversity),
            ),
            (self.method != NO_RULES.method, Message("transfer method {method}", method=method)),
            (self.what == "interests", Message("interests of the source in place of its next choice")),
            (self.interests, Message("weights of interests {weights}", weights=self.interests)),
            (self.only, Message("only {n:,} listed items", n=len(read_items(self.only)))),
            (self.block, Message("without {n:,} blocked items", n=len(read_items(self.block)))),
            (self.numbers, _range_in_words(self.numbers)),
            (self.period, _period_in_words(self.period)),
            (self.pin, Message("{n:,} items first (exported list only)", n=len(read_items(self.pin)))),
            (self.per_tag, Message("at most {n} per tag (exported list only)", n=self.per_tag)),
            (self.epsilon, Message("source protected, ε = {epsilon:g}", epsilon=self.epsilon)),
        )
        return tuple(said for given, said in set_ if given)


NO_RULES = Rules()


def _range_in_words(text: str) -> Message:
    column, _, ends = text.rpartition(":")
    low, _, high = (part.strip() for part in ends.partition(".."))
    values = {"column": column.replace(":", " "), "low": low, "high": high}
    if low and high:
        return Message("only items with {column} {low} to {high}", **values)
    if low:
        return Message("only items with {column} {low} or more", **values)
    if high:
        return Message("only items with {column} {high} or less", **values)
    return Message("only items whose {column} is known", **values)


def _period_in_words(text: str) -> Message:
    first, _, last = (part.strip() for part in text.partition(".."))
    if first and last:
        return Message("only items first chosen from {first} to {last}", first=first, last=last)
    if first:
        return Message("only items first chosen on {first} or later", first=first)
    if last:
        return Message("only items first chosen on {last} or earlier", last=last)
    return Message("only items that were chosen before")


def read_rules(texts: Mapping[str, str]) -> tuple[Rules, list[Message]]:
    """The rules in query parameters, and a sentence for each value that breaks its own rule and is not used."""
    values: dict[str, object] = {}
    problems: list[Message] = []
    for name in vars(NO_RULES):
        if name in texts:
            try:
                values[name] = _value(name, texts[name])
            except InputError as error:
                problems.append(error.message)
    if values.get("second_score") and "weight" not in values:
        values["weight"] = DEFAULT_WEIGHT
    return Rules(**values), problems  # type: ignore[arg-type]


def _value(name: str, text: str) -> object:
    if name in ("scenario", "tag", "second_score", "method"):
        return check_length(text, name, MAX_NAME_LENGTH)
    if name in ("only", "block", "pin"):
        from recsys.transfer.candidates import MAX_TEXT, read_items, write_items

        return write_items(read_items(check_length(text, name, MAX_TEXT)))
    if name in ("numbers", "period"):
        from recsys.transfer.candidates import read_period, read_range

        try:
            (read_range if name == "numbers" else read_period)(check_length(text, name, MAX_NAME_LENGTH))
        except InputError as error:
            raise InputError(_in_link(name), error.rule, text, error.fix) from None
        return text
    if name == "per_tag":
        return int(parse_number(text, name, 0, MAX_PER_TAG))
    if name == "what":
        if text not in TRANSFERRED:
            rule = Message("must be one of {names}", names=", ".join(TRANSFERRED))
            raise InputError(_in_link(name), rule, text, "Next choice is used.")
        return text
    if name == "interests":
        from recsys.transfer import read_weights, write_weights

        return write_weights(read_weights(check_length(text, name, MAX_NAME_LENGTH)))
    if name in ("cold_items", "hide_source"):
        if text not in ("0", "1"):
            raise InputError(_in_link(name), "must be 0 or 1", text, "It is read as 0.")
        return text == "1"
    if name == "epsilon":
        from recsys.transfer.privacy import EPSILONS

        allowed = {f"{epsilon:g}": epsilon for epsilon in EPSILONS}
        if text not in allowed:
            rule = Message("must be one of {names}", names=", ".join(allowed))
            fix = Message("The source is not protected: turn its protection on under Rules.")
            raise InputError(_in_link(name), rule, text, fix)
        return allowed[text]
    return parse_number(text, name, 0.0, 1.0)


def parse_number(text: str, called: str, low: float, high: float) -> float:
    """A number of the link. Raises InputError when it is none or outside low … high."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        rule = Message("must be between {low:g} and {high:g}", low=low, high=high)
        raise InputError(_in_link(called), rule, text, "The default is used.")
    return value


def check_length(text: str, called: str, longest: int) -> str:
    """A text of the link as it is. Raises InputError when it is too long: half a value would name something else."""
    if len(text) > longest:
        rule = Message("must have at most {n:,} characters", n=longest)
        raise InputError(_in_link(called), rule, f"{len(text):,} characters", "It is not used.")
    return text


def _in_link(called: str) -> Message:
    return Message("{name} in the link", name=called)

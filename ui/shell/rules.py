"""The rules of recommending as they stand in the URL: what may be recommended, by which scores, and how private."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from recsys.errors import InputError

LONGEST = 200  # characters of one name in a link
WEIGHT = 0.3  # of a second score whose link names no weight
NAMES: Mapping[str, str] = {
    "scenario": "scenario",
    "tag": "tag",
    "unmet": "cold_items",
    "hide_source": "hide_source",
    "beside": "second_score",
    "weight": "weight",
    "diversity": "diversity",
    "epsilon": "epsilon",
}
"""How each rule is called in the URL."""


@dataclass(frozen=True)
class Rules:
    """What may be recommended, beside what the target has already (that never is).

    Attributes:
        scenario, tag: only items of it; "" for all.
        unmet: only items that nobody has chosen yet: what is known of them is what was read.
        hide_source: leave out what the source has too.
        beside: the name of a second score: a model of the run, or CONTENT; "" for none. weight: its share, 0 … 1.
        epsilon: of the promise that protects the source; 0 for no protection. Rules that read histories can't go with
            it: `unmet`, `hide_source`, `beside`.
        diversity: 0 … 1, for the list that is exported (the live list is ranked by score alone: it is exact).
    """

    scenario: str = ""
    tag: str = ""
    unmet: bool = False
    hide_source: bool = False
    beside: str = ""
    weight: float = 0.0
    diversity: float = 0.0
    epsilon: float = 0.0

    def plain(self) -> Rules:
        """The same without protection and without what comes after the scores."""
        return replace(self, epsilon=0.0, diversity=0.0)

    def protected(self) -> Rules:
        """The same without the rules that read histories as they are, which a protected source can't go with."""
        return replace(self, unmet=False, hide_source=False, beside="", weight=0.0)

    def params(self) -> dict[str, str]:
        """As query parameters, only what differs from the default: `tag=maps&hide_source=1&epsilon=4`."""
        changed = {name: getattr(self, name) for name in NAMES if getattr(self, name) != getattr(FREE, name)}
        return {NAMES[name]: value if isinstance(value, str) else f"{value:.6g}" for name, value in changed.items()}

    def words(self) -> tuple[str, ...]:
        """Each rule that is set, in words, for reports and files."""
        set_ = (
            (self.scenario, f"only from {self.scenario}"),
            (self.tag, f"only with the tag {self.tag}"),
            (self.unmet, "only items that nobody has chosen yet"),
            (self.hide_source, "without what the source has too"),
            (self.beside and self.weight, f"second score {self.beside}, weight {self.weight:g}"),
            (self.diversity, f"diversity {self.diversity:g} (exported list only)"),
            (self.epsilon, f"source protected, ε = {self.epsilon:g}"),
        )
        return tuple(said for given, said in set_ if given)


FREE = Rules()


def read_rules(texts: Mapping[str, str]) -> tuple[Rules, list[str]]:
    """The rules in query parameters, and a sentence for each value that breaks its own rule and is not used."""
    values: dict[str, object] = {}
    problems = []
    for name, called in NAMES.items():
        if called in texts:
            try:
                values[name] = _value(name, called, texts[called])
            except InputError as error:
                problems.append(str(error))
    if values.get("beside") and "weight" not in values:
        values["weight"] = WEIGHT
    return Rules(**values), problems  # type: ignore[arg-type]


def _value(name: str, called: str, text: str) -> object:
    if name in ("scenario", "tag", "beside"):
        return short(text, called, LONGEST)
    if name in ("unmet", "hide_source"):
        if text not in ("0", "1"):
            raise InputError(f"{called} in the link", "must be 0 or 1", text, "It is read as 0.")
        return text == "1"
    if name == "epsilon":
        from recsys.transfer.privacy import EPSILONS

        allowed = {f"{epsilon:g}": epsilon for epsilon in EPSILONS}
        if text not in allowed:
            fix = "The source is not protected: turn its protection on under Rules."
            raise InputError(f"{called} in the link", f"must be one of {', '.join(allowed)}", text, fix)
        return allowed[text]
    return number(text, called, 0.0, 1.0)


def number(text: str, called: str, low: float, high: float) -> float:
    """A number of the link. Raises InputError when it is none or outside low … high."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise InputError(f"{called} in the link", f"must be between {low:g} and {high:g}", text, "The default is used.")
    return value


def short(text: str, called: str, longest: int) -> str:
    """A text of the link as it is. Raises InputError when it is too long: half a value would name something else."""
    if len(text) > longest:
        rule = f"must have at most {longest:,} characters"
        raise InputError(f"{called} in the link", rule, f"{len(text):,} characters", "It is not used.")
    return text

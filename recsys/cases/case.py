"""A case, and a case that is kept with the run and the list it had."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from recsys.cases.party_names import party_words, saved_party
from recsys.cases.rules import NO_RULES, Rules, check_length, parse_number, read_rules
from recsys.errors import DAMAGED_FILE, ArtifactError, InputError, StudioError
from recsys.wording import Message, to_json

FORMAT = 1  # of a saved case
CASE = Message("{target} and {source}, α = {alpha}")
"""The name of a case."""
MAX_NOTE = 2_000  # characters
MAX_ITEMS = 100  # of a list, as in a link
MAX_TEXT = 4_000  # characters of a text in a saved case
DEFAULT_ALPHA, DEFAULT_K = 0.3, 10  # of a link that names none


@dataclass(frozen=True)
class Case:
    """What a link of Transfer asks for, whatever the run.

    Attributes:
        target, source: as `recsys.cases.parties` reads them: `user:42`, `cluster:3`, …
        alpha: weight of the source, 0 … 1.
        k: length of the list, 1 … 100.
        rules: what may be recommended, and by which scores; from `from_link`.

    Raises:
        InputError: α or k outside their range.
    """

    target: str
    source: str
    alpha: float = DEFAULT_ALPHA
    k: int = DEFAULT_K
    rules: Rules = NO_RULES

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1:
            raise InputError("alpha", "must be between 0 and 1", self.alpha, "Use a value in that range.")
        if not 1 <= self.k <= MAX_ITEMS:
            raise InputError("k", Message("must be between 1 and {most}", most=MAX_ITEMS), self.k)

    @classmethod
    def from_link(cls, link: str) -> Case:
        """The case of a link of Transfer, or of the part of it after "?". Raises InputError for what it can't hold."""
        query = urlsplit(link).query if "?" in link else link
        texts = dict(parse_qsl(query, keep_blank_values=True))
        if not texts.get("target") or not texts.get("source"):
            raise InputError("the link", "must name target and source", link, "Copy the address of Transfer.")
        rules, problems = read_rules(texts)
        if problems:
            raise InputError("the link", "must hold rules of this app", problems[0])
        alpha = parse_number(texts.get("alpha", str(DEFAULT_ALPHA)), "alpha", 0.0, 1.0)
        k = int(parse_number(texts.get("k", str(DEFAULT_K)), "k", 1, MAX_ITEMS))
        target, source = (check_length(texts[name], name, MAX_TEXT) for name in ("target", "source"))
        return cls(target, source, alpha, k, rules)

    def params(self) -> dict[str, str]:
        """The query parameters of a link."""
        shown = {"target": self.target, "source": self.source, "alpha": repr(float(self.alpha)), "k": str(self.k)}
        return shown | self.rules.params()

    @property
    def link(self) -> str:
        """The part of a link after "?"; `from_link` reads it."""
        return urlencode(self.params())

    @property
    def needs_its_run(self) -> str:
        """What of the case has a meaning under one run only: "cluster:3", weights of interests; "" for nothing."""
        numbered = [text for text in (self.target, self.source) if text.startswith("cluster:")]
        return numbered[0] if numbered else self.rules.interests


@dataclass(frozen=True)
class ListedItem:
    """An item of a list.

    Attributes:
        item_id, title: as in the data. Hostile text: show it as text only.
        score: of the blend, `target_part` + `source_part`.
    """

    item_id: str
    title: str
    score: float
    target_part: float
    source_part: float


@dataclass(frozen=True)
class SavedCase:
    """A case under a run, with the list that it had.

    Attributes:
        run: id of the run in the app, "sample" for the sample's. run_name, data: names. fingerprint: of the data.
        target, source: their names on screen, in English: messages where they have words of this app. Cases of earlier
            versions have the text only.
        items: best first.
        note: of the user who saved it. Hostile text, as all names: show it as text only.
        groups: the saved groups that the case names, by id: name and user ids.
    """

    case: Case
    run: str
    run_name: str
    data: str
    fingerprint: str
    target: str
    source: str
    items: tuple[ListedItem, ...]
    note: str = ""
    groups: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def label(self) -> Message:
        """Target, source and α: "user 42 and user 7, α = 0.300"."""
        return case_label(party_words(self.target), party_words(self.source), self.case.alpha)

    def with_ids(self, ids: Mapping[str, str]) -> SavedCase:
        """The case with other ids of its run and of its saved groups, which an import gives them.

        Args:
            ids: the new id for each old one; others stay.
        """
        target, source = (_with_ids(text, ids) for text in (self.case.target, self.case.source))
        groups = {ids.get(key, key): group for key, group in self.groups.items()}
        case = replace(self.case, target=target, source=source)
        return replace(self, case=case, run=ids.get(self.run, self.run), groups=groups)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "format": FORMAT,
            "case": self.case.params(),
            **{name: getattr(self, name) for name in _TEXTS},
            "items": [vars(item) for item in self.items],
            "named": {name: to_json(getattr(self, name)) for name in _PARTIES},
            "groups": {key: {"name": name, "users": list(users)} for key, (name, users) in self.groups.items()},
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> SavedCase:
        """A case that `to_json` wrote. Raises ArtifactError for anything else."""
        try:
            if content["format"] != FORMAT:
                raise ValueError(f"format {content['format']!r}")
            params = {str(name): str(value) for name, value in content["case"].items()}
            items = tuple(_item(row) for row in content["items"][:MAX_ITEMS])
            groups = {
                str(key): (str(group["name"]), tuple(map(str, group["users"])))
                for key, group in content["groups"].items()
            }
            texts = {name: str(content[name])[:MAX_TEXT] for name in _TEXTS}
            named = content.get("named", {})  # not in cases of earlier versions
            texts |= {name: saved_party(named.get(name), texts[name]) for name in _PARTIES}
            return cls(Case.from_link(urlencode(params)), items=items, groups=groups, **texts)
        except (*DAMAGED_FILE, StudioError) as error:
            raise ArtifactError("the saved case", "is damaged", f"{type(error).__name__}: {error}") from error


_PARTIES = ("target", "source")
_TEXTS = ("run", "run_name", "data", "fingerprint", "target", "source", "note")


def _with_ids(party: str, ids: Mapping[str, str]) -> str:
    """A target or source that names a saved group (`group:<id>`, or `group:<id>!medoid`), with the group's new id."""
    kind, colon, value = party.partition(":")
    entry_id, mark, rest = value.partition("!")
    return f"{kind}{colon}{ids.get(entry_id, entry_id)}{mark}{rest}" if kind == "group" else party


def _item(row: Mapping[str, Any]) -> ListedItem:
    numbers = [float(row[name]) for name in ("score", "target_part", "source_part")]
    if not all(abs(number) < float("inf") for number in numbers):
        raise ValueError("a score is not finite")
    return ListedItem(str(row["item_id"]), str(row["title"])[:MAX_TEXT], *numbers)


def case_label(target: str, source: str, alpha: float) -> Message:
    """A case in a few words."""
    return Message(str(CASE), target=target, source=source, alpha=f"{alpha:.3f}")


def known_case(name: str) -> str:
    """The saved English name of a case as a message; the name itself where it is none.

    Names of several users contain " and " too: it is taken apart where both sides are names of parties, if anywhere.
    """
    found = re.fullmatch(r"(.+ and .+), α = ([01]\.[0-9]{3})", name, re.DOTALL)
    if found is None:
        return name
    words = found[1].split(" and ")
    splits = [(" and ".join(words[:at]), " and ".join(words[at:])) for at in range(1, len(words))]
    pairs = [(party_words(target), party_words(source)) for target, source in splits]
    target, source = max(pairs, key=lambda pair: sum(isinstance(one, Message) for one in pair))
    return Message(str(CASE), target=target, source=source, alpha=found[2])


def tidy_note(text: str) -> str:
    """A note as it is kept: printable characters and line breaks, 2,000 at most."""
    return "".join(c for c in text.replace("\r\n", "\n") if c.isprintable() or c == "\n").strip()[:MAX_NOTE]


def titles_of(items: Sequence[ListedItem], most: int = 3) -> str:
    """The first titles of a list, in one line."""
    return ", ".join(item.title for item in items[:most])

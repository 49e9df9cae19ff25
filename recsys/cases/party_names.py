"""Names of targets, sources and saved groups: in English where they are kept, worded again where they are shown."""

from __future__ import annotations

import re
from typing import Any

from recsys.errors import DAMAGED_FILE
from recsys.wording import Message, listed, recognised

GROUP = Message("{interests} ({n:,} users)")
LASSO = Message("lasso")
MONTHS = (
    Message("Jan"), Message("Feb"), Message("Mar"), Message("Apr"), Message("May"), Message("Jun"),
    Message("Jul"), Message("Aug"), Message("Sep"), Message("Oct"), Message("Nov"), Message("Dec"),
)  # fmt: skip
_FOUND = Message("Group {n:,}")  # a group on the map in which nothing is over-represented
_INTERESTS = (LASSO, _FOUND, Message("unknown"), Message("other"))
_DAY = re.compile(f"([0-9]{{1,2}}) ({'|'.join(MONTHS)}) (-?[0-9]{{1,5}})")


_TEMPLATES = frozenset(
    (
        *("user {user}", "users {names}", "session {session}", "sessions {names}", "{words}, {word}"),
        *("{words} and {word}", "{user} in {scenario}", "{user} since {moment}", "{user} before {moment}"),
        *("{day} {month} {year}", "item {number}", "step {number}", "the most typical user of {group}"),
        *("the {n:,} users nearest to {target}", "the {n:,} nearest users", "the average user", "a new user"),
        *("cluster “{name}”", "group “{name}”", *map(str, (GROUP, *_INTERESTS, *MONTHS))),
    )
)
"""Of names of parties. No other one is taken from a file: a template can ask for any attribute of its values."""


def saved_party(value: object, text: str) -> str:
    """The name of a party as the message that was saved beside its text; the text itself where that is none of it.

    Args:
        value: what `recsys.wording.to_json` gave, or anything else.
    """
    try:
        found = _message(value)
    except DAMAGED_FILE:
        return text
    return found if isinstance(found, Message) and found == text else text


def _message(value: Any) -> str | int:
    if isinstance(value, str | int):
        return value
    if value["template"] not in _TEMPLATES:
        raise ValueError(f"template {value['template']!r}")
    return Message(value["template"], **{str(place): _message(one) for place, one in value["values"].items()})


def party_words(name: str) -> str:
    """The name of a party as a message, where it has words of this app; names inside it too.

    Args:
        name: such a message, or its English text. In a text, an id that itself contains words of the app (" in ",
            " and ") is taken apart at them; in English that makes no difference.
    """
    if isinstance(name, Message):
        return name
    found = recognised(name, "the most typical user of {group}", "the {n:,} users nearest to {target}")
    if isinstance(found, Message):
        parts = {place: party_words(part) if isinstance(part, str) else part for place, part in found.values.items()}
        return Message(found.template, **parts)
    for template, words in (("cluster “{name}”", _cluster_words), ("group “{name}”", group_words)):
        if isinstance(found := recognised(name, template), Message):
            return Message(template, name=words(str(found.values["name"])))
    for template, between in (("{user} since {moment}", " since "), ("{user} before {moment}", " before ")):
        user, _, when = name.rpartition(between)
        if isinstance(moment := _moment_words(when), Message) and isinstance(named := party_words(user), Message):
            return Message(template, user=named, moment=moment)
    user, _, scenario = name.partition(" in ")
    if scenario and isinstance(named := _users_words(user), Message):
        return Message("{user} in {scenario}", user=named, scenario=scenario)
    return _users_words(name)


def _users_words(name: str) -> str:
    """The name of a party without names of others inside as a message; the name itself for another party."""
    found = recognised(name, "users {names}", "sessions {names}", "user {user}", "session {session}")
    if isinstance(found, Message):
        if names := found.values.get("names"):
            others, _, last = str(names).rpartition(" and ")
            return Message(found.template, names=listed([*others.split(", "), last], "and")) if others else name
        return found
    return recognised(name, "the average user", "a new user", "the {n:,} nearest users")


def _moment_words(moment: str) -> str:
    """A day or a step as a message."""
    if day := _DAY.fullmatch(moment):
        return Message("{day} {month} {year}", day=int(day[1]), month=Message(day[2]), year=int(day[3]))
    return recognised(moment, "item {number}", "step {number}")


def _cluster_words(name: str) -> str:
    return recognised(name, _FOUND)


def group_words(name: str) -> str:
    """The name of a saved group as a message, where the app has given it."""
    found = recognised(name, GROUP)
    if not isinstance(found, Message):
        return name
    saved = str(found.values["interests"])
    interests = recognised(saved, *_INTERESTS)
    return Message(
        GROUP, n=found.values["n"], interests=interests if isinstance(interests, Message) else group_words(saved)
    )

"""Sentences that can be shown in another language than English.

A `Message` is an English sentence that remembers how it was made: its template (the code by which a translation is
found) and the values of its places. The library returns messages; whoever shows them words them with `tr`, in the
language of the reader. `ui.language` names the catalogue of translations; without one, everything is English.

    tr("{n:,} rows are kept", n=5)      in the language of the reader
    Message("{n:,} rows are kept", n=5) in English, to be worded later by `tr(message)`

The first argument is a literal, so that the catalogues can be made by reading the source (`ui.language.po_files`).
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, Literal, TypeVar

_FORMATTER = string.Formatter()
_CHINESE, _LATIN = "[\u3400-\u9fff]", "[A-Za-z0-9]"
_MEETING = re.compile(f"{_CHINESE}{_LATIN}|{_LATIN}{_CHINESE}")
_NUMBER = "0|[1-9][0-9]{0,2}(?:,[0-9]{3}){0,5}"  # a whole number exactly as the format "," writes it
T = TypeVar("T")
Catalogue = Mapping[str, str]
"""Templates in English -> the same in another language, with the same places."""


class Message(str):
    """An English sentence with its template and its values.

    Args:
        template: English, with a place `{name}` or `{name:,}` for each value; without values it is taken as it is.
        values: numbers, texts, or other messages, which are then worded too.

    Raises:
        KeyError: the template has a place without a value.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Message:
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = str(template), values
        return made

    @classmethod
    def plural(cls, one: str, many: str, n: int, /, **values: object) -> Message:
        """The message for a number `n`, which is also a value of that name; `one` for exactly 1."""
        return cls(one if n == 1 else many, n=n, **values)

    def __reduce__(self) -> tuple[Callable[..., Message], tuple[str, dict[str, object]]]:
        return _message, (self.template, dict(self.values))


def _message(template: str, values: dict[str, object]) -> Message:
    return Message(template, **values)


def numbered(names: Iterable[str], pattern: str = "{name} ({number})") -> list[str]:
    """The names in their order; one that stood before has a number from 2 on, so that all differ.

    Args:
        pattern: how a name and its number are written.
    """
    shown: dict[str, None] = {}
    numbers: dict[str, int] = {}  # of each name, so that no number is tried twice
    for name in names:
        number, unique = numbers.get(name, 1), name
        while unique in shown:
            number += 1
            unique = pattern.format(name=name, number=number)
        numbers[name] = number
        shown[unique] = None
    return list(shown)


def listed(words: Sequence[str], last: Literal["and", "or", ","] = ",") -> str:
    """Words or messages in a row as one message: "a, b and c"; the word itself where there is only one.

    Args:
        last: stands before the last word.
    """
    *others, final = words
    if not others:
        return final
    before = reduce(lambda row, word: Message("{words}, {word}", words=row, word=word), others)
    if last == ",":
        return Message("{words}, {word}", words=before, word=final)
    return Message("{words} and {word}" if last == "and" else "{words} or {word}", words=before, word=final)


def in_a_row(sentences: Sequence[str]) -> str:
    """Whole sentences as one message, with a space between them in English."""
    return reduce(lambda row, sentence: Message("{sentences} {sentence}", sentences=row, sentence=sentence), sentences)


def to_json(value: Any) -> Any:
    """JSON values in which each message is {"template": …, "values": …}, so that it crosses to another process."""
    if isinstance(value, Message):
        return {"template": value.template, "values": to_json(dict(value.values))}
    if isinstance(value, Mapping):
        return {name: to_json(each) for name, each in value.items()}
    return [to_json(each) for each in value] if isinstance(value, tuple | list) else value


def from_json(value: Any) -> Any:
    """Back from `to_json`; tuples are lists then."""
    if isinstance(value, Mapping):
        inner = {name: from_json(each) for name, each in value.items()}
        return Message(inner["template"], **inner["values"]) if inner.keys() == {"template", "values"} else inner
    return [from_json(each) for each in value] if isinstance(value, list) else value


def recognised(text: str, *templates: str) -> str:
    """A saved English text as the message of the first template that makes it; the text itself where none does.

    Args:
        templates: whose places have no format, for texts, or the format ",", for whole numbers. A number that is
            written otherwise ("2024", ",") is not of the template, which would show it differently.
    """
    for template in templates:
        parts = list(string.Formatter().parse(template))
        numbers = {name for _, name, form, _ in parts if name and form}
        value = {name: _NUMBER if name in numbers else ".+?" for _, name, _, _ in parts if name}
        pattern = "".join(
            re.escape(text) + (f"(?P<{name}>{value[name]})" if name else "") for text, name, _, _ in parts
        )
        if found := re.fullmatch(pattern, text, re.DOTALL):
            values = found.groupdict().items()
            return Message(template, **{k: int(v.replace(",", "")) if k in numbers else v for k, v in values})
    return text


_find_catalogue: Callable[[], Catalogue] = dict


def use_catalogue(find: Callable[[], Catalogue]) -> None:
    """Names the function that returns the catalogue of the present reader; {} is English."""
    global _find_catalogue  # noqa: PLW0603  one process has one way to find its readers' languages
    _find_catalogue = find


def tr(text: str, /, **values: object) -> str:
    """A template with values, or a message, in the language of the reader.

    A text without a translation stays English.
    """
    if isinstance(text, Message) and not values:
        return tr(text.template, **text.values)
    found = _find_catalogue().get(text)
    if not values:
        return str(found or text)
    return _filled(found, values) if found else text.format(**{name: worded(value) for name, value in values.items()})


def _filled(template: str, values: Mapping[str, object]) -> str:
    """A translation with its values; where Chinese and Latin letters or digits meet at a value, a space is between."""
    text = ""
    for before, name, form, conversion in _FORMATTER.parse(template):
        text = _spaced(text, before)
        if name is not None:
            value = _FORMATTER.convert_field(worded(values[name]), conversion)
            text = _spaced(text, format(value, form or ""))
    return text


def _spaced(before: str, after: str) -> str:
    return f"{before} {after}" if _MEETING.fullmatch(before[-1:] + after[:1]) else before + after


def tr_n(one: str, many: str, n: int, /, **values: object) -> str:
    """A template for a number `n`, which is also a value of that name; `one` for exactly 1."""
    return tr(one if n == 1 else many, n=n, **values)


def worded(value: T) -> T | str:
    """A message in the language of the reader; anything else, such as a number or a name from data, as it is."""
    return tr(value) if isinstance(value, Message) else value

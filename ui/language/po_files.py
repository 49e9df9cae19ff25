"""The files of translations: gettext catalogues, one for each package of the source and each language.

    python -m ui.language.po_files      adds new sentences to the files with an empty translation, removes unused ones

A sentence is found in the source as the literal argument of `tr`, `tr_n` or `Message`, as subject, rule or fix of an
error of `recsys.errors`, or as a text of an `option` of a config; in a browser component as the argument of `say`, or
as a text of its page.
"""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys import errors
from recsys.wording import Catalogue
from ui.components.words import sentences_of

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES_WITH_FILES = ("zh",)
MessageId = str | tuple[str, str]
"""A template, or the templates for one and for several."""
_ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
_FIELDS = ("subject", "rule", "got", "fix")  # of an error, in the order of its arguments


def read_catalogue(folder: Path) -> Catalogue:
    """The translations of all files of a folder; sentences without a translation are left out."""
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.po")):
        for message in read_file(file):
            for template in _templates(message.id) if message.id else ():
                if text := translation(message):
                    found[template] = text
    return found


def read_file(file: Path) -> Catalog:
    """One file of translations."""
    from babel.messages.pofile import read_po

    with file.open("rb") as stream:
        return read_po(stream, locale=file.parent.name, abort_invalid=True)


def sentences() -> Mapping[str, Mapping[MessageId, list[str]]]:
    """Every sentence of the source by package (`ui.train`, `recsys.charts`, …), with the files in which it occurs."""
    found: dict[str, dict[MessageId, list[str]]] = {}
    modules = [ROOT / "app.py", *(f for top in ("pages", "ui", "recsys") for f in (ROOT / top).rglob("*.py"))]
    browser = [f for kind in ("js", "html") for f in (ROOT / "ui" / "components").rglob(f"*.{kind}")]
    for file in sorted((*modules, *browser)):
        place = file.relative_to(ROOT)
        package = ".".join(place.parts[:-1][:2]) or "ui.home"
        find = sentences_in if file.suffix == ".py" else sentences_of
        for message in find(file.read_text("utf-8")):
            places = found.setdefault(package, {}).setdefault(message, [])
            if place.as_posix() not in places:
                places.append(place.as_posix())
    return found


def sentences_in(source: str) -> Iterator[MessageId]:
    """The sentences of one file of source."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("tr_n", "plural"):
            one, many = ([*_literals(argument)] for argument in node.args[:2])
            yield from zip(one, many, strict=True)
        elif name in ("tr", "Message") and node.args:
            yield from _literals(node.args[0])
        elif name == "option":
            yield from _texts_of_option(node)
        elif name in _ERRORS:
            named = {_FIELDS[place]: argument for place, argument in enumerate(node.args[:4])}
            named |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg in _FIELDS}
            for field in ("subject", "rule", "fix"):
                yield from (text for text in _literals(named.get(field)) if " " in text or field != "subject")


def _texts_of_option(node: ast.Call) -> Iterator[str]:
    """Label, help, choices and the meaning of an empty field, of a call of `recsys.models.config.option`."""
    for argument in node.args[1:3]:
        yield from _literals(argument)
    for keyword in node.keywords:
        if keyword.arg == "empty":
            yield from _literals(keyword.value)
        elif keyword.arg == "choices" and isinstance(keyword.value, ast.Dict):
            for label in keyword.value.values:
                yield from _literals(label)


def _literals(node: ast.expr | None) -> Iterator[str]:
    """The text of a literal, and of both branches of a condition or of an `or`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _literals(value)


def translation(message: Message) -> str:
    """The translation of an entry; the one for several where there are two, and "" where there is none."""
    texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return texts[-1] if texts else ""


def _templates(message: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


def places(template: str) -> set[str]:
    """The places of a template with their formats: `{n:,}` is "n:,"."""
    parts = string.Formatter().parse(template)
    return {f"{name}:{form}" if form else name for _, name, form, _ in parts if name is not None}


def update() -> None:
    """Makes the files hold exactly the sentences of the source; translations are kept, also those of other files."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    for lang in LANGUAGES_WITH_FILES:
        folder = ROOT / "ui" / "language" / lang
        found = sentences()
        known: dict[str, dict[Any, Any]] = {
            file.stem: {entry.id: entry.string for entry in read_file(file) if entry.id and translation(entry)}
            for file in folder.glob("*.po")
        }
        elsewhere: dict[Any, Any] = {}
        for translated in known.values():
            elsewhere |= translated
        for file in folder.glob("*.po"):
            if file.stem not in found:
                file.unlink()
        for package, messages in found.items():
            file = folder / f"{package}.po"
            new = Catalog(locale=lang, fuzzy=False)
            for message, files in messages.items():
                string: Any = known.get(package, {}).get(message) or elsewhere.get(message)
                new.add(message, string, locations=[(one, 1) for one in files])
            with file.open("wb") as stream:
                # No header: its dates would change with every update.
                write_po(stream, new, omit_header=True, sort_by_file=True, width=120, include_lineno=False)


if __name__ == "__main__":
    update()

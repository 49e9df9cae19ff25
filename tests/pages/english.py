"""English words that are left on a page in Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

from recsys.data.dataset import Dataset
from recsys.transfer import METHODS

WORD = re.compile(r"(?<![A-Za-z])[A-Za-z][a-z]{3,}(?![A-Za-z])")
MARKS = re.compile(
    r"\b[\w-]+\.txt\b|\.(?:parquet|np[yz])\b|\w+_\w+|\$[^$]+\$|`[^`]*`|\]\([^)]*\)|%\{[^}]*\}"
    r"|</?\w+(?: style=\"[^\"]*\")?>|:(?:orange|blue|gray|material)[\[/]|[Ii]tem-kNN"
)
"""Names of files and settings, formulas, code, addresses of links, places of hover texts, tags, colours, item-kNN."""
NAMES = {
    *("Kang", "Sarwar", "Steck", "Masthoff", "Krichene", "Rendle", "Narayanan", "Shmatikov", "Holm"),
    *("Parquet", "Excel", "Lines", "Streamlit", "torch", "implicit", "learn", "umap", "Okabe", "cividis", "viridis"),
    *("dropout", "epoch", "medoid", "softmax", "Language", "English"),
}
"""People, packages, files and terms that stay as they are."""
SHOWN = {
    "label", "body", "help", "placeholder", "options", "text", "title", "value", "caption", "format_func", "name",
    "heading", "note", "short", "phrase", "hovertemplate", "unit", "unit_one", "unit_many", "verdict", "evidence",
}  # fmt: skip
"""Fields of the page's elements, of figures and of the data of components that are texts for readers."""


def texts(value: Any, shown: bool = False) -> Iterator[str]:
    """All texts in fields for readers, at any depth; JSON in a text is looked into."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from texts(one, name in SHOWN or (shown and not isinstance(one, str)))
    elif isinstance(value, list):
        for one in value:
            yield from texts(one, shown)
    elif isinstance(value, str):
        if value[:1] in "{[" and len(value) > 20:
            try:
                yield from texts(json.loads(value), False)
                return
            except ValueError:
                pass
        if shown:
            yield value


def english_on(app: AppTest, names: set[str]) -> dict[str, str]:
    """The English words on a page, each with the first text that has it."""
    found: dict[str, str] = {}
    for text in texts_on(app):
        if not text.startswith("<style") and text not in METHODS and text != "studio_space":
            for word in WORD.findall(MARKS.sub(" ", text.replace("\\", ""))):
                if word not in names:
                    found.setdefault(word, text[:200])
    return found


def texts_on(app: AppTest) -> Iterator[str]:
    """The texts for readers of every element on a page."""
    for node in walk(app._tree):
        proto = getattr(node, "proto", None)
        if proto is not None:
            yield from texts(MessageToDict(proto, preserving_proto_field_name=True))


def walk(node: Any) -> Iterator[Any]:
    for child in getattr(node, "children", {}).values():
        yield child
        yield from walk(child)


def words_of(data: Dataset) -> set[str]:
    """All words of the texts of a dataset, which pages show as they are."""
    cells = data.user_table.astype(str).to_numpy().ravel()
    tags = map(" ".join, data.catalogue.tags)
    shown = (*data.catalogue.titles, *data.catalogue.texts, *tags, *data.catalogue.scenarios, *data.user_table, *cells)
    return set(WORD.findall(" ".join(map(str, (*shown, *data.users.ids, data.name)))))

"""The words of browser components: the sentences of their scripts and pages, and their translations.

A script writes a sentence with `say("{name} enters", {name: …})`; the texts of its page (HTML) are found as they are.
The component is given the translations in its data, and `words.js` fills the places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from recsys.wording import tr

WORDS_JS = (Path(__file__).parent / "words.js").read_text("utf-8")
_SAID = re.compile(r'\bsay\(\s*"((?:[^"\\]|\\.)*)"')
_ATTRIBUTES = ("title", "aria-label", "aria-roledescription")


class _Texts(HTMLParser):
    """The texts and described attributes of a page, white space joined."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in _ATTRIBUTES and value]


def sentences_of(source: str) -> Iterator[str]:
    """The templates of a component's script, or the texts with letters of its page (which begins with "<")."""
    if not source.startswith("<"):
        yield from (found.replace('\\"', '"') for found in _SAID.findall(source))
        return
    page = _Texts()
    page.feed(source)
    for text in page.found:
        if re.search("[A-Za-z]{2}", text):
            yield " ".join(text.split())


def component_words(*sources: str) -> dict[str, str]:
    """The translations of a component's sentences in the language of the reader; {} in English.

    Args:
        sources: its scripts and its page.
    """
    found = {text: tr(text) for source in sources for text in sentences_of(source)}
    return {text: translation for text, translation in found.items() if translation != text}

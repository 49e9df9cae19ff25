"""Text from data and users in Markdown files."""

from __future__ import annotations

import re
from html import escape

_SIGNS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:])")


def plain_markdown(text: str) -> str:
    """Text that Markdown shows as it is: in one line, with its signs escaped, and HTML as entities."""
    return escape(_SIGNS.sub(r"\\\1", " ".join(text.split())), quote=False)

"""Glossary terms that open where they stand: a link to `#term-…` in any text of the page opens its sentence beside it.

One invisible component for a page. It listens for clicks and leaves the page's own elements as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "studio_terms",
    html='<div class="term" role="dialog" tabindex="-1" hidden><b></b> <span></span></div>',
    css=(_HERE / "component.css").read_text("utf-8"),
    js=(_HERE / "component.js").read_text("utf-8"),
)


def term_links(meanings: Mapping[str, tuple[str, str]]) -> None:
    """Lets the links of a page open.

    Args:
        meanings: the end of a link after `#term-` -> the term and its sentence.
    """
    _mount(key="studio_terms", data={"meanings": {name: list(pair) for name, pair in meanings.items()}}, height=1)


def link_name(term: str) -> str:
    """The end of the link to a term: `Cold start` -> `cold-start`."""
    return re.sub(r"[^\w]+", "-", term.casefold()).strip("-")

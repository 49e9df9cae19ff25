"""The words for data whose histories are sessions: where a sentence says "user", its reader sees "session"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from recsys.wording import Catalogue

# Not in places such as {user}, nor where a table of users or the account of a database is meant.
_WORDS = re.compile(r"\{[^}]*\}|(?<!-)\b[Uu]ser(?=s?\b)(?! tables?\b| and password|:password)|用户(?!表|名)")
_OF_SESSIONS = {"user": "session", "User": "Session", "用户": "会话"}


def of_sessions(text: str) -> str:
    """A template about users as one about sessions; its places stay as they are."""
    return _WORDS.sub(lambda found: _OF_SESSIONS.get(found[0], found[0]), text)


def sessions_catalogue(templates: Iterable[str], translations: Catalogue) -> Catalogue:
    """The sentences of a language as they stand over sessions.

    Only known templates are changed: a name that comes from data stays as it is.

    Args:
        templates: all English ones. translations: of the language; {} for English.
    """
    return {template: of_sessions(translations.get(template, template)) for template in templates}

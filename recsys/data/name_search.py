"""Finding names by a part of them: users by id, items by title, in any script."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def folded(text: str) -> str:
    """The text as it is compared: upper and lower case alike, full-width and half-width forms alike (Unicode's NFKC:
    ＡＢＣ as abc, ｶﾒﾗ as カメラ), without outer spaces."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def parts_of(query: str) -> list[str]:
    """The parts of a query between spaces, each folded; also between the wide spaces of Chinese and Japanese."""
    return folded(query).split()


def find_names(query: str, names: Sequence[str], texts: Sequence[str] | None = None) -> list[int]:
    """Indexes of the names that hold every part of a query, the best first.

    The name that is the query comes first, then those that begin with it as a word, then those that begin with it,
    each by length; the others follow in the order of `names`. So a short name is among the first ones too. A part may
    stand inside a word, since Chinese, Japanese and Thai are written without spaces. A query without a part is held by
    every name.

    Args:
        texts: the names folded, where they are known already.
    """
    wanted, whole = parts_of(query), folded(query)
    if not wanted:
        return list(range(len(names)))
    longest = max(wanted, key=len)  # is asked first: most names do not hold it
    found: list[tuple[int, int, int]] = []
    for row, text in enumerate(map(folded, names) if texts is None else texts):
        if longest in text and all(part in text for part in wanted):
            after = text.removeprefix(whole)
            begins = text.startswith(whole)
            place = 3 if not begins else 0 if not after else 1 if not after[0].isalnum() else 2
            found.append((place, len(text) if begins else 0, row))
    return [row for _, _, row in sorted(found)]

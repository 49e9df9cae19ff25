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


def find_names(query: str, names: Sequence[str]) -> list[int]:
    """Indexes of the names that hold every part of a query, in the order of `names`.

    A part may stand inside a word, since Chinese, Japanese and Thai are written without spaces. A query without a part
    is held by every name.
    """
    wanted = parts_of(query)
    if not wanted:
        return list(range(len(names)))
    found = []
    for row, name in enumerate(names):
        text = folded(name)
        if all(part in text for part in wanted):
            found.append(row)
    return found

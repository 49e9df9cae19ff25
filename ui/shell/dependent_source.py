"""The source of a view whose target changes: one that is a part of the target is changed where the new one has none."""

from __future__ import annotations

from pathlib import Path

from recsys.errors import UnknownIdError
from ui import cache

PARTS = ("before", "scenario")  # kinds of sources that are a part of the target's own history


def fitting_source(folder: Path, target: str, source: str) -> str:
    """The source for another target: an earlier half in place of a moment that the target does not have.

    Args:
        folder: of the run.
        target, source: as they stand in the link.

    Returns:
        "everyone" where the target has no part: a group, or a single item.
    """
    kind, _, moment = source.partition(":")
    if kind not in PARTS or not target:
        return source
    if target.partition(":")[0] not in ("user", "items"):
        return "everyone"
    if kind == "scenario" or not moment.isdecimal():
        return source
    try:
        length = _items_of(folder, target)
    except UnknownIdError:  # said where the target is read
        return source
    if len(moment) <= 9 and int(moment) < length:
        return source
    return f"before:{length // 2}" if length > 1 else "everyone"


def _items_of(folder: Path, target: str) -> int:
    """How many items the history of a user or a composed history has. Raises UnknownIdError."""
    from recsys.cases.parties import read_items

    kind, _, value = target.partition(":")
    if kind == "items":
        return len(read_items(value))
    run, data = cache.open_run(str(folder))
    return len(run.known_part(data.history(data.users.index(value))))

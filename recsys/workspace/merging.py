"""Joining two spaces: when one browser was given two of them, and when a visitor signs in.

The old space keeps a redirect, `joined.txt`, with the id of the new space. The redirect is written first, then entries
are moved one by one; after a crash, the remaining ones are moved at the next start.
"""

from __future__ import annotations

import re
from pathlib import Path

from recsys.files import make_folder, replace_file, sync_folder
from recsys.workspace.entries import KINDS

SPACE = re.compile(r"[0-9a-f]{24,32}|account-[0-9a-f]{32}")
_REDIRECT, _NAME = "joined.txt", "name.txt"


def resolve_space(spaces: Path, space_id: str) -> str:
    """The id of the space that a space id stands for, after all redirects."""
    for _ in range(100):  # more redirects in a row than one browser can cause
        redirect = spaces / space_id / _REDIRECT
        if (
            not redirect.is_file()
            or not SPACE.fullmatch(to := redirect.read_text("utf-8", "replace"))
            or to == space_id
        ):
            break
        space_id = to
    return space_id


def write_redirect(spaces: Path, old: str, new: str) -> None:
    """Redirects `old` to `new`. Neither may be redirected already, so that there is never a circle."""
    replace_file(spaces / old / _REDIRECT, new)


def move_entries(old: Path, new: Path) -> int:
    """Moves entries, trash and (unless the new space has one) the name. Returns how many entries, without the trash."""
    moved = 0
    for kind in (*KINDS, "trash"):
        for folder in sorted((old / kind).glob("[0-9a-f]*")):
            make_folder(new / kind)
            folder.rename(new / kind / folder.name)
            moved += kind != "trash"
        if (new / kind).is_dir():
            sync_folder(new / kind)
    if (old / _NAME).is_file() and not (new / _NAME).is_file():
        make_folder(new)
        (old / _NAME).replace(new / _NAME)
    return moved

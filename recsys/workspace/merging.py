"""Two spaces become one: one browser may have been given two, and work goes along when somebody signs in.

A joined space leaves a note, `joined.txt`, with the id of the space that stays: whoever still names the old one is led
there. The note is written first, then entries are moved one by one; after a crash, the rest follows at the next start.
"""

from __future__ import annotations

import re
from pathlib import Path

from recsys.files import make_folder, replace_file, sync_folder
from recsys.workspace.entries import KINDS

SPACE = re.compile(r"[0-9a-f]{24,32}|account-[0-9a-f]{32}")
_NOTE, _NAME = "joined.txt", "name.txt"


def destination(spaces: Path, space_id: str) -> str:
    """The id of the space that a space id leads to: its own, unless the space has joined another."""
    for _ in range(100):  # more joins in a row than one browser can come to
        note = spaces / space_id / _NOTE
        if not note.is_file() or not SPACE.fullmatch(to := note.read_text("utf-8", "replace")) or to == space_id:
            break
        space_id = to
    return space_id


def leave_note(spaces: Path, gone: str, kept: str) -> None:
    """From now on `gone` leads to `kept`. Both must be destinations, so that there is never a circle."""
    replace_file(spaces / gone / _NOTE, kept)


def move_all(old: Path, new: Path) -> int:
    """Moves every entry, the trash and (where there is none yet) the name of a space. Returns the number of entries."""
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

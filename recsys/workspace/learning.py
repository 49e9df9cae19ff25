"""What a learner has predicted, which guides they have left, which classes they teach: `learning.json` in their space.

What a student answers to a class is not kept here (see `recsys.workspace.classes`). A damaged file counts as empty:
nothing else depends on it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from recsys.errors import DAMAGED_FILE
from recsys.files import replace_file

FILE = "learning.json"
_WRITING = threading.RLock()
Learning = Mapping[str, Mapping[str, Any]]
"""Key of a lesson or a guide -> small JSON values; `CLASSES` -> the code and the teacher's key of each class."""
CLASSES = "classes"
_SENT = "class_"  # of earlier versions: a student's own answers to a class


def read_learning(space_folder: Path) -> Learning:
    """Everything that is kept, by key; {} at the beginning."""
    try:
        content = json.loads((space_folder / FILE).read_text("utf-8"))
        return {str(key): dict(entry) for key, entry in content.items()}
    except DAMAGED_FILE:
        return {}


def keep_learning(space_folder: Path, key: str, **values: Any) -> None:
    """Changes some values of a key; None removes a value."""
    with _WRITING:
        content = dict(read_learning(space_folder))
        entry = {**content.get(key, {}), **values}
        content[key] = {name: value for name, value in entry.items() if value is not None}
        _write(space_folder, content)


def forget_classes(space_folder: Path, still_open: Collection[str]) -> None:
    """Removes a teacher's keys of classes that are not open, and the answers that earlier versions kept here."""
    with _WRITING:
        content = read_learning(space_folder)
        left = {key: entry for key, entry in content.items() if not key.startswith(_SENT)}
        if CLASSES in left:
            left[CLASSES] = {code: key for code, key in left[CLASSES].items() if code in still_open}
        if left != content:
            _write(space_folder, left)


def merge_learning(old: Path, new: Path) -> None:
    """Adds what one space has kept to another, whose own entries stay; a teacher has the classes of both."""
    if (old / FILE).is_file():
        with _WRITING:
            added, own = read_learning(old), read_learning(new)
            classes = {**added.get(CLASSES, {}), **own.get(CLASSES, {})}
            _write(new, {**added, **own, **({CLASSES: classes} if classes else {})})


def _write(folder: Path, content: Learning) -> None:
    replace_file(folder / FILE, json.dumps(content, ensure_ascii=False, allow_nan=False))

"""Entries that come from elsewhere: what they say of themselves is checked, and all of them appear or none.

All entries of an import are built in one folder, `.import.<random>`, which a single rename to `import.<random>` makes
final; after that they only have to be moved into place. A process that is killed before that rename has imported
nothing; one that is killed after it has the rest moved by `finish_imports` at the next start.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from recsys.errors import DAMAGED_FILE, ArtifactError, StudioError
from recsys.files import make_folder, sync_folder, sync_tree
from recsys.workspace.entries import Entry, new_id, read_content, read_entry, write_entry

MAX_META = 100_000  # characters of an entry's meta as JSON
MAX_DEPTH = 8
TEXT_MODELS = ("auto", "tf-idf", "")  # a plan from elsewhere may not name a folder or a model of this machine
_NUMBER = re.compile(r"(?:−?[0-9.][0-9.,]{0,19})?")  # as `recsys.charts.style.format_number` writes it: 1,234, 0.171, −0.02
_FINAL = "import."


@contextmanager
def importing(space_folder: Path) -> Iterator[Path]:
    """A folder to unpack `<kind>/<entry>` folders into; it is removed when the block ends."""
    building = space_folder / f".{_FINAL}{secrets.token_hex(4)}"
    make_folder(building)
    try:
        yield building
    finally:
        shutil.rmtree(building, ignore_errors=True)


def checked(folders: Sequence[Path]) -> list[Entry]:
    """The entries in some `<kind>/<entry>` folders, their names made plain. Raises ArtifactError for a bad one."""
    entries = []
    for folder in folders:
        entry = read_entry(folder)
        if entry.kind != folder.parent.name:
            raise ArtifactError(_which(folder), "says that it is something else", entry.kind)
        name = "".join(c for c in " ".join(entry.name.split()) if c.isprintable())[:200]
        _check_meta(folder, entry.meta)
        _check_content(folder, entry.kind)
        entries.append(replace(entry, name=name.strip() or entry.kind))
    return entries


def renamed(building: Path, folders: Sequence[Path], entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Gives each entry in `building` a new id, also where another of them names it, and writes its entry.json."""
    ids = {entry.id: new_id() for entry in entries}
    fresh = []
    for folder, entry in zip(folders, entries, strict=True):
        meta = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in entry.meta.items()}
        if entry.kind == "training":
            content = read_content(folder)
            content["dataset"] = ids.get(content["dataset"], content["dataset"])
            (folder / "content.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        fresh.append(replace(entry, id=ids[entry.id], meta=meta))
        write_entry(folder, fresh[-1])
        folder.rename(folder.with_name(ids[entry.id]))
    sync_tree(building)
    return tuple(fresh)


def commit(building: Path) -> None:
    """Makes an import final and moves its entries into place."""
    final = building.with_name(building.name[1:])
    building.rename(final)
    sync_folder(final.parent)
    _move(final)


def finish_imports(space_folder: Path) -> None:
    """Moves the entries of imports into place that a killed process had made final."""
    for final in space_folder.glob(f"{_FINAL}*"):
        _move(final)


def _move(final: Path) -> None:
    for folder in sorted(final.glob("*/*")):
        home = final.parent / folder.parent.name
        make_folder(home)
        folder.rename(home / folder.name)
        sync_folder(home)
    shutil.rmtree(final)


def _check_meta(folder: Path, meta: Mapping[str, Any]) -> None:
    number = meta.get("number", "")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise ArtifactError(_which(folder), "must show a number of at most 20 digits", number)
    try:
        size = len(json.dumps(dict(meta), allow_nan=False))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(_which(folder), "must describe itself in plain JSON", error) from error
    if size > MAX_META or not _flat(meta, MAX_DEPTH):
        raise ArtifactError(_which(folder), f"must describe itself in at most {MAX_META:,} characters", size)


def _flat(value: Any, depth: int) -> bool:
    """Whether a JSON value is nested at most `depth` deep and every number in it is finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return False
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return depth > 0 and all(_flat(one, depth - 1) for one in inner)


def _check_content(folder: Path, kind: str) -> None:
    """Reads what can be read quickly; data, weights and maps are checked whenever they are opened."""
    if kind not in ("cohort", "study", "note", "training"):
        return
    content = read_content(folder)
    if kind == "cohort" and not _ids(content.get("users")):
        raise ArtifactError(_which(folder), "must hold a list of user ids")
    if kind == "training":
        _check_training(folder, content)


def _ids(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _check_training(folder: Path, content: Mapping[str, Any]) -> None:
    from recsys.runs.plan import TrainingPlan

    try:
        plan = TrainingPlan.from_json(content["plan"])
        named = isinstance(content["dataset"], str)
    except (*DAMAGED_FILE, StudioError) as error:
        raise ArtifactError(_which(folder), "must hold a training plan", type(error).__name__) from error
    if not named or plan.text not in TEXT_MODELS:
        raise ArtifactError(_which(folder), "must read the items with the app's own text models", plan.text)


def _which(folder: Path) -> str:
    return f"the {folder.parent.name} {folder.name} in the zip"

"""Importing entries from another machine: their contents are checked, and either all of them are imported or none.

All entries of an import are unpacked into one folder, `.import.<random>`. A single rename to `import.<random>` makes
the import final; after it, the entries only have to be moved into place. When the process is killed before that rename,
nothing was imported; when it is killed after it, `finish_imports` moves the rest at the next start.
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

from recsys.cases.case import SavedCase
from recsys.errors import DAMAGED_FILE, ArtifactError, StudioError
from recsys.files import make_folder, sync_folder, sync_tree
from recsys.wording import Message
from recsys.workspace.entries import (
    MAX_ENTRY_NAME,
    Entry,
    new_id,
    read_content,
    read_entry,
    without_replacement,
    write_entry,
)

MAX_META = 100_000  # characters of an entry's meta as JSON
MAX_DEPTH = 8
TEXT_MODELS = ("auto", "tf-idf", "")  # an imported plan may not name a folder or a model of this machine
_NUMBER = re.compile(r"(?:−?[0-9.][0-9.,]{0,19})?")
"""A number as `recsys.charts.style.format_number` writes it: 1,234, 0.171, −0.02."""
_FINAL_PREFIX = "import."


@contextmanager
def import_folder(space_folder: Path) -> Iterator[Path]:
    """A folder to unpack `<kind>/<entry>` folders into; it is removed when the block ends."""
    building = space_folder / f".{_FINAL_PREFIX}{secrets.token_hex(4)}"
    make_folder(building)
    try:
        yield building
    finally:
        shutil.rmtree(building, ignore_errors=True)


def check_entries(folders: Sequence[Path]) -> list[Entry]:
    """The entries in some `<kind>/<entry>` folders, with cleaned names. Raises ArtifactError for an invalid one."""
    entries = []
    for folder in folders:
        entry = read_entry(folder)
        if entry.kind != folder.parent.name:
            raise ArtifactError(_subject(folder), "must be of the kind that its folder names", entry.kind)
        name = "".join(c for c in " ".join(entry.name.split()) if c.isprintable())[:MAX_ENTRY_NAME]
        _check_meta(folder, entry.meta)
        _check_content(folder, entry.kind)
        entries.append(replace(without_replacement(entry), name=name.strip() or entry.kind))
    return entries


def assign_new_ids(building: Path, folders: Sequence[Path], entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Gives each entry in `building` a new id, updates references between them, and writes each entry.json."""
    ids = {entry.id: new_id() for entry in entries}
    renamed = []
    for folder, entry in zip(folders, entries, strict=True):
        meta = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in entry.meta.items()}
        if entry.kind == "training":
            content = read_content(folder)
            _write_content(folder, content | {"dataset": ids.get(content["dataset"], content["dataset"])})
        elif entry.kind == "case":
            _write_content(folder, SavedCase.from_json(read_content(folder)).with_ids(ids).to_json())
        renamed.append(replace(entry, id=ids[entry.id], meta=meta))
        write_entry(folder, renamed[-1])
        folder.rename(folder.with_name(ids[entry.id]))
    sync_tree(building)
    return tuple(renamed)


def _write_content(folder: Path, content: Mapping[str, Any]) -> None:
    (folder / "content.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def move_into_place(building: Path) -> None:
    """Makes an import final and moves its entries to their folders."""
    final = building.with_name(building.name[1:])
    building.rename(final)
    sync_folder(final.parent)
    _move(final)


def finish_imports(space_folder: Path) -> None:
    """Completes the final imports of a process that was killed before all entries were moved."""
    for final in space_folder.glob(f"{_FINAL_PREFIX}*"):
        _move(final)


def _move(final: Path) -> None:
    for folder in sorted(final.glob("*/*")):
        target = final.parent / folder.parent.name
        make_folder(target)
        folder.rename(target / folder.name)
        sync_folder(target)
    shutil.rmtree(final)


def _check_meta(folder: Path, meta: Mapping[str, Any]) -> None:
    number = meta.get("number", "")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise ArtifactError(_subject(folder), "must show a number of at most 20 digits", number)
    try:
        size = len(json.dumps(dict(meta), allow_nan=False))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(_subject(folder), "must have valid JSON metadata", error) from error
    if size > MAX_META or not _is_finite_and_shallow(meta, MAX_DEPTH):
        raise ArtifactError(
            _subject(folder), Message("must have flat, finite metadata of at most {n:,} characters", n=MAX_META), size
        )


def _is_finite_and_shallow(value: Any, depth: int) -> bool:
    """Whether a JSON value is nested at most `depth` deep and every number in it is finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return False
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return depth > 0 and all(_is_finite_and_shallow(one, depth - 1) for one in inner)


def _check_content(folder: Path, kind: str) -> None:
    """Checks the small JSON files; data, weights and maps are checked whenever they are opened."""
    if kind not in ("cohort", "study", "search", "note", "training", "case"):
        return
    content = read_content(folder)
    if kind == "cohort" and not _is_text_list(content.get("users")):
        raise ArtifactError(_subject(folder), "must hold a list of user ids")
    if kind == "training":
        _check_training(folder, content)
    if kind == "case":
        SavedCase.from_json(content)


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _check_training(folder: Path, content: Mapping[str, Any]) -> None:
    from recsys.runs.plan import TrainingPlan

    try:
        plan = TrainingPlan.from_json(content["plan"])
        has_dataset = isinstance(content["dataset"], str)
    except (*DAMAGED_FILE, StudioError) as error:
        raise ArtifactError(_subject(folder), "must hold a training plan", type(error).__name__) from error
    if not has_dataset or plan.text not in TEXT_MODELS:
        raise ArtifactError(_subject(folder), "must use one of the app's own text models", plan.text)


def _subject(folder: Path) -> Message:
    return Message("the {kind} {name} in the zip", kind=folder.parent.name, name=folder.name)

"""Saved entries: each is a folder with an entry.json and the files of what was saved."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from recsys.errors import DAMAGED_FILE, ArtifactError
from recsys.files import replace_file
from recsys.wording import Message
from recsys.workspace.names import known_name

FORMAT = 1  # version of entry.json; `_migrate` converts older ones
KINDS = ("dataset", "run", "map", "cohort", "study", "search", "note", "training", "case")
TOKEN = re.compile(r"[0-9a-f]{24,32}")
MAX_ENTRY_NAME = 200  # characters of an entry's name
REPLACED_BY = "replaced_by"
"""In the meta of a dataset: the id of the dataset that replaces it. It is removed as soon as nothing works on it."""


def new_id() -> str:
    """96 random bits as 24 hex digits."""
    return secrets.token_hex(12)


@dataclass(frozen=True)
class Entry:
    """The description of a saved entry.

    Attributes:
        kind: one of KINDS.
        created: UTC, ISO 8601.
        bytes: size on disk.
        meta: small JSON values shown in lists (counts, scores, the dataset a run was trained on).
    """

    id: str
    kind: str
    name: str
    created: str
    bytes: int = 0
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name as it is shown: a message where the app has given it."""
        return known_name(self.name)


def name_of(folder: Path, otherwise: str) -> str:
    """The name of the entry in a folder, which its owner may have changed since its content was saved.

    Args:
        otherwise: the name in the content, for a folder that is no entry (the sample's run).
    """
    with suppress(ArtifactError, OSError):  # damaged, or deleted just now: Home reports a damaged one
        if (folder / "entry.json").is_file():
            return read_entry(folder).name
    return otherwise


def name_of_data(run_folder: Path, otherwise: str) -> str:
    """The name of the dataset that a saved run was trained on, where it is saved in the same space.

    Args:
        otherwise: its name in the run.
    """
    dataset = ""
    with suppress(ArtifactError, OSError):
        if (run_folder / "entry.json").is_file():
            dataset = str(read_entry(run_folder).meta.get("dataset", ""))
    return name_of(run_folder.parents[1] / "dataset" / dataset, otherwise) if TOKEN.fullmatch(dataset) else otherwise


def without_replacement(entry: Entry) -> Entry:
    """The entry as one that nothing replaces: for what a user copies, imports or restores to have it."""
    return replace(entry, meta={name: value for name, value in entry.meta.items() if name != REPLACED_BY})


def read_content(folder: Path) -> dict[str, Any]:
    """The JSON object of a group, study or note. Raises ArtifactError when it is damaged."""
    try:
        return dict(json.loads((folder / "content.json").read_text("utf-8")))
    except DAMAGED_FILE as error:
        raise ArtifactError(
            f"{folder.parent.name} {folder.name}", "is damaged: its content.json can't be read", type(error).__name__
        ) from error


def folder_bytes(folder: Path) -> int:
    """Size of all files under a folder; one that is removed meanwhile counts nothing."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += Path(parent, name).stat().st_size
    return size


def write_entry(folder: Path, entry: Entry) -> None:
    """Writes entry.json; an existing one is replaced completely or stays as it was."""
    content = {
        "format": FORMAT,
        "id": entry.id,
        "kind": entry.kind,
        "name": entry.name,
        "created": entry.created,
        "bytes": entry.bytes,
        "meta": dict(entry.meta),
    }
    replace_file(folder / "entry.json", json.dumps(content, ensure_ascii=False, indent=1))


def read_entry(folder: Path) -> Entry:
    """Reads entry.json. Raises ArtifactError when it is damaged or of a newer version."""
    try:
        content = _migrate(json.loads((folder / "entry.json").read_text("utf-8")))
        return Entry(
            id=folder.name,
            kind=str(content["kind"]),
            name=str(content["name"]),
            created=str(content["created"]),
            bytes=int(content["bytes"]),
            meta=MappingProxyType(dict(content["meta"])),
        )
    except DAMAGED_FILE as error:
        raise ArtifactError(
            f"{folder.parent.name} {folder.name}",
            "is damaged: its entry.json can't be read",
            type(error).__name__,
            "Everything else still opens; delete this folder or restore it from a backup.",
        ) from error


def read_entries(parent: Path) -> list[tuple[Path, Entry | ArtifactError]]:
    """The entries in a folder, or why one can't be read; without those that another tab is deleting meanwhile."""
    found: list[tuple[Path, Entry | ArtifactError]] = []
    for folder in entry_folders(parent):
        try:
            found.append((folder, read_entry(folder)))
        except ArtifactError as error:
            if folder.is_dir():
                found.append((folder, error))
    return found


def entry_folders(parent: Path) -> list[Path]:
    """The folders of the entries in a folder, in order; none where it is missing."""
    try:
        return sorted(path for path in parent.iterdir() if TOKEN.fullmatch(path.name))
    except FileNotFoundError:
        return []


def _migrate(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Converts an entry.json of an older format. Raises ArtifactError for a newer one."""
    version = int(content["format"])
    if version > FORMAT:
        raise ArtifactError(
            "the saved item", Message("must be of format {format} or older", format=FORMAT), version, "Update the app."
        )
    return content

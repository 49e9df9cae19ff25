"""Saved work on disk: datasets, runs, maps, groups, studies and notes, in one folder (a space) per visitor.

    root/spaces/<space>/<kind>/<entry>/     entry.json and the entry's own files (Parquet, JSON, safetensors)
    root/spaces/<space>/trash/<entry>/      deleted, until emptied

Every entry is written to a temporary folder and swapped in (`recsys.files`), so that a crash leaves the old state or
the new one. An entry's id is 96 random bits: whoever knows it may read the entry (a shared link contains it), and
nobody can list or change another visitor's space.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.errors import DAMAGED_FILE, ArtifactError, InputError, StudioError, UnknownIdError
from recsys.files import SWAP_LOCK, recover, recover_all, replace_file, replacing, sweep
from recsys.wording import Message
from recsys.workspace.classes import close_old
from recsys.workspace.entries import (
    KINDS,
    MAX_ENTRY_NAME,
    REPLACED_BY,
    TOKEN,
    Entry,
    entry_folders,
    folder_bytes,
    new_id,
    read_entries,
    read_entry,
    without_replacement,
    write_entry,
)
from recsys.workspace.importing import finish_imports
from recsys.workspace.learning import merge_learning
from recsys.workspace.merging import SPACE, move_entries, resolve_space, write_redirect
from recsys.workspace.names import COPY
from recsys.workspace.privacy_ledger import merge_draws

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs import Run

MAX_NAME_LENGTH = 60  # characters of a space's name


class Workspace:
    """All spaces under one folder.

    Args:
        root: made when missing.
        space_bytes: what one space may hold on disk.
        repair: completes what a killed process had begun; False where another process has the workspace open.
    """

    def __init__(self, root: Path, space_bytes: int = 2_000_000_000, repair: bool = True) -> None:
        self.root, self.space_bytes = Path(root), space_bytes
        self.spaces = self.root / "spaces"
        self.spaces.mkdir(parents=True, exist_ok=True)
        self._space_of: dict[str, str] = {}  # entry id -> the space in which it was last found
        if repair:
            self._repair()

    def _repair(self) -> None:
        for space in self.spaces.glob("*/"):
            finish_imports(space)
            for folder in space.glob("*/"):
                recover_all(folder)
        for space in self.spaces.glob("*/"):
            if (to := resolve_space(self.spaces, space.name)) != space.name:
                self.move(space, to)

    def sweep(self) -> None:
        """Removes what a killed server had begun to write. For the start of a server, when nobody else is writing."""
        close_old(self.root)
        (self.root / "index.sqlite").unlink(missing_ok=True)  # of versions before 0.2; it held names of entries
        for left in ("jobs", "results"):  # of jobs that ended with that server
            shutil.rmtree(self.root / left, ignore_errors=True)
        for space in self.spaces.glob("*/"):
            for folder in (space, *space.glob("*/")):
                sweep(folder)

    def remove_results(self, runs: Collection[str]) -> None:
        """Removes the large results of jobs on these runs (see `recsys.jobs.values`), wherever they are shown."""
        for note in (self.root / "results").glob("*/runs.json"):
            with suppress(*DAMAGED_FILE):  # being written or removed by another process
                if not set(json.loads(note.read_text("utf-8"))).isdisjoint(runs):
                    shutil.rmtree(note.parent, ignore_errors=True)

    def space(self, space_id: str) -> Space:
        """The space of an id: its own, or the one that it was joined to.

        Raises:
            InputError: `space_id` is neither 24 to 32 hex digits nor `account-` and 32 hex digits.
        """
        if not SPACE.fullmatch(space_id):
            raise InputError("the space", "must be named by 24 to 32 hex digits", fix="Open the app without this link.")
        return Space(self, resolve_space(self.spaces, space_id))

    def join(self, old: str, new: str) -> None:
        """Joins two spaces: the entries of `old` move to `new`, and both ids then mean `new`. Raises InputError."""
        source, target = self.space(old), self.space(new)
        if source.id != target.id:
            write_redirect(self.spaces, source.id, target.id)
            self.move(self.spaces / source.id, target.id)

    def move(self, old: Path, to: str) -> int:
        """Moves the contents of a space's folder to another space. Returns the number of entries without the trash."""
        merge_draws(old, self.spaces / to)
        merge_learning(old, self.spaces / to)
        return move_entries(old, self.spaces / to)

    def find(self, entry_id: str, kind: str) -> tuple[Entry, Path]:
        """An entry of any space, to read: whoever knows its id may. Raises UnknownIdError, ArtifactError."""
        folder = self._folder_of(entry_id, kind)
        if folder is not None:
            return read_entry(folder), folder
        raise UnknownIdError(
            f"the {kind}", "must be saved here", entry_id, "The link is mistyped, or it has been deleted."
        )

    def owner_of(self, entry_id: str, kind: str) -> str:
        """The name of the space that holds an entry; "" when it has none."""
        folder = self._folder_of(entry_id, kind)
        return "" if folder is None else self.space(folder.parent.parent.name).name

    def _folder_of(self, entry_id: str, kind: str) -> Path | None:
        """The folder of an entry, None when no space holds it.

        The first search for an id looks into every space; later ones look where it was.
        """
        if not (TOKEN.fullmatch(entry_id) and kind in KINDS):
            return None
        known = self._space_of.get(entry_id)
        with SWAP_LOCK:  # an entry that is being replaced has no folder for a moment
            if known and (folder := self.spaces / known / kind / entry_id).is_dir():
                return folder
            for space in os.listdir(self.spaces):  # noqa: PTH208 — strings: there may be thousands of spaces
                if os.path.isdir(f"{self.spaces}/{space}/{kind}/{entry_id}"):  # noqa: PTH112
                    self._space_of[entry_id] = space
                    return self.spaces / space / kind / entry_id
        return None


class Space:
    """The saved work of one visitor. Made by `Workspace.space`."""

    def __init__(self, workspace: Workspace, space_id: str) -> None:
        self.workspace, self.id = workspace, space_id

    @property
    def folder(self) -> Path:
        """Its folder on disk; looked up each time, because the space may be joined to another one while a job runs."""
        return self.workspace.spaces / resolve_space(self.workspace.spaces, self.id)

    def move_from(self, other: Space) -> int:
        """Moves all entries of another space into this one; the other stays usable. Returns the number of entries.

        Raises:
            StudioError: together they would exceed the limit on disk.
        """
        limit, total = self.workspace.space_bytes, self.bytes() + other.bytes()
        if total > limit:
            raise StudioError(
                "your saved work",
                Message("may take {megabytes:,.0f} MB on disk", megabytes=limit / 1e6),
                Message("{megabytes:,.0f} MB together", megabytes=total / 1e6),
                "Delete something on Home and empty the trash.",
            )
        return self.workspace.move(other.folder, self.folder.name)

    @property
    def name(self) -> str:
        """The name its owner gave it; "" for none."""
        file = self.folder / "name.txt"
        return file.read_text("utf-8", "replace")[:MAX_NAME_LENGTH] if file.is_file() else ""

    def set_name(self, name: str) -> None:
        """Names the space, in at most 60 characters; whoever opens a shared link sees the name. "" removes it."""
        replace_file(self.folder / "name.txt", " ".join(name.split())[:MAX_NAME_LENGTH])

    def entries(self, kind: str | None = None) -> tuple[Entry, ...]:
        """The saved entries, newest first; damaged ones are left out (see `damaged`)."""
        entries = [entry for _, entry in self._scan(kind) if isinstance(entry, Entry)]
        return tuple(sorted(entries, key=lambda entry: entry.created, reverse=True))

    def damaged(self) -> dict[str, str]:
        """For each entry that can't be read, by its id, a sentence that says why."""
        return {folder.name: str(entry) for folder, entry in self._scan(None) if isinstance(entry, ArtifactError)}

    def path(self, entry_id: str) -> Path:
        """The folder of one of this space's entries. Raises UnknownIdError."""
        if TOKEN.fullmatch(entry_id):
            for kind in KINDS:
                folder = self.folder / kind / entry_id
                recover(folder)
                if folder.is_dir():
                    return folder
        raise UnknownIdError("the saved item", "must be one of yours", entry_id)

    def get(self, entry_id: str) -> Entry:
        """One of this space's entries. Raises UnknownIdError, ArtifactError."""
        return read_entry(self.path(entry_id))

    def save(
        self,
        kind: str,
        name: str,
        write: Callable[[Path], object],
        meta: Mapping[str, Any] | None = None,
        entry_id: str | None = None,
    ) -> Entry:
        """Saves an entry: `write(folder)` fills an empty folder, which appears under its id complete or not at all.

        Raises:
            StudioError: the space is full.
        """
        if kind not in KINDS:
            raise InputError("kind", Message("must be one of {names}", names=", ".join(KINDS)), kind)
        entry_id = entry_id or new_id()
        folder_at_start = self.folder
        with replacing(folder_at_start / kind / entry_id) as building:
            write(building)
            size = folder_bytes(building)
            self.check_free_space(size)
            entry = Entry(
                entry_id, kind, name[:MAX_ENTRY_NAME] or kind, datetime.now(UTC).isoformat(), size, dict(meta or {})
            )
            write_entry(building, entry)
        if folder_at_start != self.folder:  # the space was joined to another one while the entry was being written
            self.workspace.move(folder_at_start, self.folder.name)
        return entry

    def save_json(
        self, kind: str, name: str, content: Mapping[str, Any], meta: Mapping[str, Any] | None = None
    ) -> Entry:
        """Saves one JSON object (a group, a study, a note) as content.json."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        return self.save(kind, name, lambda folder: (folder / "content.json").write_text(text, "utf-8"), meta)

    def save_dataset(self, dataset: Dataset, meta: Mapping[str, Any] | None = None) -> Entry:
        """Saves a dataset (never the raw upload it came from)."""
        from recsys.data.storage import save_dataset

        known = {"number": f"{dataset.n_interactions:,}", "users": dataset.n_users, "items": dataset.n_items}
        known |= {"fingerprint": dataset.fingerprint, **(meta or {})}
        return self.save("dataset", dataset.name, lambda folder: save_dataset(dataset, folder), known)

    def save_run(self, run: Run, dataset: Dataset, meta: Mapping[str, Any] | None = None) -> Entry:
        """Saves a run with the data it was trained on, so that it opens anywhere."""
        from recsys.runs import save_run

        known = {"fingerprint": dataset.fingerprint, **(meta or {})}
        return self.save("run", run.name, lambda folder: save_run(run, dataset, folder), known)

    def save_cohort(self, name: str, users: Sequence[str], meta: Mapping[str, Any] | None = None) -> Entry:
        """Saves a group of users by their ids."""
        return self.save_json("cohort", name, {"users": list(users)}, {"people": len(users), **(meta or {})})

    def rename(self, entry_id: str, name: str) -> Entry:
        """Gives an entry another name (1 to 200 characters)."""
        if not name.strip():
            raise InputError("the name", "must not be empty")
        folder = self.path(entry_id)
        entry = replace(read_entry(folder), name=name.strip()[:MAX_ENTRY_NAME])
        write_entry(folder, entry)
        return entry

    def mark(self, entry_id: str, **meta: Any) -> None:
        """Adds to an entry's meta."""
        folder = self.path(entry_id)
        entry = read_entry(folder)
        write_entry(folder, replace(entry, meta={**entry.meta, **meta}))

    def duplicate(self, entry_id: str) -> Entry:
        """A copy under a new id."""
        entry, source = without_replacement(self.get(entry_id)), self.path(entry_id)
        copy = shutil.copytree
        return self.save(
            entry.kind,
            Message(COPY, name=entry.name),
            lambda folder: copy(source, folder, dirs_exist_ok=True),
            entry.meta,
        )

    def delete(self, entry_id: str) -> None:
        """Moves an entry, which may be damaged, to the trash; `restore` brings it back until `empty_trash`."""
        folder, trash = self.path(entry_id), self.folder / "trash"
        trash.mkdir(exist_ok=True)
        folder.rename(trash / entry_id)

    def purge(self, entry_id: str) -> None:
        """Deletes an entry permanently, without the trash: for raw data that pseudonyms or another cleaning replace."""
        self.delete(entry_id)
        shutil.rmtree(self.folder / "trash" / entry_id)
        self.workspace.remove_results({entry_id})

    def restore(self, entry_id: str) -> Entry:
        """Undoes `delete`. Raises UnknownIdError when it isn't in the trash."""
        folder = self.folder / "trash" / entry_id
        if not (TOKEN.fullmatch(entry_id) and folder.is_dir()):
            raise UnknownIdError("the deleted item", "must still be in the trash", entry_id)
        entry = read_entry(folder)
        if REPLACED_BY in entry.meta:
            entry = without_replacement(entry)
            write_entry(folder, entry)
        (self.folder / entry.kind).mkdir(exist_ok=True)
        folder.rename(self.folder / entry.kind / entry_id)
        return entry

    def trash(self) -> tuple[Entry, ...]:
        """The deleted entries that can be restored: all but the damaged ones."""
        return tuple(entry for _, entry in read_entries(self.folder / "trash") if isinstance(entry, Entry))

    @property
    def has_trash(self) -> bool:
        """Whether there is anything to empty, be it damaged."""
        return bool(entry_folders(self.folder / "trash"))

    def empty_trash(self) -> None:
        """Deletes the entries in the trash permanently, and results of jobs on the runs among them."""
        trash = self.folder / "trash"
        deleted = {folder.name for folder in entry_folders(trash)}
        shutil.rmtree(trash, ignore_errors=True)
        self.workspace.remove_results(deleted)

    def bytes(self) -> int:
        """Size on disk, the trash included."""
        return folder_bytes(self.folder)

    def check_free_space(self, size: int, written: bool = True) -> None:
        """Raises StudioError when the space with these bytes, on disk already or not, exceeds its limit on disk."""
        limit, used = self.workspace.space_bytes, self.bytes() + (0 if written else size)
        if used > limit:
            raise StudioError(
                "your saved work",
                Message("may take {megabytes:,.0f} MB on disk", megabytes=limit / 1e6),
                Message("{used:,.0f} MB with the {size:,.1f} MB to be saved", used=used / 1e6, size=size / 1e6),
                "Delete something on Home and empty the trash.",
            )

    def _scan(self, kind: str | None) -> list[tuple[Path, Entry | ArtifactError]]:
        return [found for one in (KINDS if kind is None else (kind,)) for found in read_entries(self.folder / one)]

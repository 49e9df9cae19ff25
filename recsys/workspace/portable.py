"""Export and import: some entries of a space as one zip that opens on another machine.

The zip holds `<kind>/<entry>/<file>` and nothing else. An incoming zip is treated as hostile: names, counts
and sizes are checked before unpacking, and sizes again while unpacking.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from recsys.errors import DAMAGED_ARCHIVE, InputError, StudioError
from recsys.files import disk_errors
from recsys.wording import Message
from recsys.workspace.cases import read_case
from recsys.workspace.entries import KINDS, Entry
from recsys.workspace.importing import assign_new_ids, check_entries, import_folder, move_into_place
from recsys.workspace.spaces import Space

_NAME = re.compile(
    rf"({'|'.join(KINDS)})/([0-9a-f]{{24}})/([A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*\.(?:json|npy|parquet|safetensors))"
)
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MAX_FILES = 5_000
MAX_BYTES = 2_000_000_000
MAX_RATIO = 200
"""Unpacked to packed, of a large file; a smaller one may be an array of one value, which shrinks by 1,000."""
LARGE_FILE = 100_000_000


def needed_by(space: Space, entry_id: str) -> list[str]:
    """The ids of an entry and of what it opens with: of a case, its run and its saved groups, as far as they are there.

    Raises:
        UnknownIdError, ArtifactError: the entry is not one of the space, or is damaged.
    """
    if space.get(entry_id).kind != "case":
        return [entry_id]
    saved, there = read_case(space, entry_id), {entry.id for entry in space.entries()}
    return [entry_id, *(needed for needed in (saved.run, *saved.groups) if needed in there)]


def export_zip(space: Space, entry_ids: Iterable[str]) -> bytes:
    """The entries as one zip. Raises UnknownIdError for an id that isn't the space's."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry_id in entry_ids:
            folder = space.path(entry_id)
            for file in sorted(folder.rglob("*")):
                name = f"{folder.parent.name}/{folder.name}/{file.relative_to(folder).as_posix()}"
                if file.is_file() and _NAME.fullmatch(name):
                    archive.write(file, name)
    return packed.getvalue()


def import_zip(space: Space, content: bytes) -> tuple[Entry, ...]:
    """Saves every entry of a zip made by `export_zip` under a new id, and returns them.

    Raises:
        InputError: not such a zip, or larger than allowed.
        ArtifactError: an entry in it is damaged, or holds metadata that this app never writes.
        StudioError: the space would exceed its limit on disk, or the disk is full.
        Whenever one of these is raised, nothing is imported.
    """
    with disk_errors(Message("the imported items")), import_folder(space.folder) as building:
        folders = _unpack(content, building, space)
        entries = assign_new_ids(building, folders, check_entries(folders))
        space.check_free_space(sum(entry.bytes for entry in entries))
        move_into_place(building)
    return entries


def _unpack(content: bytes, target: Path, space: Space) -> list[Path]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except DAMAGED_ARCHIVE as error:
        raise InputError("the file", "must be a zip exported by this app", fix="Choose another file.") from error
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        _check(members)
        space.check_free_space(sum(member.file_size for member in members), written=False)
        left = MAX_BYTES
        for member in members:
            file = target / member.filename
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with archive.open(member) as packed, file.open("wb") as out:
                    while block := packed.read(1 << 20):
                        left -= len(block)
                        if left < 0:
                            raise InputError(
                                "the zip",
                                Message("must unpack to at most {megabytes:,.0f} MB", megabytes=MAX_BYTES / 1e6),
                            )
                        out.write(block)
            except StudioError:
                raise
            except DAMAGED_ARCHIVE as error:
                raise InputError(
                    Message("{file} in the zip", file=member.filename), "can't be unpacked", type(error).__name__
                ) from error
    return sorted({(target / member.filename).parents[member.filename.count("/") - 2] for member in members})


def _check(members: list[zipfile.ZipInfo]) -> None:
    if not members or len(members) > MAX_FILES:
        raise InputError("the zip", Message("must hold 1 to {n:,} files", n=MAX_FILES), len(members))
    for member in members:
        if not _NAME.fullmatch(member.filename) or member.compress_type not in _PACKED:
            raise InputError("the zip", "must hold only what this app exports", member.filename, "Choose another file.")
        if member.file_size > max(LARGE_FILE, MAX_RATIO * member.compress_size):
            raise InputError(
                Message("{file} in the zip", file=member.filename), "claims to unpack to far more than it holds"
            )
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise InputError("the zip", Message("must unpack to at most {megabytes:,.0f} MB", megabytes=MAX_BYTES / 1e6))

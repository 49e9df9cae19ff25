"""What was given (a path, bytes, a gzip, a zip) as plain streams, with a limit on everything that can be claimed.

A zip or gzip is data from a stranger: sizes are checked before unpacking and again while unpacking, names are never
used as paths, nothing is written to disk, and an archive inside an archive is refused.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
import pyarrow as pa

from recsys.errors import DAMAGED_ARCHIVE, InputError, StudioError

MAX_BYTES = 8 << 30  # of plain text in one file; what a laptop holds
MAX_IN_MEMORY = 2 << 30  # for the formats that are read whole (Excel, JSON arrays, Parquet inside an archive)
MAX_RATIO = 250  # plain bytes for each packed byte; tables reach 5 … 60
FREE_BYTES = 64 << 20  # below this the ratio doesn't matter
MAX_MEMBERS = 1_000
GZIP, ZIP, XZ = b"\x1f\x8b", b"PK\x03\x04", b"\xfd7zXZ\x00"
OTHER_PACKERS = {XZ: "xz", b"BZh": "bzip2", b"7z\xbc\xaf": "7-Zip", b"\x28\xb5\x2f\xfd": "Zstandard", b"Rar!": "RAR"}


@dataclass(frozen=True)
class Source:
    """One plain file that can be opened again and again: on disk, in memory, or packed (unpacked while it is read).

    Args:
        name: the name it was given, for messages only.
        content: a path, or the bytes themselves.
        packing: "" | "gzip" | "zip": how `content` holds it; for "zip", `member` names the entry.
    """

    name: str
    content: Path | bytes = field(repr=False)
    packing: str = ""
    member: str = ""
    packed_bytes: int = 0

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """A stream of plain bytes. Raises InputError if the packing is damaged or beyond the limits."""
        try:
            with _raw(self.content) as raw:
                if self.packing == "gzip":
                    with gzip.GzipFile(fileobj=raw, mode="rb") as plain:
                        yield _Limited(plain, self.name, self.packed_bytes)
                elif self.packing == "zip":
                    with zipfile.ZipFile(raw) as archive, _member(archive, self.member) as plain:
                        yield _unpacked(plain, self)
                else:
                    yield raw
        except (StudioError, pa.ArrowException, UnicodeError):
            raise  # of the reader that holds the stream
        except EOFError:
            raise InputError(
                self.name, "must be whole, but its packed data ends early", fix="Copy or download it again."
            ) from None
        except (OSError, *DAMAGED_ARCHIVE) as error:
            if not self.packing:
                raise
            raise InputError(
                self.name, "must be an undamaged archive without a password", error, "Pack or download it again."
            ) from None

    def head(self, size: int = 1 << 20) -> bytes:
        """The first bytes."""
        with self.open() as stream:
            return _read_up_to(stream, size)

    def read(self, limit: int = MAX_IN_MEMORY) -> bytes:
        """All bytes. Raises InputError beyond `limit`."""
        if isinstance(self.content, bytes) and not self.packing:
            return self.content
        with self.open() as stream:
            data = _read_up_to(stream, limit + 1)
        if len(data) > limit:
            raise InputError(self.name, f"must be at most {limit >> 20:,} MB to be read whole", fix="Split the file.")
        return data

    def numbers_are_plain(self) -> bool:
        """Whether no cell starts as 007 or 0x7 do, so that an id read as a number can be written back as it was.

        Looked up in the bytes of a plain file at about 1 GB/s; False for a packed one, without looking.
        """
        if self.packing:
            return False
        with self.open() as stream:
            last = b"\n"
            while part := stream.read(1 << 24):
                if _odd_number(last + part[:2]) or _odd_number(part):
                    return False
                last = part[-2:]
        return True


def sources_of(content: Path | bytes, name: str) -> tuple[Source, ...]:
    """The plain files in `content`: one, or several out of a zip. An Excel workbook (a zip too) counts as one.

    Raises:
        InputError: no such file, empty, an unknown packing, a bomb, a path in a zip, an archive in an archive.
    """
    plain = Source(name, content)
    try:
        start = plain.head(1 << 12)
    except OSError as error:
        raise InputError(name, "must be a file that can be read", error.strerror, "Check the path.") from None
    if not start:
        raise InputError(name, "must not be empty", fix="Give a file with a row for each interaction.")
    packer = next((label for magic, label in OTHER_PACKERS.items() if start.startswith(magic)), None)
    if packer:
        raise InputError(name, "must be plain, gzip or zip", packer, "Unpack it, or pack it as gzip or zip.")
    if start.startswith(GZIP):
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        inner = Source(name, content, "gzip", packed_bytes=size)
        _refuse_nesting(inner)
        return (inner,)
    if start.startswith((ZIP, b"PK\x05\x06")):
        return _zip_members(plain)
    return (plain,)


def _zip_members(source: Source) -> tuple[Source, ...]:
    try:
        with source.open() as stream:
            infos = zipfile.ZipFile(stream).infolist()
    except (OSError, *DAMAGED_ARCHIVE) as error:
        raise InputError(source.name, "must be an undamaged zip", error, "Pack or download it again.") from None
    if any(info.filename in ("[Content_Types].xml", "mimetype") for info in infos):
        _demand_sizes(source.name, infos)
        if any(info.filename.startswith(("word/", "ppt/")) for info in infos):
            raise InputError(source.name, "must be a table", "a document or slides", "Save its table as CSV or xlsx.")
        return (source,)
    files = [info for info in infos if info.filename and not info.is_dir() and not _is_clutter(info.filename)]
    if not files:
        raise InputError(source.name, "must contain a file", fix="Pack the table again.")
    _demand_sizes(source.name, files)
    members = []
    for info in files:
        label = f"{source.name}: {info.filename}"
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise InputError(label, "must be a plain name inside the zip, without '..' or a leading '/'")
        if info.flag_bits & 1:
            raise InputError(label, "must not be encrypted", fix="Pack it again without a password.")
        member = Source(label, source.content, "zip", info.filename, info.compress_size)
        if info.file_size and path.suffix.lower() not in (".txt", ".md", ".pdf", ".html"):
            _refuse_nesting(member)
        members.append(member)
    return tuple(members)


def _demand_sizes(name: str, infos: list[zipfile.ZipInfo]) -> None:
    """What the directory of a zip claims must be possible; what it really holds is checked while it is read."""
    if len(infos) > MAX_MEMBERS:
        raise InputError(name, f"must hold at most {MAX_MEMBERS:,} files", len(infos), "Pack only the tables.")
    for info in infos:
        _demand_size(f"{name}: {info.filename}", info.file_size, info.compress_size)
    _demand_size(name, sum(info.file_size for info in infos), sum(info.compress_size for info in infos))


def _demand_size(name: str, plain: int, packed: int) -> None:
    fix = "Unpack it yourself if you trust it, and give the plain table."
    if plain > MAX_BYTES:
        raise InputError(name, f"must unpack to at most {MAX_BYTES >> 30} GB", f"{plain / 2**30:.1f} GB", fix)
    if plain > FREE_BYTES and plain > MAX_RATIO * max(packed, 1):
        raise InputError(
            name, f"must not unpack to more than {MAX_RATIO} times its size", f"{plain:,} from {packed:,} bytes", fix
        )


def _refuse_nesting(source: Source) -> None:
    start = source.head(300)
    if start.startswith((ZIP, *OTHER_PACKERS)) and not _is_workbook(start):
        raise InputError(source.name, "must not be an archive inside an archive", fix="Unpack the outer one first.")
    if start.startswith(GZIP) and source.packing == "gzip":
        raise InputError(source.name, "must not be packed twice", fix="Unpack the outer one first.")


def _unpacked(stream: IO[bytes], source: Source) -> IO[bytes]:
    """A zip's member, and the gzip inside it if it is one (`ratings.csv.gz` in a zip), both under the limits."""
    limited = io.BufferedReader(_Limited(stream, source.name, source.packed_bytes), 1 << 16)
    if limited.peek(2)[:2] != GZIP:
        return limited
    return _Limited(gzip.GzipFile(fileobj=limited, mode="rb"), source.name, source.packed_bytes)


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(name)
    except UnicodeDecodeError:
        raise zipfile.BadZipFile("a file name that is no text") from None


def _is_workbook(start: bytes) -> bool:
    return b"[Content_Types].xml" in start or b"mimetypeapplication/" in start or b"_rels/" in start


def _is_clutter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not parts or parts[0] == "__MACOSX" or parts[-1].startswith(("._", ".DS_Store", "Thumbs.db"))


def _raw(content: Path | bytes) -> IO[bytes]:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _odd_number(part: bytes) -> bool:
    signs = np.frombuffer(part, dtype=np.uint8)
    before, after = signs[:-2], signs[2:]
    starts = signs[1:-1] == ord("0")
    separators = before < ord("-")  # quote, blank, comma, tab, line end
    for sign in b";|":
        if sign in part:
            separators |= before == sign
    starts &= separators
    following = after[np.flatnonzero(starts)]
    return bool(np.any((following >= ord("0")) & (following <= ord("9")) | (following | 32 == ord("x"))))


def _read_up_to(stream: IO[bytes], size: int) -> bytes:
    parts, left = [], size
    while left > 0 and (part := stream.read(min(left, 1 << 24))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


class _Limited(io.RawIOBase, IO[bytes]):
    """A stream that stops with an InputError when more comes out of it than was agreed."""

    def __init__(self, stream: Any, name: str, packed: int) -> None:
        super().__init__()
        self._stream, self._name, self._packed, self._seen = stream, name, packed, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        part: bytes = self._stream.read(1 << 24 if size is None or size < 0 else size)
        self._seen += len(part)
        _demand_size(self._name, self._seen, self._packed)
        return part

    def readinto(self, buffer: Any) -> int:
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

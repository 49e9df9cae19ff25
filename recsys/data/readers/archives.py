"""Opens a path, a folder, bytes, a gzip or a zip as uncompressed streams, with limits on size and number of files.

An archive is untrusted: sizes are checked before and during decompression, names are never used as paths, nothing is
written to disk, and an archive inside an archive is refused.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
import pyarrow as pa

from recsys.errors import DAMAGED_ARCHIVE, InputError, StudioError
from recsys.wording import Message

MAX_BYTES = 8 << 30  # of one uncompressed file
MAX_IN_MEMORY = 2 << 30  # for formats that are read at once (Excel, JSON arrays, Parquet inside an archive)
MAX_RATIO = 250  # uncompressed bytes for each compressed byte; tables reach 5 … 60
UNCHECKED_BYTES = 64 << 20  # below this size the ratio doesn't matter
MAX_MEMBERS = 1_000  # files in one zip
GZIP, ZIP, XZ = b"\x1f\x8b", b"PK\x03\x04", b"\xfd7zXZ\x00"
UNSUPPORTED_ARCHIVES = {
    XZ: "xz",
    b"BZh": "bzip2",
    b"7z\xbc\xaf": "7-Zip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"Rar!": "RAR",
}


@dataclass(frozen=True)
class InputFile:
    """One file that can be opened repeatedly: on disk, in memory, or compressed (decompressed while it is read).

    Args:
        name: for messages only.
        content: a path, or the bytes themselves.
        compression: "" | "gzip" | "zip".
        member: the entry of a zip.
        compressed_bytes: size in the archive; 0 without compression.
        label: its name among the other files of a zip or a folder; "" for a single file.
    """

    name: str
    content: Path | bytes = field(repr=False)
    compression: str = ""
    member: str = ""
    compressed_bytes: int = 0
    label: str = ""

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """A stream of the uncompressed bytes. Raises InputError if the archive is damaged or beyond the limits."""
        try:
            with _raw(self.content) as raw:
                if self.compression == "gzip":
                    with gzip.GzipFile(fileobj=raw, mode="rb") as stream:
                        yield _LimitedStream(stream, self.name, self.compressed_bytes)
                elif self.compression == "zip":
                    with zipfile.ZipFile(raw) as archive, _member(archive, self.member) as stream:
                        yield _limited(stream, self)
                else:
                    yield raw
        except (StudioError, pa.ArrowException, UnicodeError):
            raise  # raised by the reader that uses the stream
        except EOFError:
            raise InputError(
                self.name, "must be complete, but its compressed data ends early", fix="Copy or download it again."
            ) from None
        except (OSError, *DAMAGED_ARCHIVE) as error:
            if not self.compression:
                raise
            raise InputError(
                self.name, "must be an undamaged archive without a password", error, "Compress or download it again."
            ) from None

    def head(self, size: int = 1 << 20) -> bytes:
        """The first bytes."""
        with self.open() as stream:
            return _read_up_to(stream, size)

    def read(self, limit: int = MAX_IN_MEMORY) -> bytes:
        """All bytes. Raises InputError beyond `limit`."""
        if isinstance(self.content, bytes) and not self.compression:
            return self.content
        with self.open() as stream:
            data = _read_up_to(stream, limit + 1)
        if len(data) > limit:
            raise InputError(
                self.name,
                Message("must be at most {megabytes:,} MB to be read whole", megabytes=limit >> 20),
                fix="Split the file.",
            )
        return data

    def integers_are_canonical(self) -> bool:
        """Whether no cell starts as 007 or 0x7 do, so that an id read as an integer prints as it is in the file.

        Scans the bytes of an uncompressed file at about 1 GB/s; False for a compressed one, without scanning.
        """
        if self.compression:
            return False
        with self.open() as stream:
            last = b"\n"
            while part := stream.read(1 << 24):
                if _has_leading_zero(last + part[:2]) or _has_leading_zero(part):
                    return False
                last = part[-2:]
        return True


@dataclass(frozen=True)
class Files:
    """Several files, such as those of a folder, that are read as one input: (name, content) of each."""

    files: tuple[tuple[str, Path | bytes], ...]


def folder_files(folder: Path) -> Files:
    """The files of a folder and its folders, named by their paths from it; links and hidden files are left out.

    Raises:
        InputError: no file, or more than `MAX_MEMBERS`.
    """
    found: list[tuple[str, Path | bytes]] = []
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or _is_hidden(PurePosixPath(inner.as_posix())):
            continue
        if not path.resolve().is_relative_to(folder.resolve()) or not path.stat().st_size:
            continue  # in a linked folder, or an empty mark such as _SUCCESS
        found.append((inner.as_posix(), path))
        _demand_number(folder.name, len(found))
    if not found:
        raise InputError(folder.name, "must contain a file", fix="Add the table to the folder.")
    return Files(tuple(found))


def input_files(content: Path | bytes | Files, name: str) -> tuple[InputFile, ...]:
    """The files in `content`: one, all of a zip, all of a folder, or all of several, zips among them.

    An Excel workbook (a zip too) counts as one file.

    Raises:
        InputError: no such file, empty, an unsupported archive, too large, a path in a zip, an archive in an archive.
    """
    if isinstance(content, Path) and content.is_dir():
        content = folder_files(content)
    if isinstance(content, Files):
        return _several(content, name)
    file = InputFile(name, content)
    try:
        start = file.head(1 << 12)
    except OSError as error:
        raise InputError(name, "must be a file that can be read", error.strerror, "Check the path.") from None
    if not start:
        raise InputError(name, "must not be empty", fix="Give a file with a row for each interaction.")
    kind = next((label for magic, label in UNSUPPORTED_ARCHIVES.items() if start.startswith(magic)), None)
    if kind:
        raise InputError(name, "must be uncompressed, gzip or zip", kind, "Decompress it, or use gzip or zip.")
    if start.startswith(GZIP):
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        unzipped = InputFile(name, content, "gzip", compressed_bytes=size)
        _refuse_nesting(unzipped)
        return (unzipped,)
    if start.startswith((ZIP, b"PK\x05\x06")):
        return _zip_members(file)
    return (file,)


def _several(files: Files, name: str) -> tuple[InputFile, ...]:
    """The files of each, labelled by the name of the file and, in a zip, the member; equal labels are numbered."""
    found: list[InputFile] = []
    labels: set[str] = set()
    for given, content in files.files:
        if len(files.files) > 1 and (content == b"" or _is_hidden(PurePosixPath(given))):
            continue  # marks such as _SUCCESS in an uploaded folder
        for file in input_files(content, given):
            label = f"{given}/{file.member}" if file.member else given
            unique, number = label, 2
            while unique in labels:
                unique, number = f"{label} ({number})", number + 1
            labels.add(unique)
            found.append(replace(file, label=unique))
        _demand_number(name, len(found))
    if not found:
        raise InputError(name, "must contain a file", fix="Choose the folder of the table.")
    return tuple(found)


def _zip_members(file: InputFile) -> tuple[InputFile, ...]:
    try:
        with file.open() as stream:
            infos = zipfile.ZipFile(stream).infolist()
    except (OSError, *DAMAGED_ARCHIVE) as error:
        raise InputError(file.name, "must be an undamaged zip", error, "Compress or download it again.") from None
    if any(info.filename in ("[Content_Types].xml", "mimetype") for info in infos):
        _demand_sizes(file.name, infos)
        if any(info.filename.startswith(("word/", "ppt/")) for info in infos):
            raise InputError(
                file.name, "must be a table", Message("a document or slides"), "Save its table as CSV or xlsx."
            )
        return (file,)
    files = [info for info in infos if info.filename and not info.is_dir() and not _is_system_file(info.filename)]
    if not files:
        raise InputError(file.name, "must contain a file", fix="Add the table to the zip.")
    _demand_sizes(file.name, files)
    members = []
    for info in files:
        label = f"{file.name}: {info.filename}"
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise InputError(label, "must be a relative name without '..'", fix="Make the zip in its own folder.")
        if info.flag_bits & 1:
            raise InputError(label, "must not be encrypted", fix="Compress it again without a password.")
        member = InputFile(label, file.content, "zip", info.filename, info.compress_size, info.filename)
        if info.file_size and path.suffix.lower() not in (".txt", ".md", ".pdf", ".html"):
            _refuse_nesting(member)
        members.append(member)
    return tuple(members)


def _demand_sizes(name: str, infos: list[zipfile.ZipInfo]) -> None:
    """Checks the sizes that the zip states; the real ones are checked while it is read."""
    _demand_number(name, len(infos))
    for info in infos:
        _demand_size(f"{name}: {info.filename}", info.file_size, info.compress_size)
    _demand_size(name, sum(info.file_size for info in infos), sum(info.compress_size for info in infos))


def _demand_number(name: str, files: int) -> None:
    if files > MAX_MEMBERS:
        raise InputError(
            name, Message("must hold at most {most:,} files", most=MAX_MEMBERS), files, "Give only the tables."
        )


def _demand_size(name: str, size: int, compressed: int) -> None:
    fix = Message("Decompress it yourself if you trust it, and load the table.")
    if size > MAX_BYTES:
        raise InputError(
            name,
            Message("must decompress to at most {gigabytes} GB", gigabytes=MAX_BYTES >> 30),
            Message("{gigabytes:.1f} GB", gigabytes=size / 2**30),
            fix,
        )
    if size > UNCHECKED_BYTES and size > MAX_RATIO * max(compressed, 1):
        got = Message("{size:,} from {compressed:,} bytes", size=size, compressed=compressed)
        raise InputError(
            name, Message("must not decompress to more than {most} times its size", most=MAX_RATIO), got, fix
        )


def _refuse_nesting(file: InputFile) -> None:
    start = file.head(300)
    if start.startswith((ZIP, *UNSUPPORTED_ARCHIVES)) and not _is_workbook(start):
        raise InputError(file.name, "must not be an archive inside an archive", fix="Decompress the outer one first.")
    if start.startswith(GZIP) and file.compression == "gzip":
        raise InputError(file.name, "must not be compressed twice", fix="Decompress the outer one first.")


def _limited(stream: IO[bytes], file: InputFile) -> IO[bytes]:
    """A zip's member, and the gzip inside it if it is one (`ratings.csv.gz` in a zip), both under the limits."""
    limited = io.BufferedReader(_LimitedStream(stream, file.name, file.compressed_bytes), 1 << 16)
    if limited.peek(2)[:2] != GZIP:
        return limited
    return _LimitedStream(gzip.GzipFile(fileobj=limited, mode="rb"), file.name, file.compressed_bytes)


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(name)
    except UnicodeDecodeError:
        raise zipfile.BadZipFile("a file name that is not text") from None


def _is_workbook(start: bytes) -> bool:
    return b"[Content_Types].xml" in start or b"mimetypeapplication/" in start or b"_rels/" in start


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _is_system_file(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not parts or parts[0] == "__MACOSX" or parts[-1].startswith(("._", ".DS_Store", "Thumbs.db"))


def _raw(content: Path | bytes) -> IO[bytes]:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _has_leading_zero(part: bytes) -> bool:
    """Whether a cell begins with 0 and another digit or x."""
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


class _LimitedStream(io.RawIOBase, IO[bytes]):
    """A stream that raises InputError when more bytes come out of it than the limits allow."""

    def __init__(self, stream: Any, name: str, compressed: int) -> None:
        super().__init__()
        self._stream, self._name, self._compressed, self._size = stream, name, compressed, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        part: bytes = self._stream.read(1 << 24 if size is None or size < 0 else size)
        self._size += len(part)
        _demand_size(self._name, self._size, self._compressed)
        return part

    def readinto(self, buffer: Any) -> int:
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

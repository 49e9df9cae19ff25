"""What reading a large file will take, said before it is tried."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from recsys.errors import DAMAGED_ARCHIVE

SECONDS, MEMORY = 0.056, 5.4
"""Per MB of text: seconds on one core, and MB of memory. From 25 million rows, 534 MB (benchmarks.big_data)."""
LARGE = 50.0  # MB of text from which on the cost is said: about three seconds


@dataclass(frozen=True)
class ReadingCost:
    """An estimate from the size alone.

    Attributes:
        megabytes: of text, unpacked.
        seconds: of reading, on a machine as that of the benchmarks.
        memory: GB, at most at a time.
        free: GB of memory that the machine has left.
    """

    megabytes: float
    seconds: float
    memory: float
    free: float

    @property
    def too_large(self) -> bool:
        """Whether the memory that is left is not enough."""
        return self.memory > self.free


def reading_cost(contents: Sequence[bytes | Path]) -> ReadingCost | None:
    """The cost of reading these files together; None where it is not worth a word."""
    megabytes = sum(map(_text_size, contents)) / 1e6
    if megabytes < LARGE:
        return None
    free = psutil.virtual_memory().available / 1e9
    return ReadingCost(megabytes, megabytes * SECONDS, megabytes * MEMORY / 1e3, free)


def _text_size(content: bytes | Path) -> int:
    """Bytes of a file, unpacked as far as its own header says so. The header may lie: this is for words only."""
    if isinstance(content, Path):
        return content.stat().st_size
    if content[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return sum(entry.file_size for entry in archive.infolist())
        except DAMAGED_ARCHIVE:
            return len(content)  # the reading says what is wrong with it
    if content[:2] == b"\x1f\x8b" and len(content) >= 18:
        return max(len(content), int.from_bytes(content[-4:], "little"))  # gzip: the size modulo 4 GiB
    return len(content)

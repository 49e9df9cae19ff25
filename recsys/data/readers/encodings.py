"""Which encoding a text has, decided from its bytes and said honestly when it is a guess."""

from __future__ import annotations

import codecs
import re

from recsys.errors import InputError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def detect_encoding(head: bytes, name: str) -> str:
    """ "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "cp1252" or "latin-1".

    `head` may end inside a character. Latin-1 accepts every byte, so it is the last resort and no proof.

    Raises:
        InputError: NUL bytes that UTF-16 doesn't explain: a binary file.
    """
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    if b"\0" in head:
        return _utf16_without_bom(head, name)
    if _decodes(head, "utf-8"):
        return "utf-8"
    if _looks_chinese(head):
        return "gb18030"
    controls = set(head) & set(range(0x80, 0xA0))
    return "cp1252" if controls and _decodes(head, "cp1252") else "latin-1"


def decode(data: bytes, encoding: str, name: str) -> str:
    """The whole text. Raises InputError that names the byte which doesn't fit."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}, byte {error.start:,}", f"must be {encoding} text", error.reason, "Save the file as UTF-8."
        ) from None


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(head, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_bom(head: bytes, name: str) -> str:
    """ASCII in UTF-16 has a NUL in every second byte, always on the same side."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if min(even, odd) <= len(head) // 100 and max(even, odd) > len(head) // 5:
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        if _decodes(head, encoding):
            return encoding
    place = head.index(b"\0")
    row = head.count(b"\n", 0, place) + 1
    raise InputError(
        f"{name}, row {row:,}", "must be text without NUL bytes", f"a NUL at byte {place:,}", "Export it again as CSV."
    )


def _looks_chinese(head: bytes) -> bool:
    """GB18030's characters are pairs of bytes, so runs of high bytes are long; Latin-1's accents stand alone."""
    if not _decodes(head, "gb18030"):
        return False
    text = codecs.getincrementaldecoder("gb18030")("strict").decode(head, final=False)
    foreign = [c for c in text if c > "\x7f"]
    common = sum("\u4e00" <= c <= "\u9fff" or "\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" for c in foreign)
    runs = _HIGH_RUN.findall(head)
    paired = sum(len(run) >= 2 for run in runs)
    return common >= 0.9 * len(foreign) and paired >= 0.8 * len(runs)

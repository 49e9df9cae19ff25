"""Everything the library raises on purpose. One tree:

    StudioError                 something a person can act on; `ui` and the shell show its text as it is
    ├── InputError              a value, file or column that was given breaks a rule
    │   ├── UnknownIdError      an id that the data or the model does not contain
    │   └── ProtectionError     what was asked for would break the promise to a protected source
    ├── ArtifactError           something saved is damaged or of another format version
    ├── TrainingError           training can't go on (NaN loss, out of memory)
    └── MissingExtraError       an optional package is needed

Each text says subject, rule, got, fix: ``alpha must be between 0 and 1 (got 1.4). Use a value in that range.``
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

DAMAGED_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError,
    ValueError, KeyError, IndexError, OverflowError, struct.error,
)  # fmt: skip
"""What Python's zip and gzip readers raise over damaged, encrypted or unknown packing (besides OSError).

InputError is a ValueError: where one may come out of the same lines, StudioError is caught before.
"""


DAMAGED_FILE = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RecursionError)
"""What reading one of our own JSON files or arrays raises when it is damaged (RecursionError: brackets without end).

InputError is a ValueError here too.
"""


class StudioError(Exception):
    """An error with a text for people.

    Args:
        subject: what it is about ("alpha", "ratings.csv, row 7").
        rule: what was expected of it ("must be between 0 and 1").
        got: what was there instead; shortened to 80 characters, control characters made visible. Omitted if None.
        fix: one sentence that says what to do.
    """

    def __init__(self, subject: str, rule: str, got: object = None, fix: str = "") -> None:
        shown = "" if got is None else f" (got {_short(got)})"
        super().__init__(f"{_clean(subject)} {rule}{shown}." + (f" {fix}" if fix else ""))
        self.subject, self.rule, self.got, self.fix = subject, rule, got, fix


class InputError(StudioError, ValueError):
    """A value, file or column breaks a rule."""


class UnknownIdError(InputError, KeyError):
    """An id that isn't in the data or the model."""

    __str__ = Exception.__str__  # KeyError would show the text in quotes


class ProtectionError(InputError):
    """What was asked for would break the promise to a protected source: an answer of the app, not a failure of it."""


class ArtifactError(StudioError):
    """A saved file is damaged, incomplete or of another format version."""


class TrainingError(StudioError):
    """Training can't go on."""


class MissingExtraError(StudioError, ImportError):
    """An optional package is needed for this."""


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _short(got: object, limit: int = 80) -> str:
    text = _clean(str(got))
    return text if len(text) <= limit else text[: limit - 1] + "…"

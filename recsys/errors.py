"""The errors that the library raises on purpose:

    StudioError                 an error that a user can act on; `ui` and the command line show its text
    ├── InputError              a given value, file or column breaks a rule
    │   ├── UnknownIdError      an id that isn't in the data or the model
    │   └── ProtectionError     a request that would break the privacy of a protected source
    ├── ArtifactError           a saved file is damaged, incomplete or of another format version
    ├── TrainingError           training can't go on (NaN loss, out of memory)
    └── MissingExtraError       an optional package is needed

Each message says subject, rule, got, fix: ``alpha must be between 0 and 1 (got 1.4). Use a value in that range.``
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

from recsys.wording import Message

DAMAGED_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError,
    ValueError, KeyError, IndexError, OverflowError, struct.error,
)  # fmt: skip
"""What Python's zip and gzip readers raise, besides OSError, for damaged, encrypted or unknown archives.

InputError is a ValueError too: code that may raise both catches StudioError first.
"""


DAMAGED_FILE = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RecursionError)
"""What reading a damaged JSON file or array raises (RecursionError: too deeply nested); see above for InputError."""


MAX_GOT = 80  # characters


class StudioError(Exception):
    """An error with a message for users.

    Args:
        subject: what it is about ("alpha", "ratings.csv, row 7").
        rule: what is required of it ("must be between 0 and 1").
        got: the value instead, cut to 80 characters, with visible control characters; a message as it is; left out if
            None.
        fix: one sentence that says what to do.

    Attributes:
        message: the whole sentence, which `recsys.wording.tr` words in the language of the reader. All
            parts may be messages; literals of subject, rule and fix are translated too.
    """

    def __init__(self, subject: str, rule: str, got: object = None, fix: str = "") -> None:
        parts = {"subject": _as_message(subject), "rule": _as_message(rule), "fix": _as_message(fix)}
        if got is None:
            self.message = Message("{subject} {rule}. {fix}" if fix else "{subject} {rule}.", **parts)
        else:
            self.message = Message(
                "{subject} {rule} (got {got}). {fix}" if fix else "{subject} {rule} (got {got}).",
                **parts,
                got=_as_message(got) if isinstance(got, Message) and len(got) <= MAX_GOT else _short(got),
            )
        super().__init__(str(self.message))
        self.subject, self.rule, self.got, self.fix = subject, rule, got, fix


class InputError(StudioError, ValueError):
    """A value, file or column breaks a rule."""


class UnknownIdError(InputError, KeyError):
    """An id that isn't in the data or the model."""

    __str__ = Exception.__str__  # KeyError would put the text in quotes


class ProtectionError(InputError):
    """A request that would break the privacy of a protected source."""


class ArtifactError(StudioError):
    """A saved file is damaged, incomplete or of another format version."""


class TrainingError(StudioError):
    """Training can't go on."""


class MissingExtraError(StudioError, ImportError):
    """An optional package is needed for this."""


def _as_message(part: str) -> Message:
    """A part of a message, with visible control characters in it and in its values."""
    if isinstance(part, Message):
        values = {name: _clean(value) if type(value) is str else value for name, value in part.values.items()}
        return Message(part.template, **values)
    return Message(_clean(part))


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _short(got: object) -> str:
    text = _clean(str(got))
    return text if len(text) <= MAX_GOT else text[: MAX_GOT - 1] + "…"

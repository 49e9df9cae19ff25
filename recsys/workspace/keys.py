"""Secret keys of this workspace: 256 random bits each, in a file that only the server's user may read."""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path

from recsys.errors import ArtifactError
from recsys.files import sync_folder

_CREATE_LOCK = threading.Lock()


def workspace_key(root: Path, name: str) -> bytes:
    """The 32 bytes of `<name>.key` in the workspace's folder, made when it is first needed.

    Raises ArtifactError when the file is damaged: a new key would silently change whatever depends on the old one.
    """
    file = root / f"{name}.key"
    with _CREATE_LOCK:
        if not file.exists():
            _create(file)
    try:
        key = bytes.fromhex(file.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise ArtifactError(file.name, "can't be read", type(error).__name__, "Restore it from a backup.") from error
    if len(key) != 32:
        raise ArtifactError(file.name, "must hold 64 hex digits", f"{2 * len(key)} digits", "Restore it from a backup.")
    return key


def _create(file: Path) -> None:
    """Writes a new key to a temporary file and links it; a key that another process created first stays."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(part, file)
        sync_folder(file.parent)
    finally:
        part.unlink(missing_ok=True)

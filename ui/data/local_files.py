"""Opening a file or a folder by its path instead of uploading it: only inside the folder that the operator allows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from recsys.errors import InputError
from recsys.wording import Message

VARIABLE = "STUDIO_LOCAL_FILES"


def allowed_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder named by STUDIO_LOCAL_FILES, resolved; None when it is unset, empty or no folder (the default)."""
    named = environment.get(VARIABLE, "").strip()
    folder = Path(named).expanduser().resolve() if named else None
    return folder if folder is not None and folder.is_dir() else None


def local_file(text: str, folder: Path) -> Path:
    """The file or folder that the user named, by an absolute path or one from `folder`, after following every link.

    Raises:
        InputError: it is outside the allowed folder, or no readable file or folder. The message says nothing about what
            is outside.
    """
    subject = Message("the path")
    fix = Message("Give a file inside the allowed folder, such as data/ratings.csv.")
    if not text.strip() or "\0" in text:
        raise InputError(subject, "must name a file", text or None, fix)
    try:
        path = (folder / text.strip()).resolve()
    except (OSError, RuntimeError) as error:
        raise InputError(subject, "must be one this machine can follow", type(error).__name__, fix) from error
    if not path.is_relative_to(folder.resolve()):
        raise InputError(subject, "must stay inside the allowed folder", text, fix)
    if not (path.is_file() or path.is_dir()) or not os.access(path, os.R_OK):
        raise InputError(subject, "must be a readable file or folder", text, fix)
    return path

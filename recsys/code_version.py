"""The version of the code that computes results: those of other code are not taken up."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch")


@cache
def code_version() -> str:
    """A digest of this library's source and of the versions of what it computes with: 24 hex digits."""
    digest = hashlib.blake2b(digest_size=12)
    root = Path(__file__).resolve().parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(json.dumps([version(name) for name in LIBRARIES]).encode())
    return digest.hexdigest()

"""Spaces of accounts: their ids are keyed hashes, so that knowing an account tells nobody the name of its space."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from pathlib import Path

from recsys.errors import ArtifactError, InputError

KEY = "account.key"  # 256 random bits as 64 hex digits; whoever loses it loses the way to all accounts' spaces
_MAKING = threading.Lock()


def account_id(root: Path, issuer: str, subject: str) -> str:
    """The space id of an account: `account-` and 32 hex digits of an HMAC-SHA-256 under this workspace's own key.

    Args:
        root: the workspace's folder.
        issuer, subject: `iss` and `sub` of the account's id token, which together name it for good (OIDC Core, 5.7).

    Raises:
        InputError: issuer or subject is missing.
        ArtifactError: the key is damaged. A new one would lead every account to another space.
    """
    if not issuer or not subject:
        raise InputError("the sign-in", "must name its issuer and the account", fix="Ask whoever runs this server.")
    identity = f"{len(issuer)}:{issuer}{subject}".encode("utf-8", "surrogatepass")
    return f"account-{hmac.new(_key(root), identity, hashlib.sha256).hexdigest()[:32]}"


def _key(root: Path) -> bytes:
    file = root / KEY
    with _MAKING:
        if not file.exists():
            _make(file)
    try:
        key = bytes.fromhex(file.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise ArtifactError(KEY, "can't be read", type(error).__name__, "Restore it from a backup.") from error
    if len(key) != 32:
        raise ArtifactError(KEY, "must hold 64 hex digits", f"{2 * len(key)} digits", "Restore it from a backup.")
    return key


def _make(file: Path) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(32))
        out.flush()
        os.fsync(out.fileno())

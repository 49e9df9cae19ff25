"""Spaces of signed-in accounts: their ids are keyed hashes, so that an account's name does not reveal its space."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from recsys.errors import InputError
from recsys.workspace.keys import workspace_key


def account_id(root: Path, issuer: str, subject: str) -> str:
    """The space id of an account: `account-` and 32 hex digits of an HMAC-SHA-256 under this workspace's own key.

    Args:
        root: the workspace's folder.
        issuer, subject: `iss` and `sub` of the account's id token, which identify it permanently (OIDC Core, 5.7).

    Raises:
        InputError: issuer or subject is missing.
        ArtifactError: the key is damaged. A new one would lead every account to another space.
    """
    if not issuer or not subject:
        raise InputError(
            "the sign-in", "must name its issuer and the account", fix="Ask the administrator of this server."
        )
    identity = f"{len(issuer)}:{issuer}{subject}".encode("utf-8", "surrogatepass")
    key = workspace_key(root, "account")  # without it, no account can open its space again
    return f"account-{hmac.new(key, identity, hashlib.sha256).hexdigest()[:32]}"

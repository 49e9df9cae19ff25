"""Pseudonyms: user ids replaced by a keyed hash, which can't be linked to the ids without the key.

The histories stay the same and can identify users: a few items with rough dates are often enough
(Narayanan & Shmatikov, "Robust De-anonymization of Large Sparse Datasets", 2008). Pseudonymous data is personal data.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace

from recsys.data.dataset import Dataset
from recsys.data.ids import IdMap
from recsys.errors import InputError
from recsys.wording import Message

KEY_DIGITS = 32


def new_key() -> str:
    """A new random key: 128 bits as 32 hex digits. Show it once and don't store it."""
    return secrets.token_hex(KEY_DIGITS // 2)


def pseudonymise(ids: Iterable[str], key: str) -> list[str]:
    """Keyed BLAKE2b (RFC 7693) of each id: `p-` and 16 hex digits, the same for the same id and key.

    Among a million ids, two get the same pseudonym with a probability of about 3 in 10⁸.

    Raises:
        InputError: the key is shorter than 16 or longer than 64 bytes.
    """
    secret = key.encode("utf-8", "surrogatepass")
    if not 16 <= len(secret) <= 64:
        raise InputError("the key", "must have 16 to 64 bytes", Message("{n} bytes", n=len(secret)), "Use `new_key`.")
    return [
        "p-" + hashlib.blake2b(one.encode("utf-8", "surrogatepass"), key=secret, digest_size=8).hexdigest()
        for one in ids
    ]


def pseudonymous(dataset: Dataset, key: str) -> Dataset:
    """The same dataset with every user id replaced; histories, items and the user table's columns stay.

    Raises InputError as `pseudonymise` does, or when two users get the same pseudonym (use another key).
    """
    users = IdMap(pseudonymise(dataset.users.ids, key), first=0, subject="user_id")
    return replace(dataset, users=users)

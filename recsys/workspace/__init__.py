"""Saved work on disk: spaces, entries, export and import."""

from recsys.workspace.accounts import account_id
from recsys.workspace.entries import MAX_ENTRY_NAME, Entry, new_id, read_content
from recsys.workspace.portable import export_zip, import_zip
from recsys.workspace.spaces import MAX_NAME_LENGTH, Space, Workspace

__all__ = [
    "MAX_ENTRY_NAME",
    "MAX_NAME_LENGTH",
    "Entry",
    "Space",
    "Workspace",
    "account_id",
    "export_zip",
    "import_zip",
    "new_id",
    "read_content",
]

"""What is kept on disk, and how it travels."""

from recsys.workspace.accounts import account_id
from recsys.workspace.entries import Entry, new_id, read_content
from recsys.workspace.portable import export_zip, import_zip
from recsys.workspace.spaces import NAME, Space, Workspace

__all__ = ["NAME", "Entry", "Space", "Workspace", "account_id", "export_zip", "import_zip", "new_id", "read_content"]

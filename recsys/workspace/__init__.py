"""What is kept on disk, and how it travels."""

from recsys.workspace.entries import Entry, new_id, read_content
from recsys.workspace.portable import export_zip, import_zip
from recsys.workspace.spaces import NAME, Space, Workspace

__all__ = ["NAME", "Entry", "Space", "Workspace", "export_zip", "import_zip", "new_id", "read_content"]

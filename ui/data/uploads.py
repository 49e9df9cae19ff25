"""Uploaded data in memory, so that it can be read with other options: for a limited time and up to a limited size."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.shell.state import megabytes_set

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

MINUTES = 60.0  # after the last use
BYTES = 1_000_000_000  # of all sessions together


@dataclass
class _Value:
    value: Any
    size: int
    used: float


@dataclass
class Uploads:
    """Values under random keys. When the limit is reached, the least recently used one is removed first.

    Args:
        seconds: how long a value is kept after its last use.
        limit: bytes of all values together; a larger value is not kept.
        clock: seconds, for tests.
    """

    seconds: float
    limit: int
    clock: Callable[[], float] = time.monotonic
    _values: dict[str, _Value] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _timer: threading.Timer | None = None

    def add(self, value: object, size: int) -> str:
        """Keeps a value of `size` bytes, or does not where it alone is above the limit. Returns its key."""
        key = secrets.token_hex(16)
        if size > self.limit:
            return key  # of no value; it would remove all others
        with self._lock:
            self._values[key] = _Value(value, size, self.clock())
            self._evict()
        return key

    def get(self, key: str) -> Any | None:
        """The value, which counts as a use; None when it was removed."""
        with self._lock:
            self._evict()
            entry = self._values.get(key)
            if entry is None:
                return None
            entry.used = self.clock()
            return entry.value

    def remove(self, key: str) -> None:
        with self._lock:
            self._values.pop(key, None)

    def clear(self) -> None:
        """Removes all values, and ends the thread that waits to do so."""
        with self._lock:
            self._values.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    @property
    def bytes(self) -> int:
        """Of all values together."""
        return sum(entry.size for entry in self._values.values())

    def _evict(self) -> None:
        """Removes what is too old or too much; the caller holds the lock. A timer does so without any request."""
        oldest = self.clock() - self.seconds
        for key in sorted(self._values, key=lambda key: self._values[key].used):
            if self._values[key].used <= oldest or self.bytes > self.limit:
                del self._values[key]
        if self._values and (self._timer is None or not self._timer.is_alive()):
            self._timer = threading.Timer(self.seconds + 1, self._evict_later)
            self._timer.daemon = True
            self._timer.start()

    def _evict_later(self) -> None:
        with self._lock:
            self._timer = None
            self._evict()


@st.cache_resource
def uploads() -> Uploads:
    """The uploads of this server. Raises StudioError where STUDIO_UPLOADS_MB is no number of megabytes."""
    return Uploads(MINUTES * 60, megabytes_set("STUDIO_UPLOADS_MB", BYTES))


def release(files: Sequence[UploadedFile]) -> None:
    """Removes the bytes from Streamlit's upload field, which would keep them until the browser tab is closed."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=file.file_id)

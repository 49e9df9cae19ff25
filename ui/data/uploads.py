"""What visitors uploaded, held in memory so that it can be read another way: for a while and up to a size."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

MINUTES = 60.0  # without use
MEGABYTES = 1_000.0  # of everybody together


@dataclass
class _Held:
    value: Any
    size: int
    used: float


@dataclass
class Uploads:
    """Values under keys that nobody can guess. The one that was not used for longest goes first when room is needed.

    Args:
        seconds: how long a value is held after its last use.
        limit: bytes of all values together; a value larger than that is not held at all.
        clock: seconds, for tests.
    """

    seconds: float
    limit: int
    clock: Callable[[], float] = time.monotonic
    _held: dict[str, _Held] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _timer: threading.Timer | None = None

    def hold(self, value: object, size: int) -> str:
        """Holds a value of so many bytes. Returns its key."""
        key = secrets.token_hex(16)
        with self._lock:
            self._held[key] = _Held(value, size, self.clock())
            self._sweep()
        return key

    def get(self, key: str) -> Any | None:
        """The value, which counts as a use; None when it was let go."""
        with self._lock:
            self._sweep()
            held = self._held.get(key)
            if held is None:
                return None
            held.used = self.clock()
            return held.value

    def let_go(self, key: str) -> None:
        """Forgets a value."""
        with self._lock:
            self._held.pop(key, None)

    @property
    def bytes(self) -> int:
        """Of all values together."""
        return sum(held.size for held in self._held.values())

    def _sweep(self) -> None:
        """Lets go what is too old or too much; the caller holds the lock. A timer does the same when nobody comes."""
        limit = self.clock() - self.seconds
        for key in [key for key, held in self._held.items() if held.used <= limit]:
            del self._held[key]
        for key in sorted(self._held, key=lambda key: self._held[key].used):
            if self.bytes <= self.limit:
                break
            del self._held[key]
        if self._held and (self._timer is None or not self._timer.is_alive()):
            self._timer = threading.Timer(self.seconds + 1, self._later)
            self._timer.daemon = True
            self._timer.start()

    def _later(self) -> None:
        with self._lock:
            self._timer = None
            self._sweep()


@st.cache_resource
def uploads() -> Uploads:
    """The one of this server."""
    return Uploads(MINUTES * 60, int(float(os.environ.get("STUDIO_UPLOADS_MB", MEGABYTES)) * 1e6))


def release(files: Sequence[UploadedFile]) -> None:
    """Has Streamlit forget the bytes behind its upload field, which it would keep until the browser tab is closed."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=file.file_id)

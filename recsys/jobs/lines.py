"""Messages of a process that is told by lines on stdin and answers by lines on stdout, each one JSON object."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO


class MessageLines:
    """The two ends as such a process sees them. It ends at once when the other side is gone."""

    def __init__(self) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)  # what libraries print goes to stderr
        self._lock = threading.Lock()

    def send(self, **message: Any) -> None:
        """Sends a message; any thread may."""
        line = json.dumps(message)
        try:
            with self._lock:
                self._out.write(f"{line}\n")
                self._out.flush()
        except OSError:
            os._exit(0)

    def received(self) -> Iterator[dict[str, Any]]:
        """The messages as they come; never returns."""
        for line in sys.stdin.buffer:
            yield json.loads(line)
        os._exit(0)

"""What a job's work is given: it reports through it, and learns from it that it shall stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from recsys.errors import StudioError


class JobStopped(StudioError):
    """Raised by `Progress` inside a job's work, once a stop was requested."""

    def __init__(self) -> None:
        super().__init__("the job", "was stopped")


@dataclass(frozen=True)
class Report:
    """The newest report of a job.

    Attributes:
        fraction: 0 … 1 of the work done.
        details: for display: JSON values; those of earlier reports stay until they are replaced.
        seconds_left: estimate; None while unknown.
    """

    fraction: float = 0.0
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    seconds_left: float | None = None


class Progress:
    """Passed to a job's work: call it to report; read `stopping` to end early when a stop was requested.

    Args:
        receive: is given each report, as a whole.
        stop: set when a stop is requested.
        equal_result: what a job with the same key returned, perhaps of another owner; None without one.

    Attributes:
        graceful: set to True when the work polls `stopping` itself and ends with a result; calls do not raise then.
    """

    def __init__(self, receive: Callable[[Report], object], stop: threading.Event, equal_result: Any = None) -> None:
        self._receive, self._stop, self.equal_result = receive, stop, equal_result
        self.graceful = False
        self.newest = Report()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def __call__(self, fraction: float, message: str = "", **details: Any) -> None:
        """Reports, or raises JobStopped."""
        if self.stopping and not self.graceful:
            raise JobStopped
        self.relay(fraction, message, details.pop("seconds_left", None), details)

    def relay(self, fraction: float, message: str, seconds_left: float | None, details: Mapping[str, Any]) -> None:
        """Reports without looking at the request to stop: for what another process has reported."""
        merged = MappingProxyType({**self.newest.details, **details})
        self.newest = Report(min(max(fraction, 0.0), 1.0), message, merged, seconds_left)
        self._receive(self.newest)

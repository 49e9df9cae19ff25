"""Which projection job each browser session shows, so that a newer request can stop the jobs that no session shows."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from recsys.jobs.queue import JobQueue

VIEWED = 5.0  # seconds since a page last showed a job; an open page shows it twice a second


@dataclass
class _Request:
    """What the queue does not know of a projection job.

    Attributes:
        entity: "users" or "items".
        viewers: session -> when it last showed the job, in seconds of `time.monotonic`.
        replaced: stopped for a newer request, not by the visitor.
    """

    entity: str
    viewers: dict[str, float] = field(default_factory=dict)
    replaced: bool = False


class ViewedJobs:
    """Projection jobs by id and the sessions that show them. Remembers the last `keep` jobs."""

    def __init__(self, keep: int = 500) -> None:
        self._keep = keep
        self._requests: dict[str, _Request] = {}
        self._lock = threading.Lock()

    def view(self, job_id: str, entity: str, viewer: str) -> None:
        """Notes that a session shows this job now, and no other job of the same entity."""
        with self._lock:
            for request in self._requests.values():
                if request.entity == entity:
                    request.viewers.pop(viewer, None)
            request = self._requests.pop(job_id, _Request(entity))
            request.viewers[viewer] = time.monotonic()
            self._requests[job_id] = request
            while len(self._requests) > self._keep:
                del self._requests[next(iter(self._requests))]

    def replace(self, queue: JobQueue, owner: str, job_id: str) -> None:
        """Stops the owner's other waiting or running jobs of the same entity that no session has shown lately."""
        with self._lock:
            wanted = self._requests[job_id]
            wanted.replaced = False
            for job in queue.of(owner):
                request = self._requests.get(job.id)
                if not job.active or request is None or request is wanted or request.entity != wanted.entity:
                    continue
                if all(time.monotonic() - seen > VIEWED for seen in request.viewers.values()):
                    request.replaced = True
                    queue.stop(job.id, owner)

    def was_replaced(self, job_id: str) -> bool:
        """Whether a newer request stopped this job."""
        with self._lock:
            request = self._requests.get(job_id)
            return request is not None and request.replaced

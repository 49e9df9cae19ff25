"""Results of jobs are held apart from the jobs, and bounded."""

from __future__ import annotations

import gc
import weakref

from ui.shell.job_results import JobResults


class Report:
    """A large result."""


def test_the_oldest_results_are_dropped_and_freed() -> None:
    results, alive = JobResults(most=3), weakref.WeakSet()
    for number in range(10):
        report = Report()
        alive.add(report)
        results.put(f"{number}", report)
    del report
    gc.collect()
    assert len(alive) == 3 and "6" not in results and results.get("6") is None
    assert all(isinstance(results.get(f"{number}"), Report) for number in (7, 8, 9))


def test_a_new_result_replaces_the_old_one() -> None:
    results = JobResults(most=2)
    for job, result in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        results.put(job, result)
    assert "b" not in results and (results.get("a"), results.get("c")) == (3, 4)

"""The log: a JSON object a line, that says what happened and not to whom."""

from __future__ import annotations

import json
import logging

import pytest

from recsys.jobs.progress import Progress
from tests.jobs.functions import queue_of_functions, submit
from tests.pages.screen import LISTENER
from ui.shell.log import JsonLines, start_log


def test_a_job_leaves_two_lines_without_names(caplog: pytest.LogCaptureFixture) -> None:
    def work(progress: Progress) -> None:
        progress(0.5)

    queue = queue_of_functions()
    with caplog.at_level(logging.INFO, "recsys"):
        queue.wait(submit(queue, "ann", "train", "training “private name”", work), "ann", 10)
    began, ended = (json.loads(JsonLines().format(record)) for record in caplog.records)
    assert (began["event"], ended["event"], ended["state"]) == ("job started", "job ended", "done")
    assert began["job"] == ended["job"] and began["time"] <= ended["time"] and ended["level"] == "info"
    assert "private" not in str([began, ended]) and "ann" not in str([began, ended])


def test_an_error_brings_its_traceback_on_one_line(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("it\nbroke")
    except ValueError as error:
        logging.getLogger("studio").error("page error %s", "abc", exc_info=error, extra={"fields": {"error_id": "abc"}})
    line = JsonLines().format(caplog.records[-1])
    assert "\n" not in line
    assert any("ValueError" in told for told in LISTENER.take())  # written here on purpose
    assert json.loads(line)["error_id"] == "abc" and "ValueError" in json.loads(line)["traceback"]


def test_starting_twice_logs_once() -> None:
    start_log()
    start_log()
    mine = [h for h in logging.getLogger("studio").handlers if isinstance(h.formatter, JsonLines)]
    assert len(mine) == 1

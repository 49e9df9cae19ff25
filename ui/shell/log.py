"""The log: one JSON object per line on stderr, without names of files, users or items."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

SOURCES = ("studio", "recsys")  # loggers of the app and the library


class JsonLines(logging.Formatter):
    """time (UTC), level, event, the record's own `fields`, and a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry = {"time": when, "level": record.levelname.lower(), "event": record.getMessage()}
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def start_log() -> None:
    """Sends the app's own events to stderr. A second call changes nothing."""
    for name in SOURCES:
        logger = logging.getLogger(name)
        if not any(isinstance(handler.formatter, JsonLines) for handler in logger.handlers):
            handler = logging.StreamHandler(sys.__stderr__)
            handler.setFormatter(JsonLines())
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)

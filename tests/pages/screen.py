"""What a person must never see: `no_errors(app)` after every step of a test of pages.

The error boundary turns every exception into a red sentence: a test that looks for `app.exception` alone sees nothing.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from ui.log import SOURCES

UNEXPECTED, REFUSED, VERDICT = "studio_error_unexpected", "studio_error_refused", "studio_verdict"


class Listener(logging.Handler):
    """Keeps what the loggers of the app and of the library tell at ERROR level until it is asked for."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.told.append(f"{record.name}: {record.getMessage()}\n{trace}".rstrip())

    def take(self) -> list[str]:
        """What was told since the last call."""
        told, self.told = self.told, []
        return told


LISTENER = Listener()
for name in SOURCES:
    logging.getLogger(name).addHandler(LISTENER)


def errors_on(app: AppTest) -> list[tuple[str, str]]:
    """(mark, text) of every error box on screen: mark is UNEXPECTED, REFUSED, or "" where the box has none."""
    found = [(mark, str(element.value)) for mark, element in _boxes(app._tree, "") if element.type == "error"]
    return [(mark, text) for mark, text in found if mark != VERDICT]


def _boxes(node: Block, mark: str) -> Iterator[tuple[str, Element]]:
    """Every element below a block, with the mark of the container that it stands in."""
    for child in node.children.values():
        if isinstance(child, Block):
            key = child.key or ""
            yield from _boxes(child, next((one for one in (UNEXPECTED, REFUSED, VERDICT) if key.startswith(one)), mark))
        else:
            yield mark, child


def wrong(app: AppTest, *expected: str) -> list[str]:
    """What is wrong on screen and in the log since the last check, in words; [] when nothing is.

    Args:
        expected: a part of each refusal that must be on screen; any other, and one that is missing, is wrong.
    """
    found = [f"exception: {exception.value}" for exception in app.exception]
    boxes = [(mark, text, text.replace("\\", "")) for mark, text in errors_on(app)]
    for mark, text, bare in boxes:
        if mark == UNEXPECTED:
            found.append(f"unexpected: {text}")
        elif not mark:
            found.append(f"error without a mark: {text}")
        elif not any(part in bare for part in expected):
            found.append(f"refused: {text}")
    said = [bare for mark, _, bare in boxes if mark == REFUSED]
    found += [f"not refused: {part!r}; refused: {said}" for part in expected if not any(part in bare for bare in said)]
    return [*found, *(f"in the log: {told}" for told in LISTENER.take())]


def no_errors(app: AppTest, *expected: str) -> None:
    """Fails on whatever `wrong` finds."""
    found = wrong(app, *expected)
    assert not found, "\n".join(found)

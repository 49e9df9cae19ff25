"""Errors on screen: `no_errors(app)` is called after every step of a test of pages.

Pages show every exception as a red sentence, so a test that checks `app.exception` alone would miss it.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit import config
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from ui.shell import state
from ui.shell.log import SOURCES

UNEXPECTED, REFUSED, VERDICT = "studio_error_unexpected", "studio_error_refused", "studio_verdict"


class Listener(logging.Handler):
    """Collects the ERROR messages of the app's and the library's loggers."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.messages.append(f"{record.name}: {record.getMessage()}\n{trace}".rstrip())

    def take(self) -> list[str]:
        """The messages since the last call."""
        messages, self.messages = self.messages, []
        return messages


config.set_option("client.showErrorDetails", "full")  # of what escapes the boundary; on screen is a sentence
LISTENER = Listener()
for name in SOURCES:
    logging.getLogger(name).addHandler(LISTENER)


def open_tab(app: AppTest, label: str) -> AppTest:
    """Clicks the tab of this label and runs the page; AppTest has no method for it."""
    container = next(row for row in _tab_rows(app) if label in [tab.label for tab in row.children.values()])  # type: ignore[union-attr]
    states = app._tree.get_widget_states()
    states.widgets.append(WidgetState(id=container.proto.tab_container.id, string_value=label))
    return app._run(states)


def in_every_tab(app: AppTest) -> Iterator[AppTest]:
    """The page as it is, then with each of its other tabs, each once its jobs have ended."""
    yield app
    for label in tab_labels(app)[1:]:
        yield after_jobs(open_tab(app, label))


def after_jobs(app: AppTest) -> AppTest:
    """The page once the jobs of its space have ended; the page is run again then."""
    space = app.session_state["space"]
    for job in state.jobs().of(space):
        state.jobs().wait(job.id, space, timeout=60)
    return app.run()


def tab_labels(app: AppTest) -> list[str]:
    """The labels of all tabs that send a click to the page."""
    return [str(tab.label) for row in _tab_rows(app) for tab in row.children.values()]  # type: ignore[union-attr]


def tab_shown(app: AppTest) -> str:
    """The label of the open tab of a page; "" where the page has no tabs."""
    rows = _tab_rows(app)
    return str(rows[0].children[rows[0].proto.tab_container.default_tab_index].label) if rows else ""  # type: ignore[union-attr]


def _tab_rows(app: AppTest) -> list[Block]:
    """The rows of tabs of which the page is told when one is clicked: they have an id."""
    rows = [block for block in _blocks(app._tree) if block.type == "tab_container"]
    return [row for row in rows if row.proto.tab_container.id]


def _blocks(node: Block) -> Iterator[Block]:
    """Every block below a block."""
    for child in node.children.values():
        if isinstance(child, Block):
            yield child
            yield from _blocks(child)


def everything_on(app: AppTest) -> str:
    """All that is sent to the browser: texts, labels, tooltips, figures."""
    return " ".join(str(element.proto) for _, element in _boxes(app._tree, ""))


def errors_on(app: AppTest) -> list[tuple[str, str]]:
    """(mark, text) of every error box on screen: mark is UNEXPECTED, REFUSED, or "" where the box has none."""
    found = [(mark, str(element.value)) for mark, element in _boxes(app._tree, "") if element.type == "error"]
    return [(mark, text) for mark, text in found if mark != VERDICT]


def repeated_labels(app: AppTest) -> list[str]:
    """Labels that two options of one widget have: a browser sends the label of what it has chosen, and no more."""
    found = []
    for _, element in _boxes(app._tree, ""):
        options = getattr(element.proto, "options", ())
        labels = [one if isinstance(one, str) else str(getattr(one, "content", one)) for one in options]
        found += [f"{element.proto.label}: {label}" for label in set(labels) if labels.count(label) > 1]
    return found


def _boxes(node: Block, mark: str) -> Iterator[tuple[str, Element]]:
    """Every element below a block, with the mark of the container that it stands in."""
    for child in node.children.values():
        if isinstance(child, Block):
            key = child.key or ""
            yield from _boxes(child, next((one for one in (UNEXPECTED, REFUSED, VERDICT) if key.startswith(one)), mark))
        else:
            yield mark, child


def problems_on(app: AppTest, *expected: str) -> list[str]:
    """The problems on screen and in the log since the last check, as sentences.

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
    return [*found, *(f"in the log: {messages}" for messages in LISTENER.take())]


def no_errors(app: AppTest, *expected: str) -> None:
    """Fails on whatever `wrong` finds."""
    expect(*expected)
    found = problems_on(app, *expected)
    assert not found, "\n".join(found)


class Watch:
    """Looks at the screen after every run of every AppTest of one test, so that no step of it can be forgotten.

    A refusal is fine when the test has named a part of it, in `no_errors(app, part)` or in `expect(part)`.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.expected: list[str] = []

    def look(self, app: AppTest) -> None:
        """Remembers every error on screen."""
        self.seen += [("exception", str(exception.value)) for exception in app.exception]
        self.seen += [(mark, text.replace("\\", "")) for mark, text in errors_on(app)]
        self.seen += [("labels that repeat", text) for text in repeated_labels(app)]

    def wrong(self) -> list[str]:
        """What was seen in any step that the test did not name; the watch starts again."""
        seen, expected = dict.fromkeys(self.seen), tuple(self.expected)
        self.seen, self.expected = [], []
        found = [(mark, text) for mark, text in seen if mark != REFUSED or not any(part in text for part in expected)]
        return [f"{mark or 'error without a mark'}: {text}" for mark, text in found] + [
            f"in the log: {messages}" for messages in LISTENER.take()
        ]


WATCH = Watch()


def expect(*parts: str) -> None:
    """Refusals that this test provokes; each must hold one of these parts ("" allows any)."""
    WATCH.expected += parts


def watched(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """For an autouse fixture: watches all of a test, and fails it at its end."""
    run = AppTest._run

    def run_and_look(app: AppTest, *args: Any, **kwargs: Any) -> AppTest:
        ended = run(app, *args, **kwargs)
        WATCH.look(ended)
        return ended

    patch.setattr(AppTest, "_run", run_and_look)
    WATCH.wrong()
    yield
    found = WATCH.wrong()
    assert not found, "\n".join(found)

"""What a person in a browser must never meet: `Screen(page, …)` listens, `check()` fails on what it heard."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, Request, Response

# On a deep link Streamlit asks for these beside the page's own path first, gets 404, and asks again at the root.
_ASKED_TWICE = re.compile(r"/[^/]+/_stcore/(health|host-config)$")
_MARKS = '[class*="st-key-studio_error_"], [data-testid="stAlertContentError"], [data-testid="stException"]'
_VERDICT = '[class*="st-key-studio_verdict"]'
_ON_SCREEN = """([marks, verdict]) => [...document.querySelectorAll(marks)]
    .filter(node => node.checkVisibility() && !node.closest(verdict) && !node.querySelector(marks))
    .map(node => {
        const box = node.closest('[class*="st-key-studio_error_"]');
        const mark = box ? [...box.classList].find(name => name.startsWith('st-key-studio_error_')) : 'without a mark';
        return [mark, node.innerText];
    })"""


class Log:
    """The log file of a server: what it told at ERROR level, and tracebacks, since the last call."""

    def __init__(self, file: Path) -> None:
        self.file, self.read = file, 0

    def wrong(self) -> list[str]:
        """New lines that tell of an error; of a traceback outside the structured log, the whole rest."""
        content = self.file.read_bytes()
        new = content[self.read : content.rfind(b"\n") + 1].decode("utf-8", "replace")
        self.read += len(new.encode("utf-8"))
        told = [line for line in new.splitlines() if _is_error(line)]
        trace = re.search(r"^\s*Traceback \(most recent call last\)", new, re.MULTILINE)
        return told + ([new[trace.start() : trace.start() + 4000]] if trace else [])


def _is_error(line: str) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return "Uncaught app execution" in line or "Uncaught exception" in line
    return isinstance(entry, dict) and entry.get("level") in ("error", "critical")


class Screen:
    """Watches one page from now on: errors of scripts, console errors, failed requests, error boxes, the server's log.

    Args:
        page: of Playwright's sync API, before it goes anywhere.
        log: the log file of the server (`serve.log(address)`); None where the test does not start the server.
    """

    def __init__(self, page: Page, log: Path | Log | None = None) -> None:
        self.page, self.heard = page, list[str]()
        self.log = Log(log) if isinstance(log, Path) else log
        page.on("pageerror", lambda error: self.heard.append(f"script: {error}"))
        page.on("console", self._console)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _ASKED_TWICE.search(str(message.location.get("url", ""))):
            self.heard.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, request: Request) -> None:
        # What is still on its way when the page is left or loaded again is cancelled: no failure of the server.
        if request.failure != "net::ERR_ABORTED":
            self.heard.append(f"request failed: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not _ASKED_TWICE.search(response.url):
            self.heard.append(f"answer {response.status}: {response.request.method} {response.url}")

    def wrong(self, *expected: str) -> list[str]:
        """What is wrong since the last call, in words; [] when nothing is.

        Args:
            expected: a part of each refusal that must be on screen; any other, and one that is missing, is wrong.
        """
        boxes = [(str(mark), str(text)) for mark, text in self.page.evaluate(_ON_SCREEN, [_MARKS, _VERDICT])]
        refused = [text for mark, text in boxes if mark.startswith("st-key-studio_error_refused")]
        fine = [text for text in refused if any(part in text for part in expected)]
        found = [f"on screen, {mark}: {text}" for mark, text in boxes if text not in fine]
        found += [f"not refused: {part!r}" for part in expected if not any(part in text for text in refused)]
        heard, self.heard = self.heard, []
        return [*found, *heard, *(f"in the log: {told}" for told in (self.log.wrong() if self.log else []))]

    def check(self, *expected: str) -> None:
        """Fails on whatever `wrong` finds."""
        found = self.wrong(*expected)
        assert not found, "\n".join(found)

"""What must never be on screen in a browser: `Screen(page, …)` listens, `check()` fails on what was recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Page as AsyncPage
from playwright.sync_api import Page

# On a deep link Streamlit asks for these beside the page's own path first, gets 404, and asks again at the root.
_ASKED_TWICE = re.compile(r"/[^/]+/_stcore/(health|host-config)$")
MARKS = '[class*="st-key-studio_error_"], [data-testid="stAlertContentError"], [data-testid="stException"]'
VERDICT = '[class*="st-key-studio_verdict"]'
PAUSE, PATIENCE = 250, 60_000  # milliseconds without a run until a page counts as at rest; how long to wait for that
_AT_REST = """([pause, patience]) => new Promise((done) => {
  const began = performance.now();
  let quiet = began;
  const busy = () => {
    const app = document.querySelector("[data-testid=stApp]");
    return !app || app.dataset.testScriptState !== "notRunning" || app.dataset.testConnectionState !== "CONNECTED"
      || document.querySelector("[data-testid=stSkeleton], [data-testid=stAppSkeleton]") || ALSO_BUSY;
  };
  const look = () => {
    const now = performance.now();
    if (busy()) quiet = now;
    if (now - quiet >= pause) done(true);
    else if (now - began > patience) done(false);
    else setTimeout(look, 30);
  };
  look();
})"""


def at_rest(also_busy: str = "false") -> str:
    """JavaScript that takes [pause, patience] in milliseconds and resolves to whether the page came to rest.

    Args:
        also_busy: an expression that is true while the page is not at rest for another reason than a run.
    """
    return _AT_REST.replace("ALSO_BUSY", f"({also_busy})")


AT_REST = at_rest()
ON_SCREEN = """([marks, verdict]) => [...document.querySelectorAll(marks)]
    .filter(node => node.checkVisibility() && !node.closest(verdict) && !node.querySelector(marks))
    .map(node => {
        const box = node.closest('[class*="st-key-studio_error_"]');
        const mark = box ? [...box.classList].find(name => name.startsWith('st-key-studio_error_')) : 'without a mark';
        return [mark, node.innerText];
    })"""
# For an init script: tells the console of every error box as it comes, also of one that is gone before anybody looks.
_REPORTED = "studio error on screen "
MIDWAY = f"""(() => {{
  if (window !== window.top) return;
  let last = new Set();
  const look = () => {{
    const now = new Set(({ON_SCREEN})({json.dumps([MARKS, VERDICT])}).map(one => JSON.stringify(one)));
    for (const one of now) if (!last.has(one)) console.debug({json.dumps(_REPORTED)} + one);
    last = now;
  }};
  new MutationObserver(look).observe(document, {{
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class"],
  }});
}})()"""


class Log:
    """The log file of a server: what was logged at ERROR level, and tracebacks, since the last call."""

    def __init__(self, file: Path) -> None:
        self.file, self.read = file, 0

    def wrong(self) -> list[str]:
        """New lines that tell of an error; of a traceback outside the structured log, the whole rest."""
        content = self.file.read_bytes()
        new = content[self.read : content.rfind(b"\n") + 1].decode("utf-8", "replace")
        self.read += len(new.encode("utf-8"))
        errors = [line for line in new.splitlines() if _is_error(line)]
        trace = re.search(r"^\s*Traceback \(most recent call last\)", new, re.MULTILINE)
        return errors + ([new[trace.start() : trace.start() + 4000]] if trace else [])


def _is_error(line: str) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return "Uncaught app execution" in line or "Uncaught exception" in line
    return isinstance(entry, dict) and entry.get("level") in ("error", "critical")


class BrowserListener:
    """What a page of Playwright (sync or async) tells by itself: errors of scripts, console errors, failed requests.

    Error boxes that are gone at the next call of `problems` are recorded where MIDWAY is an init script of the page.

    Args:
        page: before it goes anywhere.
        log: of its server (`serve.log(address)`); None where another listener reads it.
    """

    def __init__(self, page: Page | AsyncPage, log: Log | None = None) -> None:
        self.heard, self.log = list[str](), log
        self.midway: dict[str, str] = {}  # by mark: the text of each error box since the last call of `problems`
        self.accepted: set[str] = set()  # marks of the refusals that were expected in that call
        page.on("pageerror", lambda error: self.heard.append(f"script: {error}"))
        page.on("console", self._console)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message: Any) -> None:
        if message.type == "debug" and message.text.startswith(_REPORTED):
            mark, text = json.loads(message.text.removeprefix(_REPORTED))
            self.midway[mark] = text  # a box comes before its text
        elif message.type == "error" and not _ASKED_TWICE.search(str(message.location.get("url", ""))):
            self.heard.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, request: Any) -> None:
        # What is still on its way when the page is left or loaded again is cancelled: no failure of the server.
        if request.failure != "net::ERR_ABORTED":
            self.heard.append(f"request failed: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and not _ASKED_TWICE.search(response.url):
            self.heard.append(f"answer {response.status}: {response.request.method} {response.url}")

    def problems(self, boxes: Sequence[Sequence[str]], *expected: str) -> list[str]:
        """What is wrong since the last call, in words; [] when nothing is.

        Args:
            boxes: (mark, text) of what `page.evaluate(ON_SCREEN, [MARKS, VERDICT])` found.
            expected: a part of each refusal that must be on screen; any other, and one that is missing, is wrong.
                A box that was there only in between may be one of these, or one that the last call expected.
        """
        refused = [text for mark, text in boxes if mark.startswith("st-key-studio_error_refused")]
        fine = [text for text in refused if any(part in text for part in expected)]
        found = [f"on screen, {mark}: {text}" for mark, text in boxes if text not in fine]
        found += [f"not refused: {part!r}" for part in expected if not any(part in text for text in refused)]
        found += self._in_between({mark for mark, _ in boxes}, expected)
        self.accepted = {mark for mark, text in boxes if text in fine}
        heard, self.heard = self.heard, []
        return [*found, *heard, *(f"in the log: {errors}" for errors in (self.log.wrong() if self.log else []))]

    def _in_between(self, still: set[str], expected: Sequence[str]) -> list[str]:
        """What is wrong of the boxes that have come and gone since the last call."""
        gone = {mark: text for mark, text in self.midway.items() if mark not in still | self.accepted}
        self.midway = {}
        return [
            f"on screen for a while, {mark}: {text}"
            for mark, text in gone.items()
            if not (mark.startswith("st-key-studio_error_refused") and any(part in text for part in expected))
        ]


class Screen(BrowserListener):
    """Watches one page of Playwright's sync API from now on: what it tells, error boxes on it, its server's log."""

    def __init__(self, page: Page, log: Log | None = None) -> None:
        super().__init__(page, log)
        self.page = page
        page.add_init_script(MIDWAY)

    def wrong(self, *expected: str) -> list[str]:
        """What is wrong since the last call, in words; the refusals named in `expected` must be on screen."""
        return self.problems(self.page.evaluate(ON_SCREEN, [MARKS, VERDICT]), *expected)

    def last(self, *expected: str) -> list[str]:
        """What is wrong once the page has run to its end: an error may be the last thing that it draws."""
        self.page.evaluate(AT_REST, [PAUSE, PATIENCE])
        return self.wrong(*expected)

    def check(self, *expected: str) -> None:
        """Fails on whatever `last` finds."""
        found = self.last(*expected)
        assert not found, "\n".join(found)

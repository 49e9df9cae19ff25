"""A real browser and real servers for the tests in this folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import FLAGS, find
from tests.browser.screen import Log, Screen

ROOT = Path(__file__).resolve().parents[2]
expect.set_options(timeout=20_000)  # a busy machine is no defect
SECONDS_TO_START = 60


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; without one the tests fail, they are never skipped."""
    path = find()
    if path is None:
        pytest.fail("No Chromium or Chrome was found: run `make browser`, or point STUDIO_BROWSER at one.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


class Servers:
    """`serve(script, env)` starts a Streamlit server on a free port and returns its address; `log` is its log file."""

    def __init__(self, folders: Callable[[str], Path]) -> None:
        self.folders, self.running, self.logs = folders, list[subprocess.Popen[bytes]](), dict[str, Log]()

    def __call__(self, script: Path, env: Mapping[str, str] | None = None) -> str:
        log = self.folders("server") / "log.txt"
        port = free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
        options = ["--server.headless", "true", "--server.address", "127.0.0.1"]
        inherited = {name: value for name, value in os.environ.items() if name != "STUDIO_JOBS"}  # as in `make app`
        surroundings = {**inherited, "PYTHONPATH": str(ROOT), **(env or {})}
        with log.open("wb") as output:
            server = subprocess.Popen([*command, *options], cwd=ROOT, env=surroundings, stdout=output, stderr=output)
        self.running.append(server)
        address = f"http://127.0.0.1:{port}"
        if not answers(f"{address}/_stcore/health", server):
            pytest.fail(f"The server of {Path(script).name} did not start:\n{log.read_text('utf-8')[-2000:]}")
        self.logs[address] = Log(log)
        return address

    def log(self, address: str) -> Log:
        """What the server of this address writes; `.file` is where."""
        return self.logs[address]

    def end(self) -> None:
        """Ends all servers, and waits until they have ended."""
        for server in self.running:
            server.terminate()
        for server in self.running:
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """`serve(script, env)` starts a Streamlit server and returns its address; all end with the tests."""
    servers = Servers(tmp_path_factory.mktemp)
    yield servers
    servers.end()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the app at `address`."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def address(serve: Servers, home: Path) -> str:
    """Where the app answers: one server for all tests without settings of their own. Each browser has its own space."""
    return serve(ROOT / "app.py", {"STUDIO_HOME": str(home), "STUDIO_SECRET": ""})


class Visits:
    """`visit(address, path, **options)` opens a page there, in a browser context of its own, and watches it.

    `check(page)` fails on what went wrong on it since the last check; at the end of the test all are checked.
    """

    def __init__(self, browser: Browser, servers: Servers, contexts: dict[str, BrowserContext] | None = None) -> None:
        self.browser, self.servers, self.screens = browser, servers, dict[Page, Screen]()
        self.contexts = contexts  # by their options, where pages share them; None where each page has its own

    def __call__(self, address: str, path: str = "", **options: Any) -> Page:
        page = self.blank(address, **options)
        page.goto(f"{address}{path}")
        return page

    def blank(self, address: str, **options: Any) -> Page:
        """A watched page that has not gone anywhere yet."""
        if self.contexts is None:
            context = self.browser.new_context(**options)
        else:
            known = str(sorted(options.items()))
            context = self.contexts.get(known) or self.browser.new_context(**options)
            self.contexts[known] = context
        return self.watch(context.new_page(), address)

    def watch(self, page: Page, address: str) -> Page:
        """The same page, watched from now on: before it goes anywhere. Another tab needs its own call."""
        self.screens[page] = Screen(page, self.servers.log(address))
        return page

    def check(self, page: Page, *expected: str) -> None:
        """Fails on any error of this page or its server; the refusals named must be on screen."""
        self.screens[page].check(*expected)

    def end(self) -> None:
        """Checks every page that is still open, then closes all."""
        found = [text for page, screen in self.screens.items() if not page.is_closed() for text in screen.last()]
        for page in self.screens:
            if self.contexts is None:
                page.context.close()
            else:
                page.close()
        assert not found, "\n".join(found)


@pytest.fixture
def visit(browser: Browser, serve: Servers) -> Iterator[Visits]:
    """`visit(address, path, **options of the context)` gives a watched page; every error on it fails the test."""
    visits = Visits(browser, serve)
    yield visits
    visits.end()


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """The contexts of `revisit`, by their options."""
    shared: dict[str, BrowserContext] = {}
    yield shared
    for context in shared.values():
        context.close()


@pytest.fixture
def revisit(browser: Browser, serve: Servers, contexts: dict[str, BrowserContext]) -> Iterator[Visits]:
    """Like `visit`, for scripts without cookies: pages with equal options share a context, where they open faster."""
    visits = Visits(browser, serve, contexts)
    yield visits
    visits.end()


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    """Whether the server says that it is healthy before the time is up; False at once when it has ended."""
    pause = threading.Event()
    for _ in range(SECONDS_TO_START * 5):
        if server.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pause.wait(0.2)
    return False

"""The instrument itself, in a browser: a page that breaks, in each way a page can, is seen; one that works is quiet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import Servers
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).with_name("screen_app.py")


@pytest.fixture(scope="module")
def script(serve: Servers) -> str:
    return serve(SCRIPT)


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def screen(context: BrowserContext, serve: Servers, script: str) -> Iterator[Screen]:
    watched = Screen(context.new_page(), serve.log(script))
    assert watched.log is not None
    watched.log.wrong()  # what the test before has left
    yield watched
    watched.page.close()


def opened(screen: Screen, script: str, how: str) -> list[str]:
    screen.page.goto(f"{script}/?how={how}")
    expect(screen.page.get_by_role("heading", name="Screen")).to_be_visible()
    expect(screen.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    screen.page.wait_for_timeout(300)  # the log is written by another process
    return screen.wrong()


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("unexpected", ("st-key-studio_error_unexpected", "in the log")),
        ("refused", ("st-key-studio_error_refused",)),
        ("bare", ("without a mark",)),
        ("escaped", ("escaped", "Traceback")),
        ("log", ("job x failed",)),
    ],
)
def test_each_way_to_break_is_seen_once(screen: Screen, script: str, how: str, seen: tuple[str, ...]) -> None:
    found = opened(screen, script, how)
    assert all(any(part in text for text in found) for part in seen), found
    assert not any("in the log" in text for text in screen.wrong())


def test_what_is_expected_is_allowed_and_must_be_there(screen: Screen, script: str) -> None:
    opened(screen, script, "refused")
    screen.check("alpha must be small")
    with pytest.raises(AssertionError, match="not refused: 'beta'"):
        screen.check("alpha must be small", "beta")


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("unexpected-a-while", "for a while, st-key-studio_error_unexpected"),
        ("refused-a-while", "for a while, st-key-studio_error_refused"),
        ("bare-a-while", "for a while, without a mark"),
    ],
)
def test_an_error_that_is_gone_before_the_page_ends_is_seen_once(
    screen: Screen, script: str, how: str, seen: str
) -> None:
    assert any(seen in text for text in opened(screen, script, how))
    assert not any("for a while" in text for text in screen.wrong())


def test_an_error_that_was_left_by_a_link_is_seen(screen: Screen, script: str) -> None:
    screen.page.goto(f"{script}/?how=refused")
    expect(screen.page.get_by_text("alpha must be small")).to_be_visible()
    assert any("for a while, st-key-studio_error_refused" in text for text in opened(screen, script, ""))


def test_a_refusal_that_is_expected_may_be_gone_at_the_next_look(screen: Screen, script: str) -> None:
    opened(screen, script, "refused")
    screen.check("alpha must be small")
    assert not opened(screen, script, "")


@pytest.mark.parametrize("how", ["", "verdict"])
def test_a_page_that_works_is_quiet(screen: Screen, script: str, how: str) -> None:
    assert not opened(screen, script, how)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("() => { setTimeout(() => { throw new Error('from a script') }) }", "from a script"),
        ("() => console.error('said aloud')", "said aloud"),
        (
            "() => fetch('/nowhere/at/all.json').then(() => fetch('http://127.0.0.1:1/')).catch(() => 0)",
            "request failed",
        ),
    ],
)
def test_what_only_the_browser_knows_is_seen(screen: Screen, script: str, code: str, seen: str) -> None:
    assert not opened(screen, script, "")
    screen.page.evaluate(code)
    screen.page.wait_for_timeout(300)
    assert any(seen in text for text in screen.wrong())


def test_every_page_of_the_app_is_quiet_on_its_own_address(browser: Browser, serve: Servers, address: str) -> None:
    context = browser.new_context()
    screen = Screen(context.new_page(), serve.log(address))
    for name in ("", "Data", "Train", "Embeddings", "Transfer", "Evaluate", "Explain", "Learn"):
        screen.page.goto(f"{address}/{name}?run=sample")
        expect(screen.page.locator("h1")).to_be_visible(timeout=60_000)
        screen.check()
    context.close()

"""A new browser that opens two tabs at once has one space, and what is saved in either tab is in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from recsys.workspace import Workspace, export_zip
from tests.browser.conftest import Visits
from tests.browser.screen import AT_REST, PATIENCE, PAUSE

pytestmark = pytest.mark.browser


def note(folder: Path, name: str) -> Path:
    """A zip with one note of this name."""
    space = Workspace(folder / name).space("a" * 32)
    entry = space.save_json("note", name, {})
    file = folder / f"{name}.zip"
    file.write_bytes(export_zip(space, [entry.id]))
    return file


def choose_file(page: Page, file: Path) -> None:
    """Chooses a zip to import on Home."""
    assert page.evaluate(AT_REST, [PAUSE, PATIENCE]), "the page goes on running"  # the run opens and closes the list
    if not page.get_by_text("Exported ZIP file").is_visible():
        page.get_by_text("Your saved work").click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_visible()


def bring(page: Page, file: Path) -> None:
    """Imports a zip on Home."""
    choose_file(page, file)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text(f"Note · {file.stem}")).to_be_visible(timeout=30_000)


def space_cookie(context: BrowserContext) -> str:
    return next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "studio_space")


def test_two_first_tabs_share_one_space(
    browser: Browser, visit: Visits, address: str, home: Path, tmp_path: Path
) -> None:
    context = browser.new_context()
    tabs = [visit.watch(context.new_page(), address) for _ in range(2)]
    for tab in tabs:
        tab.goto(address, wait_until="commit")
    for number, tab in enumerate(tabs):
        expect(tab.get_by_role("button", name="Run it on the sample")).to_be_visible(timeout=60_000)
        bring(tab, note(tmp_path, f"tab{number}"))
    for page in (*tabs, visit.watch(context.new_page(), address)):
        page.goto(address)
        for number in range(2):
            if not page.get_by_text(f"Note · tab{number}").is_visible():
                page.wait_for_timeout(500)
            expect(page.get_by_text(f"Note · tab{number}")).to_be_visible(timeout=30_000)
    space = Workspace(home).space(space_cookie(context))
    assert sorted(entry.name for entry in space.entries("note")) == ["tab0", "tab1"]


def test_what_was_saved_before_the_tabs_knew_of_each_other_is_kept(
    browser: Browser, visit: Visits, address: str, home: Path, tmp_path: Path
) -> None:
    """The first tab's browser tells nothing for as long as it saves: the worst order of events."""
    context, before = browser.new_context(), set((home / "spaces").glob("*"))
    tabs = [visit.watch(context.new_page(), address) for _ in range(2)]
    for tab in tabs:  # timers of the page start only when the test says so
        tab.add_init_script(
            "const later = []; const set = window.setTimeout;"
            "window.setTimeout = (call, ms, ...rest) =>"
            " [300, 1500, 4000].includes(ms) ? later.push(call) : set(call, ms, ...rest);"
            "window.tell = () => later.splice(0).forEach((call) => call());"
            "const real = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie'); let open = false;"
            "Object.defineProperty(document, 'cookie', { configurable: true,"
            " get: () => real.get.call(document).split('; ').filter((one) => open || !/^studio/.test(one)).join('; '),"
            " set: (text) => { if (open || !/^studio/.test(text)) real.set.call(document, text); } });"
            "window.open_cookies = () => { open = true; };"
        )
        tab.goto(address, wait_until="commit")
    for number, tab in enumerate(tabs):
        expect(tab.get_by_role("button", name="Run it on the sample")).to_be_visible(timeout=60_000)
        bring(tab, note(tmp_path, f"tab{number}"))
    spaces = set((home / "spaces").glob("*")) - before
    assert [len(list(space.glob("note/*"))) for space in spaces] == [1, 1]
    for tab in tabs:
        tab.evaluate("open_cookies(); tell()")
        tab.wait_for_timeout(1_000)
    tabs[0].evaluate("tell()")
    page = visit.watch(context.new_page(), address)
    page.goto(address)
    for number in range(2):
        expect(page.get_by_text(f"Note · tab{number}")).to_be_visible(timeout=30_000)


def test_work_that_another_tab_saves_leaves_the_chosen_file_open(
    visit: Visits, address: str, home: Path, tmp_path: Path
) -> None:
    """Two more rows move the import down the page: it stays open, with the file that was chosen."""
    page = visit(address)
    expect(page.get_by_role("button", name="Run it on the sample")).to_be_visible(timeout=60_000)
    choose_file(page, note(tmp_path, "chosen"))
    space = Workspace(home).space(space_cookie(page.context))
    for name in ("one", "two"):
        space.save_json("note", name, {})
    page.get_by_role("textbox", name="Your name or your class").fill("Ada")
    page.keyboard.press("Enter")  # the page runs again
    expect(page.get_by_text("Note · two")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Note · chosen")).to_be_visible()

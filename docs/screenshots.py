"""Take the pictures of the README again, from the sample's run: `python -m docs.screenshots [FOLDER]`, by default docs.

Needs Chromium or Chrome (`make browser`). Each picture is a page of 1280 × 720 pixels in the light theme, taken when it
and its background jobs have finished.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.servers import fail_on_errors, server
from tests.browser.chromium import FLAGS, find
from tests.browser.screen import AT_REST, Screen

SIZE = {"width": 1280, "height": 720}
PATIENCE = 300_000  # milliseconds; the first map of a machine is compiled
PICTURES = {
    "embeddings.png": "Embeddings?run=sample",
    "transfer.png": "Transfer?run=sample&target=user:kenji-0773&source=user:elif-0080&alpha=0.3",
}


def take(page: Page, address: str, path: Path) -> None:
    """Open a page, wait until it and its jobs have finished, and save its picture.

    Args:
        address: of the page.
        path: of the PNG file.
    """
    page.goto(address)
    expect(page.get_by_test_id("stSidebar")).to_be_visible(timeout=PATIENCE)
    page.evaluate(AT_REST, [2_000, PATIENCE])
    expect(page.get_by_text("running or waiting")).to_have_count(0, timeout=PATIENCE)
    page.evaluate(AT_REST, [2_000, PATIENCE])
    page.screenshot(path=path)


def main(folder: Path) -> None:
    """Take all pictures.

    Raises:
        SystemExit: a page showed an error.
    """
    with server() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        screen = Screen(page, running.log)
        for name, address in PICTURES.items():
            take(page, f"{running.address}/{address}", folder / name)
            fail_on_errors(screen.last())
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))

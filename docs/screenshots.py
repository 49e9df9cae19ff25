"""Take the pictures again, from the sample's run: `python -m docs.screenshots [--all] [FOLDER]`.

Without `--all` those of the README, in docs; with it every page in English and in Chinese, in docs/pages. Needs
Chromium or Chrome (`make browser`), for Chinese also a font that has its characters. Each picture is a page of
1280 × 720 pixels in the light theme, taken when it and its background jobs have finished.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.servers import Server, fail_on_errors, server
from tests.browser.chromium import FLAGS, find
from tests.browser.screen import AT_REST, Screen

SIZE = {"width": 1280, "height": 720}
PATIENCE = 300_000  # milliseconds; the first map of a machine is compiled
PAIR = "run=sample&target=user:kenji-0773&source=user:elif-0080&alpha=0.3"
PICTURES = {"embeddings": "Embeddings?run=sample", "transfer": f"Transfer?{PAIR}"}
"""Those of the README."""
PAGES = {
    "0-home": "?",
    "1-data": "Data?dataset={data}",
    "2-train": "Train?run=sample&dataset={data}",
    "3-embeddings": "Embeddings?run=sample",
    "4-transfer": f"Transfer?{PAIR}",
    "5-evaluate": "Evaluate?run=sample",
    "6-explain": f"Explain?{PAIR}",
    "7-learn": "Learn?run=sample&tab=transfer",
}
"""Every page; {data} stands for the id of the sample’s data, opened before."""


def show(page: Page, address: str) -> None:
    """Open a page and wait until it and its jobs have finished."""
    page.goto(address)
    expect(page.get_by_test_id("stSidebar")).to_be_visible(timeout=PATIENCE)
    page.evaluate(AT_REST, [2_000, PATIENCE])
    expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=PATIENCE)
    page.evaluate(AT_REST, [2_000, PATIENCE])


def take(page: Page, path: Path) -> None:
    """Save the picture of the open page as PNG or WebP, by the ending of the path."""
    picture = page.screenshot()
    if path.suffix == ".png":
        path.write_bytes(picture)
    else:
        Image.open(BytesIO(picture)).save(path, quality=80, method=6)


@contextmanager
def opened(browser: Browser, running: Server) -> Iterator[Page]:
    """A page of a new visitor. Raises SystemExit if it showed an error."""
    page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")  # type: ignore[arg-type]
    screen = Screen(page, running.log)
    yield page
    fail_on_errors(screen.last())
    page.context.close()


def readme(browser: Browser, running: Server, folder: Path) -> None:
    """The pictures of the README."""
    with opened(browser, running) as page:
        for name, address in PICTURES.items():
            show(page, f"{running.address}/{address}")
            take(page, folder / f"{name}.png")


def every_page(browser: Browser, running: Server, folder: Path) -> None:
    """Every page in both languages."""
    folder.mkdir(parents=True, exist_ok=True)
    for lang in ("en", "zh"):
        with opened(browser, running) as page:
            data = ""
            for name, address in PAGES.items():
                if "{data}" in address and not data:
                    show(page, f"{running.address}/Data?lang=en")  # the data of the sample’s run
                    page.locator(".st-key-data_sample_all button").click()
                    page.wait_for_url(lambda url: "dataset=" in url, timeout=PATIENCE)
                    (data,) = parse_qs(urlsplit(page.url).query)["dataset"]
                show(page, f"{running.address}/{address.format(data=data)}&lang={lang}")
                take(page, folder / f"{name}-{lang}.webp")


def main() -> None:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--all", action="store_true", help="every page in both languages")
    options = parser.parse_args()
    with server(STUDIO_JOBS="thread") as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        if options.all:
            every_page(browser, running, options.folder or Path("docs/pages"))
        else:
            readme(browser, running, options.folder or Path("docs"))
        browser.close()


if __name__ == "__main__":
    main()

"""The whole main job in a real browser: drop a file, train, look, drag α, evaluate. On the sample, and on MovieLens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parents[2]
MOVIELENS = ROOT.parent / "shared" / "data" / "ml-latest-small.zip"
FILES = [path for path in (ROOT / "sample_data" / "interactions.csv.gz", MOVIELENS) if path.is_file()]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(ROOT / "app.py", {"STUDIO_HOME": str(tmp_path_factory.mktemp("home"))})


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.set_default_timeout(60_000)
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
    yield page
    assert not [url for url in outside if not url.startswith(("data:", "blob:"))], "the page asked somebody outside"
    context.close()


def step(page: Page, name: str, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile(name)).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    quiet(page)


def quiet(page: Page) -> None:
    """Until the page has stopped running; then there must be no error on it."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=180_000)
    errors = page.get_by_test_id("stException").all_inner_texts()
    assert not errors, errors


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_from_a_file_to_a_verdict(page: Page, address: str, file: Path) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name="Interest Transfer Studio")).to_be_visible()
    step(page, "1 Data", "Bring your interactions")
    page.locator("input[type=file]").first.set_input_files(str(file))
    page.get_by_role("button", name=re.compile("Next: train")).click(timeout=120_000)
    expect(page.get_by_role("heading", name="Train a model of taste")).to_be_visible()
    quiet(page)
    page.get_by_role("button", name=re.compile("^Train")).first.click()
    # It goes on over a refresh, whose address names the job.
    expect(page).to_have_url(re.compile("job="))
    page.reload()
    page.get_by_role("button", name=re.compile("Next: see your people")).click(timeout=300_000)
    expect(page.get_by_role("heading", name="See your people")).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible(timeout=120_000)
    step(page, "4 Transfer", "Drag α between two tastes")
    drag_alpha(page)
    shared = page.url
    page.goto(address)
    page.goto(shared)
    expect(page.get_by_role("slider").first).to_be_visible()
    assert page.get_by_role("slider").first.input_value() == drag_alpha.left_at  # type: ignore[attr-defined]
    step(page, "5 Evaluate", "Does it help?")
    expect(page.get_by_text(re.compile("NDCG@10")).first).to_be_visible(timeout=180_000)
    step(page, "6 Explain", "Why this item?")
    step(page, "7 Learn", "How it works")


def drag_alpha(page: Page) -> None:
    """The list follows the thumb, without the server; released, α is in the address."""
    slider = page.get_by_role("slider").first
    expect(slider).to_be_visible()
    items = page.locator("[data-rank]")
    expect(items.first).to_be_visible()
    seen = set()
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.05, box["y"] + box["height"] / 2)
    page.mouse.down()
    for share in (0.1, 0.3, 0.5, 0.7, 0.95):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2, steps=4)
        seen.add(tuple(items.all_inner_texts()))
    page.mouse.up()
    assert len(seen) >= 3
    expect(page).to_have_url(re.compile(r"alpha=0\.[89]"))
    drag_alpha.left_at = slider.input_value()  # type: ignore[attr-defined]


def test_the_miniature_on_home_moves_within_five_seconds(page: Page, address: str) -> None:
    page.goto(address)
    slider = page.get_by_role("slider").first
    expect(slider).to_be_visible(timeout=5_000)
    before = page.locator("[data-rank]").all_inner_texts()
    slider.focus()
    for _ in range(3):
        page.keyboard.press("End")
        page.keyboard.press("Home")
    page.keyboard.press("End")
    assert page.locator("[data-rank]").all_inner_texts() != before


def test_a_refresh_keeps_what_was_saved_and_another_browser_does_not_see_it(browser: Browser, address: str) -> None:
    first, second = browser.new_context(), browser.new_context()
    page = first.new_page()
    page.goto(f"{address}/Data")
    page.locator("input[type=file]").first.set_input_files(
        {
            "name": "mine.csv",
            "mimeType": "text/csv",
            "buffer": b"user_id,item_id\n" + b"".join(b"%d,%d\n" % (n % 7, n % 11) for n in range(200)),
        }
    )
    expect(page.get_by_role("button", name=re.compile("Next: train"))).to_be_enabled(timeout=60_000)
    page.get_by_role("button", name=re.compile("Next: train")).click()
    expect(page.get_by_role("heading", name="Train a model of taste")).to_be_visible()
    quiet(page)
    page.goto(address)
    expect(page.get_by_text("mine").first).to_be_attached()
    other = second.new_page()
    other.goto(address)
    quiet(other)
    expect(other.get_by_text("Nothing saved yet")).to_be_attached()
    first.close()
    second.close()

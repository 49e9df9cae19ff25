"""The whole main job in a real browser: drop a file, train, look, drag α, evaluate. On the sample, and on MovieLens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.browser.screen import AT_REST, PAUSE

ROOT = Path(__file__).resolve().parents[2]
MOVIELENS = ROOT.parent / "shared" / "data" / "ml-latest-small.zip"
FILES = [path for path in (ROOT / "sample_data" / "interactions.csv.gz", MOVIELENS) if path.is_file()]

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit: Visits, address: str) -> Iterator[Page]:
    page = visit(address, viewport={"width": 1280, "height": 720})
    page.set_default_timeout(60_000)
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
    yield page
    assert not [url for url in outside if not url.startswith(("data:", "blob:"))], "the page asked another server"


def step(visit: Visits, page: Page, name: str, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile(name)).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    quiet(page)
    visit.check(page)


def quiet(page: Page) -> None:
    """Until the page has stopped running."""
    assert page.evaluate(AT_REST, [PAUSE, 180_000]), "the page goes on running"


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_from_a_file_to_a_verdict(visit: Visits, page: Page, address: str, file: Path) -> None:
    expect(page.get_by_role("heading", name="Interest Transfer Studio")).to_be_visible()
    step(visit, page, "1 Data", "Load interactions")
    page.locator("input[type=file]").first.set_input_files(str(file))
    page.get_by_role("button", name=re.compile("Next: train")).click(timeout=120_000)
    expect(page.get_by_role("heading", name="Train a model")).to_be_visible()
    quiet(page)
    choose_a_short_training(page)  # test_leaving.py trains by the automatic settings
    page.get_by_role("button", name=re.compile("^Train")).first.click()
    # It goes on over a refresh, whose address names the job.
    expect(page).to_have_url(re.compile("job="))
    page.reload()
    page.get_by_role("button", name=re.compile("Next: map of users")).click(
        timeout=900_000
    )  # minutes where the machine is busy
    expect(page.get_by_role("heading", name="Map of users")).to_be_visible()
    lasso_the_middle(page)
    page.get_by_role("button", name=re.compile("Use as source")).click()
    expect(page).to_have_url(re.compile("source=group"))
    quiet(page)  # the address changes a moment before the menu does
    group = re.search("source=(group[^&]+)", page.url)
    assert group is not None
    step(visit, page, "4 Transfer", "Transfer interests")
    assert group[0] in page.url, "the menu takes along who was chosen on the map"
    drag_alpha(page)
    assert group[0] in page.url
    shared = page.url
    page.goto(address)
    page.goto(shared)
    slider = page.locator(".alpha-input")
    expect(slider).to_be_visible()
    expect(slider).to_have_value(drag_alpha.left_at)  # type: ignore[attr-defined]
    step(visit, page, "5 Evaluate", "Evaluate: does transfer help?")
    number = r"0?\.\d+"
    evaluated = re.compile(rf"attention reaches NDCG@10 {number} \[{number}, {number}\]")
    expect(page.get_by_role("heading", name=evaluated)).to_be_visible(timeout=180_000)
    step(visit, page, "6 Explain", "Explain a recommendation")
    expect(page.get_by_role("radiogroup", name=re.compile("Recommended")).get_by_role("radio")).to_have_count(
        10
    )  # the list, one item chosen
    expect(page.locator(".js-plotly-plot .barlayer .point").first).to_be_visible(timeout=60_000)  # what it hangs on
    step(visit, page, "7 Learn", "Learn how interest transfer works")
    expect(page.locator(".lesson .sentence")).to_contain_text("cells are filled", timeout=60_000)
    expect(page.locator(".lesson .stage svg")).to_be_visible(timeout=60_000)
    visit.check(page)


def choose_a_short_training(page: Page) -> None:
    """As many epochs as fit into six seconds."""
    page.get_by_role("radio", name="Basic", exact=True).click()
    minutes = page.locator(".st-key-train_minutes input")
    minutes.fill("0.1")
    minutes.press("Enter")
    quiet(page)


def lasso_the_middle(page: Page) -> None:
    """Waits for the whole map, then draws a square in its middle with Shift held."""
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=120_000)
    expect(page.get_by_text(re.compile("trustworthiness")).first).to_be_attached(timeout=120_000)
    quiet(page)
    box = page.locator(".over").bounding_box()
    assert box is not None
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.35)
    page.mouse.down()
    for x, y in ((0.6, 0.35), (0.6, 0.65), (0.4, 0.65), (0.4, 0.35)):
        page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=6)
    page.mouse.up()
    page.keyboard.up("Shift")


def listed(page: Page) -> tuple[str, ...]:
    """The recommendations as they stand on screen, from the top down."""
    rows = page.locator(".ranked li").evaluate_all(
        "rows => rows.map(r => [r.getBoundingClientRect().top, r.querySelector('.title').textContent])"
    )
    return tuple(title for _, title in sorted(rows))


def drag_alpha(page: Page) -> None:
    """The list follows the thumb, without the server; released, α is in the address."""
    slider = page.locator(".alpha-input")
    expect(page.locator(".ranked li").first).to_be_visible()
    quiet(page)
    seen = set()
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.05, box["y"] + box["height"] / 2)
    page.mouse.down()
    for share in (0.1, 0.3, 0.5, 0.7, 0.95):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2, steps=4)
        page.wait_for_timeout(200)  # rows glide to their places
        seen.add(listed(page))
    page.mouse.up()
    assert len(seen) >= 3
    expect(page).to_have_url(re.compile(r"alpha=0\.9"))
    quiet(page)
    explain = page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile("6 Explain"))
    expect(explain).to_have_attribute("href", re.compile(r"target=.+source=.+alpha=0\.9"))  # the menu takes it along
    drag_alpha.left_at = slider.input_value()  # type: ignore[attr-defined]


def test_the_miniature_on_home_moves_by_itself_and_then_follows_the_keys(page: Page) -> None:
    shown = page.locator("[data-slot=alpha]")
    expect(shown).to_have_text(re.compile("α = 0\\.[1-9]"), timeout=5_000)  # it plays without being touched
    slider = page.locator(".alpha-input")
    slider.focus()
    page.keyboard.press("End")
    expect(shown).to_have_text("α = 1.000")
    page.wait_for_timeout(300)
    source = listed(page)
    page.keyboard.press("Home")
    expect(shown).to_have_text("α = 0.000")
    page.wait_for_timeout(300)
    assert not set(source) & set(listed(page))


def test_a_refresh_keeps_what_was_saved_and_another_browser_does_not_see_it(
    visit: Visits, page: Page, address: str
) -> None:
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
    expect(page.get_by_role("heading", name="Train a model")).to_be_visible()
    quiet(page)
    page.goto(address)
    expect(page.get_by_text("mine").first).to_be_attached()
    other = visit(address)
    quiet(other)
    expect(other.get_by_text("Nothing saved yet")).to_be_attached()

"""axe-core on every page and every tab, in both themes: no violation of impact serious or critical."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import Upstream, violations
from tests.browser.conftest import Servers, Visits

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
TRANSFER = ("changes", "ways", "alpha", "help", "privacy", "files")
EVALUATE = ("alpha", "segments", "compare", "study", "like", "protocols", "report")
PASSING = (
    '[data-testid="stSidebar"] [data-testid="stProgress"]',
    '[data-testid="stStatusWidget"]',
    '[data-testid="stSkeleton"]',
    '[data-stale="true"]',
)
EXPLAIN = ("smallest", "parts", "alike", "attention")

Look = Callable[[str], None]
"""Looks at the page as it stands, under a name for what is on it."""


@pytest.fixture(scope="module")
def address(serve: Servers, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(ROOT / "app.py", {"STUDIO_HOME": str(tmp_path_factory.mktemp("home"))})


@pytest.fixture
def page(visit: Visits, address: str) -> Page:
    page = visit(address, viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.set_default_timeout(180_000)  # the map and the evaluation are computed first
    return page


@pytest.fixture
def look(page: Page) -> Iterator[Look]:
    """Collects violations in both themes; the test fails at its end, with all of them."""
    found: list[str] = []

    def at(what: str) -> None:
        found.extend(f"{what}, {line}" for line in settled(page))

    yield at
    assert not found, "\n".join(found)


def settled(page: Page) -> list[str]:
    """The violations in both themes of a page that did not run while it was looked at: a job that ends runs it again.

    What is found must still be there seconds later: a component that is just taking its place covers others, and on a
    busy machine it takes over another theme late.
    """
    for _ in range(20):
        quiet(page)
        runs, found = page.evaluate(_COUNT_RUNS), list[str]()
        for theme, paper in PAPER.items():
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.wait_for_function(_HAS_PAPER, arg=paper)
            lines = violations(page)
            for _ in range(SECONDS_TO_SETTLE):
                if lines:
                    page.wait_for_timeout(1000)
                    lines = [line for line in violations(page) if line in lines]
            found += [f"{theme}: {line}" for line in lines]
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.wait_for_function(_HAS_PAPER, arg=PAPER["light"])
        quiet(page)  # a key pressed while the map takes over the theme is lost
        if page.evaluate("() => window.runs") == runs:
            return found
    pytest.fail("The page never stopped running.")


SECONDS_TO_SETTLE = 5
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 21, 19)"}  # backgrounds in .streamlit/config.toml
_HAS_PAPER = "paper => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor === paper"


# Counts from now on how often something on the page has become stale, that is: how often a run was seen.
_COUNT_RUNS = """() => {
  if (window.runs === undefined) {
    window.runs = 0;
    const stale = ({ target }) => target.dataset.stale === "true";
    const watch = new MutationObserver((changes) => { window.runs += changes.some(stale); });
    watch.observe(document.body, { attributes: true, attributeFilter: ["data-stale"], subtree: true });
  }
  return window.runs;
}"""


def quiet(page: Page) -> None:
    """Until no job and no run is left, and none has begun at once: Streamlit pales what is about to change."""
    for _ in range(2):
        for passing in PASSING:
            expect(page.locator(passing)).to_have_count(0, timeout=180_000)
        page.wait_for_timeout(400)


def opened(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("heading", level=1).wait_for()
    quiet(page)


def each_tab(page: Page, look: Look, name: str) -> None:
    """Looks at every tab of Streamlit's on the page."""
    for place in range(page.get_by_role("tab").count()):
        tab = page.get_by_role("tab").nth(place)
        tab.click()
        look(f"{name}, {tab.inner_text()}")


def each_part(page: Page, address: str, look: Look, name: str, parts: tuple[str, ...], shown: str) -> None:
    """Looks at every part of a page on the sample run, once the row of parts shows one of them."""
    opened(page, f"{address}/{name}?run=sample")
    page.get_by_role("tab", name=shown).wait_for()
    assert page.get_by_role("tab").count() >= len(parts)
    each_tab(page, look, name)


def test_home(page: Page, address: str, look: Look) -> None:
    opened(page, f"{address}/?run=sample")
    look("Home")
    page.get_by_text("Your saved work").click()
    page.get_by_text("Diagnostics").click()
    look("Home, all open")


def test_data_and_train(page: Page, address: str, look: Look) -> None:
    opened(page, f"{address}/Data")
    look("Data, empty")
    opened(page, f"{address}/Train")
    look("Train, empty")
    opened(page, f"{address}/Data")
    page.locator(".st-key-data_sample_all button").click()
    onward = page.get_by_role("button", name=re.compile("Next: train"))
    expect(onward).to_be_enabled(timeout=60_000)
    each_tab(page, look, "Data")
    onward.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Train")
    look("Train, before")
    expect(page).to_have_url(re.compile("dataset="))  # the heading may be there a moment before the address
    dataset = re.search(r"dataset=([^&]+)", page.url)
    assert dataset is not None
    opened(page, f"{address}/Train?run=sample&dataset={dataset[1]}")
    for tab in ("Try the model", "Compare runs", "Loss", "Settings explained"):
        page.get_by_role("tab", name=tab).click()
        look(f"Train, after, {tab}")


def test_embeddings(page: Page, address: str, look: Look) -> None:
    opened(page, f"{address}/Embeddings")
    look("Embeddings, empty")
    opened(page, f"{address}/Embeddings?run=sample")
    page.get_by_text(re.compile("trustworthiness")).first.wait_for()
    look("Embeddings")
    page.locator(".labels .group").first.focus()
    page.keyboard.press("Enter")
    page.locator(".st-key-map_drawer").wait_for()
    each_tab(page, look, "Embeddings, drawer")
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("Settings, quality and number of groups").click()
    look("Embeddings, how it is made")
    page.get_by_role("radio", name="Items").click()
    look("Embeddings, items")
    page.get_by_role("radio", name="3-D").click()
    look("Embeddings, items in three dimensions")


def test_transfer(page: Page, address: str, look: Look) -> None:
    opened(page, f"{address}/Transfer")
    look("Transfer, empty")
    each_part(page, address, look, "Transfer", TRANSFER, "Does it help?")
    page.locator(".ranked li").first.wait_for()
    for popover in ("Target", "Source", "Rules"):
        page.get_by_role("button", name=re.compile(popover)).first.click()
        look(f"Transfer, {popover} open")
        page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["Evaluate?", "Explain?", "Learn?tab=real&"], ids=["Evaluate", "Explain", "Learn"])
def test_words_of_figures_have_enough_contrast(visit: Visits, address: str, path: str, scheme: str) -> None:
    """axe does not look into SVG: axes, labels and titles of figures are measured here."""
    page = visit(address, viewport={"width": 1280, "height": 720}, color_scheme=scheme, reduced_motion="reduce")
    page.set_default_timeout(180_000)
    opened(page, f"{address}/{path}run=sample")
    page.locator(".js-plotly-plot .xtick text, .lesson svg text").first.wait_for()
    found = page.evaluate(_PALE_WORDS)
    assert found["seen"] > 5
    assert not found["pale"], found["pale"]


# Words on the page's own background (those on bars are not) with less than 4.5:1.
_PALE_WORDS = """() => {
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const numbers = (text) => text.match(/[0-9.]+/g).slice(0, 3)
    .map((value) => value * (text.startsWith('color(srgb') ? 255 : 1));  // a mixed colour has shares, rgb() has 0 … 255
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const paper = light(numbers(getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor));
  const roots = [document, ...[...document.querySelectorAll('*')].map((node) => node.shadowRoot).filter(Boolean)];
  const words = roots.flatMap((root) => [...root.querySelectorAll('.js-plotly-plot text, .lesson svg text')])
    .filter((node) => node.textContent.trim() && !node.closest('.bartext-inside'));
  const contrast = (node) => {
    const own = light(numbers(getComputedStyle(node).fill));
    return (Math.max(own, paper) + 0.05) / (Math.min(own, paper) + 0.05);
  };
  const pale = words.filter((node) => contrast(node) < 4.5);
  return { seen: words.length, pale: pale.map((node) => `${node.textContent}: ${contrast(node).toFixed(2)}`) };
}"""


def test_evaluate(page: Page, address: str, look: Look) -> None:
    opened(page, f"{address}/Evaluate")
    look("Evaluate, empty")
    each_part(page, address, look, "Evaluate", EVALUATE, "Protocols")


def test_explain(page: Page, address: str, look: Look) -> None:
    opened(page, f"{address}/Explain")
    look("Explain, empty")
    each_part(page, address, look, "Explain", EXPLAIN, "Similar items and tags")


def test_learn(page: Page, address: str, look: Look) -> None:
    opened(page, f"{address}/Learn?run=sample")
    lessons = page.get_by_role("tablist").first.get_by_role("tab")
    for place in range(lessons.count()):
        lessons.nth(place).click()
        look(f"Learn, {lessons.nth(place).inner_text()}")


def test_the_password_page(visit: Visits, serve: Servers, tmp_path: Path) -> None:
    closed = serve(ROOT / "app.py", {"STUDIO_HOME": str(tmp_path), "STUDIO_SECRET": "maps and hiking"})
    page = visit(closed)
    page.get_by_label("Class password").wait_for()
    assert not settled(page)


def test_every_page_in_chinese(page: Page, address: str, look: Look) -> None:
    for path in ("", "Data", "Train", "Embeddings", "Transfer", "Evaluate", "Explain", "Learn"):
        opened(page, f"{address}/{path}?run=sample&lang=zh")
        assert page.locator("html").evaluate("node => /[\u4e00-\u9fff]/.test(node.innerText)")
        look(f"{path or 'Home'} in Chinese")


def test_axe_sees_into_components_and_an_excuse_covers_one_rule_in_one_element_only(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        """<main><h1>Page</h1><div id="host"></div><div class="upstream"><button>  </button></div><script>
        document.getElementById('host').attachShadow({ mode: 'open' }).innerHTML =
          '<p style="color:#aaa;background:#fff">too pale</p><button aria-label="other words">Save</button>';
        </script></main>"""
    )
    found = violations(page, ())
    for rule in ("color-contrast", "label-content-name-mismatch", "button-name"):
        assert any(line.startswith(rule) for line in found), found
    left = violations(page, (Upstream("button-name", ".upstream", "for this test"),))
    assert len(left) == len(found) - 1
    assert not any(line.startswith("button-name") for line in left)
    page.close()

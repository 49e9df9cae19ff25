"""axe-core on every page and every tab, in both themes: no violation of impact serious or critical."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import COLOUR_RULES, Upstream, violations
from tests.browser.conftest import ROOT, Servers, Visits
from tests.browser.screen import at_rest
from ui.evaluate.view import TABS as EVALUATE
from ui.explain.tabs import TABS as EXPLAIN
from ui.train.view import TABS as TRAIN
from ui.transfer.tabs import TABS as TRANSFER

pytestmark = pytest.mark.browser
PASSING = (
    '[data-testid="stSidebar"] [data-testid="stProgress"]',
    '[data-testid="stStatusWidget"]',
    '[data-stale="true"]',
)
QUIET = at_rest(f"document.querySelector({json.dumps(', '.join(PASSING))})")


@pytest.fixture
def page(visit: Visits, address: str) -> Page:
    page = visit.blank(address, viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.set_default_timeout(180_000)  # the map and the evaluation are computed first
    return page


class Look:
    """`look(what)` looks at the page as it stands, in both themes.

    Attributes:
        found: all violations so far, with what was on the page.
        words: how many words of figures were measured there, in the theme with fewer.
    """

    def __init__(self, page: Page) -> None:
        self.page, self.found, self.words = page, list[str](), dict[str, int]()

    def __call__(self, what: str) -> None:
        lines, self.words[what] = settled(self.page)
        self.found += [f"{what}, {line}" for line in lines]


@pytest.fixture
def look(page: Page) -> Iterator[Look]:
    """Collects violations in both themes; the test fails at its end, with all of them."""
    looking = Look(page)
    yield looking
    assert not looking.found, "\n".join(looking.found)


def settled(page: Page) -> tuple[list[str], int]:
    """The violations in both themes of a page that did not run while it was looked at: a job that ends runs it again.

    The theme that is open comes first, with all rules; the other one stays open.

    Returns:
        A line for each violation, and how many words of figures were measured in the theme with fewer.
    """
    for _ in range(20):
        quiet(page)
        runs, found, words = page.evaluate(_COUNT_RUNS), list[str](), list[int]()
        for theme in reversed(PAPER) if page.evaluate(_IS_DARK) else PAPER:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.wait_for_function(_HAS_PAPER, arg=PAPER[theme])
            lines, measured = problems(page, COLOUR_RULES if words else None)
            found += [f"{theme}: {line}" for line in lines]
            words.append(measured)
        quiet(page)  # a key pressed while the map takes over the theme is lost
        if page.evaluate("() => window.runs") == runs:
            return found, min(words)
    pytest.fail("The page never stopped running.")


def problems(page: Page, rules: tuple[str, ...] | None) -> tuple[list[str], int]:
    """The violations of the page as it stands, with the pale words of its figures; and how many words these have.

    What is found must still be there seconds later: a component that is just taking its place covers others, and on a
    busy machine it takes over another theme late.
    """
    lines, words = at_once(page, rules)
    for _ in range(SECONDS_TO_SETTLE):
        if not lines:
            break
        page.wait_for_timeout(1000)
        again, words = at_once(page, rules)
        lines = [line for line in again if line in lines]
    return lines, words


def at_once(page: Page, rules: tuple[str, ...] | None) -> tuple[list[str], int]:
    """What axe finds now, and what it does not look into: the words of figures, which are SVG."""
    words = page.evaluate(_PALE_WORDS)
    pale = [f"pale in a figure: {word}" for word in words["pale"]]
    return violations(page, rules=rules) + pale, words["seen"]


SECONDS_TO_SETTLE = 5
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 21, 19)"}  # backgrounds in .streamlit/config.toml
_IS_DARK = "() => matchMedia('(prefers-color-scheme: dark)').matches"
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
    assert page.evaluate(QUIET, [400, 180_000]), "the page goes on running"


def opened(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("heading", level=1).wait_for()
    quiet(page)


def each_tab(page: Page, look: Look, name: str) -> None:
    """Looks at every tab of Streamlit's on the page."""
    for tab in page.get_by_role("tab").all():
        tab.click()
        look(f"{name}, {tab.inner_text()}")


def each_part(page: Page, address: str, look: Look, name: str, tabs: Iterable[str]) -> None:
    """Looks at every tab of a page on the sample run; they must be these."""
    opened(page, f"{address}/{name}?run=sample")
    expect(page.get_by_role("tab")).to_have_text(list(tabs))
    each_tab(page, look, name)


def measured(look: Look, what: str) -> None:
    """Fails where no figure was on the page when it was looked at."""
    assert look.words[what] > 5, look.words


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
    expect(page.get_by_role("tab")).to_have_text([*TRAIN.values()])
    each_tab(page, look, "Train, after")


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
    each_part(page, address, look, "Transfer", TRANSFER.values())
    page.locator(".ranked li").first.wait_for()
    for popover in ("Target", "Source", "Rules"):
        page.get_by_role("button", name=re.compile(popover)).first.click()
        look(f"Transfer, {popover} open")
        page.keyboard.press("Escape")


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
    each_part(page, address, look, "Evaluate", [name for name, _ in EVALUATE.values()])
    measured(look, "Evaluate, Quality over α")


def test_explain(page: Page, address: str, look: Look) -> None:
    opened(page, f"{address}/Explain")
    look("Explain, empty")
    each_part(page, address, look, "Explain", EXPLAIN.values())
    measured(look, "Explain, Smallest change")


def test_learn(page: Page, address: str, look: Look) -> None:
    opened(page, f"{address}/Learn?run=sample")
    lessons = page.get_by_role("tablist").first.get_by_role("tab")
    for place in range(lessons.count()):
        lessons.nth(place).click()
        look(f"Learn, {lessons.nth(place).inner_text()}")
    measured(look, "Learn, 7 Is it real?")


def test_the_password_page(visit: Visits, serve: Servers, tmp_path: Path) -> None:
    closed = serve(ROOT / "app.py", {"STUDIO_HOME": str(tmp_path), "STUDIO_SECRET": "maps and hiking"})
    page = visit(closed)
    page.get_by_label("Class password").wait_for()
    lines, _ = settled(page)
    assert not lines


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

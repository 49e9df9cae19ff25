"""The main journey by keyboard alone: Home, a pair on Transfer, α, the exact changes, tabs, Evaluate, Explain."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.browser.test_journey import quiet

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
TITLE = "兴趣迁移工作室"
MANY = 120  # presses of Tab after which something counts as out of reach


def wide(visit: Visits, address: str, path: str = "") -> Page:
    page = visit(address, path, viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.set_default_timeout(120_000)
    return page


def reach(page: Page, wanted: str, key: str = "Tab") -> None:
    """Presses Tab until the focus is on something whose name matches; fails if it is never there, or not to be seen."""
    seen = []
    for _ in range(MANY):
        page.keyboard.press(key)
        seen.append(str(page.evaluate(_FOCUSED)))
        if re.search(wanted, seen[-1]):
            break
    else:
        raise AssertionError(f"{wanted!r} is out of reach: {seen}")
    focused = page.evaluate(_LOOK)
    away, back = ("Tab", "Shift+Tab") if key == "Tab" else ("Shift+Tab", "Tab")
    page.keyboard.press(away)
    assert page.evaluate(_LOOK) != focused, f"no focus is to be seen on {seen[-1]!r}"
    page.keyboard.press(back)
    assert page.evaluate(_FOCUSED) == seen[-1], "Tab and Shift+Tab lead to different places"


# The name of what has the focus, shadow roots included; it is remembered for `_LOOK`.
_FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  window.focusedNode = node;
  const { ariaLabel, labels, innerText, title, placeholder, tagName } = node ?? document.body;
  const names = [ariaLabel, labels?.[0]?.innerText, innerText?.slice(0, 80), title, placeholder];
  return names.find((text) => text?.trim())?.trim() ?? tagName;
}"""
# How that is drawn, together with the boxes that Streamlit puts around it.
_LOOK = """() => {
  const looks = [];
  for (let node = window.focusedNode, level = 0; node && level < 6; node = node.parentElement, level += 1) {
    const { outline, outlineStyle, boxShadow, borderColor, backgroundColor } = getComputedStyle(node);
    looks.push([outlineStyle === "none" ? "" : outline, boxShadow, borderColor, backgroundColor].join());
  }
  return looks.join(" | ");
}"""


def test_from_home_to_explain(visit: Visits, address: str) -> None:
    page = wide(visit, address)
    page.get_by_text("Open this pair in Transfer").wait_for()
    quiet(page)
    reach(page, "Open this pair in Transfer")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Transfer interests").wait_for()
    page.locator(".ranked li").first.wait_for()
    quiet(page)
    choose_a_pair(page)
    walk_the_changes(page)

    reach(page, "^Every change")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("tab=ways"))
    page.get_by_text("blended in").first.wait_for()
    quiet(page)

    reach(page, "5 Evaluate", "Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Protocols").wait_for()
    quiet(page)
    reach(page, "^Metric")
    reach(page, "^Quality over α")

    reach(page, "6 Explain", "Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Similar items and tags").wait_for()
    quiet(page)
    reach(page, "^Smallest change")


def choose_a_pair(page: Page) -> None:
    """Any other pair, then another target from the panel."""
    before = page.url
    reach(page, "Random pair")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != before)
    user = parse_qs(urlsplit(page.url).query)["target"][0].removeprefix("user:")
    page.locator(".mixer .end.target .name", has_text=user).wait_for()
    quiet(page)
    reach(page, "Target: user", "Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_test_id("stPopoverBody").get_by_label("Search").wait_for()
    reach(page, "^Kind")  # Streamlit puts an open panel at the end of the page
    page.keyboard.press("Tab")
    assert page.evaluate(_FOCUSED) == "Search"
    before = page.url
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
        page.wait_for_timeout(200)
    page.wait_for_url(lambda url: url != before)
    page.keyboard.press("Escape")
    quiet(page)


def walk_the_changes(page: Page) -> None:
    """α to its end, then the second exact change."""
    reach(page, "^α, the source's share")
    page.keyboard.press("End")
    page.wait_for_url(re.compile("alpha=1"))
    quiet(page)
    reach(page, "^Exact changes")
    axis = page.get_by_role("slider", name="Exact changes of the list")
    assert int(axis.get_attribute("aria-valuemax") or 0) > 2
    page.keyboard.press("Home")
    expect(axis).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(axis).to_have_attribute("aria-valuenow", "2")
    page.wait_for_url(re.compile(r"alpha=0\.\d+"))
    quiet(page)
    expect(axis).to_have_attribute("aria-valuenow", "2")  # the answer leaves it where it is
    reach(page, "How many items the list has")


def test_everything_on_the_map_is_reached_and_shows_it(visit: Visits, address: str) -> None:
    page = wide(visit, address, "/Embeddings?run=sample")
    page.get_by_text(re.compile("trustworthiness")).first.wait_for()
    quiet(page)
    for wanted in ("^Find a user", "^A map of", "^Move", "^Lasso", "^Zoom in", "^Fit", "^Density"):
        if wanted == "^Move":
            reach(page, r"\d+$")  # a group on the map
            page.keyboard.press("Enter")
            page.locator(".st-key-map_drawer").wait_for()
            quiet(page)
            page.locator(".over").focus()
        reach(page, wanted)
    reach(page, "^Clear")
    reach(page, "Use as source")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("source=group"))


def test_the_language_is_switched_in_the_menu_and_kept(visit: Visits, address: str) -> None:
    page = visit.blank(address, viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.set_default_timeout(120_000)
    page.add_init_script(_WRITTEN)
    page.goto(address)
    english, chinese = (page.get_by_role("heading", name=name) for name in ("Interest Transfer Studio", TITLE))
    english.wait_for()
    quiet(page)
    choose_language(page, "简体中文")
    expect(chinese).to_be_visible()
    page.wait_for_url(re.compile("lang=zh"))
    quiet(page)
    tab = visit.watch(page.context.new_page(), address)
    tab.goto(address)
    expect(tab.get_by_role("heading", name=TITLE)).to_be_visible()  # the cookie
    quiet(tab)
    tab.goto(f"{address}/?lang=en")
    expect(tab.get_by_role("heading", name="Interest Transfer Studio")).to_be_visible()  # the link wins
    quiet(tab)
    tab.close()
    choose_language(page, "English")
    expect(english).to_be_visible()
    page.wait_for_url(lambda url: "lang=" not in url)
    quiet(page)
    page.wait_for_timeout(2000)  # what Chinese had left to write would be written now
    written = page.evaluate("window.languagesWritten")
    assert written[written.index("en") :] == ["en"] * written.count("en"), written
    page.goto(address)
    expect(english).to_be_visible()


# Remembers every language that is written to the cookie.
_WRITTEN = """
  window.languagesWritten = [];
  const cookies = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  Object.defineProperty(document, "cookie", { get: () => cookies.get.call(document), set: (text) => {
    const found = /studio_language=(\\w+)/.exec(text);
    if (found) window.languagesWritten.push(found[1]);
    cookies.set.call(document, text);
  }});
"""


def choose_language(page: Page, name: str) -> None:
    """By keyboard, in the switch at the end of the menu."""
    reach(page, "^English$|^简体中文$")
    if page.evaluate(_FOCUSED) != name:
        page.keyboard.press("ArrowLeft" if name == "English" else "ArrowRight")
    assert page.evaluate(_FOCUSED) == name
    page.keyboard.press("Space")


def test_on_a_phone_the_menu_does_not_cover_the_page(visit: Visits, address: str) -> None:
    page = visit(address, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page.get_by_text("Open this pair in Transfer").wait_for()
    quiet(page)
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    page.get_by_text("Use my data").tap()  # and nothing lies over what one wants to touch
    page.wait_for_url(re.compile("/Data"))

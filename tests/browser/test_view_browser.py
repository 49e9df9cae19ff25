"""The view in a real browser: what is chosen inside a part of a page is what the menu takes along."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.browser.test_journey import drag_alpha, lasso_the_middle, quiet

pytestmark = pytest.mark.browser


def param(page: Page, name: str) -> str:
    """A parameter of the address on screen."""
    return str(page.evaluate("name => new URL(location).searchParams.get(name) ?? ''", name))


def test_a_lassoed_source_goes_along_by_the_menu(visit: Visits, address: str) -> None:
    page = visit(address, "/Embeddings?run=sample", viewport={"width": 1280, "height": 720})
    page.set_default_timeout(60_000)
    lasso_the_middle(page)
    page.get_by_role("button", name=re.compile("Use as source")).click()
    expect(page).to_have_url(re.compile("source=group"))
    chosen = param(page, "source")
    link = page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile("4 Transfer"))
    expect(link).to_have_attribute("href", re.compile(chosen.replace(":", "(:|%3A)")))
    link.click()
    expect(page.get_by_role("heading", name="Transfer interests")).to_be_visible()
    expect(page.locator(".ranked li").first).to_be_visible()
    quiet(page)
    assert param(page, "source") == chosen


def test_the_dragged_alpha_goes_along_to_explain_by_the_menu(visit: Visits, address: str) -> None:
    page = visit(address, "/Transfer?run=sample", viewport={"width": 1280, "height": 720})
    page.set_default_timeout(60_000)
    drag_alpha(page)
    dragged = page.locator(".alpha-input").input_value()
    page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile("6 Explain")).click()
    expect(page.get_by_role("heading", name="Explain a recommendation")).to_be_visible()
    slider = page.locator(".st-key-explain_alpha input[type=range]")
    expect(slider).to_be_visible()
    quiet(page)
    shown = float(slider.input_value())
    assert abs(shown - float(dragged)) <= 0.0051, f"α = {dragged} was dragged, Explain shows {shown}"
    assert abs(float(param(page, "alpha")) - float(dragged)) <= 0.0005


def test_a_tab_takes_no_more_height_than_its_content(visit: Visits, address: str) -> None:
    page = visit(address, "/Learn", viewport={"width": 1280, "height": 720})
    page.set_default_timeout(60_000)
    quiet(page)
    page.get_by_role("tab", name="7 Is it real?").click()
    expect(page.get_by_text("looks like transferred interest")).to_be_visible()
    quiet(page)
    panel = page.locator('.stTabs[class*="_tab"] [role="tabpanel"]:visible')
    assert panel.evaluate("panel => getComputedStyle(panel).minHeight") in ("0px", "auto")


def test_the_address_follows_the_menu_to_the_page_that_is_open(visit: Visits, address: str) -> None:
    page = visit(address, "/Explain?run=sample&tab=parts", viewport={"width": 1280, "height": 720})
    page.set_default_timeout(60_000)
    quiet(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile("6 Explain")).click()
    expect(page.get_by_role("tab", name="Smallest change")).to_have_attribute("aria-selected", "true")
    expect(page).not_to_have_url(re.compile("tab="))
    page.go_back()
    expect(page.get_by_role("tab", name="Parts of the score")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile("tab=parts"))

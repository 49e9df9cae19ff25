"""The map in a real browser: pan, zoom, hover, pick, lasso and keys answer there; Python hears on release only."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Servers, Visits

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).with_name("map_app.py")


@pytest.fixture(scope="module")
def address(serve: Servers) -> str:
    return serve(SCRIPT, {"MAP_PEOPLE": "600"})


@pytest.fixture
def page(visit: Visits, address: str) -> Page:
    page = visit(address, viewport={"width": 1280, "height": 1200}, reduced_motion="reduce")
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Python knows none of 0")).to_be_visible()
    return page


def box_of(page: Page) -> dict[str, float]:
    box = page.locator(".over").bounding_box()
    assert box is not None
    return dict(box)


def lasso(page: Page, left: float, top: float, right: float, bottom: float, release: bool = True) -> None:
    """Draws a rectangle, in shares of the map, with Shift held."""
    box = box_of(page)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.keyboard.down("Shift")
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in [*places[1:], places[0]]:
        page.mouse.move(*place, steps=6)
    if release:
        page.mouse.up()
    page.keyboard.up("Shift")


def told(page: Page) -> str:
    return page.get_by_text("Python knows").inner_text()


def test_a_lasso_is_told_on_release_and_survives_recolouring(page: Page) -> None:
    lasso(page, 0.02, 0.075, 0.98, 0.98, release=False)
    assert "none of 0" in told(page)
    page.mouse.up()
    expect(page.get_by_text("Python knows lasso of")).to_be_visible()
    count = int(told(page).split(" of ")[1].split(":")[0])
    assert 540 <= count <= 600  # nearly the whole map lies inside
    expect(page.locator(".hint")).to_have_text(f"{count} people chosen")
    for how in ("number", "legend", "group"):
        page.get_by_text(how, exact=True).click()
        expect(
            page.locator({"number": ".ramp", "legend": ".legend .group", "group": ".labels .group"}[how]).first
        ).to_be_visible()
        expect(page.locator(".hint")).to_have_text(f"{count} people chosen")
    page.get_by_text("muted", exact=True).click()
    expect(page.locator(".hint")).to_have_text(f"{count} people chosen")
    assert f"lasso of {count}" in told(page)
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Python knows none of 0")).to_be_visible()


def test_a_group_is_chosen_by_its_name_and_its_name_is_text(page: Page) -> None:
    names = page.locator(".labels .group .name").all_inner_texts()
    assert "<b>bold</b>, script" in names
    page.locator(".labels .group", has_text="bold").click()
    expect(page.get_by_text("Python knows group of 100")).to_be_visible()
    assert page.locator(".stage b", has_text="bold").count() == 0
    expect(page.locator(".spoken")).to_have_text("100 people chosen.")


def test_the_search_is_followed_once_picks_and_draws_the_neighbours(page: Page) -> None:
    page.get_by_label("Look for").fill("0")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Python knows pick of 1: [0]")).to_be_visible()
    expect(page.locator(".spoken")).to_have_text("<img src=x onerror=alert(1)> picked.")
    page.locator(".over").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Python knows none of 0")).to_be_visible()
    page.get_by_text("number", exact=True).click()  # another run with the same wish: not followed again
    expect(page.locator(".ramp")).to_be_visible()
    assert "none of 0" in told(page)


def test_the_map_works_without_a_mouse(page: Page) -> None:
    page.locator(".over").focus()
    place = page.locator(".labels .group").first
    before = place.evaluate("node => node.style.transform")
    for key in ("+", "ArrowRight"):
        page.keyboard.press(key)
    expect(place).not_to_have_attribute("style", f"transform: {before};")
    page.keyboard.press("0")
    expect(place).to_have_attribute("style", f"transform: {before};")
    page.locator(".labels .group").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Python knows group of 100")).to_be_visible()


def test_hover_names_a_person_and_a_click_picks(page: Page) -> None:
    page.get_by_label("Look for").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Python knows pick of 1: [12]")).to_be_visible()
    box = box_of(page)
    page.mouse.move(
        box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 18
    )  # who is looked for is in the middle
    expect(page.locator(".tip b")).to_have_text("person 12")
    expect(page.locator(".tip span")).to_have_text("13 items · maps, trails, hiking")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Python knows none of 0")).to_be_visible()
    box = box_of(page)  # the page may have scrolled
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 18)
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_text("Python knows pick of 1: [12]")).to_be_visible()


def test_the_wheel_zooms_in_and_lets_the_page_scroll_once_all_is_seen(page: Page) -> None:
    place = page.locator(".labels .group").first
    before = place.evaluate("node => node.style.transform")
    box = box_of(page)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.wheel(0, -400)
    expect(place).to_be_hidden()  # its group is to the right of what is looked at now
    page.get_by_role("button", name="Whole").click()
    expect(place).to_have_attribute("style", f"transform: {before};")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.wheel(0, 300)
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 0")
    expect(place).to_have_attribute("style", f"transform: {before};")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_drawn_in_the_themes_colours(visit: Visits, address: str, scheme: str) -> None:
    page = visit(address, viewport={"width": 1280, "height": 1000}, color_scheme=scheme)
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    corner = page.locator(".points").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(2, canvas.height - 3, 1, 1).data].slice(0, 3)"
    )
    assert (sum(corner) > 600) == (scheme == "light")

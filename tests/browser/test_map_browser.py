"""The map in a real browser: pan, zoom, hover, pick, lasso and keys; a choice is sent to Python on release only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Servers, Visits
from tests.walks.browser_state import rest
from ui.components.point_map import GROUP_COLOURS, by_group

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).with_name("map_app.py")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script(serve: Servers) -> str:
    return serve(SCRIPT, {"MAP_USERS": "600"})


@pytest.fixture
def page(revisit: Visits, script: str) -> Page:
    page = revisit(script, viewport={"width": 1280, "height": 1200}, reduced_motion="reduce")
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


def state_of(page: Page) -> str:
    return page.get_by_text("Python knows").inner_text()


def test_a_lasso_is_sent_on_release_and_survives_recolouring(page: Page) -> None:
    lasso(page, 0.02, 0.075, 0.98, 0.98, release=False)
    assert "none of 0" in state_of(page)
    page.mouse.up()
    expect(page.get_by_text("Python knows lasso of")).to_be_visible()
    count = int(state_of(page).split(" of ")[1].split(":")[0])
    assert 540 <= count <= 600  # nearly the whole map lies inside
    expect(page.locator(".hint")).to_have_text(f"{count} users chosen")
    for how in ("number", "legend", "group"):
        page.get_by_text(how, exact=True).click()
        expect(
            page.locator({"number": ".ramp", "legend": ".legend .group", "group": ".labels .group"}[how]).first
        ).to_be_visible()
        expect(page.locator(".hint")).to_have_text(f"{count} users chosen")
    page.get_by_text("muted", exact=True).click()
    expect(page.locator(".hint")).to_have_text(f"{count} users chosen")
    assert f"lasso of {count}" in state_of(page)
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Python knows none of 0")).to_be_visible()


def test_a_group_is_chosen_by_its_name_and_its_name_is_text(page: Page) -> None:
    names = page.locator(".labels .group .name").all_inner_texts()
    assert "<b>bold</b>, script" in names
    page.locator(".labels .group", has_text="bold").click()
    expect(page.get_by_text("Python knows group of 100")).to_be_visible()
    assert page.locator(".stage b", has_text="bold").count() == 0
    expect(page.locator(".spoken")).to_have_text("100 users chosen.")


def test_a_search_picks_the_row_once_and_draws_its_neighbours(page: Page) -> None:
    page.get_by_label("Look for").fill("0")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Python knows pick of 1: [0]")).to_be_visible()
    expect(page.locator(".spoken")).to_have_text("<img src=x onerror=alert(1)> picked.")
    page.locator(".over").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Python knows none of 0")).to_be_visible()
    page.get_by_text("number", exact=True).click()  # a rerun with the same focus: not followed again
    expect(page.locator(".ramp")).to_be_visible()
    assert "none of 0" in state_of(page)


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


def test_forced_colours_keep_the_colours_of_groups(revisit: Visits, script: str) -> None:
    page = revisit(script, viewport={"width": 1280, "height": 1000}, forced_colors="active", reduced_motion="reduce")
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    for part in (".labels .glyph",):
        pixels = np.asarray(Image.open(BytesIO(page.locator(part).first.screenshot())).convert("RGB"), dtype=int)
        assert np.ptp(pixels, axis=2).max() > 60, f"{part} has lost its colour"


def test_hover_names_a_user_and_a_click_picks(page: Page) -> None:
    page.get_by_label("Look for").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Python knows pick of 1: [12]")).to_be_visible()
    box = box_of(page)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 18)  # the focused row is in the middle
    expect(page.locator(".tip b")).to_have_text("user 12")
    expect(page.locator(".tip span")).to_have_text("13 items · maps, trails, hiking")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Python knows none of 0")).to_be_visible()
    box = box_of(page)  # the page may have scrolled
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 18)
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_text("Python knows pick of 1: [12]")).to_be_visible()


def test_the_wheel_zooms_in_and_scrolls_the_page_when_fully_zoomed_out(page: Page) -> None:
    place = page.locator(".labels .group").first
    before = place.evaluate("node => node.style.transform")
    box = box_of(page)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.wheel(0, -400)
    expect(place).to_be_hidden()  # its group is now to the right of the visible part
    page.get_by_role("button", name="Fit").click()
    expect(place).to_have_attribute("style", f"transform: {before};")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.wheel(0, 300)
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 0")
    expect(place).to_have_attribute("style", f"transform: {before};")


def chosen_on_the_map(page: Page) -> int:
    """The number of chosen rows in the browser's hint."""
    hint = page.locator(".hint").inner_text()
    return int(hint.split()[0]) if hint.endswith("chosen") else 0


def group_chosen(page: Page) -> None:
    page.locator(".labels .group", has_text="bold").click()
    expect(page.get_by_text("Python knows group of 100")).to_be_visible()
    assert chosen_on_the_map(page) == 100


def test_a_map_that_is_mounted_again_shows_the_choice(page: Page) -> None:
    group_chosen(page)
    page.get_by_text("Show the map").click()
    expect(page.locator(".stage")).to_have_count(0)
    page.get_by_text("Show the map").click()
    expect(page.locator(".stage[data-paint]")).to_be_visible()
    expect(page.get_by_text("Python knows group of 100")).to_be_visible()
    expect(page.locator(".hint")).to_have_text("100 users chosen")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Python knows none of 0")).to_be_visible()


def test_the_choice_and_its_drawer_survive_a_page_switch(visit: Visits, address: str) -> None:
    """Streamlit drops the state of a component once another page runs: the drawer was gone, the map not."""
    page = visit(address, "/Embeddings?run=sample", viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.set_default_timeout(120_000)
    page.get_by_text(re.compile("trustworthiness")).first.wait_for()
    page.locator(".labels .group").first.focus()
    page.keyboard.press("Enter")
    page.locator(".st-key-map_drawer").wait_for()
    count = chosen_on_the_map(page)
    assert count > 100
    menu = page.get_by_test_id("stSidebar")
    menu.get_by_role("link", name=re.compile("7 Learn")).click()
    page.get_by_role("heading", name="Learn how interest transfer works").wait_for()
    menu.get_by_role("link", name=re.compile("3 Embeddings")).click()
    page.locator(".st-key-map_drawer").wait_for()
    expect(page.locator(".hint")).to_have_text(f"{count} users chosen", timeout=30_000)
    for dims in ("3-D", "2-D"):
        page.get_by_role("radio", name=dims).click()
        page.locator({"3-D": ".st-key-cloud_users", "2-D": ".stage[data-paint]"}[dims]).wait_for()
        page.locator(".st-key-map_drawer").wait_for()
    expect(page.locator(".hint")).to_have_text(f"{count} users chosen", timeout=30_000)


def test_after_back_the_next_map_begins_without_a_search(visit: Visits, address: str) -> None:
    """The browser sent the text of a box that was gone, and showed the next one empty: matches of nothing."""
    page = visit(address, viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.set_default_timeout(60_000)
    rest(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile("3 Embeddings")).click()
    page.get_by_role("button", name="Open the sample run").click()
    box, matches = page.get_by_role("textbox", name="Find a user"), page.locator("[class*=st-key-map_found]")
    rest(page)
    box.click()
    box.type("a")
    box.press("Enter")
    matches.wait_for()
    rest(page)
    page.go_back()
    page.get_by_role("button", name="Open the sample run").wait_for()
    page.wait_for_timeout(2_500)  # a choice made sooner brings no old text with it
    page.get_by_role("combobox").first.click()
    page.get_by_role("option", name="Sample run").click()
    page.get_by_text(re.compile("trustworthiness")).first.wait_for()
    rest(page)
    expect(box).to_have_value("")
    expect(matches).to_have_count(0)


def test_a_large_map_is_painted_in_parts_and_begins_anew_when_it_moves(serve: Servers, visit: Visits) -> None:
    users = 130_000
    page = visit(serve(SCRIPT, {"MAP_USERS": str(users)}), viewport={"width": 1280, "height": 1200})
    whole = page.locator(f'.stage[data-painted="{users}"]')
    expect(whole).to_be_visible(timeout=60_000)
    page.locator(".stage").evaluate(
        """stage => {
          window.painted = [];
          const note = () => window.painted.push(Number(stage.dataset.painted));
          new MutationObserver(note).observe(stage, { attributeFilter: ["data-painted"] });
        }"""
    )
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_function("window.painted.length > 2")
    expect(whole).to_be_visible()
    assert page.evaluate("window.painted")[-3:] == [60_000, 120_000, users]


def test_a_choice_ends_with_the_run_it_was_made_in(page: Page) -> None:
    group_chosen(page)
    for run in ("b", "a"):
        page.get_by_text(f"run {run}", exact=True).click()
        expect(page.get_by_text(f"Python knows none of 0: [] seq 1 run {run}")).to_be_visible()
        expect(page.locator(".hint")).to_contain_text("600 users ·")
    group_chosen(page)  # and the next one is heard


def test_a_refresh_and_another_tab_begin_without_a_choice(revisit: Visits, page: Page, script: str) -> None:
    group_chosen(page)
    other = revisit.watch(page.context.new_page(), script)
    other.goto(script)
    expect(other.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    expect(other.get_by_text("Python knows none of 0")).to_be_visible()
    other.locator(".labels .group", has_text="jazz").click()
    expect(other.get_by_text("Python knows group of 100: [1,")).to_be_visible()
    page.get_by_text("number", exact=True).click()  # this tab runs again and keeps its own choice
    expect(page.locator(".ramp")).to_be_visible()
    assert "group of 100: [2," in state_of(page) and chosen_on_the_map(page) == 100
    page.reload()
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Python knows none of 0")).to_be_visible()
    assert chosen_on_the_map(page) == 0


def test_points_and_names_are_sent_once_and_again_when_the_browser_lacks_them(page: Page, script: str) -> None:
    frames: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(bytes(frame))))  # type: ignore[arg-type]
    page.reload()
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    assert sum(b"user 599" in frame for frame in frames) == 1
    frames.clear()
    group_chosen(page)
    for how in ("number", "group", "number"):
        page.get_by_text(how, exact=True).click()
        page.locator({"number": ".ramp", "group": ".labels .group"}[how]).first.wait_for()
    page.wait_for_timeout(500)
    assert not [frame for frame in frames if b"user 599" in frame]
    page.goto(f"{script}/?claimed=yes")  # the session takes this browser to have all parts
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    assert sum(b"user 599" in frame for frame in frames) == 1
    group_chosen(page)


@pytest.mark.parametrize("width", [390, 1280])
def test_fingers_scroll_the_page_zoom_with_two_and_draw_with_the_lasso(
    revisit: Visits, script: str, width: int
) -> None:
    size = {"width": width, "height": 800}
    page = revisit(script, viewport=size, has_touch=True, is_mobile=True, reduced_motion="reduce")
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Python knows none of 0")).to_be_attached()
    place = page.locator(".labels .group").first
    page.locator(".over").scroll_into_view_if_needed()
    before, scrolled = place.evaluate("node => node.style.transform"), scroll_of(page)
    box = box_of(page)
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    touch(page, [[(middle[0], middle[1] + 120 - 12 * step)] for step in range(20)])
    page.wait_for_timeout(500)
    assert scroll_of(page) > scrolled + 60
    assert place.evaluate("node => node.style.transform") == before  # one finger leaves the map where it is
    assert "none of 0" in state_of(page)

    box, scrolled = box_of(page), scroll_of(page)
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    touch(
        page, [[(middle[0] - 30 - 5 * step, middle[1]), (middle[0] + 30 + 5 * step, middle[1])] for step in range(15)]
    )
    page.wait_for_timeout(300)
    assert place.evaluate("node => node.style.transform") != before  # two zoom it
    assert abs(scroll_of(page) - scrolled) < 2

    page.get_by_role("button", name="Fit").tap()
    page.get_by_role("button", name="Lasso").tap()
    box = box_of(page)
    corners = [(0.02, 0.2), (0.98, 0.2), (0.98, 0.9), (0.02, 0.9), (0.02, 0.22)]
    line = [
        (
            box["x"] + box["width"] * (a[0] + (b[0] - a[0]) * t / 8),
            box["y"] + box["height"] * (a[1] + (b[1] - a[1]) * t / 8),
        )
        for a, b in pairwise(corners)
        for t in range(9)
    ]
    scrolled = scroll_of(page)
    touch(page, [[at] for at in line])
    expect(page.get_by_text("Python knows lasso of")).to_be_attached()
    assert abs(scroll_of(page) - scrolled) < 2
    expect(page.get_by_role("button", name="Move")).to_have_attribute(
        "aria-pressed", "true"
    )  # the finger scrolls again


def scroll_of(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop"))


def touch(page: Page, frames: list[list[tuple[float, float]]]) -> None:
    """Fingers that go down at the first places, move through the others, and are lifted: as the browser gets them."""
    session = page.context.new_cdp_session(page)
    for number, places in enumerate(frames):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        kind = "touchStart" if number == 0 else "touchMove"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(16)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("palette", ["okabe-ito", "muted"])
def test_every_point_has_three_to_one_against_the_map(revisit: Visits, script: str, scheme: str, palette: str) -> None:
    size = {"width": 1280, "height": 1200}
    page = revisit(script, viewport=size, color_scheme=scheme, reduced_motion="reduce")
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    page.get_by_text(palette, exact=True).click()
    for how in ("group", "number"):
        page.get_by_text(how, exact=True).click()
        page.locator({"number": ".ramp", "group": ".labels .group"}[how]).first.wait_for()
        page.wait_for_timeout(300)
        colours, least = page.locator(".points").evaluate(_LEAST_CONTRAST)
        assert colours > 4 and least >= 3, (how, colours, least)
    page.get_by_text("group", exact=True).click()
    page.locator(".labels .group").first.click()
    expect(page.get_by_text("Python knows group of 100")).to_be_visible()
    page.wait_for_timeout(300)
    colours, least = page.locator(".points").evaluate(_LEAST_CONTRAST)
    assert colours > 4 and least >= 3, ("one group chosen", colours, least)


# The colours inside of points (a pixel like its four neighbours), and the least contrast of one with the background.
_LEAST_CONTRAST = """canvas => {
  const { width, height } = canvas, { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  const pixels = new Uint32Array(data.buffer), paper = pixels[width * (height - 3) + 2], inner = new Set();
  for (let at = width; at < pixels.length - width; at++) {
    const own = pixels[at];
    if (own !== paper && [1, -1, width, -width].every((step) => pixels[at + step] === own)) inner.add(own);
  }
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = (p) => 0.2126 * linear(p & 255) + 0.7152 * linear((p >> 8) & 255) + 0.0722 * linear((p >> 16) & 255);
  const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  return [inner.size, Math.min(...[...inner].map((p) => contrast(light(p), light(paper))))];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_drawn_in_the_themes_colours(revisit: Visits, script: str, scheme: str) -> None:
    page = revisit(script, viewport={"width": 1280, "height": 1000}, color_scheme=scheme)
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    corner = page.locator(".points").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(2, canvas.height - 3, 1, 1).data].slice(0, 3)"
    )
    assert (sum(corner) > 600) == (scheme == "light")


def label_visibility(page: Page, do: Callable[[], object]) -> list[bool]:
    """Whether the labels were hidden, at each change of that, until they have come to rest."""
    page.locator(".labels").evaluate("""labels => {
        window.seen = [];
        new MutationObserver(() => window.seen.push(labels.hidden)).observe(labels, { attributeFilter: ["hidden"] });
    }""")
    before = page.locator(".labels .group").first.get_attribute("style") or ""
    do()
    expect(page.locator(".labels .group").first).not_to_have_attribute("style", before)
    expect(page.locator(".labels .group").first).to_have_attribute("style", re.compile("translate"))
    seen: list[bool] = page.evaluate("() => window.seen")
    return seen


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_points_glide_to_another_projection_unless_reduced_motion_is_asked(
    revisit: Visits, script: str, motion: Any
) -> None:
    page = revisit(script, viewport={"width": 1280, "height": 1200}, reduced_motion=motion)
    expect(page.locator(".stage[data-paint]")).to_be_visible(timeout=30_000)
    seen = label_visibility(page, lambda: page.get_by_text("Other places").click())
    assert (seen[0], seen[-1]) == (True, False) if motion == "no-preference" else seen == []


LABELS = "\n".join(
    (ROOT / "ui/components/point_map" / name).read_text("utf-8") for name in ("geometry.js", "labels.js")
)
Box = dict[str, float]


def placed(page: Page, labels: list[Box], bounds: Box, blocked: list[Box] | None = None) -> list[Box | None]:
    """The places that the map's function gives to labels."""
    found: list[Box | None] = page.evaluate(
        f"([labels, bounds, blocked]) => {{ {LABELS}; return placesOf(labels, bounds, blocked); }}",
        [labels, bounds, blocked or []],
    )
    return found


def overlapping(one: Box, other: Box) -> bool:
    return (
        one["left"] < other["left"] + other["width"]
        and other["left"] < one["left"] + one["width"]
        and one["top"] < other["top"] + other["height"]
        and other["top"] < one["top"] + one["height"]
    )


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("seed", range(12))
def test_labels_lie_neither_over_each_other_nor_over_any_spot_and_all_of_sixteen_have_a_place(
    blank: Page, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    bounds = {"left": 6, "top": 6, "right": 910, "bottom": 466}  # the map at 1280 × 720
    tools = {"left": 10, "top": 10, "width": 320, "height": 38}
    near = rng.normal([450, 240], [60, 40] if seed % 3 == 0 else [200, 110], (16, 2)).clip([20, 60], [890, 450])
    labels = [
        {"x": float(x), "y": float(y), "width": float(rng.integers(120, 300)), "height": 24.0, "code": code}
        for code, (x, y) in enumerate(near)
    ]
    places = placed(blank, labels, bounds, [tools])
    boxes = [box for box in places if box is not None]
    assert len(boxes) == 16
    assert not any(overlapping(one, other) for i, one in enumerate(boxes) for other in [*boxes[:i], tools])
    for label in labels:
        spot = {"left": label["x"] - 8, "top": label["y"] - 8, "width": 16.0, "height": 16.0}
        assert not any(overlapping(box, spot) for box in boxes)
    for box in boxes:
        assert box["left"] >= 6 and box["top"] >= 6
        assert box["left"] + box["width"] <= 910 and box["top"] + box["height"] <= 466


def test_a_label_alone_stands_close_above_its_spot_and_a_spot_out_of_sight_has_none(blank: Page) -> None:
    bounds = {"left": 0, "top": 0, "right": 400, "bottom": 300}
    label = {"x": 200.0, "y": 150.0, "width": 100.0, "height": 20.0, "code": 0}
    first, second = placed(blank, [label, {**label, "x": 500.0}], bounds)
    assert first is not None and second is None
    assert first["left"] == pytest.approx(150) and 130 <= first["top"] + first["height"] <= 141


def test_more_labels_than_fit_are_left_out_and_never_overlap(blank: Page) -> None:
    bounds = {"left": 0, "top": 0, "right": 220, "bottom": 90}
    labels = [{"x": 20.0 + 12 * i, "y": 45.0, "width": 90.0, "height": 20.0, "code": i} for i in range(14)]
    boxes = [box for box in placed(blank, labels, bounds) if box is not None]
    assert 1 <= len(boxes) < 14
    assert not any(overlapping(one, other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_sixteen_groups_have_sixteen_colours_on_a_map_too_small_for_shapes(blank: Page) -> None:
    source = LABELS + (ROOT / "ui/components/point_map/points.js").read_text("utf-8")
    for palette in GROUP_COLOURS:
        for background in ([255, 255, 255], [14, 17, 23]):
            settings = by_group("C", np.arange(16), [str(i) for i in range(16)], np.eye(16, 2), palette).settings
            rgb = blank.evaluate(
                f"([colour, background]) => {{ {source}; return coloursOf(colour, background, 256); }}",
                [settings, background],
            )
            far = min(np.abs(np.subtract(one, other)).sum() for i, one in enumerate(rgb) for other in rgb[:i])
            assert far >= 24, (palette, background)

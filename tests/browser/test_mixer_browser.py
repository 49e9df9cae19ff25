"""The mixer in a real browser: it follows the thumb, sends α on release, and works with keys and screen readers."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Servers, Visits

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).with_name("mixer_app.py")


@pytest.fixture(scope="module")
def address(serve: Servers) -> str:
    return serve(SCRIPT, {"MIXER_ITEMS": "3000"})


@pytest.fixture
def page(revisit: Visits, address: str) -> Page:
    page = revisit(address, viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    expect(page.locator(".ranked li")).to_have_count(10, timeout=30_000)
    expect(page.get_by_text("Python knows alpha = 0.3,")).to_be_visible()
    return page


def titles(page: Page) -> list[str]:
    """The list as it stands on screen, from the top down."""
    rows = page.locator(".ranked li").evaluate_all(
        "rows => rows.map(r => [r.getBoundingClientRect().top, r.querySelector('.title').textContent])"
    )
    return [title for _, title in sorted(rows)]


def drag(page: Page, start: float, end: float, release: bool = True) -> None:
    box = page.locator(".alpha-input").bounding_box()
    assert box is not None
    at = [box["x"] + 12 + share * (box["width"] - 24) for share in (start, end)]
    page.mouse.move(at[0], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(at[1], box["y"] + box["height"] / 2, steps=12)
    if release:
        page.mouse.up()


def told(page: Page) -> str:
    return page.get_by_text("Python knows").inner_text()


def test_the_list_follows_the_thumb_before_the_server_is_asked(page: Page) -> None:
    before = titles(page)
    drag(page, 0.3, 0.9, release=False)
    expect(page.locator("[data-slot=share-source]")).to_have_text("90%")
    assert titles(page) != before
    assert "alpha = 0.3," in told(page)  # the thumb is still held: no run
    page.mouse.up()
    expect(page.get_by_text("Python knows alpha = 0.9")).to_be_visible()
    assert "alpha=0.9" in page.url
    assert "90%" in page.locator("[data-slot=share-source]").inner_text()  # the answer did not move the thumb


def test_keys_move_alpha_and_reaches_python_once_they_rest(page: Page) -> None:
    page.locator(".alpha-input").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-slot=alpha]")).to_have_text("α = 0.311")
    expect(page.get_by_text("Python knows alpha = 0.311")).to_be_visible()
    for key in ("ArrowLeft", "ArrowRight"):  # with Alt they are the browser's own: back and forward
        left_alone = (
            "(node, key) => node.dispatchEvent(new KeyboardEvent('keydown', {key, altKey: true, cancelable: true}))"
        )
        assert page.locator(".alpha-input").evaluate(left_alone, key)
    page.wait_for_timeout(150)
    expect(page.locator("[data-slot=alpha]")).to_have_text("α = 0.311")


def test_a_click_on_an_axis_without_changes_leaves_alpha(visit: Visits, address: str) -> None:
    page = visit(address, "/?same=1", viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    expect(page.locator("[data-slot=axis-note]")).to_have_text("no change at any α")
    page.locator(".axis").click()
    page.wait_for_timeout(150)
    expect(page.locator("[data-slot=alpha]")).to_have_text("α = 0.300")


def test_a_mixer_that_is_mounted_again_follows_python(revisit: Visits, address: str) -> None:
    page = revisit(address, "/?hide=1", viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    slider = page.locator(".alpha-input")
    for _ in range(2):
        slider.press("ArrowRight")
        expect(page.get_by_text("Python knows alpha =")).to_contain_text(slider.input_value())
    shown = page.get_by_text("Show the mixer")
    shown.click()
    expect(slider).to_have_count(0)
    shown.click()
    expect(slider).to_be_visible()
    page.get_by_text("Python sets α").click()
    expect(slider).to_have_value("0.75")


def test_each_tick_can_be_reached_by_button_key_and_click(page: Page) -> None:
    note = page.locator("[data-slot=axis-note]")
    first = note.inner_text()
    page.locator("[data-do=next]").click()
    expect(note).not_to_have_text(first)
    now = note.inner_text()
    page.locator(".axis").focus()
    page.keyboard.press("ArrowRight")
    expect(note).to_contain_text("α = ")
    pointed = float(note.inner_text().split(":")[0].split("=")[1])
    assert now not in note.inner_text()
    page.keyboard.press("Enter")
    alpha = page.locator("[data-slot=alpha]")
    expect(alpha).to_have_text(f"α = {pointed:.3f}")
    box = page.locator(".axis").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 10)
    expect(alpha).to_have_text(re.compile(r"α = 0\.(7[6-9]|8[0-4])"))


def test_every_change_is_reached_by_keys_and_the_link_shows_the_same_list(page: Page) -> None:
    axis = page.get_by_role("slider", name="Exact changes of the list")
    last = int(axis.get_attribute("aria-valuemax") or 0)

    def step() -> int:
        page.wait_for_timeout(150)  # the words follow within 80 ms
        return int(axis.get_attribute("aria-valuenow") or -1)

    assert last > 30
    axis.focus()
    page.keyboard.press("End")
    assert step() == last
    expect(axis).to_have_attribute("aria-valuetext", re.compile(f"change {last} of {last} at α "))
    page.keyboard.press("PageDown")
    back = step()
    assert last / 2 < back < last - 1
    page.keyboard.press("PageUp")
    assert step() == last
    for key, to in (("ArrowLeft", last - 1), ("ArrowDown", last - 2), ("ArrowRight", last - 1), ("PageDown", back - 1)):
        page.keyboard.press(key)
        assert step() == to, key
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    assert step() == back + 2
    shown, alpha = titles(page), page.locator("[data-slot=alpha]").inner_text()
    page.wait_for_timeout(600)  # Python is told once the keys rest
    page.goto(page.url)
    expect(page.locator("[data-slot=alpha]")).to_have_text(alpha, timeout=30_000)
    assert step() == back + 2
    assert titles(page) == shown
    axis.focus()
    page.keyboard.press("Home")
    assert step() == 0
    expect(page.locator("[data-slot=alpha]")).to_have_text("α = 0.000")


def test_live_regions_are_silent_while_the_thumb_moves_and_speak_once_on_release(page: Page) -> None:
    page.evaluate(_COUNT_SPOKEN)
    drag(page, 0.3, 0.6, release=False)
    page.wait_for_timeout(900)  # the thumb rests, but it is still held
    drag_on = page.locator(".alpha-input").bounding_box()
    assert drag_on is not None
    page.mouse.move(drag_on["x"] + 0.9 * drag_on["width"], drag_on["y"] + 10, steps=10)
    assert page.evaluate("() => window.spoken") == 0
    page.mouse.up()
    expect(page.get_by_text("Python knows alpha = 0.9")).to_be_visible()
    page.wait_for_timeout(900)
    assert page.evaluate("() => window.spoken") == 1
    page.locator(".alpha-input").focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(1200)
    assert page.evaluate("() => window.spoken") == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_users_on_the_map_have_three_to_one_and_both_ends_a_line_around_them(
    revisit: Visits, address: str, scheme: str
) -> None:
    page = revisit(address, viewport={"width": 1280, "height": 720}, color_scheme=scheme, reduced_motion="reduce")
    expect(page.locator(".ranked li")).to_have_count(10, timeout=30_000)
    page.wait_for_timeout(500)
    found = page.locator(".users").evaluate(_ON_THE_MAP)
    assert found["quiet"] >= 3
    assert found["aroundSource"] >= 3 and found["aroundTarget"] >= 3


def test_forced_colours_keep_what_means_something_by_its_colour(revisit: Visits, address: str) -> None:
    page = revisit(address, viewport={"width": 1280, "height": 1000}, forced_colors="active", reduced_motion="reduce")
    expect(page.locator(".ranked li")).to_have_count(10, timeout=30_000)
    for part in (".alpha-input", ".end.source .dot", ".swatch.blue"):
        pixels = np.asarray(Image.open(BytesIO(page.locator(part).first.screenshot())).convert("RGB"), dtype=int)
        assert np.ptp(pixels, axis=2).max() > 60, f"{part} has lost its colour"


def test_undo_goes_back_and_reset_shows_the_targets_own_list(page: Page) -> None:
    drag(page, 0.3, 0.7)
    expect(page.get_by_text("Python knows alpha = 0.7")).to_be_visible()
    page.locator("[data-do=undo]").click()
    expect(page.get_by_text("Python knows alpha = 0.3,")).to_be_visible()
    page.locator("[data-do=reset]").click()
    expect(page.locator("[data-slot=alpha]")).to_have_text("α = 0.000")
    expect(page.locator("[data-slot=sentence]")).to_contain_text("user 42’s own list")
    assert {mark.strip() for mark in page.locator(".ranked .mark").all_inner_texts()} == {"●"}


def test_another_length_comes_from_python(page: Page) -> None:
    page.locator("[data-do=k]").select_option("20")
    expect(page.locator(".ranked li")).to_have_count(20)
    expect(page.get_by_text("k = 20")).to_be_visible()


def test_a_hostile_title_is_shown_as_text(page: Page) -> None:
    assert titles(page)[0] == "<img src=x onerror=alert(1)><b>bold</b>"
    assert page.locator(".mixer img, .mixer .title b").count() == 0


def test_a_summary_is_spoken_and_rows_stand_in_reading_order(page: Page) -> None:
    drag(page, 0.3, 0.95)
    expect(page.locator("[data-slot=share-source]")).to_have_text(re.compile("9[4-6]%"))
    sentence = page.locator("[data-slot=sentence]").inner_text()
    expect(page.locator("[aria-live=polite]")).to_contain_text(sentence)
    assert page.locator(".ranked li .title").all_inner_texts() == titles(page)
    assert page.get_by_role("slider", name="α, the source's share in the blend").get_attribute("aria-valuetext")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_that_matters_is_above_the_fold(revisit: Visits, address: str, scheme: str) -> None:
    page = revisit(address, viewport={"width": 1280, "height": 720}, color_scheme=scheme)
    expect(page.locator(".ranked li")).to_have_count(10, timeout=30_000)
    sentence = page.locator(".bottom").bounding_box()
    assert sentence is not None and sentence["y"] + sentence["height"] <= 720
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_rows_glide_with_motion_and_stand_at_once_without(revisit: Visits, address: str) -> None:
    for motion in ("no-preference", "reduce"):
        page = revisit(address, viewport={"width": 1280, "height": 720}, reduced_motion=motion)
        expect(page.locator(".ranked li")).to_have_count(10, timeout=30_000)
        page.wait_for_timeout(300)
        soon, later = page.locator(".alpha-input").evaluate(JUMP)
        assert (soon != later) == (motion == "no-preference")


def test_bars_show_both_parts_and_the_texts_of_the_list_can_be_seen_and_found(page: Page) -> None:
    for share in (0.0, 0.45, 1.0):
        page.locator(".alpha-input").evaluate(
            "(slider, at) => { slider.value = at; slider.dispatchEvent(new Event('input', { bubbles: true })); }", share
        )
        expect(page.locator("[data-slot=share-source]")).to_have_text(f"{share:.0%}")
        page.wait_for_timeout(200)
        rows = page.locator(".ranked:not(.second)").evaluate(ROWS)
        assert max(row["target"] + row["source"] for row in rows) == pytest.approx(
            1, abs=0.01
        )  # the longest bar is full
        assert all(row["source"] == 0 for row in rows) if share == 0 else all(row["source"] > 0 for row in rows[1:])
        assert all(row["target"] == 0 for row in rows) if share == 1 else True
        assert all(row["visible"] and row["selectable"] for row in rows)
        assert page.evaluate("title => window.find(title)", rows[3]["title"]), "the browser's search finds a title"


# Moves to α = 0.9 and returns where the rows are after 60 and after 400 ms: different while they move.
JUMP = """(slider) => new Promise((done) => {
  const rows = [...slider.getRootNode().querySelectorAll(".ranked li")];
  const boxes = () => rows.map((row) => row.getBoundingClientRect());
  const positions = () => JSON.stringify(boxes().map(({ top, left }) => [top, left]));
  slider.value = "0.9";
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  setTimeout(() => { const soon = positions(); setTimeout(() => done([soon, positions()]), 340); }, 60);
})"""

# Of each row: the share of its bar that is blue and orange, and whether its texts can be seen and selected.
ROWS = """(list) => [...list.querySelectorAll("li")].map((row) => {
  const part = (name) => row.querySelector(`.${name}`), width = (name) => part(name).getBoundingClientRect().width;
  const full = width("bar"), target = width("of-target") / full, texts = ["rank", "mark", "title", "score"].map(part);
  const visible = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  return { target, source: width("of-source") / full - target, title: part("title").textContent,
    visible: texts.every((node) => node.textContent && visible(node)),
    selectable: texts.every((node) => getComputedStyle(node).userSelect !== "none") };
})"""

# Counts how often the text of a live region changes: what a screen reader would say.
_COUNT_SPOKEN = """() => {
  window.spoken = 0;
  const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
  const live = [...root.querySelectorAll('[aria-live]:not([aria-live=off]), output, [role=status], [role=alert]')];
  const watch = new MutationObserver(() => { window.spoken += 1; });
  live.forEach((node) => watch.observe(node, { childList: true, characterData: true, subtree: true }));
}"""

# Contrasts with the background of the small map: of the users' grey, and of the line around both ends' marks.
_ON_THE_MAP = """canvas => {
  const { width, height } = canvas, pen = document.createElement('canvas').getContext('2d');
  Object.assign(pen.canvas, { width, height });
  pen.fillStyle = getComputedStyle(canvas).backgroundColor;
  pen.fillRect(0, 0, width, height);
  pen.drawImage(canvas, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = (at) => 0.2126 * linear(data[at]) + 0.7152 * linear(data[at + 1]) + 0.0722 * linear(data[at + 2]);
  const paper = light(0), contrast = (at) => (Math.max(light(at), paper) + 0.05) / (Math.min(light(at), paper) + 0.05);
  const like = (at, rgb) => rgb.every((value, i) => Math.abs(data[at + i] - value) < 3), counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const rgb = [data[at], data[at + 1], data[at + 2]], grey = Math.max(...rgb) - Math.min(...rgb) < 10;
    if (grey && contrast(at) > 1.2) counts.set(rgb.join(), { at, n: (counts.get(rgb.join())?.n ?? 0) + 1 });
  }
  const [most] = [...counts.values()].sort((a, b) => b.n - a.n);
  const around = (rgb) => {
    const rows = [];
    for (let at = 0; at < data.length - 40; at += 4) {
      if (!like(at, rgb) || like(at + 4, rgb)) continue;
      rows.push(Math.max(...[1, 2, 3, 4].map((step) => contrast(at + 4 * step))));  // just to the right of the mark
    }
    return rows.sort((a, b) => a - b)[Math.floor(rows.length / 2)];
  };
  return { quiet: contrast(most.at), aroundSource: around([230, 159, 0]), aroundTarget: around([0, 114, 178]) };
}"""


@pytest.fixture
def weighed(revisit: Visits, address: str) -> Page:
    page = revisit(
        address, "/?what=interests&alpha=0.6", viewport={"width": 1280, "height": 720}, reduced_motion="reduce"
    )
    expect(page.locator(".interest")).to_have_count(3, timeout=30_000)
    expect(page.get_by_text("weights = None")).to_be_visible()
    return page


def test_the_list_follows_a_weight_before_the_server_and_equals_its_answer(weighed: Page) -> None:
    before, note = titles(weighed), weighed.locator("[data-slot=axis-note]")
    weight = weighed.locator(".interest input[type=range]").first
    weight.evaluate("""range => { range.value = "0.35"; range.dispatchEvent(new Event("input")); }""")
    expect(weight).to_have_attribute("aria-valuetext", "35%")
    expect(weighed.locator("[data-slot=sentence]")).to_contain_text("α = 0.60")
    weighed.wait_for_timeout(300)
    live, changes = titles(weighed), note.inner_text()
    assert live != before
    assert "weights = None" in told(weighed)  # the thumb is still held: no run
    weight.dispatch_event("change")
    expect(weighed.get_by_text("weights = 0:0.35")).to_be_visible()
    assert titles(weighed) == live and note.inner_text() == changes  # the browser's path is the exact one
    expect(weighed.locator(".interest").first.locator("input[type=checkbox]")).to_be_checked()


def test_interests_are_ticked_with_keys_and_an_empty_choice_says_what_to_do(weighed: Page) -> None:
    boxes = weighed.locator(".interest input[type=checkbox]")
    assert weighed.locator(".interest .name-of").nth(1).inner_text() == "<img src=x onerror=alert(1)><b>bold</b>"
    boxes.first.focus()
    weighed.keyboard.press("Space")
    expect(weighed.get_by_text("weights = 0:0")).to_be_visible()
    expect(boxes.first).to_be_focused()
    before = titles(weighed)
    for number in (1, 2):
        boxes.nth(number).focus()
        weighed.keyboard.press("Space")
    expect(weighed.locator("[data-slot=interest-note]")).to_have_text(
        "Tick an interest to transfer. The list is that of the last choice."
    )
    assert titles(weighed) != [] and len(titles(weighed)) == len(before)
    boxes.first.focus()
    weighed.keyboard.press("Space")
    expect(weighed.locator("[data-slot=interest-note]")).to_have_text("")
    expect(weighed.get_by_text("weights = 1:0,2:0")).to_be_visible()


def test_the_switch_between_interests_and_next_choice(revisit: Visits, address: str) -> None:
    page = revisit(address, "/?what=next-choice", viewport={"width": 1280, "height": 720})
    switch = page.get_by_label("What is transferred of the source")
    expect(switch).to_have_value("next-choice", timeout=30_000)
    before = titles(page)
    switch.select_option("interests")
    expect(page.locator(".interest")).to_have_count(3)
    assert titles(page) != before
    switch.select_option("next-choice")
    expect(page.locator(".interest").first).to_be_hidden()


def beside(revisit: Visits, address: str, width: int = 1280) -> Page:
    """The mixer with the list of a second method."""
    page = revisit(address, "/?beside=bridge", viewport={"width": width, "height": 720}, reduced_motion="reduce")
    expect(page.locator(".ranked.second li")).to_have_count(10, timeout=30_000)
    return page


def columns(page: Page) -> list[list[str]]:
    """The titles of both lists, from the top down."""
    return [lists.locator(".title").all_inner_texts() for lists in page.locator(".ranked").all()]


def test_both_lists_follow_the_thumb_and_say_what_they_share(revisit: Visits, address: str) -> None:
    page = beside(revisit, address)
    before = columns(page)
    drag(page, 0.3, 0.8, release=False)
    expect(page.locator("[data-slot=share-source]")).to_have_text("80%")
    first, second = columns(page)
    assert [first, second] != before and first != second
    assert "alpha = 0.3," in told(page)  # the thumb is still held: no run
    shared = [title for title in first if title in second]
    expect(page.locator("[data-slot=shared-note]")).to_contain_text(f"{len(shared)} of 10 shared")
    assert page.locator(".links line").count() == len(shared) > 0
    for titles_of, others, lists in ((first, second, ".ranked:not(.second)"), (second, first, ".ranked.second")):
        marks = page.locator(f"{lists} .there").all_inner_texts()
        assert marks == [f"↔ {others.index(one) + 1}" if one in others else "◆ only" for one in titles_of]
    page.mouse.up()
    expect(page.get_by_text("Python knows alpha = 0.8")).to_be_visible()
    assert columns(page) == [first, second]
    assert page.locator("i").filter(has_text="map").count() == 0, "a label is text, not markup"


def test_pointing_at_an_item_marks_it_in_both_lists(revisit: Visits, address: str) -> None:
    page = beside(revisit, address)
    page.locator(".ranked:not(.second) li").filter(has_text="↔").first.hover()
    assert page.locator("li.paired").count() == 2 and page.locator("line.paired").count() == 1
    assert len(set(page.locator("li.paired .title").all_inner_texts())) == 1


def test_the_menus_choose_the_methods_and_the_link_keeps_them(revisit: Visits, address: str) -> None:
    page = revisit(address, viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    expect(page.locator(".ranked:not(.second) li")).to_have_count(10, timeout=30_000)
    expect(page.locator(".ranked.second")).to_be_hidden()
    page.get_by_label("Show the list of another method beside this one").select_option("bridge")
    expect(page.locator(".ranked.second li")).to_have_count(10)
    assert "beside=bridge" in page.url
    expect(page.locator("[data-slot=second-label]")).to_have_text("Bridge <i>")
    page.get_by_label("Show the list of another method beside this one").select_option("none")
    expect(page.locator(".ranked.second")).to_be_hidden()
    page.get_by_label("Transfer method").select_option("bridge")
    page.wait_for_url("**method=bridge**")


def test_two_lists_fit_at_every_width(revisit: Visits, address: str) -> None:
    for width in (380, 700, 900, 1280, 1920):
        page = beside(revisit, address, width)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        rows = page.locator(".ranked li").evaluate_all("rows => rows.map(r => r.scrollWidth - r.clientWidth)")
        assert max(rows) <= 0, width
        if width > 900:
            tops = page.locator(".ranked").evaluate_all("lists => lists.map(l => l.getBoundingClientRect().top)")
            assert tops[0] == tops[1], "shared items at one rank stand on one line"
        page.close()

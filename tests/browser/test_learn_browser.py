"""Learn in a browser: lessons follow their sliders, terms open, the presenter’s keys, stories."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Visits
from tests.browser.test_axe import quiet
from tests.browser.test_keyboard import reach
from ui.learn.guide import guides
from ui.learn.story_data import PAIRS
from ui.learn.texts import fill, lessons, words

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LESSONS, WORDS = lessons("en"), words("en")
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}


def wide(visit: Visits, address: str, path: str) -> Page:
    page = visit(address, path, viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.set_default_timeout(60_000)
    return page


def test_every_lesson_follows_its_slider_and_has_its_data_as_a_table(visit: Visits, address: str) -> None:
    page = wide(visit, address, "/Learn")
    for key in LESSONS:
        slider = page.get_by_role("slider", name=LESSONS[key].control, exact=True)
        expect(slider).to_be_visible()
        before, drawn = page.locator(".lesson .sentence").inner_text(), page.locator(".lesson .stage").inner_html()
        if key == "matrix":  # no name of a row lies over another; a line of text has 3 pixels to spare
            lines = "all => all.map(one => one.getBoundingClientRect()).map(box => [box.top, box.bottom])"
            rows = page.locator(".lesson .stage svg text").evaluate_all(lines)
            assert all(above[1] <= below[0] + 3 for above, below in pairwise(rows))
        slider.focus()
        page.keyboard.press(
            "ArrowLeft" if key in ("embeddings", "attention") else "ArrowRight"
        )  # these start at the end
        expect(page.locator(".lesson .sentence")).not_to_have_text(before)
        assert page.locator(".lesson .stage").inner_html() != drawn
        page.get_by_text(WORDS["table"], exact=True).click()
        expect(page.locator(".lesson details tr").nth(1)).to_be_visible()
        if key != list(LESSONS)[-1]:
            page.get_by_role("button", name=re.compile("Next lesson")).click()
    visit.check(page)


def test_a_lesson_by_keyboard_alone_and_a_term_that_opens_where_it_stands(visit: Visits, address: str) -> None:
    page, lesson = wide(visit, address, "/Learn?tab=embeddings"), LESSONS["embeddings"]
    link = page.locator('a[href="#term-embedding"]').first
    link.wait_for()
    quiet(page)
    reach(page, "^embedding")
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog", name="Embedding")
    expect(box).to_contain_text("A vector (list of numbers)")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(box).to_be_visible()
    page.keyboard.press("Tab")
    expect(box).to_be_hidden()
    reach(page, lesson.control)
    before = page.locator(".lesson .sentence").inner_text()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".lesson .sentence")).not_to_have_text(before)
    reach(page, WORDS["table"])
    page.keyboard.press("Enter")
    expect(page.locator(".lesson details tr").nth(1)).to_be_visible()
    reach(page, re.escape(lesson.question.text))
    page.keyboard.press("ArrowRight")
    for label in (WORDS["keep"], WORDS["reveal"]):
        reach(page, label)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=label)).to_have_count(0)
        quiet(page)
    expect(page.get_by_text(re.compile("You predicted 5.5 of 10; it is"))).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile("You predicted 5.5 of 10; it is"))).to_be_visible()
    quiet(page)
    reach(page, "Next lesson")
    page.keyboard.press("Enter")
    expect(page.get_by_role("slider", name=LESSONS["attention"].control, exact=True)).to_be_visible()
    visit.check(page)


def test_the_presenter_goes_one_step_a_key(visit: Visits, address: str) -> None:
    page = wide(visit, address, "")
    quiet(page)  # the frontend of components has come: keys are heard soon after the presenter is drawn
    page.goto(f"{address}/Learn?tab=transfer&mode=present")
    expect(page.get_by_text("Step 1 of")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    quiet(page)  # keys are heard once the page has been drawn
    steps = len(LESSONS["transfer"].paragraphs) + 3
    for step in range(2, steps + 1):
        page.keyboard.press("PageDown")
        expect(page.get_by_text(f"Step {step} of {steps}")).to_be_visible()
    expect(page.locator(".lesson.large")).to_be_visible()
    quiet(page)
    assert not violations(page)
    page.keyboard.press("n")
    expect(page.get_by_text(LESSONS["transfer"].notes[:40])).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    visit.check(page)


def test_a_class_on_phones_fills_the_histogram_of_the_teacher(visit: Visits, address: str) -> None:
    teacher = wide(visit, address, "/Learn?tab=class")
    teacher.get_by_role("button", name=WORDS["class_open"]).click()
    expect(teacher).to_have_url(re.compile("code=[2-9A-Z]{6}"))
    code = re.search("code=([2-9A-Z]{6})", teacher.url)
    assert code is not None
    for lang in ("en", "zh"):
        shown, lesson = words(lang), lessons(lang)["matrix"]
        student = visit(address, f"/Learn?tab=class&lang={lang}&code={code[1]}", **PHONE)
        student.get_by_text(lesson.check.options[0]).first.tap()
        student.get_by_role("button", name=shown["class_send"]).first.tap()
        expect(student.get_by_text(fill(shown["class_sent"], answer=lesson.check.options[0]))).to_be_visible()
        student.get_by_role("button", name=shown["class_send"]).first.tap()  # the prediction, as the slider stands
        expect(student.get_by_text(f"{shown['class_post']}:")).to_be_visible()
        assert student.evaluate("document.documentElement.scrollWidth <= innerWidth")
        quiet(student)
        assert not violations(student)
        visit.check(student)
    expect(teacher.get_by_text(fill(WORDS["class_students"], students=2))).to_be_visible()
    expect(teacher.locator(".st-key-class_histogram .barlayer path").first).to_be_attached()
    quiet(teacher)
    assert not violations(teacher)
    visit.check(teacher)


@pytest.mark.parametrize("key", PAIRS)
def test_each_step_of_a_story_is_a_link_that_restores_its_view(visit: Visits, address: str, key: str) -> None:
    story = guides("en")[key]
    first = story.steps[0].params
    asked = "&".join(f"{name}={value}" for name, value in first.items()).replace(">", "%3E")
    page = wide(visit, address, f"/Transfer?{asked}&guide={key}.1")
    for number, step in enumerate(story.steps, 1):
        expect(page.locator(".st-key-guide")).to_contain_text(f"{number} of {len(story.steps)}")
        expect(page.locator(".alpha-input")).to_have_value(str(float(step.params["alpha"])).removesuffix(".0"))
        expect(page.locator(".mixer .interests")).to_be_visible(visible=step.params.get("what") == "interests")
        if number < len(story.steps):
            page.get_by_role("button", name=WORDS["guide_next"], exact=True).click()
            expect(page).to_have_url(re.compile(rf"guide={key}\.{number + 1}"))
    page.get_by_role("button", name=WORDS["guide_transfer"]).click()
    expect(page.locator(".st-key-guide")).to_contain_text("You would transfer.")
    page.reload()
    expect(page.locator(".st-key-guide")).to_contain_text("You would transfer.")
    visit.check(page)

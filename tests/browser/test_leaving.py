"""Leaving a page while its job runs: wherever it ends, it opens its own result, and nothing goes wrong on the way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.browser.test_journey import quiet
from tests.browser.test_view_browser import param
from tests.walks.tiny_files import tiny_file

pytestmark = pytest.mark.browser
LONG = 600_000  # a training on a busy machine


@pytest.fixture
def page(visit: Visits, address: str) -> Page:
    page = visit(address)
    page.set_default_timeout(60_000)
    return page


def menu(page: Page, name: str, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile(name)).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def running(page: Page) -> bool:
    """Whether the menu says that a job is running or waiting."""
    return page.locator("[class*=st-key-frame_stop_]").count() > 0


def opens_its_run(visit: Visits, page: Page) -> None:
    """Waits until no job is running: the page then has the new run in its URL, and Transfer shows it."""
    expect(page.locator("[class*=st-key-frame_stop_]")).to_have_count(0, timeout=LONG)
    quiet(page)
    visit.check(page)
    assert re.fullmatch("[0-9a-f]{8,}", param(page, "run")) and not param(page, "job")
    menu(page, "4 Transfer", "Transfer interests")
    expect(page.locator(".mixer .alpha-input")).to_be_visible()
    visit.check(page)


def test_a_training_that_ends_on_home_opens_its_run(visit: Visits, page: Page, tmp_path: Path) -> None:
    menu(page, "1 Data", "Load interactions")
    quiet(page)
    page.locator("[class*=st-key-data_files] input[type=file]").first.set_input_files(tiny_file("csv", 1, tmp_path))
    page.get_by_role("button", name=re.compile("Next: train")).click()
    expect(page.get_by_role("heading", name="Train a model")).to_be_visible()
    quiet(page)
    page.get_by_role("radio", name="All", exact=True).click()
    page.locator(".st-key-train_epochs input").fill("60")
    page.locator(".st-key-train_epochs input").press("Enter")
    quiet(page)
    page.locator(".st-key-train_start button").click()
    expect(page).to_have_url(re.compile("job="))
    menu(page, "Home", "Interest Transfer Studio")
    assert running(page), "the training has ended before Home was open"
    opens_its_run(visit, page)


def test_a_demo_that_ends_on_train_opens_its_run(visit: Visits, page: Page) -> None:
    page.get_by_role("button", name="Run it on the sample").click()
    expect(page).to_have_url(re.compile("job="))
    menu(page, "2 Train", "Train a model")
    assert running(page), "the demo has ended before Train was open"
    expect(page.get_by_test_id("stMain")).to_contain_text(re.compile(r"Epoch \d+ of"), timeout=LONG)
    page.get_by_role("button", name="Stop and save the best").click()  # the whole training takes more than a minute
    opens_its_run(visit, page)

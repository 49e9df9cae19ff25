"""How soon a page responds while a model trains, and while nothing runs: `python -m benchmarks.response_time`. Prints
JSON.

The input is an arrow key on a slider of Learn; the server computes and draws the response (a figure and a formula).
"""

from __future__ import annotations

import argparse
import re
import time

from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.record import Measurement
from benchmarks.servers import fail_on_errors, percentile, server
from tests.browser.chromium import FLAGS, find
from tests.browser.screen import Screen

CHANGED = """old => [...document.querySelectorAll('.katex')].some(
    formula => formula.textContent.includes('⇒') && formula.textContent !== old)"""


def response_times(page: Page, times: int) -> list[float]:
    """Milliseconds from each key press until the formula shows the new number."""
    slider = page.get_by_role("slider").first
    expect(slider).to_be_visible(timeout=60_000)
    formula = page.locator(".katex", has_text="⇒")
    expect(formula).to_be_visible(timeout=60_000)
    times_ms = []
    for _ in range(times):
        before = formula.text_content()
        slider.focus()
        begin = time.perf_counter()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(CHANGED, arg=before)
        times_ms.append(1000 * (time.perf_counter() - begin))
        page.wait_for_timeout(400)
    return times_ms


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40)
    measurement = Measurement(parser)
    times = measurement.options.times
    with sync_playwright() as playwright, server() as running:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        screen = Screen(page, running.log)
        page.goto(f"{running.address}/Learn?run=sample")
        idle = response_times(page, times)
        fail_on_errors(screen.last())
        page.goto(running.address)
        page.get_by_role("button", name="Run it on the sample").click()
        expect(page).to_have_url(re.compile("job="))
        page.wait_for_timeout(12_000)  # past the warm-up, into the epochs
        fail_on_errors(screen.last())
        page.goto(f"{running.address}/Learn?run=sample")
        busy = response_times(page, times)
        fail_on_errors(screen.wrong())
        training = page.get_by_text("running or waiting").count() > 0
        browser.close()
    shares = {"median_ms": 0.5, "p95_ms": 0.95}
    measurement.publish(
        {
            "quiet": {name: round(percentile(idle, share)) for name, share in shares.items()},
            "while_training": {name: round(percentile(busy, share)) for name, share in shares.items()},
            "still_training_at_the_end": training,
        }
    )


if __name__ == "__main__":
    main()

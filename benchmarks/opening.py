"""How long until Home is on screen, and how long a page switch takes, with one user on the server. Prints JSON.

python -m benchmarks.opening [--rounds 5]
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
from ui.shell.page_context import STEPS

PAGES = {step.name: step.title for step in STEPS if step.key != "home"}


def switch(page: Page, name: str, title: str) -> float:
    """Seconds from the click in the menu until the page's title is on screen."""
    begin = time.perf_counter()
    page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile(name)).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    return time.perf_counter() - begin


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    measurement = Measurement(parser)
    rounds = measurement.options.rounds
    switches: dict[str, list[float]] = {name: [] for name in PAGES}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        with server() as running:
            begin = time.perf_counter()
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            screen = Screen(page, running.log)
            page.goto(running.address)
            expect(page.get_by_role("heading", name="Interest Transfer Studio")).to_be_visible()
            home = time.perf_counter() - begin
            expect(page.get_by_role("slider").first).to_be_visible(timeout=60_000)
            miniature = time.perf_counter() - begin
            page.goto(f"{running.address}/?run=sample")
            expect(page.get_by_role("slider").first).to_be_visible(timeout=60_000)
            for _ in range(rounds + 1):
                for name, title in PAGES.items():
                    switches[name].append(switch(page, name, title))
                    page.wait_for_timeout(1500)
                    fail_on_errors(screen.last())
        browser.close()
    warm = [seconds for times in switches.values() for seconds in times[1:]]
    measurement.publish(
        {
            "server_start_s": round(running.seconds_to_start, 3),
            "home_title_s": round(home, 3),
            "start_to_home_s": round(running.seconds_to_start + home, 3),
            "home_miniature_s": round(miniature, 3),
            "switch_median_s": round(percentile(warm, 0.5), 3),
            "switch_p95_s": round(percentile(warm, 0.95), 3),
            "switch_by_page_s": {name: round(percentile(times[1:], 0.5), 3) for name, times in switches.items()},
            "first_switch_by_page_s": {name: round(times[0], 3) for name, times in switches.items()},
        }
    )


if __name__ == "__main__":
    main()

"""Frame times of the map of users in a real browser while it is moved. Prints JSON.

    python -m benchmarks.map_frames [--users 20000 250000 1000000]

The map is zoomed and dragged with the mouse; `frame_ms` are the times between two frames meanwhile, `first_s` the time
from the request of the page to the first points.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.record import Measurement
from benchmarks.servers import server
from tests.browser.chromium import FLAGS, find

WATCH = """
() => {
  window.frames_at = []; window.measuring = true;
  const tick = (now) => { window.frames_at.push(now); if (window.measuring) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}
"""


def main() -> None:
    """Measure each size on a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[20_000, 250_000, 1_000_000])
    measurement = Measurement(parser)
    measurement.publish({"sizes": [measure(users) for users in measurement.options.users]})


def measure(users: int) -> dict[str, Any]:
    """Frames while the map is zoomed in and dragged across."""
    with server("tests/browser/map_app.py", MAP_USERS=str(users)) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 1200}).new_page()
        started = time.perf_counter()
        page.goto(running.address)
        page.wait_for_selector(".stage[data-paint]", timeout=120_000)
        first = time.perf_counter() - started
        whole = f'.stage[data-painted="{users}"]'
        page.wait_for_selector(whole, timeout=60_000)
        box = page.locator(".over").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 3
        page.mouse.move(x, y)
        page.evaluate(WATCH)
        for _ in range(3):
            page.mouse.wheel(0, -120)
        page.mouse.down()
        for step in range(90):
            page.mouse.move(x + 3 * step, y + step)
        page.mouse.up()
        times = np.diff(page.evaluate("() => { window.measuring = false; return window.frames_at; }"))
        page.wait_for_selector(whole, timeout=60_000)
        browser.close()
    median, late = np.percentile(times, [50, 95])
    return {
        "users": users,
        "first_s": round(first, 2),
        "frames": len(times),
        "frame_ms": {
            "median": round(float(median), 1),
            "p95": round(float(late), 1),
            "max": round(float(times.max()), 1),
        },
    }


if __name__ == "__main__":
    main()

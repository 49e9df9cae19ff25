"""Frame times of the mixer in a real browser while α is dragged over 20,000 items. Prints JSON.

    python -m benchmarks.frames [--items 20000] [--sweeps 6] [--motion]

`input_to_paint_ms` is the time from an input event in the page until the frame that shows it is painted
(requestAnimationFrame, then the first message after it). The server must not run while the slider is dragged:
`server_runs` counts the messages sent during the drag.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.record import Measurement
from benchmarks.servers import server
from tests.browser.chromium import FLAGS, find

WATCH = """
() => {
  window.waits = []; window.frames_at = []; window.measuring = true;
  document.addEventListener("input", () => {
    const start = performance.now(), channel = new MessageChannel();
    channel.port1.onmessage = () => window.waits.push(performance.now() - start);
    requestAnimationFrame(() => channel.port2.postMessage(0));
  }, { capture: true });
  const tick = (now) => { window.frames_at.push(now); if (window.measuring) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}
"""


def main() -> int:
    """Start the app and a browser, drag, publish the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--sweeps", type=int, default=6)
    parser.add_argument("--motion", action="store_true", help="with animated rows only (otherwise both are measured)")
    measurement = Measurement(parser)
    options = measurement.options
    with server("tests/browser/mixer_app.py", MIXER_ITEMS=str(options.items)) as running:
        measured = measure(running.address, options.sweeps, (True,) if options.motion else (False, True))
    measurement.publish({"items": options.items, **measured})
    return 0


def measure(url: str, sweeps: int, motions: tuple[bool, ...]) -> dict[str, Any]:
    """Drag from end to end `sweeps` times, with each motion setting."""
    figures = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        for motion in motions:
            preference = "no-preference" if motion else "reduce"
            context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion=preference)  # type: ignore[arg-type]
            page = context.new_page()
            sent: list[float] = []
            page.on("websocket", lambda socket, sent=sent: socket.on("framesent", lambda _: sent.append(1.0)))
            page.goto(url)
            page.wait_for_selector(".ranked li")
            page.wait_for_load_state("networkidle")
            figures["with_motion" if motion else "reduced_motion"] = _drag(page, sweeps, sent)
            context.close()
        browser.close()
    return figures


def _drag(page: Page, sweeps: int, sent: list[float]) -> dict[str, Any]:
    box = page.locator(".alpha-input").bounding_box()
    assert box is not None
    left, right, y = box["x"] + 14, box["x"] + box["width"] - 14, box["y"] + box["height"] / 2
    page.evaluate(WATCH)
    page.mouse.move(left, y)
    page.mouse.down()
    before = len(sent)
    for sweep in range(sweeps):
        page.mouse.move(right if sweep % 2 == 0 else left, y, steps=90)
    runs = len(sent) - before
    waits, frames = page.evaluate("() => { window.measuring = false; return [window.waits, window.frames_at]; }")
    page.mouse.up()
    gaps = np.diff(frames)
    return {
        "inputs": len(waits),
        "input_to_paint_ms": {f"p{q}": round(float(np.percentile(waits, q)), 2) for q in (50, 95, 99)},
        "frame_gap_ms": {f"p{q}": round(float(np.percentile(gaps, q)), 2) for q in (50, 95, 99)},
        "server_runs": runs,
    }


if __name__ == "__main__":
    sys.exit(main())

"""How soon a page responds while models train, and while nothing runs. Prints JSON.

    python -m benchmarks.response_time [--trainings 2] [--jobs process] [--times 40] [--out]

The input is an arrow key on the slider of α on Transfer. The list follows in the browser at once; when no further key
has come for 250 ms, the page tells the server, which runs the page again with that α and writes it into the address.
The response is the time from that message to the new address; the time from the key press is given beside it.
Other visitors train meanwhile: one on the English sample, the other on the Chinese one, which is other work. At the
end each presses Stop in the menu: the seconds until the server has logged the end of the job.
"""

from __future__ import annotations

import argparse
import re
import time

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.record import Measurement
from benchmarks.servers import Server, fail_on_errors, percentile, server
from tests.browser.chromium import FLAGS, find
from tests.browser.screen import Screen

PAIR = "run=sample&target=user%3Akenji-0773&source=user%3Aelif-0080"


# When a key was pressed, when the page told the server something, and when the address changed.
CLOCK = """
  document.addEventListener("keydown", () => { window.pressedAt = performance.now(); }, true);
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...message) {
    window.sentAt = performance.now();
    return send.apply(this, message);
  };
  for (const name of ["pushState", "replaceState"]) {
    const change = history[name];
    history[name] = function (...entry) { window.changedAt = performance.now(); return change.apply(this, entry); };
  }
"""


def response_times(page: Page, times: int) -> list[tuple[float, float]]:
    """Milliseconds until the address has the new α, from the key press and from the page's message to the server.

    The first press is not among them.
    """
    slider = page.locator(".alpha-input")
    expect(slider).to_be_visible(timeout=60_000)
    times_ms = []
    for number in range(times + 1):
        page.wait_for_timeout(400)
        before = page.url
        slider.focus()
        page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")  # never at an end
        page.wait_for_function("before => location.href !== before", arg=before)
        times_ms.append(tuple(page.evaluate("[window.changedAt - window.pressedAt, window.changedAt - window.sentAt]")))
    return times_ms[1:]


def start_training(browser: Browser, running: Server, language: str) -> Screen:
    """The screen of another visitor who has pressed "Run it on the sample"."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    screen = Screen(page)
    page.goto(f"{running.address}/?lang={language}")
    page.locator(".st-key-home_demo button").click()
    expect(page).to_have_url(re.compile("job="), timeout=60_000)
    return screen


def is_training(page: Page, address: str) -> bool:
    """Whether the menu of that visitor shows a job."""
    page.goto(f"{address}/Learn?run=sample&lang=en")
    expect(page.get_by_role("heading", name="Learn how interest transfer works")).to_be_visible(timeout=60_000)
    return page.get_by_text("running or waiting").count() > 0


def seconds_to_stop(page: Page, running: Server) -> float:
    """Seconds from Stop in the menu of a visitor whose model trains until its job has ended."""
    before, begin = ended(running), time.perf_counter()
    page.locator("[class*=st-key-frame_stop] button").first.click()
    while ended(running) == before:
        if time.perf_counter() - begin > 120:
            raise SystemExit("Stop was pressed, and the job goes on")
        time.sleep(0.01)
    return time.perf_counter() - begin


def ended(running: Server) -> int:
    """How many jobs have ended on this server."""
    return running.log.file.read_text("utf-8").count("job ended")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--trainings", type=int, choices=(1, 2), default=2, help="that run at once")
    parser.add_argument("--jobs", choices=("process", "thread"), default="process", help="where they run")
    parser.add_argument("--begun", type=float, default=12.0, help="seconds until the trainings are in their epochs")
    measurement = Measurement(parser)
    options = measurement.options
    environment = {"STUDIO_JOBS": options.jobs, "STUDIO_TRAININGS": str(options.trainings)}
    with sync_playwright() as playwright, server(**environment) as running:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.add_init_script(CLOCK)
        screen = Screen(page, running.log)
        page.goto(f"{running.address}/Transfer?{PAIR}")
        idle = response_times(page, options.times)
        fail_on_errors(screen.last())
        others = [start_training(browser, running, language) for language in ("en", "zh")[: options.trainings]]
        page.wait_for_timeout(1000 * options.begun)  # past the warm-up, into the epochs
        busy = response_times(page, options.times)
        fail_on_errors(screen.wrong())
        training = [is_training(other.page, running.address) for other in others]
        stopped = [seconds_to_stop(other.page, running) for other in others] if all(training) else []
        fail_on_errors([error for other in others for error in other.last()])
        browser.close()
    measurement.publish(
        {
            "trainings": options.trainings,
            "jobs": options.jobs,
            "quiet": summary(idle),
            "while_training": summary(busy),
            "still_training_at_the_end": all(training),
            "seconds_to_stop": [round(seconds, 2) for seconds in stopped],
        }
    )


def summary(times: list[tuple[float, float]]) -> dict[str, int]:
    """Median and 95th percentile of the server's response, and of the time from the key press."""
    pressed, told = zip(*times, strict=True)
    shares = {"median_ms": 0.5, "p95_ms": 0.95}
    return {
        f"{before}{name}": round(percentile(list(values), share))
        for before, values in (("", told), ("from_key_", pressed))
        for name, share in shares.items()
    }


if __name__ == "__main__":
    main()

"""Thirty students answer the teacher's questions within half a minute, each in a browser context of their own.

    python -m benchmarks.class_answers [--students 30] [--within 30]

Pages of the size of a phone are opened one after the other, as students arrive; thirty that are opened at once keep two
cores busy for minutes, nearly all of it in the browsers, which in a class run on the students' own devices. Then each
student answers the question before the lesson, predicts, answers again, and loads the page again. The teacher's screen
is open meanwhile. Prints JSON: how long a prediction takes from the click until the teacher's histogram counts it, and
how many answers arrived.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import time
from dataclasses import dataclass, field

import psutil
from playwright.async_api import Browser, Page, async_playwright, expect

from benchmarks.record import Measurement
from benchmarks.servers import fail_on_errors, percentile, server, usage
from tests.browser.chromium import FLAGS, find
from tests.browser.screen import MARKS, MIDWAY, ON_SCREEN, VERDICT, BrowserListener
from ui.learn.texts import fill, lessons, words

WORDS, LESSON = words("en"), next(iter(lessons("en").values()))
PATIENCE = 300_000  # milliseconds
# On the teacher's screen: when its histogram first counts so many predictions, in seconds since 1970.
COUNTED = r"""(() => {
  window.counted = {};
  new MutationObserver(() => {
    const title = document.querySelector(".st-key-class_histogram .gtitle")?.textContent ?? "";
    const count = Number(/^\d+/.exec(title)?.[0] ?? 0);
    if (count) window.counted[count] ??= (performance.timeOrigin + performance.now()) / 1000;
  }).observe(document, { subtree: true, childList: true, characterData: true });
})()"""


@dataclass
class Observations:
    """Seconds: until a page is open, from a click until the student's page confirms; when predictions were sent."""

    opening: list[float] = field(default_factory=list)
    confirmed: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def arrive(browser: Browser, address: str, seen: Observations) -> tuple[Page, BrowserListener]:
    """Opens the student's page."""
    context = await browser.new_context(viewport={"width": 390, "height": 800}, reduced_motion="reduce")
    page = await context.new_page()
    listener = BrowserListener(page)
    await page.add_init_script(MIDWAY)
    page.set_default_timeout(PATIENCE)
    begin = time.time()
    await page.goto(address)
    await expect(page.get_by_role("button", name=WORDS["class_send"]).first).to_be_visible(timeout=PATIENCE)
    seen.opening.append(time.time() - begin)
    return page, listener


async def answer(page: Page, number: int, wait: float, seen: Observations) -> None:
    """The answers before and after the lesson, and between them the prediction."""
    await asyncio.sleep(wait)
    send, told = page.get_by_role("button", name=WORDS["class_send"]).first, page.get_by_text("Sent: ")
    options = LESSON.check.options
    await page.get_by_text(options[number % len(options)]).first.click()
    await confirm(send, told, 1, seen)
    slider = page.get_by_role("slider").first
    await slider.focus()
    for _ in range(number % 7):
        await page.keyboard.press("ArrowRight")
    seen.sent.append(time.time())
    await confirm(send, told, 2, seen)
    await page.get_by_text(options[LESSON.check.right - 1]).last.click()
    await confirm(send, told, 3, seen)


async def confirm(send: object, told: object, count: int, seen: Observations) -> None:
    """Clicks, and waits until so many answers are said to be sent."""
    begin = time.time()
    await send.click()  # type: ignore[attr-defined]
    await expect(told).to_have_count(count, timeout=PATIENCE)  # type: ignore[call-overload]
    seen.confirmed.append(time.time() - begin)


async def class_of(students: int, within: float) -> dict[str, object]:
    """Runs the class; returns the figures."""
    seen, generator = Observations(), random.Random(0)
    with server() as running:
        process = psutil.Process(running.process.pid)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find(), args=FLAGS)
            teacher = await browser.new_page()
            heard = BrowserListener(teacher, running.log)
            teacher.set_default_timeout(PATIENCE)
            await teacher.add_init_script(MIDWAY)
            await teacher.add_init_script(COUNTED)
            await teacher.goto(f"{running.address}/Learn?tab=class&lang=en")
            await teacher.get_by_role("button", name=WORDS["class_open"]).click()
            await teacher.wait_for_url(re.compile("code="), timeout=PATIENCE)
            link = await teacher.locator(".st-key-class_link, [data-testid=stCode] code").first.inner_text()
            code = re.search("code=([2-9A-Z]{6})", teacher.url)
            assert code is not None and code[1] in link
            address = f"{running.address}/Learn?tab=class&lang=en&code={code[1]}"
            pages = [await arrive(browser, address, seen) for _ in range(students)]
            began = usage(process)[1]
            waits = [generator.uniform(0, within) for _ in pages]
            begin = time.time()
            await asyncio.gather(*(answer(page, n, waits[n], seen) for n, (page, _) in enumerate(pages)))
            took = time.time() - begin
            cpu = usage(process)[1] - began
            await expect(teacher.get_by_text(fill(WORDS["class_students"], students=students))).to_be_visible()
            await expect(teacher.get_by_text(re.compile(f", {students} students"))).to_be_visible(timeout=PATIENCE)
            counted = {int(n): at for n, at in (await teacher.evaluate("window.counted")).items()}
            for page, listener in pages:
                await page.reload()
                await expect(page.get_by_text("Sent: ")).to_have_count(3, timeout=PATIENCE)
                seen.kept.append(await page.get_by_text("Sent: ").count())
                seen.errors += listener.problems(await page.evaluate(ON_SCREEN, [MARKS, VERDICT]))
                await page.context.close()
            seen.errors += heard.problems(await teacher.evaluate(ON_SCREEN, [MARKS, VERDICT]))
            await browser.close()
    fail_on_errors(seen.errors)
    return figures(seen, counted, within, took, cpu)


def figures(seen: Observations, counted: dict[int, float], within: float, took: float, cpu: float) -> dict[str, object]:
    """The figures. The n-th prediction counts as shown when the histogram counts n or more."""
    delays = [
        min(at for count, at in counted.items() if count >= place) - sent
        for place, sent in enumerate(sorted(seen.sent), 1)
    ]
    return {
        "students": len(seen.opening),
        "within_s": within,
        "opening_median_s": round(percentile(seen.opening, 0.5), 2),
        "opening_worst_s": round(max(seen.opening), 2),
        "answering_s": round(took, 1),
        "answers": len(seen.confirmed),
        "predictions_counted": max(counted),
        "answers_after_reload": sum(seen.kept),
        "click_to_confirmed_median_s": round(percentile(seen.confirmed, 0.5), 2),
        "click_to_confirmed_p95_s": round(percentile(seen.confirmed, 0.95), 2),
        "click_to_histogram_median_s": round(percentile(delays, 0.5), 2),
        "click_to_histogram_p95_s": round(percentile(delays, 0.95), 2),
        "server_cpu_s": round(cpu, 1),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--within", type=float, default=30.0, help="seconds in which all students begin to answer")
    measurement = Measurement(parser)
    options = measurement.options
    measurement.publish(asyncio.run(class_of(options.students, options.within)))


if __name__ == "__main__":
    main()

"""Thirty students on one server: each opens the sample's run and every page, and drags α ten times; one training runs.

    python -m benchmarks.classroom [--students 30] [--think 90] [--draggers 30]

Real browser contexts and real websockets on loopback. The browsers run on the same cores as the server and draw without
a graphics card: one drag at 60 frames/s takes two thirds of a core (`--draggers 1` lets one student drag at a time).
The figures are therefore worse than in a class whose students bring their own laptops. Students arrive over two think
times and stay on a page between half and one and a half times `--think` seconds. The teacher starts a training
meanwhile. Prints JSON.
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

from benchmarks.opening import PAGES
from benchmarks.record import Measurement
from benchmarks.servers import fail_on_errors, percentile, server, usage
from tests.browser.chromium import FLAGS, find
from tests.browser.screen import AT_REST, MARKS, MIDWAY, ON_SCREEN, PATIENCE, PAUSE, VERDICT, BrowserListener


@dataclass
class Observations:
    """Page switches in seconds by page, frames in milliseconds, and errors of all students."""

    switches: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in PAGES})
    frames: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


FRAMES = """(slider) => new Promise((done) => {
  const times = []; let last = performance.now(); let step = 0;
  const tick = (now) => {
    times.push(now - last); last = now; step += 1;
    slider.value = String((step % 50) / 50 * Number(slider.max));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    if (step < 50) requestAnimationFrame(tick); else done(times.slice(1));
  };
  requestAnimationFrame(tick);
})"""


async def student(
    browser: Browser, address: str, think: float, generator: random.Random, seen: Observations, turns: asyncio.Semaphore
) -> None:
    """One student visits every page."""
    await asyncio.sleep(generator.uniform(0, 2 * think))
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    page = await context.new_page()
    listener = BrowserListener(page)
    await page.add_init_script(MIDWAY)
    page.set_default_timeout(120_000)
    await page.goto(f"{address}/?run=sample")
    await expect(page.get_by_role("slider").first).to_be_visible(timeout=120_000)
    for name, title in PAGES.items():
        await asyncio.sleep(generator.uniform(0.5 * think, 1.5 * think))
        begin = time.perf_counter()
        await page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile(name)).click()
        await expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=120_000)
        seen.switches[name].append(time.perf_counter() - begin)
        if name == "4 Transfer":
            await expect(page.get_by_role("slider").first).to_be_visible(timeout=120_000)
            async with turns:
                await drag(page, seen)
        await page.evaluate(AT_REST, [PAUSE, PATIENCE])
        seen.errors += listener.problems(await page.evaluate(ON_SCREEN, [MARKS, VERDICT]))
    await context.close()


async def drag(page: Page, seen: Observations) -> None:
    """Ten drags of fifty inputs each, timed frame by frame in the browser."""
    slider = page.get_by_role("slider").first
    for _ in range(10):
        seen.frames += await slider.evaluate(FRAMES)


async def lesson(students: int, think: float, draggers: int) -> dict[str, object]:
    """Run all students and the teacher; return the figures."""
    seen, memory, turns = Observations(), [], asyncio.Semaphore(draggers)
    with server() as running:
        process = psutil.Process(running.process.pid)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find(), args=FLAGS)
            teacher = await browser.new_page()
            listener = BrowserListener(teacher, running.log)
            await teacher.add_init_script(MIDWAY)
            await teacher.goto(running.address)
            await teacher.get_by_role("button", name="Run it on the sample").click()
            began = usage(process)[1]
            lessons = [
                asyncio.create_task(student(browser, running.address, think, random.Random(number), seen, turns))
                for number in range(students)
            ]
            while not all(task.done() for task in lessons):
                memory.append(usage(process)[0])
                await asyncio.sleep(1)
            await asyncio.gather(*lessons)
            seen.errors += listener.problems(await teacher.evaluate(ON_SCREEN, [MARKS, VERDICT]))
            ended = usage(process)[1]
            await browser.close()
    fail_on_errors(seen.errors)
    switches = [seconds for page in seen.switches.values() for seconds in page]
    return {
        "students": students,
        "think_s": think,
        "draggers": draggers,
        "switches": len(switches),
        "switch_median_s": round(percentile(switches, 0.5), 3),
        "switch_p95_s": round(percentile(switches, 0.95), 3),
        "switch_worst_s": round(max(switches), 3),
        "switch_p95_by_page_s": {name: round(percentile(page, 0.95), 3) for name, page in seen.switches.items()},
        "frame_median_ms": round(percentile(seen.frames, 0.5), 1),
        "frame_p95_ms": round(percentile(seen.frames, 0.95), 1),
        "frames_at_60_per_s": round(sum(frame < 20 for frame in seen.frames) / len(seen.frames), 3),
        "server_cpu_s": round(ended - began, 1),
        "server_peak_mb": round(max(memory)),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--think", type=float, default=90.0, help="seconds on a page, on average")
    parser.add_argument("--draggers", type=int, default=30, help="maximum number of students who drag at the same time")
    measurement = Measurement(parser)
    options = measurement.options
    measurement.name += "-one-drags" * (options.draggers == 1)
    measurement.publish(asyncio.run(lesson(options.students, options.think, options.draggers)))


if __name__ == "__main__":
    main()

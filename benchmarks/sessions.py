"""Many people on one server, without browsers: how long the server alone lets each page wait.

    python -m benchmarks.sessions [--people 30] [--think 3]

Each session speaks Streamlit's own protocol over a websocket on loopback: it opens the sample's run on Home, then every
page in order, and thinks between half and one and a half of `--think` seconds. `title_s` ends when the page's title is
sent, `whole_s` when all of the page is. Prints JSON. (benchmarks/classroom.py has the browsers too.)
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from dataclasses import dataclass, field

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.record import Measurement
from benchmarks.servers import percentile, quiet, server

PAGES = ("Home", "Data", "Train", "Embeddings", "Transfer", "Evaluate", "Explain", "Learn")


@dataclass
class Waits:
    """Seconds that everybody waited for one page, and what went wrong on it."""

    title: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def person(address: str, think: float, dice: random.Random, waits: dict[str, Waits]) -> None:
    """One session through all pages."""
    await asyncio.sleep(dice.uniform(0, 2 * think))
    socket = f"{address.replace('http', 'ws')}/_stcore/stream"
    async with connect(socket, max_size=None, subprotocols=["streamlit"]) as connection:
        for page in PAGES:
            await open_page(connection, address, page, waits[page])
            await asyncio.sleep(dice.uniform(0.5 * think, 1.5 * think))


async def open_page(connection: ClientConnection, address: str, page: str, waits: Waits) -> None:
    """Asks for a page and reads until all of it has come."""
    name = "" if page == "Home" else page
    ask = BackMsg()
    ask.rerun_script.query_string = "run=sample"
    ask.rerun_script.page_name = name
    ask.rerun_script.context_info.url = f"{address}/{name}"
    begin = time.perf_counter()
    await connection.send(ask.SerializeToString())
    titled = False
    while True:
        told = ForwardMsg()
        told.ParseFromString(await connection.recv())
        element = told.delta.new_element.WhichOneof("type") if told.WhichOneof("type") == "delta" else ""
        if element == "heading" and not titled:
            titled = True
            waits.title.append(time.perf_counter() - begin)
        waits.errors += wrong(page, told)
        if told.WhichOneof("type") == "script_finished" and titled:
            waits.whole.append(time.perf_counter() - begin)
            return


def wrong(page: str, told: ForwardMsg) -> list[str]:
    """What this message draws that must not be there: a marked error box, or an exception that escaped the boundary."""
    delta = told.delta
    if delta.WhichOneof("type") == "add_block" and "studio_error_" in delta.add_block.id:
        return [f"{page}: {delta.add_block.id}"]
    if delta.WhichOneof("type") == "new_element" and delta.new_element.WhichOneof("type") == "exception":
        return [f"{page}: {delta.new_element.exception.message[:200]}"]
    return []


async def everybody(address: str, people: int, think: float, waits: dict[str, Waits]) -> None:
    """All sessions at once."""
    await asyncio.gather(*(person(address, think, random.Random(number), waits) for number in range(people)))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--think", type=float, default=3.0, help="seconds on a page, on average")
    measurement = Measurement(parser)
    chosen = measurement.options
    measurement.name += "-every-second" * (chosen.think == 1)
    waits = {page: Waits() for page in PAGES}
    with server() as running:
        process = psutil.Process(running.process.pid)
        before = process.cpu_times()
        asyncio.run(everybody(running.address, chosen.people, chosen.think, waits))
        quiet([error for page in waits.values() for error in page.errors])
        after, memory = process.cpu_times(), process.memory_info().rss
    title = [seconds for page in waits.values() for seconds in page.title]
    whole = [seconds for page in waits.values() for seconds in page.whole]
    measurement.publish(
        {
            "people": chosen.people,
            "think_s": chosen.think,
            "pages": len(whole),
            "title_s": {f"p{share}": round(percentile(title, share / 100), 3) for share in (50, 95)},
            "whole_s": {f"p{share}": round(percentile(whole, share / 100), 3) for share in (50, 95)},
            "whole_p95_by_page_s": {page: round(percentile(seen.whole, 0.95), 3) for page, seen in waits.items()},
            "cpu_s": round(after.user + after.system - before.user - before.system, 1),
            "memory_mb": round(memory / 1e6),
        }
    )


if __name__ == "__main__":
    main()

"""Many users on one server, without browsers: how long the server alone lets each page wait.

    python -m benchmarks.sessions [--users 30] [--think 3]

Each session uses Streamlit's protocol over a websocket on loopback: it opens the sample's run on Home, then every
page in order, and waits between half and one and a half times `--think` seconds on each. `title_s` ends when the
page's title has been sent, `whole_s` when the whole page has. Prints JSON. (benchmarks/classroom.py includes the
browsers.)
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from dataclasses import dataclass, field

import psutil
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.record import Measurement
from benchmarks.servers import fail_on_errors, percentile, server

PAGES = ("Home", "Data", "Train", "Embeddings", "Transfer", "Evaluate", "Explain", "Learn")


@dataclass
class PageTimes:
    """Seconds that all sessions waited for one page, and the errors on it."""

    title: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def session(address: str, think: float, generator: random.Random, times: dict[str, PageTimes]) -> None:
    """One user visits all pages."""
    await asyncio.sleep(generator.uniform(0, 2 * think))
    socket = f"{address.replace('http', 'ws')}/_stcore/stream"
    async with connect(socket, max_size=None, subprotocols=["streamlit"]) as connection:
        for page in PAGES:
            await open_page(connection, address, page, times[page])
            await asyncio.sleep(generator.uniform(0.5 * think, 1.5 * think))


async def open_page(connection: ClientConnection, address: str, page: str, times: PageTimes) -> None:
    """Request a page and receive messages until it is complete."""
    name = "" if page == "Home" else page
    request = BackMsg()
    request.rerun_script.query_string = "run=sample"
    request.rerun_script.page_name = name
    request.rerun_script.context_info.url = f"{address}/{name}"
    begin = time.perf_counter()
    await connection.send(request.SerializeToString())
    titled, errors = False, Errors(page)
    while True:
        message = ForwardMsg()
        message.ParseFromString(await connection.recv())
        element = message.delta.new_element.WhichOneof("type") if message.WhichOneof("type") == "delta" else ""
        if element == "heading" and not titled:
            titled = True
            times.title.append(time.perf_counter() - begin)
        times.errors += errors.of(message)
        if message.WhichOneof("type") == "script_finished" and titled:
            times.whole.append(time.perf_counter() - begin)
            return


class Errors:
    """The errors that the messages of one run of a page draw: marked boxes, other red boxes, uncaught exceptions."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.marked: set[tuple[int, ...]] = set()  # places of marked boxes, of which verdicts are no errors

    def of(self, message: ForwardMsg) -> list[str]:
        """The errors that a message draws."""
        if message.WhichOneof("type") != "delta":
            return []
        delta, place = message.delta, tuple(message.metadata.delta_path)
        if delta.WhichOneof("type") == "add_block":
            self.marked.discard(place)
            if "studio_error_" in delta.add_block.id or "studio_verdict" in delta.add_block.id:
                self.marked.add(place)
            return [f"{self.page}: {delta.add_block.id}"] if "studio_error_" in delta.add_block.id else []
        element = delta.new_element
        if element.WhichOneof("type") == "exception":
            return [f"{self.page}: {element.exception.message[:200]}"]
        inside = any(place[:length] in self.marked for length in range(len(place)))
        if element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR and not inside:
            return [f"{self.page}: a red box without a mark: {element.alert.body[:200]}"]
        return []


async def run_sessions(address: str, users: int, think: float, times: dict[str, PageTimes]) -> None:
    """Run all sessions at the same time."""
    await asyncio.gather(*(session(address, think, random.Random(number), times) for number in range(users)))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", "--people", type=int, default=30)
    parser.add_argument("--think", type=float, default=3.0, help="seconds on a page, on average")
    measurement = Measurement(parser)
    options = measurement.options
    measurement.name += "-every-second" * (options.think == 1)
    times = {page: PageTimes() for page in PAGES}
    with server() as running:
        process = psutil.Process(running.process.pid)
        before = process.cpu_times()
        asyncio.run(run_sessions(running.address, options.users, options.think, times))
        fail_on_errors([error for page in times.values() for error in page.errors])
        after, memory = process.cpu_times(), process.memory_info().rss
    title = [seconds for page in times.values() for seconds in page.title]
    whole = [seconds for page in times.values() for seconds in page.whole]
    measurement.publish(
        {
            "users": options.users,
            "think_s": options.think,
            "pages": len(whole),
            "title_s": {f"p{share}": round(percentile(title, share / 100), 3) for share in (50, 95)},
            "whole_s": {f"p{share}": round(percentile(whole, share / 100), 3) for share in (50, 95)},
            "whole_p95_by_page_s": {page: round(percentile(seen.whole, 0.95), 3) for page, seen in times.items()},
            "cpu_s": round(after.user + after.system - before.user - before.system, 1),
            "memory_mb": round(memory / 1e6),
        }
    )


if __name__ == "__main__":
    main()

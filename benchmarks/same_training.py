"""Thirty students press "Run it on the sample" within ten seconds: when is each of them on Transfer?

    python -m benchmarks.same_training [--users 30] [--within 10] [--out]

Each session uses Streamlit's protocol over a websocket on loopback, without a browser: it opens Home, presses the
button, asks for the progress as a browser does, and ends when the title of Transfer has been sent. Prints JSON;
`last_over_first` is the time of the last student divided by that of the first.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.record import Measurement
from benchmarks.servers import percentile, server, usage
from benchmarks.sessions import Errors

BUTTON, TITLE = "Run it on the sample", "Transfer interests"
PATIENCE = 1800.0  # seconds


async def student(address: str, wait: float) -> float:
    """Seconds from the press until the title of Transfer is there."""
    await asyncio.sleep(wait)
    socket = f"{address.replace('http', 'ws')}/_stcore/stream"
    async with connect(socket, max_size=None, subprotocols=["streamlit"]) as connection:
        await connection.send(_request(address))
        button, errors = "", Errors("Home")
        while not button:
            button = _button(await _receive(connection, errors))
        begin = time.perf_counter()
        press = BackMsg.FromString(_request(address))
        press.rerun_script.widget_states.widgets.add(id=button, trigger_value=True)
        await connection.send(press.SerializeToString())
        await asyncio.wait_for(_until_transfer(connection, address), PATIENCE)
        return time.perf_counter() - begin


async def _until_transfer(connection: ClientConnection, address: str) -> None:
    """Receives messages until the title of Transfer; asks for the parts of the page that renew themselves."""
    repeating: dict[str, float] = {}
    due: dict[str, float] = {}
    query, page, errors = "", "", Errors("Home")
    while True:
        now = time.monotonic()
        for fragment, interval in repeating.items():
            if now >= due[fragment]:
                due[fragment] = now + interval
                await connection.send(_request(address, query, page, fragment))
        try:
            message = await asyncio.wait_for(_receive(connection, errors), 0.2)
        except TimeoutError:
            continue
        kind = message.WhichOneof("type")
        if kind == "page_info_changed":
            query = message.page_info_changed.query_string
        elif kind == "new_session":
            errors = Errors("Home")
            page = message.new_session.page_script_hash
        elif kind == "stop_auto_rerun":
            repeating, due = {}, {}
        elif kind == "auto_rerun":
            repeating[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            due.setdefault(message.auto_rerun.fragment_id, now + message.auto_rerun.interval)
        elif kind == "delta" and message.delta.new_element.heading.body == TITLE:
            return


async def _receive(connection: ClientConnection, errors: Errors) -> ForwardMsg:
    message = ForwardMsg.FromString(await connection.recv(decode=False))
    if found := errors.of(message):
        raise SystemExit(found[0])
    return message


def _request(address: str, query: str = "", page: str = "", fragment: str = "") -> bytes:
    request = BackMsg()
    request.rerun_script.query_string = query
    request.rerun_script.page_script_hash = page
    request.rerun_script.fragment_id = fragment
    request.rerun_script.context_info.url = f"{address}/"
    return request.SerializeToString()


def _button(message: ForwardMsg) -> str:
    button = message.delta.new_element.button
    return str(button.id) if button.label == BUTTON else ""


async def students(address: str, users: int, within: float) -> list[float]:
    """Every student's seconds."""
    waits = [random.Random(number).uniform(0, within) for number in range(users)]
    return list(await asyncio.gather(*(student(address, wait) for wait in waits)))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--within", type=float, default=10.0, help="seconds in which all press the button")
    measurement = Measurement(parser)
    options = measurement.options
    with server() as running:
        process = psutil.Process(running.process.pid)
        seconds = sorted(asyncio.run(students(running.address, options.users, options.within)))
        memory = usage(process)[0]
    measurement.publish(
        {
            "users": options.users,
            "first_s": round(seconds[0], 1),
            "median_s": round(percentile(seconds, 0.5), 1),
            "last_s": round(seconds[-1], 1),
            "last_over_first": round(seconds[-1] / seconds[0], 2),
            "server_mb": round(memory),
        }
    )


if __name__ == "__main__":
    main()

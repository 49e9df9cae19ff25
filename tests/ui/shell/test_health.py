"""`python -m ui.shell.health`: a well server, a sick one, one that hangs, none at all."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.conftest import free_port
from ui.shell.health import health, main


class Handler(BaseHTTPRequestHandler):
    """Answers as the test says."""

    status, waits = 200, threading.Event()

    def do_GET(self) -> None:
        if self.status == 0:
            self.waits.wait(5)
            return
        if self.status == 1:
            self.wfile.write(b"SSH-2.0-another service\r\n")
            return
        self.send_response(self.status if self.path == "/_stcore/health" else 404)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *values: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    Handler.waits.set()
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.mark.parametrize(("status", "well"), [(200, True), (503, False), (404, False)])
def test_it_tells_a_well_server_from_a_sick_one(
    port: int, status: int, well: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Handler, "status", status)
    monkeypatch.setattr(sys, "argv", ["ui.shell.health", "--port", str(port)])
    assert main() == (0 if well else 2)
    told = json.loads(capsys.readouterr().out)
    assert told["healthy"] is well and told["url"].endswith(f":{port}/_stcore/health")


def test_a_server_that_hangs_or_is_not_there_is_an_answer_too(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "status", 0)
    for asked in (port, free_port()):
        told = health(asked, timeout=0.3)
        assert told["healthy"] is False and told["answer"]


def test_another_service_on_the_port_is_no_well_server(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "status", 1)
    told = health(port)
    assert told["healthy"] is False and "SSH" in str(told["answer"])

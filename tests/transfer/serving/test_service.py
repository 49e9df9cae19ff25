"""The example service of a bundle, started as a process and asked by requests on this machine."""

from __future__ import annotations

import asyncio
import json
import runpy
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.embeddings.interests import interest_model
from recsys.models.attention.model import AttentionModel
from recsys.transfer.blend import transfer
from recsys.transfer.parties import party_of_items, party_of_user
from recsys.transfer.recommendations import recommend
from recsys.transfer.serving import service
from recsys.transfer.serving.bundle import Policy, ServedInterests, export_bundle, export_onnx

Answer = tuple[int, Any]


class Client:
    """Asks the service."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answered = connection.getresponse()
            text = answered.read()
            return answered.status, json.loads(text) if text.startswith(b"{") else text
        finally:
            connection.close()


@pytest.fixture(scope="module")
def client(planted: Dataset, model: AttentionModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("service")
    export_bundle(model, planted, Policy("the nearest user", ((1, 0.7), (10, 0.2))), folder)
    export_onnx(model, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-I", "-c", _RUN, str(folder), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder)
    asked = Client(port)
    try:
        for _ in range(600):
            try:
                assert asked.get("/health")[0] == 200
                break
            except OSError:
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.1)
        yield asked
    finally:
        process.terminate()
        process.communicate(timeout=30)


_RUN = """
import runpy, sys
folder, port = sys.argv[1:]
sys.path.insert(0, folder)
sys.argv = ["service.py", port]
class Missing:
    def find_spec(self, name, *_):
        assert name.split(".")[0] not in ("recsys", "torch", "streamlit"), name
sys.meta_path.insert(0, Missing())
runpy.run_path(folder + "/service.py", run_name="__main__")
"""


def test_it_serves_the_list_of_the_library(client: Client, planted: Dataset, model: AttentionModel) -> None:
    pair = transfer(model, party_of_user(planted, 7), party_of_user(planted, 20))
    status, answer = client.get("/recommend?target=u7&source=u20&alpha=0.35&k=8")
    assert (status, answer["alpha"]) == (200, 0.35)
    assert answer["items"] == planted.items.externals(recommend(pair, 0.35, 8).items)
    assert client.get("/recommend?target=u7&source=u20")[1]["alpha"] == 0.2, "the policy's, for ten items or more"
    new = transfer(model, party_of_items([3, 9, 11]), party_of_user(planted, 20))
    _, answer = client.get("/recommend?target=item:i3,i9,i11&source=u20")
    assert answer == {"alpha": 0.7, "items": planted.items.externals(recommend(new, 0.7, 10).items)}
    assert client.get("/health") == (200, {"items": planted.n_items})


@pytest.mark.parametrize(
    ("query", "subject", "got"),
    [
        ("source=u20", "target", ""),
        ("target=u7&source=nobody", "source", "nobody"),
        ("target=item:i3,moon&source=u20", "target", "moon"),
        ("target=u7&source=u20&alpha=1.5", "alpha", "1.5"),
        ("target=u7&source=u20&alpha=nan", "alpha", "nan"),
        ("target=u7&source=u20&k=0", "k", "0"),
        ("target=u7&source=u20&k=2.5", "k", "2.5"),
        ("target=u7&source=u20&k=" + "9" * 300, "k", "9" * 80),
    ],
)
def test_a_wrong_request_is_refused_with_a_reason(client: Client, query: str, subject: str, got: str) -> None:
    status, answer = client.get(f"/recommend?{query}")
    assert status == 422 and list(answer) == ["subject", "rule", "got", "fix"]
    assert (answer["subject"], answer["got"]) == (subject, got) and "must be" in answer["rule"] and answer["fix"]


def test_other_addresses_are_not_found_and_it_stays_short(client: Client) -> None:
    assert client.get("/")[0] == 404 and client.get("/recommend/x")[0] == 404
    assert len(Path(service.__file__).read_text("utf-8").splitlines()) < 60


def test_a_user_without_later_items_is_refused_with_a_sentence(
    planted: Dataset, model: AttentionModel, tmp_path: Path
) -> None:
    """Where each user's first items are the source for the later ones."""
    export_bundle(model, planted, Policy("earlier items", ((0, 0.5),)), tmp_path, source_items=14)
    status, answer = ask(tmp_path, "target=u3&source=u3")
    assert status == 422 and "u3 has no item after those that are the source" in answer["got"]


def test_what_the_files_cannot_serve_is_a_conflict_with_a_sentence(
    planted: Dataset, model: AttentionModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights that leave nothing of a source, and new users without an encoder or without onnxruntime."""
    nothing = ServedInterests(interest_model(model, planted), np.zeros(planted.n_items, dtype=int), {0: 0.0})
    export_bundle(model, planted, Policy("the nearest user", ((1, 0.7),)), tmp_path, interests=nothing)
    for query in ("target=u7&source=u20", "target=u7&source=u20&alpha=0.5"):
        status, answer = ask(tmp_path, query)
        assert status == 409 and list(answer) == ["subject", "rule", "got", "fix"]
        assert answer["got"].startswith("The weights in policy.json leave nothing of this source.")
    own = ask(tmp_path, "target=u7&source=u20&alpha=0")
    assert own[0] == 200 and len(own[1]["items"]) == 10, "as the sentence says"
    status, answer = ask(tmp_path, "target=item:i3,i9&source=u20&alpha=0")
    assert status == 409 and "needs the file encoder.onnx" in answer["got"]
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    status, answer = ask(tmp_path, "target=item:i3,i9&source=u20&alpha=0")
    assert status == 409 and "needs the Python package onnxruntime" in answer["got"]


def ask(folder: Path, query: str) -> Answer:
    """What the service of a bundle answers, asked in this process."""
    app = service.service(runpy.run_path(str(folder / "serve_blend.py"))["Bundle"](folder))
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asked = {"path": "/recommend", "query_string": query.encode(), "headers": []}
    answered = threading.Thread(  # the browser tests of the same process keep an event loop running
        target=lambda: asyncio.run(app({"type": "http", "method": "GET"} | asked, receive, send))
    )
    answered.start()
    answered.join()
    return sent[0]["status"], json.loads(sent[1]["body"])

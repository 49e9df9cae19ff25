"""Published figures: every row of the READMEs' tables of figures names a results file and quotes it correctly."""

from __future__ import annotations

import argparse
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis.errors import FlakyFailure, FlakyStrategyDefinition
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import __main__ as all_benchmarks
from benchmarks import formatting, tables
from benchmarks.peers.environments import PEERS, error_line
from benchmarks.peers.scoring import gains, interval, ranks
from benchmarks.record import RESULTS, Measurement, command
from benchmarks.server_table import walks
from benchmarks.sessions import Errors

README, FRONT = (path.read_text("utf-8") for path in tables.READMES)
ENVELOPE = {"script", "command", "date", "commit", "machine", "versions", "quiet", "figures"}
KEPT = sorted(RESULTS.glob("*.json"))


def rows() -> list[str]:
    """The body rows of all tables that are written from results."""
    bodies = [found["body"] for found in tables.BLOCK.finditer(README + FRONT)]
    return [row for body in bodies for row in body.strip().splitlines()[2:] if row.startswith("|")]


def numbers(value: Any) -> Iterator[float]:
    """All numbers in a JSON value, including those in its texts."""
    if isinstance(value, dict):
        for one in value.values():
            yield from numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from numbers(one)
        yield float(len(value))
    elif isinstance(value, str):
        yield from (float(found.replace("−", "-")) for found in re.findall(r"[-−]?\d*\.?\d+", value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def quoted(row: str) -> list[tuple[float, int]]:
    """The figures of a row with their decimals, without the first cell (what), the aim and the file's name."""
    cells = [cell.strip() for cell in row.strip("|").split("|")][1:-1]
    text = " ".join(cell for cell in cells if not re.match(r"[≤≥]|p95 ≤|all$|no error escapes|[25],000 actions", cell))
    text = re.sub(r"`[^`]*`|[A-Za-z]+@\d+|p95|60/s|1,001 α|\d+ seeds|“.*?”", " ", text)
    found = re.findall(r"[-−]?\d[\d,]*\.?\d*", text)
    return [(float(one.replace(",", "").replace("−", "-")), len(one.partition(".")[2])) for one in found]


def test_the_tables_match_the_results() -> None:
    assert tables.written(README) == README, "run python -m benchmarks.tables"
    assert tables.written(FRONT, "benchmarks/") == FRONT, "run python -m benchmarks.tables"


def test_every_table_is_written_from_results() -> None:
    assert {found["name"] for found in tables.BLOCK.finditer(README + FRONT)} == set(tables.TABLES)
    outside = tables.BLOCK.sub("", README)
    assert not re.findall(r"^\|", outside, re.MULTILINE), "a table that is not written from results"


@pytest.mark.parametrize("row", rows())
def test_a_row_names_its_file_and_quotes_its_figures(row: str) -> None:
    named = re.search(r"\((?:benchmarks/)?results/([\w-]+\.json)\)", row)
    if named is None:
        assert "no results file yet" in row
        assert re.search(r"`([\w-]+)` \|$", row)
        return
    known = set(numbers(json.loads((RESULTS / named[1]).read_text("utf-8"))["figures"]))
    for value, decimals in quoted(row):
        near = 0.5 * 10**-decimals * 1.02 + 1e-9
        quoted_correctly = any(abs(scale * one - value) <= near for one in known for scale in (1, 100))
        assert quoted_correctly, f"{value} is not in {named[1]}"


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_a_results_file_names_its_command_and_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    kept = json.loads(text)
    assert set(kept) >= ENVELOPE
    assert kept["command"].startswith(f"python -m {kept['script']}")
    assert "--out" not in kept["command"]
    assert {"cores", "memory_gb", "processor"} <= set(kept["machine"])
    assert not re.search(r"/(work|home|root|tmp|Users)/|https?://", text), "a path or address of one machine"


def test_out_writes_the_results_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.record.RESULTS", tmp_path)
    monkeypatch.setattr("benchmarks.record.ROOT", tmp_path)
    measurement = Measurement(argparse.ArgumentParser(), "trial", ["--out"])
    measurement.publish({"seconds": 1.5})
    (path,) = tmp_path.glob("trial-*.json")
    kept = json.loads(path.read_text("utf-8"))
    assert kept["figures"] == {"seconds": 1.5}
    assert set(kept) >= ENVELOPE
    assert json.loads(capsys.readouterr().out) == kept


def test_the_command_contains_neither_out_nor_folders() -> None:
    given = ["/data/ratings.csv", "--axis", "users", "--out", "x.json"]
    assert command("benchmarks.study", given) == "python -m benchmarks.study ratings.csv --axis users"
    assert command("benchmarks.speed", ["--out", "--rows", "5"]) == "python -m benchmarks.speed --rows 5"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.1266, "0.127"), (0.0182, "0.0182"), (12345.6, "12,346"), (5.3, "5.30"), (0.0, "0"), (-0.0123, "−0.0123")],
)  # fmt: skip
def test_numbers_have_three_significant_digits(value: float, shown: str) -> None:
    assert formatting.number(value) == shown


def test_an_estimate_and_its_interval_have_the_same_decimals() -> None:
    assert formatting.estimate([0.1266, 0.1131, 0.1402]) == "0.127 [0.113, 0.140]"


def test_ranks_count_ties_and_nan_against_the_model() -> None:
    scores = np.array([[9, 3, 2, 2, 1], [9, 0, 0, 0, 0], [9, np.nan, 1, 2, 3], [9, 5, 4, -np.inf, 1]], dtype=float)
    seen = np.zeros((4, 5), dtype=bool)
    seen[0, 1] = True  # a higher score, but already seen
    found = ranks(scores, seen, np.array([2, 4, 1, 3]))
    assert found.tolist() == [1, 3, 3, 3]
    assert gains(np.array([0, 1, 9, 10])) == pytest.approx([1, 1 / np.log2(3), 1 / np.log2(11), 0])


def test_the_scoring_of_the_peers_agrees_with_the_library() -> None:
    """The library's metrics are checked against ir-measures in tests/evaluation."""
    from recsys.metrics import ndcg
    from recsys.metrics import ranks as our_ranks

    rng = np.random.default_rng(0)
    scores = rng.normal(size=(40, 61)).astype(np.float32)
    histories = [rng.choice(np.arange(1, 61), 8, replace=False) for _ in range(40)]
    wanted = np.array([rng.choice(np.setdiff1d(np.arange(1, 61), history)) for history in histories])
    seen = np.zeros(scores.shape, dtype=bool)
    for row, history in zip(seen, histories, strict=True):
        row[history] = True
    found = gains(ranks(scores, seen, wanted))
    assert found == pytest.approx(ndcg(our_ranks(scores, histories, wanted[:, None]), 10))


def test_an_interval_contains_its_mean() -> None:
    mean, low, high = interval(np.repeat([0.0, 1.0], 200))
    assert low < mean < high
    assert mean == 0.5
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.1)


def test_a_peer_that_does_not_install_reports_the_error_line() -> None:
    said = "  note: one\nAttributeError: no __SETUP__\n[end of output]\nerror: subprocess-exited-with-error\n"
    assert error_line(said) == "AttributeError: no __SETUP__"
    assert {"rectools", "recbole", "lightfm", "surprise", "als", "bpr", "item-item"} == set(PEERS)


def test_every_quoted_benchmark_has_a_command() -> None:
    names = set(all_benchmarks.commands(Path("data")))
    wanted = set(re.findall(r"`([\w-]+)` \|$", README, re.MULTILINE))
    wanted |= {re.sub(r"-\d{4}-\d\d-\d\d$", "", path.stem) for path in KEPT}
    assert wanted <= names, wanted - names


SCRIPTS = [
    path
    for path in [*sorted((tables.ROOT / "benchmarks").glob("*.py")), tables.ROOT / "benchmarks" / "peers" / "run.py"]
    if "__main__" in path.read_text("utf-8") and path.stem not in ("__main__", "tables")
]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_benchmark_publishes_through_measurement(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "measurement = Measurement(parser" in text
    assert "measurement.publish(" in text


@pytest.mark.parametrize(
    "error", [FlakyStrategyDefinition("inconsistent data generation"), FlakyFailure("flaky", [KeyError("tab")])]
)
def test_a_page_walk_that_hypothesis_finds_inconsistent_is_recorded_with_its_steps(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from benchmarks import walks as benchmark

    def walk(seed: int, walks: int, steps: int) -> None:
        benchmark.PageWalk.done += 20
        if seed == 1:
            benchmark.PageWalk.last_failure = ["after these steps", "  1. Open Data"]
            raise error

    monkeypatch.setattr(benchmark, "walk_pages", walk)
    figures = benchmark.page_walks(40, seed=1, length=15)
    (failure,) = figures["failures"]
    assert figures["actions"] == 40 and figures["walks"] == 20
    assert failure["seed"] == 1 and failure["error"] == type(error).__name__
    assert failure["walk"][-2:] == ["after these steps", "  1. Open Data"]


def test_page_walks_that_do_no_action_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import walks as benchmark

    def walk(seed: int, walks: int, steps: int) -> None:
        raise RuntimeError("the page never ends")

    monkeypatch.setattr(benchmark, "walk_pages", walk)
    assert len(benchmark.page_walks(40, seed=1, length=15)["failures"]) == 1


def test_the_row_of_the_walks_counts_failures() -> None:
    found = {"apptest": {"actions": 5003, "walks": 100, "failures": [{"seed": 7}]}}
    assert walks(found) == "5,003 actions in 100 walks, failures: 1"


@pytest.mark.parametrize(
    ("block", "kind", "errors"),
    [
        ("", Alert.ERROR, ["Home: a red box without a mark: it broke"]),
        ("", Alert.WARNING, []),
        ("1-studio_verdict_1a2b3c4d", Alert.ERROR, []),
        ("1-studio_error_refused_1a2b3c4d", Alert.ERROR, ["Home: 1-studio_error_refused_1a2b3c4d"]),
    ],
)
def test_a_measured_session_sees_every_red_box_once(
    block: str, kind: Alert.Format.ValueType, errors: list[str]
) -> None:
    around, box = ForwardMsg(), ForwardMsg()
    around.delta.add_block.id, around.metadata.delta_path[:] = block, [0, 3]
    box.delta.new_element.alert.body, box.delta.new_element.alert.format = "it broke", kind
    box.metadata.delta_path[:] = [0, 3, 0]
    seen = Errors("Home")
    assert [*seen.of(around), *seen.of(box)] == errors


@pytest.mark.parametrize("file", sorted(Path(tables.__file__).parent.glob("*.py")), ids=lambda file: file.stem)
def test_every_benchmark_can_be_imported(file: Path) -> None:
    importlib.import_module(f"benchmarks.{file.stem}")

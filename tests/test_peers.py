"""The evaluation of the peers: the split, the choice of settings on validation, the final training."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.datasets import dataset
from benchmarks.peers import run
from recsys.data.splits import leave_one_out

PEERS = Path(run.__file__).parent


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """benchmarks/peers/shared.py as a peer's script imports it."""
    monkeypatch.syspath_prepend(str(PEERS))
    return importlib.import_module("shared")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six users over nine items, as run.py writes them; the last user has two items only."""
    rng = np.random.default_rng(0)
    lengths = [5, 6, 7, 5, 6, 2]
    rows = [(f"u{u}", f"i{i}", t) for u, n in enumerate(lengths) for t, i in enumerate(rng.permutation(9)[:n])]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])
    run.write_split(dataset(frame, "small"), tmp_path)
    return tmp_path


def test_peers_get_the_split_of_our_model(shared: ModuleType, folder: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        (f"u{u}", f"i{i}", t) for u, n in enumerate([5, 6, 7, 5, 6, 2]) for t, i in enumerate(rng.permutation(9)[:n])
    ]
    ours = leave_one_out(dataset(pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"]), "small"))
    theirs = shared.Split(folder)
    assert len(theirs.train) == ours.train.n_interactions
    for held, part in ((ours.validation, theirs.validation), (ours.test, theirs.test)):
        assert part["user"].tolist() == held.users.tolist()
        assert part["item"].tolist() == [items[0] for items in held.positives]
    for user, history in zip(ours.test.users, ours.test.histories, strict=True):
        assert theirs.known[theirs.known["user"] == user]["item"].tolist() == history.tolist()


def test_the_best_point_is_chosen_on_validation_and_the_budget_ends_training(shared: ModuleType, folder: Path) -> None:
    split = shared.Split(folder)
    training = shared.Training(split, 0.05, ("validation", "test"))
    held_out = {"validation": split.validation, "test": split.test}
    calls = 0

    def scores(history: pd.DataFrame) -> np.ndarray:
        part = "validation" if len(history) == len(split.train) else "test"
        found = np.zeros((split.n_users, split.n_items + 1))
        if calls == 2:  # the second model ranks all held-out items first
            found[held_out[part]["user"], held_out[part]["item"]] = 1.0
        return found

    continues = True
    while continues:
        calls += 1
        sum(range(20_000))
        continues = training.evaluate(scores)
    assert training.best["step"] == 2
    assert training.best["validation"] == training.best["test"] == 1.0
    assert training.curve[-1]["cpu_seconds"] >= 0.05
    assert training.calls > 2


@pytest.mark.parametrize("reads_history", [True, False])
def test_the_settings_that_are_best_on_validation_are_trained_again(
    shared: ModuleType,
    folder: Path,
    reads_history: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    split, trained_on = shared.Split(folder), []

    def fit(_: Any, rows: pd.DataFrame, settings: dict[str, Any], evaluate: Any) -> None:
        trained_on.append((len(rows), settings))

        def scores(history: pd.DataFrame) -> np.ndarray:
            held = split.validation if len(history) == len(split.train) else split.test
            found = np.zeros((split.n_users, split.n_items + 1))
            found[held["user"], held["item"]] = 1.0 if settings["good"] else -1.0
            return found

        while evaluate(scores):
            pass

    monkeypatch.setattr(sys, "argv", ["peer.py", str(folder), "0.01", "0.02", "2"])
    monkeypatch.setattr(shared, "version", lambda _: "1.0")
    shared.run_peer("a peer", "numpy", [{"good": False}, {"good": True}], fit, reads_history=reads_history)
    report = json.loads(capsys.readouterr().out)
    assert report["settings"] == {"good": True}
    bad, good = (entry["validation"] for entry in report["tried"])
    assert bad < good == 1.0
    assert report["test"]["ndcg@10"] == [1.0, 1.0, 1.0]
    last = len(split.train) if reads_history else len(split.known)
    assert trained_on == [
        (len(split.train), {"good": False}),
        (len(split.train), {"good": True}),
        (last, {"good": True}),
    ]


def test_sooner_compares_the_times_to_99_percent_of_the_peers_best() -> None:
    def curve(*points: tuple[float, float]) -> list[dict[str, float]]:
        return [{"seconds": at, "cpu_seconds": 2 * at, "test": value} for at, value in points]

    results = [
        {"model": "RecTools SASRec", "curve": curve((10, 0.05), (40, 0.0995), (90, 0.1))},
        {"model": run.NETWORK, "curve": curve((2, 0.08), (5, 0.1))},
        {"model": run.NETWORK, "curve": curve((8, 0.11))},
        {"model": run.NETWORK, "curve": curve((10, 0.11))},
        {"model": run.BOTH, "curve": curve((3, 0.05))},
    ]
    (found,) = run.sooner(results)
    assert found["peer_took"] == {"seconds": 40, "cpu_seconds": 80}
    assert found[run.NETWORK] == {
        "took": {"seconds": 8, "cpu_seconds": 16},
        "times_sooner": {"seconds": 5.0, "cpu_seconds": 5.0},
    }
    assert run.BOTH not in found  # not reached

"""The model card and the data card quote what the shipped files say."""

from __future__ import annotations

import csv
import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.data.loading import Loaded
from recsys.data.samples import load_sample

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample_data"
MODEL_CARD = (ROOT / "docs" / "MODEL_CARD.md").read_text("utf-8")
DATA_CARD = (ROOT / "docs" / "DATA_CARD.md").read_text("utf-8")
RUN: dict[str, Any] = json.loads((SAMPLE / "run" / "run.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def sample() -> Loaded:
    return load_sample("all")


def rows(card: str) -> dict[str, list[str]]:
    """The rows of all tables of a card: first cell -> other cells."""
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in card.splitlines() if line[:2] == "| "]
    return {first: rest for first, *rest in cells if rest}


def table(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of the sample."""
    return list(csv.DictReader((SAMPLE / name).read_text("utf-8").splitlines()))


def three_digits(value: float) -> str:
    """A number as the cards write it: three significant digits, at most four decimals."""
    return f"{value:.{3 if value >= 0.1 else 4}f}"


def estimate(part: dict[str, float]) -> str:
    """A value with its interval."""
    value, low, high = (three_digits(part[name]) for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def test_the_results_are_those_of_the_run() -> None:
    found, parts = rows(MODEL_CARD), RUN["evidence"]["parts"]
    means = {name: [three_digits(part[key]) for key in ("hr@10", "mrr")] for name, part in RUN["validation"].items()}
    ndcg = {name: three_digits(part["ndcg@10"]) for name, part in RUN["validation"].items()}
    assert found["network and Markov scores"] == [estimate(parts["both together"]), *means["attention"]]
    assert found["network alone"][0] == estimate(parts["network alone"])
    assert found["Markov alone"] == [estimate(parts["Markov alone"]), *means["markov"]]
    assert found["item-kNN"] == [ndcg["item-knn"], *means["item-knn"]]
    assert found["popularity"] == [ndcg["popularity"], *means["popularity"]]


def test_the_gain_and_the_number_of_users_are_those_of_the_run() -> None:
    evidence = RUN["evidence"]
    gain = evidence["comparison"]
    shown = f"{gain['difference']:.4f} [{gain['low']:.4f}, {gain['high']:.4f}]"
    assert f"The gain over Markov alone is {shown} NDCG@10" in MODEL_CARD
    assert f"Validation, {evidence['users']:,} users" in MODEL_CARD
    assert f"In {evidence['repeats']['share']:.1%} of the cases" in MODEL_CARD


def test_the_model_is_described_as_it_was_trained() -> None:
    model, training = RUN["config"]["model"], RUN["config"]["train"]
    weights = json.loads((SAMPLE / "run" / "models" / "attention" / "meta.json").read_text("utf-8"))
    found = {name: cells[0] for name, cells in rows(MODEL_CARD).items()}
    layers, length = model.get("layers", model.get("blocks")), model.get("max_length", model.get("context"))
    assert f"embeddings of {model['embedding_size']} numbers, {layers} layers, {model['heads']} head," in found["size"]
    assert f"the newest {length} items" in found["size"]
    assert f"each of {weights['n_items']:,} items" in found["output"]
    assert f"{training['epochs']} epochs, learning rate {training['learning_rate']}" in found["training"]
    assert f"{training['negatives']:,} shared negative samples, dropout {model['dropout']}" in found["training"]
    assert f"seed {training['seed']}; {RUN['seconds']:.0f} s" in found["training"]
    knn, markov = RUN["settings"]["item-knn"], RUN["settings"]["markov"]
    assert f"({knn['neighbours']} neighbours, shrinkage {knn['shrink']:.0f})" in found["baselines beside it"]
    assert f"the last {markov['window']} items" in found["type"]
    assert all(f"{name} {version}" in found["versions"] for name, version in RUN["versions"].items())
    assert found["date"] == RUN["created"][:10]


def test_the_rows_are_counted_as_loading_counts_them(sample: Loaded) -> None:
    found = {name: cells[0] for name, cells in rows(DATA_CARD).items()}
    report, dataset = sample.report, sample.dataset
    assert found["rows in `interactions.csv.gz`"] == f"{report.rows_read:,}"
    assert found["rows kept by the default cleaning plan"] == f"{report.rows_kept:,}"
    dropped = {reason.replace("_", " "): n for reason, n in report.dropped.items() if n}
    assert found["dropped"] == ", ".join(f"{n:,} {r}" for r, n in sorted(dropped.items(), key=lambda one: -one[1]))
    assert found["users"] == f"{dataset.n_users:,}"
    lengths = np.diff(dataset.offsets)
    assert found["history lengths"].startswith(f"{lengths.min()} to {lengths.max()} interactions, median ")
    assert found["history lengths"].endswith(f" {np.median(lengths):.0f}")
    assert dataset.timestamps is not None
    first, last = (
        datetime.fromtimestamp(moment, UTC).date() for moment in (dataset.timestamps.min(), dataset.timestamps.max())
    )
    assert found["period"] == f"{first} to {last} (UTC)"


def test_the_tables_are_counted_as_they_stand_in_the_files(sample: Loaded) -> None:
    found = {name: cells[0] for name, cells in rows(DATA_CARD).items()}
    items = table("items.csv")
    users = table("people.csv")
    scenarios = [sum(item["scenario"] == name for item in items) for name in {item["scenario"] for item in items}]
    assert found["items"] == f"{len(items):,} in the catalogue, {sample.dataset.n_items:,} with interactions"
    assert found["scenarios"].endswith(f"{min(scenarios)} to {max(scenarios)} items each")
    for column in ("description", "tags"):
        assert f"{column} ({sum(not item[column] for item in items)} missing)" in found["item columns"]
    for column in ("age_band", "region"):
        values = {user[column] for user in users} - {""}
        missing = sum(not user[column] for user in users)
        assert f"{column.replace('_', ' ')} ({len(values)} values, {missing} missing)" in found["user columns"]


def test_the_planted_truth_is_counted_as_it_stands_in_the_file() -> None:
    found = {name: cells[0] for name, cells in rows(DATA_CARD).items()}
    truth = json.loads(gzip.decompress((SAMPLE / "truth.json.gz").read_bytes()))
    users = truth["people"].values()
    assert found["users with a new main interest in the second year"] == str(sum(user["drifts"] for user in users))
    assert found["users with a scenario of at most two interactions"] == str(sum(bool(user["cold"]) for user in users))
    assert f"are {len(truth['dirty_rows']['duplicate'])} planted ones" in DATA_CARD


@pytest.mark.parametrize("card", [MODEL_CARD, DATA_CARD], ids=["model", "data"])
def test_the_links_and_paths_of_a_card_exist(card: str) -> None:
    paths = re.findall(r"\]\(([^)#]+)\)", card)
    assert all((ROOT / "docs" / path).exists() for path in paths)
    named = re.findall(r"`((?:sample_data|benchmarks|tests)/[\w./]+)`", card)
    assert all((ROOT / path).exists() for path in named)

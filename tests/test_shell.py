"""The shell commands, exactly as the README names them: exit code 0, or 2 with one line."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import runpy
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recsys.__main__ import _parser, _write, main
from recsys.commands import evaluations, steps
from recsys.evaluation import evaluate_models, protocols
from recsys.jobs.description import JobDescription
from recsys.jobs.studies import studied_model
from recsys.metrics import registry
from recsys.metrics.registry import Metric, find_metric
from recsys.models.table import FittedModel
from recsys.runs import TrainingPlan, load_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.test_transfer_page import study as study_content


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty users with two groups of twenty items, two dirty rows."""
    rng = np.random.default_rng(0)
    lines = ["user_id,item_id,rating,timestamp"]
    for user in range(40):
        start = rng.integers(20)
        for step in range(8):
            item = 100 * (user % 2) + (start + step) % 20 + 1
            lines.append(f"u{user},{item},{rng.integers(1, 6)},{1_600_000_000 + step * 90_000}")
    lines += [lines[1], ",5,3,1600000000"]
    path = tmp_path_factory.mktemp("shell") / "ratings.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def run(file: Path) -> Path:
    folder = file.parent / "run"
    assert main(["train", str(file), "--run", str(folder), "--epochs", "3", "--holdout", "last-one", "--json"]) == 0
    return folder


def answer(capsys: pytest.CaptureFixture[str], arguments: Sequence[object]) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*map(str, arguments), "--json"]) == 0
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    return shown


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def test_inspect(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    shown = answer(capsys, ["inspect", file])
    assert shown["rows_read"] == 322 and shown["rows_kept"] == 320
    assert {reason: n for reason, n in shown["dropped"].items() if n} == {"duplicate": 1, "missing_user": 1}
    assert (shown["users"], shown["items"]) == (40, 40) and shown["columns"]["user_id"] == "user_id"


def test_train(capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path) -> None:
    for model in ("attention", "popularity", "item-knn"):
        shown = answer(capsys, ["train", file, "--run", tmp_path / model, "--model", model, "--epochs", 1, "--seed", 3])
        assert shown["model"] == model and shown["users"] == 40 and shown["items"] == 40
    assert (tmp_path / "attention" / "models" / "attention" / "weights.safetensors").is_file()


def test_train_is_repeatable(capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        answer(capsys, ["train", file, "--run", tmp_path / name, "--epochs", 2, "--seed", 5])
        answer(capsys, ["recommend", "--run", tmp_path / name, "--out", tmp_path / f"{name}.csv"])
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "two.csv").read_text()


def test_recommend_leaves_out_what_is_known(
    capsys: pytest.CaptureFixture[str], file: Path, run: Path, tmp_path: Path
) -> None:
    answer(capsys, ["recommend", "--run", run, "--k", 5, "--out", tmp_path / "r.csv"])
    rows = table(tmp_path / "r.csv")
    assert list(rows[0]) == ["user_id", "item_id", "rank", "score"] and len(rows) == 40 * 5
    histories: dict[str, list[str]] = {}
    for row in table(file)[:320]:
        histories.setdefault(row["user_id"], []).append(row["item_id"])
    for user, items in histories.items():
        mine = [row for row in rows if row["user_id"] == user]
        assert [int(row["rank"]) for row in mine] == [1, 2, 3, 4, 5]
        assert not {row["item_id"] for row in mine} & set(items[:-1])  # the test item may be found
        assert [float(row["score"]) for row in mine] == sorted((float(row["score"]) for row in mine), reverse=True)
    answer(capsys, ["recommend", "--run", run, "--k", 3, "--out", tmp_path / "r.csv", "--user", "u7", "--user", "u9"])
    assert [row["user_id"] for row in table(tmp_path / "r.csv")] == ["u7"] * 3 + ["u9"] * 3


def test_the_path_agrees_with_single_alphas(capsys: pytest.CaptureFixture[str], run: Path) -> None:
    both = ["--run", run, "--target", "u0", "--source", "u1", "--k", 6]
    path = answer(capsys, ["transfer", *both, "--path"])
    steps = path["steps"]
    assert steps[0]["from"] == 0 and steps[-1]["to"] == 1 and len(steps) > 1
    assert all(a["to"] == b["from"] and a["items"] != b["items"] for a, b in pairwise(steps))
    for step in steps:
        middle = (step["from"] + step["to"]) / 2
        blended = answer(capsys, ["transfer", *both, "--alpha", repr(middle)])
        assert [item["item_id"] for item in blended["items"]] == step["items"]


def test_alpha_zero_is_the_targets_own_list(capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path) -> None:
    answer(capsys, ["recommend", "--run", run, "--k", 6, "--out", tmp_path / "r.csv", "--user", "u0"])
    own = [row["item_id"] for row in table(tmp_path / "r.csv")]
    blended = answer(capsys, ["transfer", "--run", run, "--target", "u0", "--source", "u1", "--alpha", 0, "--k", 6])
    assert [item["item_id"] for item in blended["items"]] == own


def test_the_interests_of_a_source_are_listed_and_weighted(capsys: pytest.CaptureFixture[str], run: Path) -> None:
    both = ["transfer", "--run", run, "--target", "u0", "--source", "u1", "--alpha", 1, "--k", 4]
    whole = answer(capsys, [*both, "--what", "interests"])
    assert whole["what"] == "interests" and sum(one["share"] for one in whole["interests"]) == pytest.approx(1)
    first = whole["interests"][0]["group"]
    without = answer(capsys, [*both, "--what", "interests", "--weights", f"{first}:0"])
    assert [one["weight"] for one in without["interests"]] == [0.0] + [1.0] * (len(whole["interests"]) - 1)
    assert without["items"] != whole["items"]
    plain = answer(capsys, both)
    assert plain["what"] == "next-choice" and "interests" not in plain and plain["items"] != whole["items"]


def test_project(capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path) -> None:
    answer(capsys, ["project", "--run", run, "--out", tmp_path / "map.csv"])
    rows = table(tmp_path / "map.csv")
    assert list(rows[0]) == ["user_id", "x", "y", "cluster"] and len(rows) == 40
    assert all(np.isfinite([float(row["x"]), float(row["y"]), int(row["cluster"])]).all() for row in rows)


def test_project_uses_the_layout_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys.embeddings.projection._umap_learn", lambda vectors, dims, *_: vectors[:, :dims])
    for layout in ("pca", "umap-learn"):
        said = answer(capsys, ["project", "--run", run, "--out", tmp_path / "map.csv", "--layout", layout])
        assert said["method"] == layout


def test_project_maps_interests_unless_the_next_choice_is_asked_for(
    capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path
) -> None:
    points = {}
    for name in ("interests", "next-choice", ""):
        file = tmp_path / f"{name}.csv"
        asked = ["--representation", name] if name else []
        said = answer(capsys, ["project", "--run", run, "--out", file, *asked])
        assert said["representation"] == (name or "interests")
        points[name] = [(row["x"], row["y"]) for row in table(file)]
    assert points[""] == points["interests"] != points["next-choice"]


def test_evaluate(capsys: pytest.CaptureFixture[str], run: Path) -> None:
    shown = answer(capsys, ["evaluate", "--run", run])
    assert set(shown["models"]) == {"attention", "popularity", "item-knn", "markov", *shown["parts"]}
    assert shown["protocol"] and "the best simple baseline" in shown["verdict"]
    for metrics in shown["models"].values():
        for name in ("ndcg@10", "hr@10"):
            assert metrics[name]["low"] <= metrics[name]["value"] <= metrics[name]["high"]


def test_evaluate_reads_popularity_from_the_rows_learned_from(capsys: pytest.CaptureFixture[str], run: Path) -> None:
    """Novelty and popularity lift must not know the test rows: the shell reports what the app reports."""
    trained, dataset = load_run(run)
    split, models = trained.split(dataset), trained.models | trained.parts
    expected = evaluate_models(models, split.test, split.train).to_json()
    shown = answer(capsys, ["evaluate", "--run", run])
    assert shown["models"] == json.loads(json.dumps(expected["models"]))
    whole = evaluate_models(models, split.test, dataset).to_json()
    assert shown["models"] != json.loads(json.dumps(whole["models"])), "the test rows change these figures"


def test_evaluate_has_the_protocols_of_the_page_and_tells_how_far_it_is(
    capsys: pytest.CaptureFixture[str], run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tuple(one.key for one in protocols.PROTOCOLS) == evaluations.PROTOCOLS
    few = [replace(one, sampled=min(one.sampled, 3)) for one in protocols.PROTOCOLS]
    monkeypatch.setattr(protocols, "PROTOCOLS", tuple(few))
    full = answer(capsys, ["evaluate", "--run", run])["models"]["popularity"]["ndcg@10"]["value"]
    sampled = answer(capsys, ["evaluate", "--run", run, "--protocol", "sampled-negatives"])
    assert sampled["protocol"] == "sampled-negatives" and sampled["models"].keys() >= {"attention", "markov"}
    assert sampled["models"]["popularity"]["ndcg@10"]["value"] > full, "three other items are an easier choice"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main(["evaluate", "--run", str(run), "--protocol", "cold-users"]) == 0
    shown = capsys.readouterr()
    assert "protocol: cold-users" in shown.out and "█" in shown.err and "100%" in shown.err
    assert main(["evaluate", "--run", str(run), "--protocol", "next-click"]) == 2
    assert "--protocol must be one of leave-one-out, time, cold-users, sampled-negatives" in capsys.readouterr().err


def test_study_takes_the_pair_of_scenarios_and_the_model_of_the_run(
    capsys: pytest.CaptureFixture[str], file: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = ["study", "--run", run, "--axis", "scenarios", "--scenarios", "shop", "films"]
    assert main(list(map(str, study))) == 2 and "scenario" in capsys.readouterr().err
    assert main(["study", "--run", str(run), "--scenarios", "shop", "films"]) == 2
    assert "--scenarios needs --axis scenarios (got users)" in capsys.readouterr().err
    asked: list[dict[str, Any]] = []

    def record(dataset: object, axis: str, **options: Any) -> SimpleNamespace:
        asked.append({"axis": axis, **options})
        return SimpleNamespace(to_json=dict)

    monkeypatch.setattr("recsys.evaluation.study.transfer_study.transfer_study", record)
    answer(capsys, ["train", file, "--run", tmp_path / "gru", "--model", "gru4rec", "--epochs", 1])
    study[2] = tmp_path / "gru"
    assert answer(capsys, study)["made_for"]["model"]["name"] == "gru4rec"
    assert asked[0]["scenarios"] == ("shop", "films") and asked[0]["model"].name == "gru4rec"


def test_several_users_agree_on_a_list_and_each_is_told_how_well_it_serves(
    capsys: pytest.CaptureFixture[str], run: Path
) -> None:
    both = ["transfer", "--run", run, "--source", "u1", "--k", 6, "--target", "u0", "--target", "u2", "--agree"]
    path = answer(capsys, [*both, "least-misery", "--path"])
    assert path["target"] == ["u0", "u2"] and path["agree"] == "least-misery" and path["source"] == "u1"
    blended = answer(capsys, [*both, "least-misery", "--alpha", 0.2])
    items = [item["item_id"] for item in blended["items"]]
    assert items == next(step["items"] for step in path["steps"] if step["from"] <= 0.2 < step["to"])
    assert [row["user_id"] for row in blended["satisfaction"]] == ["u0", "u2"]
    assert all(0 <= row["found"] <= row["of"] == 6 and "found_by_mean" in row for row in blended["satisfaction"])
    assert blended["served_least"].startswith("Served least: u")
    by_mean = answer(capsys, [*both, "mean", "--alpha", 0.2])
    assert [row["found"] for row in by_mean["satisfaction"]] == [r["found_by_mean"] for r in blended["satisfaction"]]
    assert len(answer(capsys, [*both, "mean", "--leave-out", "all", "--source", "u3", "--alpha", 1])["items"]) == 6
    alone = answer(capsys, ["transfer", "--run", run, "--target", "u0", "--source", "u1", "--agree", "mean"])
    assert alone["target"] == "u0" and "satisfaction" not in alone and "agree" not in alone


def test_evaluate_reports_every_metric_of_the_table(
    capsys: pytest.CaptureFixture[str], run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = Metric(
        "toy", "Toy metric", "higher", 0, 1, 10, "k / 100", "", "One hundredth of the list length.",
        per_user=lambda output, k: np.full(len(output.lists), k / 100),
    )  # fmt: skip
    monkeypatch.setattr(registry, "METRICS", (*registry.METRICS, toy))
    shown = answer(capsys, ["evaluate", "--run", run])
    assert {find_metric(key) for key in shown["metrics"]} >= {m for m in registry.METRICS if m.name != "calibration"}
    assert shown["metrics"]["toy@10"]["label"] == "Toy metric"
    assert shown["models"]["popularity"]["toy@5"]["value"] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["transfer", "--target", "u0", "--source", "u1", "--alpha", "1.4"], "between 0 and 1"),
        (["transfer", "--target", "nobody", "--source", "u1", "--alpha", "0.5"], "nobody"),
        (["transfer", "--target", "u0", "--source", "u1", "--path", "--k", "0"], "k must be"),
        (["transfer", "--target", "u0", "--source", "u1", "--weights", "3:0"], "needs --what interests"),
        (["transfer", "--target", "u0", "--source", "u1", "--what", "interests", "--weights", "3=0"], "number:weight"),
        (["transfer", "--target", "u0", "--target", "u0", "--source", "u1"], "from 2 to 8 different users"),
        (["transfer", "--target", "u0", "--source", "u1", "--agree", "vote"], "least-misery"),
        (["transfer", "--target", "u0", "--source", "u1", "--path", "--pin", "1"], "without --pin and --per-tag"),
        (["transfer", "--target", "u0", "--source", "u1", "--path", "--per-tag", "2"], "(got --per-tag)"),
        (["recommend", "--out", "x.csv", "--user", "nobody"], "nobody"),
        (["recommend"], "--out"),
        (["study", "--seed", "-1"], "--seed must be between 0 and 4,294,967,295 (got -1)"),
    ],
)
def test_wrong_arguments_end_with_one_line(
    capsys: pytest.CaptureFixture[str], run: Path, arguments: list[str], words: str
) -> None:
    capsys.readouterr()
    try:
        code = main([*arguments, "--run", str(run)])
    except SystemExit as end:
        code = int(str(end.code))
    shown = capsys.readouterr()
    assert code == 2 and shown.out == "" and shown.err.count("\n") == 1 and words in shown.err


@pytest.mark.parametrize("content", [b"", b"one\ncolumn\n", b"\x00\x01\x02", b"user_id,item_id\n1,2\n", b"{" * 5000])
def test_wrong_files_end_with_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f.csv").write_bytes(content)
    capsys.readouterr()
    assert main(["train", str(tmp_path / "f.csv"), "--run", str(tmp_path / "r"), "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and "Traceback" not in shown.err


def test_training_replaces_nothing_but_an_older_run(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("years")
    (tmp_path / "own.csv").write_bytes(file.read_bytes())
    for place in (tmp_path / "own.csv", tmp_path / "work"):
        assert main(["train", str(tmp_path / "own.csv"), "--run", str(place), "--model", "popularity"]) == 2
        assert "--run must be a new or empty folder, or that of an older run" in capsys.readouterr().err
    assert (tmp_path / "own.csv").is_file() and (tmp_path / "work" / "thesis.txt").is_file()


def test_a_missing_file_and_a_missing_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["inspect", str(tmp_path / "none.csv"), "--json"]) == 2
    assert main(["evaluate", "--run", str(tmp_path / "none"), "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 2


def test_a_job_of_the_app_runs_by_hand(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    home, space = tmp_path / "home", Workspace(tmp_path / "home").space("a" * 32)
    data = space.save_dataset(planted_dataset(users=40))
    plan = TrainingPlan(FittedModel("popularity"), name="", baselines=())
    settings = {"plan": plan.to_json(), "name": "by hand"}
    job = JobDescription("b" * 24, "train", space.id, dataset=data.id, settings=settings)
    (tmp_path / "job.json").write_text(json.dumps(job.to_json()), "utf-8")
    shown = answer(capsys, ["job", tmp_path / "job.json", "--home", home])
    (entry,) = space.entries("run")
    assert entry.name == "by hand" and shown["result"] == {"run": entry.id, "dataset": data.id}
    assert json.loads(Path(shown["file"]).read_text("utf-8")) == shown["result"]
    alpha = JobDescription("c" * 24, "alpha", space.id, run=entry.id)
    (tmp_path / "job.json").write_text(json.dumps(alpha.to_json()), "utf-8")
    assert main(["job", str(tmp_path / "job.json"), "--home", str(home)]) == 2
    assert capsys.readouterr().err == "the settings of the job must have “targets”.\n"
    (tmp_path / "job.json").write_text('{"format": 1}', "utf-8")
    capsys.readouterr()
    assert main(["job", str(tmp_path / "job.json"), "--home", str(home)]) == 2
    assert "the job in job.json can't be read" in capsys.readouterr().err


def test_a_reader_that_has_gone_and_an_encoding_that_lacks_a_letter_are_no_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "recsys", "completion", "bash"]
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (0, b"")
    for as_json, expected in ((True, b'{"name": "caf\\u00e9"}'), (False, b"name: caf\\xe9")):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
        _write({"name": "café"}, as_json=as_json)
        assert sys.stdout.buffer.getvalue().strip() == expected  # type: ignore[attr-defined]


def test_a_query_to_a_file_or_a_server_is_read_and_no_address_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    path = tmp_path / "secret-place.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (person, thing)")
        connection.executemany("INSERT INTO orders VALUES (?, ?)", [(f"u{n % 4}", f"i{n % 5}") for n in range(20)])
    sql = "SELECT person AS user, thing AS item FROM orders"
    assert main(["inspect", str(path), "--sql", sql, "--rows", "12", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows_read"] == 12 and "first 12 rows" in " ".join(found["warnings"])
    assert main(["inspect", "--url", f"sqlite:///{path}", "--sql", sql, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["users"] == 4
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    assert main(["inspect"]) == 2
    assert "orders (person, thing)" in capsys.readouterr().err
    for arguments in (["--sql", "SELECT * FROM missing"], ["--sql", "DROP TABLE orders"], ["--url", f"x{path}"]):
        assert main(["inspect", *arguments]) == 2
        shown = "".join(capsys.readouterr())
        assert shown.count("\n") == 1 and "secret-place" not in shown
    monkeypatch.delenv("DATABASE_URL")
    assert main(["inspect"]) == 2
    assert "must be a file or a database" in capsys.readouterr().err


def test_transfer_follows_the_rules_about_items(capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path) -> None:
    both = ["transfer", "--run", run, "--target", "u0", "--source", "u1", "--alpha", 0.4, "--k", 5]
    plain = [item["item_id"] for item in answer(capsys, both)["items"]]
    (tmp_path / "list.csv").write_text("item,why\n" + "".join(f"{item},x\n" for item in plain[:2]))
    blocked = [item["item_id"] for item in answer(capsys, [*both, "--block", tmp_path / "list.csv"])["items"]]
    assert blocked[:3] == plain[2:]
    only = answer(capsys, [*both, "--only", tmp_path / "list.csv", "--pin", plain[1]])["items"]
    assert [item["item_id"] for item in only] == [plain[1], plain[0]]
    for encoding in ("utf-16", "utf-8-sig", "gb18030"):
        (tmp_path / "list.csv").write_bytes(f"item,说明\n{plain[0]},不再出售的商品\n".encode(encoding))
        blocked = [item["item_id"] for item in answer(capsys, [*both, "--block", tmp_path / "list.csv"])["items"]]
        assert blocked[:4] == plain[1:]
    assert main([*map(str, both), "--numbers", "price:1..2"]) == 2
    assert "must be one of the item table" in capsys.readouterr().err


def test_already_chosen_items_by_the_rule_of_the_run(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    assert answer(capsys, ["inspect", file])["repeats"]["proposed"] == "leave-out"
    train = ["train", file, "--run", tmp_path / "run", "--model", "recent-items", "--repeats"]
    answer(capsys, [*train, "allow"])
    answer(capsys, ["recommend", "--run", tmp_path / "run", "--k", 3, "--out", tmp_path / "r.csv", "--user", "u7"])
    own = [row["item_id"] for row in table(file)[:320] if row["user_id"] == "u7"]
    assert [row["item_id"] for row in table(tmp_path / "r.csv")] == own[::-1][:3]
    assert main([*map(str, train), "sometimes"]) == 2 and "must be leave-out, allow" in capsys.readouterr().err
    answer(capsys, [*train, "auto"])
    assert load_run(tmp_path / "run")[0].repeats.text == "leave-out"


def commands(parser: argparse.ArgumentParser | None = None) -> dict[str, Any]:
    """The parser of each command, by name."""
    found = (action.choices for action in (parser or _parser())._actions if isinstance(action.choices, dict))
    return next(found, {})


def file_arguments() -> list[tuple[str, str, str]]:
    """Command, action and name of each argument that is a path."""
    leaves = {
        (name, action): parser
        for name, command in commands().items()
        for action, parser in (commands(command) or {"": command}).items()
    }
    return [
        (*words, argument.option_strings[0] if argument.option_strings else argument.dest)
        for words, parser in leaves.items()
        for argument in parser._actions
        if argument.type is Path
    ]


MINIMAL: dict[str, list[str]] = {
    "inspect": ["{data}"],
    "train": ["{data}", "--run", "{new}", "--model", "popularity"],
    "tune": ["{data}", "--out", "{new}", "--trials", "2", "--epochs", "1", "--settings", "dropout"],
    "recommend": ["--run", "{run}", "--out", "{new}"],
    "transfer": ["--run", "{run}", "--target", "u0", "--source", "u1"],
    "project": ["--run", "{run}", "--out", "{new}", "--layout", "pca"],
    "groups": ["--run", "{run}"],
    "interests": ["--run", "{run}", "--of", "user:u0"],
    "methods": ["--run", "{run}"],
    "explain": ["--run", "{run}", "--user", "u0"],
    "evaluate": ["--run", "{run}"],
    "study": ["--run", "{run}"],
    "bundle": ["--run", "{run}", "--out", "{new}"],
    "job": ["{job}"],
    "cases show": ["0" * 24],
    "cases save": ["--run", "{run}", "--target", "user:u0", "--source", "user:u1"],
    "cases note": ["0" * 24, "text"],
    "cases compare": ["0" * 24, "1" * 24],
    "cases delete": ["0" * 24],
    "cases restore": ["0" * 24],
    "cases export": ["--out", "{new}.html"],
}
"""Arguments of each command with which it works, or would in a workspace with such cases."""


@pytest.mark.parametrize(("command", "action", "name"), file_arguments(), ids=map(" ".join, file_arguments()))
def test_a_file_that_cannot_be_read_ends_with_one_line(
    command: str, action: str, name: str, file: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A damaged file, text in no encoding, an empty file and a folder, for each argument that is a path."""
    contents = {"damaged": b'{"best": [', "binary": b"\x00\xff\xfe\x81item" * 9, "empty": b""}
    for kind, content in contents.items():
        (tmp_path / kind).write_bytes(content)
    (tmp_path / "folder").mkdir()
    (tmp_path / "job.json").write_text('{"format": 1}', "utf-8")
    places = {"data": file, "run": run, "new": tmp_path / "new", "job": tmp_path / "job.json"}
    step = f"{command} {action}".strip()
    for kind in (*contents, "folder"):
        if {(step, name, kind), (step, name, ""), ("", name, kind)} & ACCEPTED:
            continue
        minimal = MINIMAL.get(step, [])
        given = [word.format(**places) for word in minimal]
        if not name.startswith("-"):
            given = given[1:]
        value = str(tmp_path / kind)
        arguments = [command, *([action] if action else []), *given]
        arguments += [name, value] if name.startswith("-") else [value]
        capsys.readouterr()
        assert main(arguments) == 2, f"{name} {kind}"
        shown = capsys.readouterr()
        assert shown.err.count("\n") == 1 and shown.out == "", f"{name} {kind}: {shown.err}"


ACCEPTED = {
    *((("", "--out", kind)) for kind in ("damaged", "binary", "empty")),  # an older file is replaced
    ("train", "--run", "folder"),  # an empty one
    ("bundle", "--out", "folder"),
    ("transfer", "--block", "damaged"),  # a list of an item that the data does not have
    ("recommend", "--home", ""),  # needs Ray
    ("cases save", "--home", "folder"),  # save begins its work there
}
"""Command, argument and kind of what is not refused; "" for any."""


@pytest.mark.parametrize("name", commands())
def test_the_help_of_each_command_ends_with_examples_that_are_accepted(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        _parser().parse_args([name, "--help"])
    shown = capsys.readouterr().out.partition("examples:")[2].split("\n  python -m recsys ")[1:]
    assert shown
    for example in shown:
        assert _parser().parse_args(shlex.split(example)).command
        assert example.split()[0] == name


def test_progress_is_a_bar_on_a_terminal_and_nothing_in_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = _parser().parse_args(["train", "x.csv", "--run", "r"])
    steps.progress_of(chosen)(0.5, "epoch 3")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    steps.progress_of(chosen)(0.5, "epoch 3 of a training with a very long sentence about it", epoch=3)
    steps.progress_of(chosen)(1.0)
    shown = capsys.readouterr()
    lines = shown.err.split("\r")[1:]
    assert shown.out == "" and [line[:30] for line in lines] == ["█" * 12 + "░" * 12 + "  50% ", "█" * 24 + " 100% "]
    assert lines[1].endswith("\n") and max(len(line.rstrip("\n")) for line in lines) < 60
    steps.progress_of(_parser().parse_args(["train", "x.csv", "--run", "r", "--json"]))(0.5, "epoch 3")
    assert capsys.readouterr().err == ""


def test_groups_interests_methods_and_explanations(
    capsys: pytest.CaptureFixture[str], run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = answer(capsys, ["groups", "--run", run])["groups"]
    assert sum(group["size"] for group in users) == 40 and all(group["name"] and group["typical"] for group in users)
    members = answer(capsys, ["groups", "--run", run, "--group", 0])["members"]
    assert len(members) == users[0]["size"] and set(members) <= {f"u{n}" for n in range(40)}
    items = answer(capsys, ["groups", "--run", run, "--of", "items"])["groups"]
    assert sum(group["size"] for group in items) == 40
    found = answer(capsys, ["interests", "--run", run, "--of", "user:u3"])
    assert found["of"] == "user u3" and sum(one["share"] for one in found["interests"]) == pytest.approx(1)
    methods = {one["name"]: one["usable"] for one in answer(capsys, ["methods", "--run", run])["methods"]}
    assert methods["linear"] and methods["bridge"] and not methods["text_bridge"], "the items have no texts"
    told = answer(capsys, ["explain", "--run", run, "--user", "u3", "--k", 3])
    assert told["rank"] == 1 and len(told["history"]) == 3
    effects = [abs(one["effect"]) for one in told["history"]]
    assert effects == sorted(effects, reverse=True) and effects[0] > 0
    with monkeypatch.context() as all_chosen:
        all_chosen.setattr("recsys.data.dataset.Dataset.left_out", lambda *_: np.arange(1, 41))
        assert main(["explain", "--run", str(run), "--user", "u3"]) == 2
    assert "--user must be a user who has not chosen every item (got u3)" in capsys.readouterr().err
    assert main(["groups", "--run", str(run), "--group", "99"]) == 2
    assert "--group must be a number in the list of groups (got 99)" in capsys.readouterr().err


def test_cases_from_saving_to_files(capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path) -> None:
    home, opened = tmp_path / "home", load_run(run)
    space = Workspace(home).space("a" * 32)
    saved_run = space.save_run(*opened).id
    group = space.save_cohort("Walkers", [f"u{n}" for n in range(0, 12, 2)]).id
    at = ["--home", home]
    pair = ["--run", saved_run, "--target", "user:u0", "--k", 5]
    first = answer(capsys, ["cases", "save", *pair, "--source", "user:u1", "--alpha", 0.2, "--note", "one", *at])
    second = answer(capsys, ["cases", "save", *pair, "--source", f"group:{group}", "--rules", "hide_source=1", *at])
    blended = answer(capsys, ["transfer", "--run", run, "--target", "u0", "--source", "u1", "--alpha", 0.2, "--k", 5])
    assert [item["item_id"] for item in first["items"]] == [item["item_id"] for item in blended["items"]]
    rows = answer(capsys, ["cases", "list", *at])["cases"]
    assert [row["case"] for row in rows] == [second["case"], first["case"]] and rows[1]["note"] == "one"
    both = answer(capsys, ["cases", "compare", first["case"], second["case"], *at])
    assert [row["what"] for row in both["differs"]] == ["Source", "α", "Rules"] and 0 <= both["overlap"] <= 1
    under = answer(capsys, ["cases", "show", first["case"], "--run", saved_run, *at])["under"]
    assert under["overlap"] == 1 and under["items"] == first["items"]
    assert answer(capsys, ["cases", "note", first["case"], "two", *at])["note"] == "two"
    answer(capsys, ["cases", "delete", second["case"], *at])
    assert len(answer(capsys, ["cases", "list", *at])["cases"]) == 1
    answer(capsys, ["cases", "restore", second["case"], *at])
    for form, begin in (("html", "<!doctype html>"), ("md", "# Compared cases"), ("ipynb", "{")):
        out = tmp_path / f"cases.{form}"
        assert answer(capsys, ["cases", "export", "--out", out, *at])["cases"] == 2
        assert out.read_text("utf-8").startswith(begin)
    wrong = {
        ("cases", "export", "--out", "cases.pdf", *at): "--out must end in .html, .md, .ipynb (got cases.pdf)",
        ("cases", "list", "--home", tmp_path / "none"): "--home must be the folder of the app's saved work",
        ("cases", "show", "0" * 24, *at): "the saved item must be one of yours",
        ("cases", "save", *pair, "--source", "user:u1", "--rules", "what=all", *at): "must be one of next-choice",
        ("cases", "show", first["case"], "--run", "sample", *at): "u0",
    }
    for arguments, words in wrong.items():
        assert main([*map(str, arguments)]) == 2
        shown = capsys.readouterr()
        assert words in shown.err and shown.err.count("\n") == 1 and shown.out == ""
    Workspace(home).space("b" * 32).save_json("note", "x", {})
    assert main(["cases", "list", "--home", str(home)]) == 2 and "Give --space: " in capsys.readouterr().err
    assert len(answer(capsys, ["cases", "list", *at, "--space", "a" * 32])["cases"]) == 2


def test_a_case_of_a_run_in_a_folder_starts_a_workspace_that_the_app_opens(
    capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path
) -> None:
    home = tmp_path / "new" / "home"
    save = ["cases", "save", "--run", run, "--target", "user:u0", "--source", "user:u1", "--k", 5, "--home", home]
    first, second = answer(capsys, save), answer(capsys, [*save, "--alpha", 0.7])
    space = Workspace(home).space(first["space"])
    (copied,) = space.entries("run")
    assert first["run"] == second["run"] == copied.id and second["space"] == space.id
    opened, dataset = load_run(space.path(copied.id))
    assert copied.meta["fingerprint"] == dataset.fingerprint and copied.name == opened.name == first["model"]
    under = answer(capsys, ["cases", "show", first["case"], "--run", run, "--home", home])["under"]
    assert under["overlap"] == 1 and under["items"] == first["items"]
    assert answer(capsys, ["cases", "show", second["case"], "--home", home])["items"] == second["items"]
    assert main([*map(str, save[:2]), "--run", str(tmp_path), *map(str, save[4:])]) == 2, "not the folder of a run"
    assert "the run must be saved here" in capsys.readouterr().err


def test_the_bundle_serves_the_lists_of_the_run_with_the_alpha_of_its_study(
    capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "production"
    told = answer(capsys, ["bundle", "--run", run, "--out", out, "--rules", "hide_source=1"])
    assert told["alpha_by_known_items"] == [{"from": 0, "alpha": 0.0}] and not told["certificate"]
    assert {"items.parquet", "policy.json", "serve_blend.py", "service.py"} <= set(told["files"])
    served = runpy.run_path(str(out / "serve_blend.py"))["Bundle"](out)
    pair = ["cases", "save", "--run", run, "--target", "user:u0", "--source", "user:u1", "--k", 5, "--home", tmp_path]
    wanted = answer(capsys, [*pair, "--rules", "hide_source=1"])["items"]
    listed = served.recommend(served.user("u0"), served.user("u1", "source"), 0.3, 5)
    assert listed == [item["item_id"] for item in wanted]

    opened, dataset = load_run(run)
    model = studied_model(opened, dataset)
    made_for = {"fingerprint": dataset.fingerprint, "model": model, "repeats": "leave-out"}
    found = study_content("helps", True) | {"axis": "users", "scenarios": [], "made_for": made_for}
    found["points"] = [{"gain": {}, "methods": {}, "repeats": 0, "helped": 0.3, **found["points"][0]}]  # type: ignore[index]
    (tmp_path / "study.json").write_text(json.dumps(found), "utf-8")
    with_study = ["bundle", "--run", run, "--out", out, "--study", tmp_path / "study.json"]
    assert answer(capsys, with_study)["alpha_by_known_items"] != told["alpha_by_known_items"]
    other = found | {"made_for": made_for | {"fingerprint": "of other data"}}
    (tmp_path / "other.json").write_text(json.dumps(other), "utf-8")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.txt").write_text("years")
    wrong = {
        (*with_study[:5], "--study", tmp_path / "other.json"): "--study must be a study of this run and of this source",
        (*with_study, "--before", 3): "--axis time --json",
        (*with_study[:5], "--rules", "tag=none"): "--rules must hold rules of this app that the run has",
        (*with_study[:5], "--rules", "tags=a"): "tags is no rule",
        (*with_study[:5], "--rules", "epsilon=4"): "all user embeddings",
        (*with_study[:5], "--scenarios", "shop", "films"): "--scenarios must be two of",
        ("bundle", "--run", run, "--out", tmp_path / "own"): "or that of an older bundle",
    }
    for arguments, words in wrong.items():
        assert main([*map(str, arguments)]) == 2
        shown = capsys.readouterr()
        assert words in shown.err and shown.err.count("\n") == 1 and shown.out == ""
    assert (tmp_path / "own" / "thesis.txt").is_file() and (out / "policy.json").is_file()


def test_the_shell_completes_commands_and_options(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "complete.sh"
    script.write_text(capsys.readouterr().out)

    def completed(words: str) -> list[str]:
        typed = f"COMP_WORDS=(recsys {words})\nCOMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
        code = f"source {script}\n{typed}_shtab_recsys\necho ${{COMPREPLY[@]}}"
        return subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert completed("tra") == ["train", "transfer"]
    assert "--holdout" in completed("train --h") and "export" in completed("cases ex")
    assert main(["completion", "zsh"]) == 0 and "#compdef recsys" in capsys.readouterr().out


def test_tune_searches_and_train_takes_what_it_found(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "search.json"
    named = ["--trials", "2", "--settings", "learning_rate", "--baselines", "popularity", "--epochs", "2"]
    found = answer(capsys, ["tune", file, "--out", out, *named])
    assert [trial["number"] for trial in found["trials"]] == [0, 1] and found["trials"][0]["learning_rate"] == 0.004
    assert found["level"] in ("better", "not better", "worse", "default") and found["out"] == str(out)
    assert found["users"] == {"validation": 40, "test": 40} and found["baselines"][0]["name"] == "popularity"
    saved = json.loads(out.read_text("utf-8"))
    saved |= {"best": 1}
    out.write_text(json.dumps(saved), "utf-8")
    answer(capsys, ["train", file, "--run", tmp_path / "run", "--tuned", out, "--holdout", "last-one"])
    config = load_run(tmp_path / "run")[0].config["train"]
    assert config["learning_rate"] == saved["trials"][-1]["settings"]["learning_rate"] != 0.004
    assert config["epochs"] == 2
    train = ["train", str(file), "--run", str(tmp_path / "other"), "--tuned", str(out)]
    refused = {
        ("--model", "gru4rec"): "--model must be attention, as in the search (got gru4rec). Leave out --model",
        ("--ratings", "weigh"): "--ratings must be ignore, as in the search (got weigh)",
        ("--repeats", "allow"): "--repeats must be leave-out, as in the search (got allow)",
    }
    for conflicting, words in refused.items():
        assert main([*train, *conflicting]) == 2 and words in capsys.readouterr().err
    out.write_text(json.dumps(saved | {"best": 7}), "utf-8")
    assert main(["train", str(file), "--run", str(tmp_path / "other"), "--tuned", str(out)]) == 2
    assert "the search is damaged" in capsys.readouterr().err


def test_tune_refuses_a_place_for_its_result_before_it_searches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken.trials").touch()
    for name, words in ((".", "that does not end in"), ("x.trials", "that does not end in"), ("taken.json", "trials")):
        assert main(["tune", str(tmp_path / "none.csv"), "--out", str(tmp_path / name)]) == 2
        shown = capsys.readouterr()
        assert shown.err.startswith("--out ") and words in shown.err and shown.err.count("\n") == 1
    assert main(["tune", str(tmp_path / "none.csv"), "--out", "."]) == 2


def test_train_takes_over_the_rule_and_the_seed_of_a_search(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "search.json"
    named = ["--trials", "2", "--settings", "learning_rate", "--baselines", "--epochs", "1"]
    answer(capsys, ["tune", file, "--out", out, *named, "--repeats", "allow", "--seed", 3])
    same = ["--model", "attention", "--ratings", "ignore", "--repeats", "allow"]
    for extra in ([], same):
        answer(capsys, ["train", file, "--run", tmp_path / "run", "--tuned", out, *extra])
        trained = load_run(tmp_path / "run")[0]
        assert trained.repeats.text == "allow" and trained.config["train"]["seed"] == 3

"""What Transfer gives away as files, and how one of thousands of users is found."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import no_errors

ROOT = Path(__file__).resolve().parents[2]
SPACE = "c" * 32


@pytest.fixture(scope="module")
def run_id(own_workspace: Workspace) -> str:
    data = planted_dataset()
    run = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=2, threads=1)
    return own_workspace.space(SPACE).save_run(run, data).id


def opened(run_id: str, page: str = "4_Transfer", **view: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    app.query_params.update({"run": run_id, **view})
    return app.switch_page(f"pages/{page}.py").run()


def param(app: AppTest, name: str) -> str:
    """A query parameter; AppTest gives some as text and some as lists."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def shown(app: AppTest) -> dict[str, Any]:
    """What the mixer was given."""
    found = (one.proto for one in app.get("bidi_component") if one.proto.component_name == "studio_mixer")
    return json.loads(next(found).json)  # type: ignore[no-any-return]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Every file that the page offers, made as when its button is pressed, by key."""
    made: dict[str, bytes] = {}

    def press(label: str, make: Callable[[], bytes], **given: Any) -> None:
        made[given["key"]] = make()

    monkeypatch.setattr(st, "download_button", press)
    return made


def test_every_file_that_is_exported_holds_the_list_on_screen(run_id: str, files: dict[str, bytes]) -> None:
    app = opened(run_id, target="user:u3", source="user:u4", alpha="0.4", k="5", tab="files")
    no_errors(app)
    on_screen = list(app.dataframe[0].value["title"])
    csv = pd.read_csv(io.BytesIO(files["out_list_csv"]))
    assert len(csv) == 5 and list(csv["title"]) == on_screen and list(csv["rank"]) == [1, 2, 3, 4, 5]
    assert list(pd.read_parquet(io.BytesIO(files["out_list_parquet"]))["title"]) == on_screen
    told = json.loads(files["out_list_json"])
    assert told["alpha"] == 0.4 and [row["title"] for row in told["items"]] == on_screen
    path = json.loads(files["out_path_json"])
    steps = path["steps"]
    assert path["k"] == 5 and steps[0]["from"] == 0 and steps[-1]["to"] == 1
    assert all(one["to"] == other["from"] for one, other in itertools.pairwise(steps))
    here = next(step for step in steps if step["from"] <= 0.4 < step["to"])
    assert here["items"][:5] == list(csv["item_id"].astype(str))
    changes = pd.read_csv(io.BytesIO(files["out_path_csv"]))
    assert len(pd.read_parquet(io.BytesIO(files["out_path_parquet"]))) == len(changes) == len(steps) - 1
    for name in ("out_ranks.html", "out_tags.html", "out_scores.html", "out_report"):
        assert b"<html" in files[name][:2000].lower(), name
    with zipfile.ZipFile(io.BytesIO(files["out_bundle"])) as bundle:
        assert bundle.testzip() is None and {"policy.json", "users.parquet"} <= set(bundle.namelist())


def test_above_three_thousand_users_one_searches_instead_of_scrolling(own_workspace: Workspace) -> None:
    data = planted_dataset(users=3_100, items=20, length=4)
    entry = own_workspace.space(SPACE).save_run(train_run(data, model="markov"), data)
    app = opened(entry.id, target="user:u3", source="user:u4")
    app.session_state["transfer_source"] = True  # the panel is open
    app.run()
    assert not [box for box in app.selectbox if len(box.options) > 50]
    part = next(field for field in app.text_input if field.label == "Part of a user id")
    app.session_state["transfer_source"] = True
    part.set_value("u309").run()
    found = next(radio for radio in app.radio if radio.label == "Matching users")
    assert found.options == ["u309", *(f"u309{digit}" for digit in range(10))]
    app.session_state["transfer_source"] = True
    found.set_value("u3097").run()
    no_errors(app)
    assert param(app, "source") == "user:u3097" and "u3097" in json.dumps(shown(app)["source"])
    app.session_state["transfer_source"] = True
    app.run()
    app.session_state["transfer_source"] = True
    next(field for field in app.text_input if field.label == "Part of a user id").set_value("nobody").run()
    no_errors(app)
    assert param(app, "source") == "user:u3097"
    explain = opened(entry.id, "6_Explain", target="user:u3")
    next(field for field in explain.text_input if field.label == "User id").set_value("u3050").run()
    no_errors(explain)
    assert param(explain, "target") == "user:u3050"

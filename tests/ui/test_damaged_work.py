"""Damaged saved work: whichever file is broken, in whichever way, every page still opens and says what is wrong."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from recsys.embeddings import extract
from recsys.embeddings.projection import Projection, pca
from recsys.embeddings.projection_storage import save_projection
from recsys.jobs.maps import ProjectionSettings
from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import expect
from ui.shell import state

ANN = "a" * 32
PAGES = ("", "1_Data", "2_Train", "3_Embeddings", "4_Transfer", "5_Evaluate", "6_Explain", "7_Learn")
FILES = (
    "entry.json", "content.json", "run.json", "meta.json", "picture.json", "points.npy", "weights.safetensors",
    "interactions.parquet", "items.parquet", "people.parquet", "index.sqlite",
)  # fmt: skip
DAMAGES = ("cut short", "a bit turned", "random bytes", "gone", "empty", "a folder", "brackets without end")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A space with a dataset, a run, its map, a cohort and a study."""
    home = tmp_path_factory.mktemp("whole") / "home"
    space, data = Workspace(home).space(ANN), planted_dataset()
    space.save_dataset(data)
    run = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=1, threads=1)
    space.save_run(run, data)
    embeddings = extract(run.model, data)  # type: ignore[arg-type]
    meta = {
        "key": ProjectionSettings().key(embeddings),
        "side": "people",
        "dims": 2,
        "rows": data.n_users,
        "method": "pca",
    }
    picture = Projection(pca(embeddings.users, 2), "pca")
    space.save("map", "Map of people", lambda folder: save_projection(picture, folder), meta)
    space.save_json("cohort", "mine", {"users": ["u1", "u2", "u3", "u4", "u5"]}, {"fingerprint": data.fingerprint})
    about = {"fingerprint": data.fingerprint, "axis": "users", "scenarios": []}
    space.save_json("study", "it helps", {"level": "helps", "points": []}, about)
    return home


@pytest.fixture
def home(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    copy = tmp_path / "home"
    shutil.copytree(whole, copy)
    monkeypatch.setenv("STUDIO_HOME", str(copy))
    st.cache_resource.clear()
    yield copy
    st.cache_resource.clear()


def break_one(home: Path, name: str, damage: str, dice: random.Random) -> None:
    file = dice.choice(sorted(home.rglob(name)))
    content = bytearray(file.read_bytes())
    if damage == "cut short":
        file.write_bytes(content[: dice.randrange(len(content))])
    elif damage == "a bit turned":
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        file.write_bytes(content)
    elif damage in ("gone", "a folder"):
        file.unlink()
        if damage == "a folder":
            file.mkdir()
    else:
        written = {"random bytes": dice.randbytes(200), "empty": b"", "brackets without end": b"[" * 100_000}
        file.write_bytes(written[damage])


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_page_opens_over_damaged_work(home: Path, damage: str, seed: int) -> None:
    dice = random.Random(f"{damage} {seed}")
    names = [name for name in FILES if name.endswith(".json") or not damage.startswith("brackets")]
    break_one(home, dice.choice(names), damage, dice)
    for page in PAGES:
        app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
        app.session_state["space"] = ANN
        if page:
            app.switch_page(f"pages/{page}.py")
        app.run()
        assert len(app.title) == 1, page
    expect("")  # any sentence is allowed, an unexpected error or a record in the log is not


@pytest.mark.parametrize("name", ["entry.json", "content.json", "picture.json"])
def test_json_that_is_nested_without_end_is_damage_like_any_other(home: Path, name: str) -> None:
    for file in home.rglob(name):
        file.write_bytes(b"[" * 100_000)
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = ANN
    app.switch_page("pages/4_Transfer.py")
    app.run()
    expect("")

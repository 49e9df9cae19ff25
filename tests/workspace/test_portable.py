"""Work travels as a zip; a hostile zip leaves nothing behind."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsys.cases.case import Case, ListedItem, SavedCase
from recsys.charts.style import format_number
from recsys.data.storage import load_dataset
from recsys.embeddings.projection import Projection
from recsys.embeddings.projection_storage import load_projection, save_projection
from recsys.errors import StudioError
from recsys.models.baselines.popularity import Popularity
from recsys.runs import Run, TrainingPlan, load_run
from recsys.workspace import Entry, Space, Workspace, export_zip, import_zip, read_content
from recsys.workspace.cases import read_case, save_case
from recsys.workspace.entries import KINDS, REPLACED_BY
from tests.conftest import planted_dataset

HERE, THERE, ID = "a" * 32, "b" * 32, "0" * 24


@pytest.fixture
def spaces(tmp_path: Path) -> tuple[Space, Space]:
    return Workspace(tmp_path / "here").space(HERE), Workspace(tmp_path / "there").space(THERE)


def fill(space: Space) -> list[str]:
    def nested(folder: Path) -> None:
        (folder / "models" / "popularity").mkdir(parents=True)
        (folder / "models" / "popularity" / "meta.json").write_text('{"a": 1}')

    note = space.save_json("note", "Monday", {"text": "α"}, {"number": "3"})
    run = space.save("run", "my run", nested)
    return [note.id, run.id]


def test_a_space_opens_on_another_machine(spaces: tuple[Space, Space]) -> None:
    here, there = spaces
    imported = import_zip(there, export_zip(here, fill(here)))
    assert {(entry.kind, entry.name) for entry in imported} == {("note", "Monday"), ("run", "my run")}
    note = there.entries("note")[0]
    assert read_content(there.path(note.id)) == {"text": "α"} and note.meta["number"] == "3"
    assert (there.path(there.entries("run")[0].id) / "models/popularity/meta.json").read_text() == '{"a": 1}'


def one_of_each(space: Space) -> dict[str, Entry]:
    """An entry of every kind, as the app saves them."""
    data = planted_dataset(users=20, items=12, length=5)
    dataset = space.save_dataset(data)
    run = Run("r", "mine", data.fingerprint, "none", Popularity.fit(data), {}, (), {}, {}, 1.0, "2026-01-01T00:00:00")
    picture = Projection(np.arange(40, dtype=np.float32).reshape(20, 2), "pca")
    plan = {"plan": TrainingPlan().to_json(), "dataset": dataset.id}

    def half_trained(folder: Path) -> None:
        (folder / "checkpoint").mkdir()
        (folder / "checkpoint" / "checkpoint.safetensors").write_bytes(b"weights")
        (folder / "content.json").write_text(json.dumps(plan), "utf-8")

    saved_run = space.save_run(run, data, {"number": "0.171", "dataset": dataset.id})
    items = (ListedItem("i1", "Item 1", 0.5, 0.2, 0.3),)
    case = SavedCase(Case("user:u1", "user:u2"), saved_run.id, run.name, data.name, "f", "user u1", "user u2", items)
    return {
        "dataset": dataset,
        "run": saved_run,
        "case": save_case(space, case),
        "map": space.save("map", "Map", lambda folder: save_projection(picture, folder), {"key": "k", "rows": 20}),
        "cohort": space.save_cohort("hikers", ["u1", "u2"]),
        "study": space.save_json("study", "it helps", {"level": "helps", "points": []}, {"axis": "users"}),
        "search": space.save_json("search", "12 trials", {"best": 3}, {"number": "0.171", "dataset": dataset.id}),
        "note": space.save_json("note", "Monday", {"text": "α"}),
        "training": space.save("training", "later", half_trained),
    }


def opened(kind: str, folder: Path) -> object:
    """What an entry of a kind holds, read as the app reads it."""
    if kind == "dataset":
        return load_dataset(folder).fingerprint
    if kind == "run":
        run, dataset = load_run(folder)
        return run.name, run.model.tensors()["item_scores"].tolist(), dataset.fingerprint  # type: ignore[attr-defined]
    if kind == "map":
        return load_projection(folder).points.tolist()
    content = read_content(folder)
    if kind != "training":
        return content
    checkpoint = (folder / "checkpoint" / "checkpoint.safetensors").read_bytes()
    return TrainingPlan.from_json(content["plan"]), checkpoint


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_of_every_kind_opens_on_another_machine(spaces: tuple[Space, Space], kind: str) -> None:
    here, there = spaces
    saved = one_of_each(here)[kind]
    (brought,) = import_zip(there, export_zip(here, [saved.id]))
    assert (brought.kind, brought.name, dict(brought.meta)) == (kind, saved.name, dict(saved.meta))
    assert opened(kind, there.path(brought.id)) == opened(kind, here.path(saved.id))


def test_what_belongs_together_still_does_under_the_new_ids(spaces: tuple[Space, Space]) -> None:
    here, there = spaces
    saved = one_of_each(here)
    brought = {entry.kind: entry for entry in import_zip(there, export_zip(here, [e.id for e in saved.values()]))}
    assert set(brought) == set(KINDS) and not {e.id for e in brought.values()} & {e.id for e in saved.values()}
    assert brought["run"].meta["dataset"] == there.get(brought["run"].id).meta["dataset"] == brought["dataset"].id
    assert read_content(there.path(brought["training"].id))["dataset"] == brought["dataset"].id
    assert read_case(there, brought["case"].id).run == brought["run"].id


def test_an_array_of_one_value_is_imported(spaces: tuple[Space, Space]) -> None:
    """It shrinks by 900: as a zip bomb does, which is refused by what it would take on the disk."""
    here, there = spaces
    picture = Projection(np.zeros((100_000, 2), dtype=np.float32), "pca")
    saved = here.save("map", "Map", lambda folder: save_projection(picture, folder))
    packed = export_zip(here, [saved.id])
    assert len(packed) < here.get(saved.id).bytes / 200
    (brought,) = import_zip(there, packed)
    assert load_projection(there.path(brought.id)).points.shape == (100_000, 2)


def test_a_large_file_that_shrinks_like_a_bomb_is_refused(
    spaces: tuple[Space, Space], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys.workspace.portable.LARGE_FILE", 50_000)
    here, there = spaces
    saved = here.save_json("note", "zeros", {"x": "0" * 60_000})
    with pytest.raises(StudioError, match="claims to unpack to far more"):
        import_zip(there, export_zip(here, [saved.id]))
    assert not there.entries()


def test_nothing_replaces_what_is_imported(spaces: tuple[Space, Space]) -> None:
    here, there = spaces
    old = here.save_json("dataset", "first cleaning", {}, {"users": 3})
    here.mark(old.id, **{REPLACED_BY: "c" * 24})
    (brought,) = import_zip(there, export_zip(here, [old.id]))
    assert dict(brought.meta) == dict(there.get(brought.id).meta) == {"users": 3}


def test_a_case_shows_the_names_that_its_run_and_data_have_now(spaces: tuple[Space, Space]) -> None:
    here, _ = spaces
    saved = one_of_each(here)
    assert (read_case(here, saved["case"].id).run_name, read_case(here, saved["case"].id).data) == ("mine", "planted")
    here.rename(saved["run"].id, "my model")
    here.rename(saved["dataset"].id, "my clicks")
    case = read_case(here, saved["case"].id)
    assert (case.run_name, case.data) == ("my model", "my clicks")
    (here.path(saved["run"].id) / "entry.json").write_text("{", "utf-8")
    assert read_case(here, saved["case"].id).run_name == "mine"


def test_an_import_that_finds_the_space_full_leaves_nothing(spaces: tuple[Space, Space], tmp_path: Path) -> None:
    here, _ = spaces
    ids = [here.save("note", f"{n}", lambda folder: fill_file(folder, 40_000)).id for n in range(4)]
    small = Workspace(tmp_path / "small", space_bytes=100_000).space(THERE)
    kept = small.save_json("note", "mine", {})
    with pytest.raises(StudioError, match="may take"):
        import_zip(small, export_zip(here, ids))
    assert small.entries() == (kept,) and sorted(p.name for p in small.folder.iterdir()) == ["note"]


def test_an_import_beyond_the_space_is_refused_before_it_is_unpacked(
    spaces: tuple[Space, Space], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = spaces
    packed = export_zip(here, [here.save("note", "n", lambda folder: fill_file(folder, 400_000)).id])
    small = Workspace(tmp_path / "small", space_bytes=100_000).space(THERE)
    monkeypatch.delattr(zipfile.ZipFile, "open")
    with pytest.raises(StudioError, match="may take"):
        import_zip(small, packed)


def test_an_import_that_fits_is_not_counted_twice(spaces: tuple[Space, Space], tmp_path: Path) -> None:
    here, _ = spaces
    ids = [here.save("note", f"{n}", lambda folder: fill_file(folder, 40_000)).id for n in range(4)]
    roomy = Workspace(tmp_path / "roomy", space_bytes=250_000).space(THERE)
    assert len(import_zip(roomy, export_zip(here, ids))) == len(roomy.entries()) == 4


def fill_file(folder: Path, size: int) -> None:
    (folder / "content.json").write_text(json.dumps({"x": random.Random(0).randbytes(size // 2).hex()}), "utf-8")


def test_a_killed_import_is_whole_or_nothing(spaces: tuple[Space, Space]) -> None:
    """Killed at each of its system calls that change names, in turn."""
    here, there = spaces
    packed = export_zip(here, [here.save_json("note", f"{n}", {"n": n}).id for n in range(3)])
    seen, step = set(), 0
    while import_killed_at(there, packed, step):
        again = Workspace(there.workspace.root)
        again.sweep()
        space = again.space(THERE)
        names = [entry.name for entry in space.entries()]
        assert sorted(names) in ([], ["0", "1", "2"]), f"killed at step {step}: {names}"
        assert all(read_content(space.path(entry.id)) == {"n": int(entry.name)} for entry in space.entries())
        assert sorted(path.name for path in space.folder.glob("*")) in ([], ["note"])
        seen.add(len(names))
        for entry in space.entries():
            space.purge(entry.id)
        (space.folder / "trash").rmdir() if (space.folder / "trash").is_dir() else None
        step += 1
    assert seen == {0, 3} and step > 8


def import_killed_at(space: Space, packed: bytes, step: int) -> bool:
    """Imports in a forked child that dies before its `step`-th mkdir or rename. Whether it was killed."""
    process = os.fork()
    if process:
        status = os.waitpid(process, 0)[1]
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
        return os.WIFSIGNALED(status)
    left = step

    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def dies(*arguments: object, **options: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return dies

    for name in ("mkdir", "rename", "replace"):
        setattr(Path, name, counted(getattr(Path, name)))
    import_zip(space, packed)
    os._exit(0)


def with_entry(kind: str = "note", content: dict[str, object] | None = None, **entry: object) -> bytes:
    """A zip with one entry whose entry.json says what is given."""
    said = {"format": 1, "kind": kind, "name": "x", "created": "2026-01-01", "bytes": 1, "meta": {}, **entry}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{kind}/{ID}/entry.json", json.dumps(said))
        archive.writestr(f"{kind}/{ID}/content.json", json.dumps(content or {}))
    return packed.getvalue()


@pytest.mark.parametrize(
    "meta",
    [
        {"number": "<img src=x onerror=alert(1)>"},
        {"number": "![x](https://example.org/x.png)"},
        {"number": "1" * 40},
        {"number": {"a": 1}},
        {"note": "x" * 200_000},
        {"deep": json.loads("[" * 40 + "]" * 40)},
        {"ratio": float("nan")},
        ["not", "an", "object"],
    ],
)
def test_what_an_entry_says_of_itself_is_checked(spaces: tuple[Space, Space], meta: object) -> None:
    with pytest.raises(StudioError):
        import_zip(spaces[1], with_entry(meta=meta))
    assert spaces[1].entries() == ()


def test_a_brought_name_is_one_short_line(spaces: tuple[Space, Space]) -> None:
    (entry,) = import_zip(spaces[1], with_entry(name="a\n\u202eb\x00 " + "c" * 500, meta={"number": "1,234"}))
    assert entry.name == ("a b " + "c" * 500)[:200] and entry.meta["number"] == "1,234"


@pytest.mark.parametrize("value", [0.7341, 0.0171, 12.34, 1234.5, -0.02, 0.0])
def test_a_number_as_the_app_writes_it_is_brought_in(spaces: tuple[Space, Space], value: float) -> None:
    (entry,) = import_zip(spaces[1], with_entry(meta={"number": format_number(value)}))
    assert entry.meta["number"] == format_number(value)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("cohort", {"users": "u1"}),
        ("cohort", {"users": [1, 2]}),
        ("training", {"plan": {}, "dataset": "x"}),
        ("training", {"plan": TrainingPlan(text="/etc").to_json(), "dataset": "x"}),
        ("training", {"plan": TrainingPlan(text="somebody/model").to_json(), "dataset": "x"}),
    ],
)
def test_content_that_no_entry_of_its_kind_has_is_refused(
    spaces: tuple[Space, Space], kind: str, content: dict[str, object]
) -> None:
    with pytest.raises(StudioError):
        import_zip(spaces[1], with_entry(kind, content))
    assert spaces[1].entries() == ()


def test_a_run_names_no_folder_outside_its_own(spaces: tuple[Space, Space]) -> None:
    here, there = spaces
    saved = one_of_each(here)["run"]
    file = here.path(saved.id) / "run.json"
    for name in ("../data", "../../../../elsewhere"):
        file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"model": name}), "utf-8")
        (brought,) = import_zip(there, export_zip(here, [saved.id]))
        with pytest.raises(StudioError, match="name"):
            load_run(there.path(brought.id))


def archive_with(name: str, content: bytes = b"x") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a zip",
        archive_with("../evil.json"),
        archive_with(f"run/{ID}/../../../evil.json"),
        archive_with("/etc/evil.json"),
        archive_with(f"run/{ID}/evil.py"),
        archive_with(f"secrets/{ID}/entry.json"),
        archive_with(f"run/{ID}/entry.json", b"{"),
        archive_with(f"run/{ID}/entry.json", b'{"format":1,"kind":"note","name":"x","created":"","bytes":1,"meta":{}}'),
        archive_with(f"run/{ID}/weights.safetensors", b"\0" * 30_000_000),
    ],
)
def test_a_hostile_zip_is_refused_whole(spaces: tuple[Space, Space], content: bytes) -> None:
    _, there = spaces
    with pytest.raises(StudioError):
        import_zip(there, content)
    assert there.entries() == () and not list(there.workspace.root.parent.rglob("evil*"))


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_flipped_bit_in_any_packing_raises_only_our_errors(spaces: tuple[Space, Space], packing: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing) as archive:
        archive.writestr(f"run/{ID}/entry.json", bytes(random.Random(0).choices(b"abcdef,", k=3_000)))
    good, rng = packed.getvalue(), random.Random(1)
    for _ in range(300):
        bad = bytearray(good)
        bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        with pytest.raises(StudioError):
            import_zip(spaces[1], bytes(bad))


def test_mutated_zips_raise_only_our_errors(spaces: tuple[Space, Space]) -> None:
    here, there = spaces
    good = export_zip(here, fill(here))
    rng = random.Random(0)
    refused = 0
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        try:
            import_zip(there, bytes(bad[: rng.randrange(len(bad) // 2, len(bad) + 1)]))
        except StudioError:
            refused += 1
    assert refused > 150

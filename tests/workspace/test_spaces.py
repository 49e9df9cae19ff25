"""Saved entries stay complete, are found again, and open only for their owner or by their id."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.errors import ArtifactError, InputError, StudioError, UnknownIdError
from recsys.jobs.description import JobDescription
from recsys.jobs.values import is_kept, save_value
from recsys.workspace import Space, Workspace, entries, new_id, read_content
from recsys.workspace.entries import KINDS, REPLACED_BY

ANN, BOB = "a" * 32, "b" * 32


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def space(workspace: Workspace) -> Space:
    return workspace.space(ANN)


def test_saved_listed_renamed_copied(space: Space) -> None:
    first = space.save_json("note", "Monday", {"text": "α"}, {"number": 3})
    assert read_content(space.path(first.id)) == {"text": "α"}
    assert space.get(first.id).meta["number"] == 3
    space.rename(first.id, "  Tuesday ")
    copy = space.duplicate(first.id)
    assert [entry.name for entry in space.entries("note")] == ["Tuesday (copy)", "Tuesday"]
    assert copy.id != first.id and space.get(copy.id).id == copy.id


def test_delete_can_be_undone_until_the_trash_is_emptied(space: Space) -> None:
    entry = space.save_json("cohort", "hikers", {"users": ["1"]})
    space.delete(entry.id)
    assert space.entries() == () and [gone.name for gone in space.trash()] == ["hikers"]
    space.restore(entry.id)
    assert [kept.name for kept in space.entries()] == ["hikers"]
    space.delete(entry.id)
    space.empty_trash()
    with pytest.raises(UnknownIdError):
        space.restore(entry.id)


def test_nothing_replaces_what_a_user_copies_or_restores(space: Space) -> None:
    """A dataset with this mark is removed for good as soon as no training needs it."""
    old = space.save_json("dataset", "first cleaning", {}, {"users": 3})
    space.mark(old.id, **{REPLACED_BY: new_id()})
    assert dict(space.duplicate(old.id).meta) == {"users": 3}
    space.delete(old.id)
    assert dict(space.restore(old.id).meta) == dict(space.get(old.id).meta) == {"users": 3}


def test_purging_leaves_no_file(space: Space) -> None:
    entry, other = (space.save_json("note", name, {"text": name}) for name in ("raw", "kept"))
    space.delete(other.id)
    space.purge(entry.id)
    assert not list(space.folder.rglob(f"*{entry.id}*"))
    assert [gone.id for gone in space.trash()] == [other.id]
    with pytest.raises(UnknownIdError):
        space.purge(entry.id)


def test_a_failed_write_leaves_no_trace(space: Space) -> None:
    def fails(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise InputError("the thing", "broke")

    with pytest.raises(InputError):
        space.save("run", "r", fails)
    assert space.entries() == () and not [*(space.folder / "run").iterdir()]


def test_saving_over_an_entry_replaces_it(space: Space) -> None:
    entry = space.save("study", "one", lambda folder: (folder / "x").write_text("1"))
    space.save("study", "two", lambda folder: (folder / "y").write_text("2"), entry_id=entry.id)
    assert [e.name for e in space.entries()] == ["two"] and not (space.path(entry.id) / "x").exists()


def test_a_damaged_entry_is_named_and_the_rest_opens(space: Space) -> None:
    good = space.save_json("note", "good", {})
    bad = space.save_json("note", "bad", {})
    (space.path(bad.id) / "entry.json").write_text('{"format": 1, "kind"')
    assert [entry.id for entry in space.entries()] == [good.id]
    assert list(space.damaged()) == [bad.id] and f"{bad.id} is damaged" in space.damaged()[bad.id]
    with pytest.raises(ArtifactError, match="damaged"):
        space.get(bad.id)
    space.delete(good.id)
    space.delete(bad.id)
    assert not space.damaged() and [gone.id for gone in space.trash()] == [good.id] and space.has_trash
    space.restore(good.id)
    assert not space.trash() and space.has_trash, "the damaged one is left"
    space.empty_trash()
    assert not space.has_trash and not list(space.folder.rglob(f"*{bad.id}*"))


def test_what_another_tab_deletes_meanwhile_is_skipped(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the other tab came between the listing of a folder and the reading of what is in it."""
    kept, gone = (space.save_json("note", name, {}) for name in ("kept", "gone"))
    listed = entries.entry_folders
    monkeypatch.setattr(entries, "entry_folders", lambda parent: [*listed(parent), parent / ("e" * 24)])
    assert [entry.id for entry in space.entries("note")] == [gone.id, kept.id] and not space.damaged()
    space.delete(gone.id)
    assert [entry.id for entry in space.trash()] == [gone.id]


def test_results_of_a_run_are_removed_when_it_is_deleted_for_good(space: Space) -> None:
    """Also those that another run is compared in."""
    ids = {name: space.save_json("run", name, {}).id for name in ("ranked", "compared", "other")}
    asked = {"ranked": (ids["ranked"], {}), "both": (ids["other"], {"compared": [[ids["compared"], "A"]]})}
    asked["other"] = (ids["other"], {})
    jobs = {name: JobDescription(new_id(), "evaluate", ANN, run=run, settings=s) for name, (run, s) in asked.items()}
    results = {name: save_value([1.0], job, space.workspace) for name, job in jobs.items()}

    def kept() -> list[str]:
        return [name for name, result in results.items() if is_kept(result, space.workspace)]

    space.delete(ids["ranked"])
    assert kept() == ["ranked", "both", "other"], "until then it can be restored"
    space.empty_trash()
    assert kept() == ["both", "other"]
    space.purge(ids["compared"])
    assert kept() == ["other"]


def test_a_newer_format_is_refused(space: Space) -> None:
    entry = space.save_json("note", "n", {})
    file = space.path(entry.id) / "entry.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    with pytest.raises(ArtifactError, match="format 1 or older"):
        space.get(entry.id)


def test_the_disk_is_bounded(tmp_path: Path) -> None:
    space = Workspace(tmp_path, space_bytes=10_000).space(ANN)
    space.save("note", "small", lambda folder: (folder / "x").write_bytes(b"x" * 4_000))
    with pytest.raises(StudioError, match="may take"):
        space.save("note", "large", lambda folder: (folder / "x").write_bytes(b"x" * 8_000))
    assert [entry.name for entry in space.entries()] == ["small"]


def test_spaces_are_separate_but_a_link_opens(workspace: Workspace, space: Space) -> None:
    entry = space.save_json("cohort", "private", {"users": ["42"]})
    bob = workspace.space(BOB)
    assert bob.entries() == ()
    for call in (bob.path, bob.get, bob.delete, bob.duplicate, bob.restore):
        with pytest.raises(UnknownIdError):
            call(entry.id)
    with pytest.raises(UnknownIdError):
        bob.rename(entry.id, "mine now")
    assert workspace.find(entry.id, "cohort")[0].name == "private"  # the id is the key: 96 random bits
    with pytest.raises(UnknownIdError):
        workspace.find(entry.id, "run")


@given(st.one_of(st.text(), st.sampled_from(["..", "../" + ANN, ANN[:-1] + "/", "*", f"../{ANN}/note", "a" * 33])))
def test_no_name_opens_a_folder_outside(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    workspace = Workspace(tmp_path_factory.getbasetemp() / "fixed")
    if not workspace.space(ANN).entries():
        workspace.space(ANN).save_json("note", "n", {})
    for kind in (*KINDS, "..", ""):
        with pytest.raises(UnknownIdError):
            workspace.find(name, kind)
    with pytest.raises((InputError, UnknownIdError)):
        workspace.space(name).path(name)


def test_an_entry_is_found_by_a_server_that_did_not_save_it(tmp_path: Path) -> None:
    first, second = Workspace(tmp_path), Workspace(tmp_path)
    entry = first.space(ANN).save_json("note", "kept", {})
    assert second.find(entry.id, "note")[0].name == "kept"
    first.join(ANN, BOB)  # the entry moves after the second server has found it
    assert second.find(entry.id, "note")[1].parent.parent.name == BOB
    assert second.owner_of(entry.id, "note") == "" and Workspace(tmp_path).find(entry.id, "note")[0] == entry


def test_an_entry_that_is_being_replaced_is_found(workspace: Workspace, space: Space) -> None:
    entry = space.save("study", "one", lambda folder: (folder / "x").write_text("1"))
    stop = threading.Event()

    def replace_again_and_again() -> None:
        while not stop.is_set():
            space.save("study", "one", lambda folder: (folder / "x").write_text("2"), entry_id=entry.id)

    writer = threading.Thread(target=replace_again_and_again)
    writer.start()
    try:
        for _ in range(300):
            assert workspace.owner_of(entry.id, "study") == "" and workspace._folder_of(entry.id, "study") is not None
    finally:
        stop.set()
        writer.join()


def test_the_index_of_earlier_versions_is_removed(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"SQLite format 3")
    Workspace(tmp_path).sweep()
    assert not (tmp_path / "index.sqlite").exists()


def test_a_deleted_entry_is_not_found_by_its_link(workspace: Workspace, space: Space) -> None:
    entry = space.save_json("note", "gone", {})
    space.delete(entry.id)
    with pytest.raises(UnknownIdError):
        workspace.find(entry.id, "note")
    space.restore(entry.id)
    assert workspace.find(entry.id, "note")[0].id == entry.id


def test_the_name_of_a_space_is_shown_with_its_links(workspace: Workspace, space: Space) -> None:
    entry = space.save_json("note", "n", {})
    assert space.name == "" and workspace.owner_of(entry.id, "note") == ""
    space.set_name("  Ms\nSilva’s  class " + "x" * 100)
    assert space.name.startswith("Ms Silva’s class x") and len(space.name) == 60
    assert workspace.owner_of(entry.id, "note") == space.name
    assert workspace.owner_of("../" + entry.id, "note") == workspace.owner_of("f" * 24, "note") == ""
    assert [file.name for file in space.folder.glob("name*")] == ["name.txt"]


def test_partial_folders_of_a_killed_server_are_removed(workspace: Workspace, space: Space) -> None:
    entry = space.save_json("note", "n", {})
    half = space.folder / "note" / f".{entry.id}.abcd"
    half.mkdir()
    fresh = Workspace(workspace.root)
    fresh.sweep()
    assert not half.exists() and fresh.find(entry.id, "note")[0] == entry

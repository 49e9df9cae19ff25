"""A path opens files of the allowed folder and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys.data.readers.archives import folder_files
from recsys.errors import InputError
from ui.data.local_files import allowed_folder, local_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "allowed"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "ratings.csv").write_text("user,item\n")
    (tmp_path / "allowed-not").mkdir()
    (tmp_path / "allowed-not" / "secret.csv").write_text("secret")
    (inside / "link.csv").symlink_to(tmp_path / "allowed-not" / "secret.csv")
    return inside


def test_local_files_are_off_unless_the_variable_names_a_folder(tmp_path: Path) -> None:
    assert allowed_folder({}) is None
    assert allowed_folder({"STUDIO_LOCAL_FILES": " "}) is None
    assert allowed_folder({"STUDIO_LOCAL_FILES": str(tmp_path / "missing")}) is None
    assert allowed_folder({"STUDIO_LOCAL_FILES": str(tmp_path)}) == tmp_path.resolve()


def test_files_inside_open_by_absolute_and_relative_paths(folder: Path) -> None:
    assert local_file("sub/ratings.csv", folder) == folder.resolve() / "sub" / "ratings.csv"
    assert local_file(f" {folder}/sub/../sub/ratings.csv ", folder).name == "ratings.csv"


@pytest.mark.parametrize("path", ["../allowed-not/secret.csv", "link.csv", "/etc/passwd", "sub/../../allowed-not/x"])
def test_links_and_paths_to_files_outside_are_refused(folder: Path, path: str) -> None:
    with pytest.raises(InputError, match="must stay inside the allowed folder"):
        local_file(path, folder)


def test_a_folder_inside_opens_and_links_in_it_are_left_out(folder: Path) -> None:
    (folder / "sub" / "out.csv").symlink_to(folder.parent / "allowed-not" / "secret.csv")
    (folder / "sub" / "far").symlink_to(folder.parent / "allowed-not")
    given = folder_files(local_file("sub", folder))
    assert [name for name, _ in given.files] == ["ratings.csv"]


@pytest.mark.parametrize("path", ["", "missing", "missing.csv", "a\0b"])
def test_a_path_that_is_no_file_is_refused(folder: Path, path: str) -> None:
    with pytest.raises(InputError, match=r"must (name a|be a readable) file"):
        local_file(path, folder)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(st.sampled_from("./~a\\ é"), max_size=40))
def test_any_text_gives_a_file_of_the_folder_or_an_error(folder: Path, text: str) -> None:
    try:
        assert local_file(text, folder).is_relative_to(folder.resolve())
    except InputError as refusal:
        assert "must" in str(refusal)

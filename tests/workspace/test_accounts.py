"""An account leads to one space, which nobody can name without this workspace's key."""

from __future__ import annotations

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from recsys.errors import ArtifactError, InputError, StudioError
from recsys.workspace import Workspace, account_id, keys
from ui.shell import state

ISSUER = "https://accounts.example.org"


def test_the_same_account_has_the_same_space_after_a_restart(tmp_path: Path) -> None:
    first = account_id(tmp_path, ISSUER, "42")
    assert account_id(tmp_path, ISSUER, "42") == first and Workspace(tmp_path).space(first).id == first
    others = {account_id(tmp_path, *who) for who in ((ISSUER, "43"), (ISSUER + "4", "2"), ("https://x", "42"))}
    assert len(others | {first}) == 4


def test_the_space_depends_on_a_key_that_only_the_server_reads(tmp_path: Path) -> None:
    here, there = (account_id(tmp_path / name, ISSUER, "42") for name in map(made, (tmp_path / "a", tmp_path / "b")))
    assert here != there
    assert hashlib.sha256(f"{ISSUER}\0".encode() + b"42").hexdigest()[:32] not in here
    assert stat.S_IMODE((tmp_path / "a" / "account.key").stat().st_mode) == 0o600


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_no_cookie_can_name_an_accounts_space(tmp_path: Path) -> None:
    account = account_id(tmp_path, ISSUER, "42")
    assert not state._SPACE.fullmatch(account)
    digits = account.removeprefix("account-")
    assert state._SPACE.fullmatch(digits) and Workspace(tmp_path).space(digits).id != account


def test_two_first_visitors_at_once_make_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: account_id(tmp_path, ISSUER, "42"), range(8)))) == 1


@pytest.mark.parametrize("who", [("", "42"), (ISSUER, "")])
def test_an_account_without_a_name_is_refused(tmp_path: Path, who: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="issuer"):
        account_id(tmp_path, *who)


@pytest.mark.parametrize("written", ["", "12", "x" * 64, "ab" * 31])
def test_a_damaged_key_is_named_never_replaced(tmp_path: Path, written: str) -> None:
    (tmp_path / "account.key").write_text(written)
    with pytest.raises(ArtifactError, match=r"account\.key"):
        account_id(tmp_path, ISSUER, "42")
    assert (tmp_path / "account.key").read_text() == written


def test_what_does_not_fit_is_not_taken_along(tmp_path: Path) -> None:
    home = Workspace(tmp_path, space_bytes=3_000)
    mine, before = home.space(account_id(tmp_path, ISSUER, "42")), home.space("a" * 32)
    for space in (mine, before):
        space.save("note", "n", lambda folder: (folder / "content.json").write_bytes(b" " * 2_000))
    with pytest.raises(StudioError, match="may take"):
        mine.move_from(before)
    assert len(mine.entries()) == len(before.entries()) == 1


def test_a_key_whose_making_was_cut_off_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(count: int) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(keys.secrets, "token_hex", killed)
        account_id(tmp_path, ISSUER, "42")
    assert account_id(tmp_path, ISSUER, "42") == account_id(tmp_path, ISSUER, "42")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(keys.os, "fsync", killed)
        account_id(made(tmp_path / "other"), ISSUER, "42")
    assert not (tmp_path / "other" / "account.key").exists()

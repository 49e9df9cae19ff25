"""Draws that were shown stay noted, whatever is deleted, joined or damaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from recsys.errors import ArtifactError, InputError
from recsys.transfer.privacy_budget import Draw
from recsys.workspace import Workspace
from recsys.workspace.privacy_ledger import record_draw, shown_draws

ANN, BOB, DATA = "a" * 32, "b" * 32, "f" * 16


def draw(number: int = 0, source: str = "user:1") -> Draw:
    return Draw("m", source, 1.0, 1e-5, number)


def fine(draws: Mapping[str, Sequence[Draw]]) -> None:
    """Nothing is refused."""


def test_a_draw_is_noted_once(tmp_path: Path) -> None:
    for _ in range(3):
        record_draw(tmp_path, DATA, draw(), fine)
    record_draw(tmp_path, "e" * 16, draw(), fine)
    assert shown_draws(tmp_path) == {DATA: (draw(),), "e" * 16: (draw(),)}


def test_a_refused_draw_is_not_noted_and_a_known_one_is_not_asked_about(tmp_path: Path) -> None:
    def refuse(draws: Mapping[str, Sequence[Draw]]) -> None:
        raise InputError("the source", f"has {len(draws[DATA])} draws")

    record_draw(tmp_path, DATA, draw(), fine)
    with pytest.raises(InputError, match="has 2 draws"):
        record_draw(tmp_path, DATA, draw(1), refuse)
    record_draw(tmp_path, DATA, draw(), refuse)
    assert shown_draws(tmp_path)[DATA] == (draw(),)


def test_two_tabs_at_once_can_not_both_take_the_last_draw(tmp_path: Path) -> None:
    def two_at_most(draws: Mapping[str, Sequence[Draw]]) -> None:
        if len(draws[DATA]) > 2:
            raise InputError("the source", "has no draw left")

    def ask(number: int) -> bool:
        try:
            record_draw(tmp_path, DATA, draw(number), two_at_most)
        except InputError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(16))) == 2
    assert len(shown_draws(tmp_path)[DATA]) == 2


def test_draws_go_along_when_spaces_join_or_are_taken(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    ann, bob = home.space(ANN), home.space(BOB)
    record_draw(ann.folder, DATA, draw(), fine)
    record_draw(ann.folder, "e" * 16, draw(), fine)
    record_draw(bob.folder, DATA, draw(1), fine)
    bob.move_from(ann)
    assert set(shown_draws(bob.folder)[DATA]) == {draw(), draw(1)}
    assert shown_draws(ann.folder)[DATA] == (draw(),)  # that browser has seen it all the same
    home.join(ANN, BOB)
    assert len(shown_draws(home.space(ANN).folder)[DATA]) == 2 and shown_draws(bob.folder)["e" * 16] == (draw(),)


@pytest.mark.parametrize("written", ["", "[", "[]", '{"f": 3}', '{"f": [{"model": "m"}]}', '{"f": [[1]]}'])
def test_a_damaged_note_refuses_every_draw(tmp_path: Path, written: str) -> None:
    (tmp_path / "draws.json").write_text(written)
    with pytest.raises(ArtifactError, match=r"draws\.json"):
        record_draw(tmp_path, DATA, draw(), fine)
    assert (tmp_path / "draws.json").read_text() == written

"""The privacy ledger: every noise draw that a space was shown of protected sources, by dataset.

Its draws count for the users whose histories they read, by their external ids, in all data of the space.

It is `draws.json` in the space's folder. It is merged when spaces are joined and stays when runs and datasets are
deleted, because released information can't be withdrawn.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recsys.errors import DAMAGED_FILE, ArtifactError
from recsys.files import replace_file
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.transfer.privacy_budget import Draw

FILE = "draws.json"
_WRITING = threading.RLock()


def shown_draws(space_folder: Path) -> dict[str, tuple[Draw, ...]]:
    """Every draw, by the fingerprint of the data that it read.

    Raises ArtifactError when the file is damaged: the spent budget is unknown then.
    """
    return _read(space_folder)


def record_draw(
    space_folder: Path, fingerprint: str, draw: Draw, check: Callable[[Mapping[str, Sequence[Draw]]], object]
) -> None:
    """Records a draw before it is shown.

    Args:
        check: called with all draws including the new one; raises to refuse it. No other draw is recorded meanwhile.
    """
    with _WRITING:
        draws = _read(space_folder)
        known = draws.get(fingerprint, ())
        if draw not in known:
            draws[fingerprint] = (*known, draw)
            check(draws)
            _write(space_folder, draws)


def merge_draws(old: Path, new: Path) -> None:
    """Adds the draws of one space to those of another."""
    if not (old / FILE).is_file():
        return
    with _WRITING:
        moved, present = _read(old), _read(new)
        merged = {data: tuple(dict.fromkeys((*present.get(data, ()), *draws))) for data, draws in moved.items()}
        _write(new, present | merged)


def _read(folder: Path) -> dict[str, tuple[Draw, ...]]:
    file = folder / FILE
    if not file.is_file():
        return {}
    from recsys.transfer.privacy_budget import Draw  # here, because Home opens spaces before anything heavy is loaded

    try:
        content = json.loads(file.read_text("utf-8"))
        return {str(data): tuple(map(Draw.from_json, draws)) for data, draws in content.items()}
    except DAMAGED_FILE as error:
        fix = Message("Protection of sources is unavailable until the file is restored.")
        raise ArtifactError(
            Message("the record of protected lists ({file})", file=FILE), "is damaged", type(error).__name__, fix
        ) from error


def _write(folder: Path, draws: dict[str, tuple[Draw, ...]]) -> None:
    content = {data: [draw.to_json() for draw in recorded] for data, recorded in draws.items()}
    replace_file(folder / FILE, json.dumps(content, allow_nan=False))

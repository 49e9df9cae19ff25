"""What a space has been shown of protected sources, by data set: nothing here is ever forgotten.

`draws.json` in the space's folder. It goes along when spaces join, and stays when runs and data are deleted: what has
been seen can't be taken back.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recsys.errors import DAMAGED_FILE, ArtifactError
from recsys.files import replace_file

if TYPE_CHECKING:
    from recsys.transfer.privacy_budget import Draw

FILE = "draws.json"
_WRITING = threading.RLock()


def shown_draws(space_folder: Path, fingerprint: str) -> tuple[Draw, ...]:
    """Every draw about a data set. Raises ArtifactError when the file is damaged: then nobody knows what was spent."""
    return _read(space_folder).get(fingerprint, ())


def record_draw(space_folder: Path, fingerprint: str, draw: Draw, check: Callable[[Sequence[Draw]], object]) -> None:
    """Notes a draw before it is shown.

    Args:
        check: told all draws with the new one; raises to refuse it. No other draw is noted meanwhile.
    """
    with _WRITING:
        draws = _read(space_folder)
        known = draws.get(fingerprint, ())
        if draw not in known:
            check((*known, draw))
            _write(space_folder, draws | {fingerprint: (*known, draw)})


def take_draws(old: Path, new: Path) -> None:
    """Adds what one space has been shown to another."""
    if not (old / FILE).is_file():
        return
    with _WRITING:
        there, here = _read(old), _read(new)
        _write(new, here | {data: tuple(dict.fromkeys((*here.get(data, ()), *draws))) for data, draws in there.items()})


def _read(folder: Path) -> dict[str, tuple[Draw, ...]]:
    file = folder / FILE
    if not file.is_file():
        return {}
    from recsys.transfer.privacy_budget import Draw  # here, because Home opens spaces before anything heavy is loaded

    try:
        content = json.loads(file.read_text("utf-8"))
        return {str(data): tuple(map(Draw.from_json, draws)) for data, draws in content.items()}
    except DAMAGED_FILE as error:
        fix = "Sources can't be protected here until it is restored."
        raise ArtifactError(f"the note of protected lists ({FILE})", "is damaged", type(error).__name__, fix) from error


def _write(folder: Path, draws: dict[str, tuple[Draw, ...]]) -> None:
    content = {data: [draw.to_json() for draw in shown] for data, shown in draws.items()}
    replace_file(folder / FILE, json.dumps(content, allow_nan=False))

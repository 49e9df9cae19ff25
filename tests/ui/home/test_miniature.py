"""The miniature on Home: one small file that says what the sample's run says, and needs neither torch nor pandas."""

from __future__ import annotations

import base64
import json
import subprocess
import sys

import numpy as np

from ui.home.miniature import FILE, make_miniature
from ui.shell import state


def numbers(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def test_the_file_is_what_the_samples_run_gives() -> None:
    kept, made = json.loads(FILE.read_text("utf-8")), make_miniature()
    assert (kept["target"], kept["source"]) == (made["target"], made["source"])
    old, new = kept["shown"], made["shown"]
    assert old["titles"] == new["titles"] and old["k"] == new["k"]
    assert old["path"]["items"] == new["path"]["items"]
    np.testing.assert_allclose(numbers(old["path"]["starts"], "<f8"), numbers(new["path"]["starts"], "<f8"), atol=1e-3)
    for side in ("target", "source"):
        np.testing.assert_allclose(numbers(old["scores"][side], "<f4"), numbers(new["scores"][side], "<f4"), atol=1e-3)
        assert old[side]["name"] == new[side]["name"]
    assert set(old) == set(new)


def test_home_and_its_miniature_are_on_screen_before_anything_heavy_is_loaded() -> None:
    code = (
        "import sys\n"
        "from unittest.mock import patch\n"
        "import ui.home.demo, ui.shell.diagnostics, ui.home.saved_work, ui.home.step_cards, ui.shell.warm_up\n"
        "import ui.home.miniature as home\n"
        "with patch.object(home, 'mixer') as mixer, patch.object(home.st, 'page_link'):\n"
        "    home.miniature()\n"
        "assert mixer.call_args.args[0]['titles']\n"
        "print([name for name in ('torch', 'pandas', 'scipy', 'sklearn', 'numba') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=state.ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"

"""The live miniature of Transfer on Home: two people of different tastes, a thumb, a list and a map that follow it.

It is read from one small file, so that Home moves before torch and the trained run are loaded.

    python -m ui.home.miniature          writes sample_data/miniature.json again, from the sample's trained run
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.mixer import mixer
from ui.shell import state
from ui.shell.frame import SAMPLE_RUN

K = 6
RUN = state.ROOT / "sample_data" / "run"
FILE = state.ROOT / "sample_data" / "miniature.json"


def miniature(file: Path = FILE) -> None:
    """Shows the miniature; it plays once by itself, until it is touched. Without its file, a sentence says so."""
    if not file.is_file():
        st.info("The sample’s miniature is missing. Run the demo to see a live blend.")
        return
    content = json.loads(file.read_text("utf-8"))
    mixer(content["shown"], 0.0, "miniature", compact=True)
    st.page_link(
        "pages/4_Transfer.py",
        label="Open these two in Transfer",
        icon=":material/arrow_forward:",
        query_params={"run": SAMPLE_RUN, "target": content["target"], "source": content["source"]},
    )


def make_miniature(folder: Path = RUN) -> dict[str, Any]:
    """What the file holds: both ends as they are written in the URL, and what the mixer is given for them.

    Args:
        folder: a saved run. Raises InputError, ArtifactError.
    """
    from ui.run_context import run_context
    from ui.shell.rules import Rules
    from ui.transfer.scored_pair import build_scored_pair, random_pair

    target, source = random_pair(run_context(str(folder)), 0)
    return {
        "target": target,
        "source": source,
        "shown": dict(build_scored_pair(str(folder), target, source, K, Rules()).mixer_data),
    }


def write_miniature(folder: Path = RUN, file: Path = FILE) -> None:
    """Writes the file. Raises InputError, ArtifactError."""
    file.write_text(json.dumps(make_miniature(folder), ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    write_miniature()

"""The compact mixer on Home: two users of the sample with different interests.

Its data is one small file, so that Home is interactive before torch and the trained run are loaded.

    python -m ui.home.miniature          writes sample_data/miniature.json from the sample's trained run
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st

from recsys.data.samples import in_language
from recsys.workspace.sample_run import SAMPLE_RUN, SAMPLE_RUN_FOLDER
from ui.components.mixer import mixer
from ui.language import language
from ui.shell import state

K = 6
FILE = state.ROOT / "sample_data" / "miniature.json"


def miniature(file: Path = FILE) -> None:
    """Shows the compact mixer; it moves once by itself until the visitor touches it."""
    if not file.is_file():
        st.info("The file of the sample’s blend is missing. Run the demo to see one.")
        return
    content = json.loads(file.read_text("utf-8"))
    shown = in_language(content["shown"], language())
    mixer(shown | {"signature": f"{shown['signature']}-{language()}"}, 0.0, "miniature", compact=True)
    st.page_link(
        "pages/4_Transfer.py",
        label="Open this pair in Transfer",
        icon=":material/arrow_forward:",
        query_params={"run": SAMPLE_RUN, "target": content["target"], "source": content["source"]},
    )


def make_miniature(folder: Path = SAMPLE_RUN_FOLDER) -> dict[str, Any]:
    """The content of the file: target and source as written in the URL, and the data of the mixer.

    Args:
        folder: a saved run. Raises InputError, ArtifactError.
    """
    from ui.run_context import run_context
    from ui.shell.rules import Rules
    from ui.transfer.scored_pair import build_scored_pair, random_pair

    target, source = random_pair(run_context(str(folder)), 0)
    shown = build_scored_pair(str(folder), target, source, K, Rules()).mixer_data
    return {"target": target, "source": source, "shown": {**shown, "methods": None}}  # nothing is chosen on Home


def write_miniature(folder: Path = SAMPLE_RUN_FOLDER, file: Path = FILE) -> None:
    """Writes the file. Raises InputError, ArtifactError."""
    file.write_text(json.dumps(make_miniature(folder), ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    write_miniature()

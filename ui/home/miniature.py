"""The compact mixer on Home: two users of the sample with different interests.

Its data is one small file, so that Home is interactive before torch and the trained run are loaded.

    python -m ui.home.miniature          writes sample_data/miniature.json from the sample's trained run
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from recsys.wording import Message, recognised, tr
from recsys.workspace.sample_run import SAMPLE_RUN, SAMPLE_RUN_FOLDER
from ui.components.mixer import mixer
from ui.language import language
from ui.learn.sample_figures import with_sample_texts
from ui.shell import state

K = 6
HEADING = Message("History, newest first")
FILE = state.ROOT / "sample_data" / "miniature.json"


def miniature(file: Path = FILE) -> None:
    """Shows the compact mixer; it moves once by itself until the visitor touches it."""
    if not file.is_file():
        st.info(tr("The file of the sample’s blend is missing. Run the demo to see one."))
        return
    content = json.loads(file.read_text("utf-8"))
    shown = with_sample_texts(content["shown"], language())
    cards = {side: _worded_card(shown[side], content["shown"][side]) for side in ("target", "source")}
    mixer(shown | cards, 0.0, "miniature", compact=True)
    st.page_link(
        "pages/4_Transfer.py",
        label=tr("Open this pair in Transfer"),
        icon=":material/arrow_forward:",
        query_params={"run": SAMPLE_RUN, "target": content["target"], "source": content["source"]},
    )


def _worded_card(card: Mapping[str, Any], english: Mapping[str, Any]) -> dict[str, Any]:
    """The texts about a user as messages, which the file has in English.

    Args:
        card: with the titles of its items in the language of the reader.
        english: as it is in the file.
    """
    user = recognised(english["name"], "user {user}")
    words: dict[str, str] = {"name": user, "short": user, "heading": recognised(english["heading"], str(HEADING))}
    if english["phrase"] == f"{user}’s interests":
        words["phrase"] = Message("{user}’s interests", user=user)
    if said := re.fullmatch(r"([\d,]+) items · mostly (.+)", english["note"]):
        topic = with_sample_texts(said[2], language())
        words["note"] = Message("{n:,} items · mostly {topic}", n=int(said[1].replace(",", "")), topic=topic)
    return {**card, **words}


def make_miniature(folder: Path = SAMPLE_RUN_FOLDER) -> dict[str, Any]:
    """The content of the file: target and source as written in the URL, and the data of the mixer.

    Args:
        folder: a saved run. Raises InputError, ArtifactError.
    """
    from recsys.cases.rules import Rules
    from ui.run_context import run_context
    from ui.transfer.scored_pair import build_scored_pair, random_pair

    target, source = random_pair(run_context(str(folder)), 0)
    shown = build_scored_pair(str(folder), target, source, K, Rules()).mixer_data
    return {"target": target, "source": source, "shown": {**shown, "methods": None}}  # nothing is chosen on Home


def write_miniature(folder: Path = SAMPLE_RUN_FOLDER, file: Path = FILE) -> None:
    """Writes the file. Raises InputError, ArtifactError."""
    file.write_text(json.dumps(make_miniature(folder), ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    write_miniature()

"""The live miniature of Transfer on Home: two people of different tastes, a thumb, a list and a map that follow it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from recsys.data.dataset import Dataset
from recsys.runs import Run
from ui import cache, state
from ui.frame import SAMPLE_RUN
from ui.live.mixer import mixer

K = 6
FOLDER = state.ROOT / "sample_data" / "run"


def miniature(run: Run | None = None, dataset: Dataset | None = None, folder: Path = FOLDER) -> None:
    """Shows the miniature; it plays once by itself, until it is touched.

    Args:
        run, dataset: the sample's trained run, or None when it doesn't ship; then nothing is shown but a sentence.
        folder: where the run was opened from.
    """
    if run is None or dataset is None:
        st.info("The sample’s trained run is missing. Run the demo to make one.")
        return
    case, pair = cache.miniature_of(str(folder), K)
    mixer(case.shown, 0.0, "miniature", alone=True)
    st.page_link(
        "pages/4_Transfer.py",
        label="Open these two in Transfer",
        icon=":material/arrow_forward:",
        query_params={"run": SAMPLE_RUN, "target": pair[0], "source": pair[1]},
    )

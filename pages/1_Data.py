"""Data: a sample or a file in, its rows flowing into kept and dropped, then the shape of what stayed."""

import streamlit as st

from ui.data.plan import cleaning, columns
from ui.data.source import arrive, choose, opened, refused
from ui.data.view import cleaning_of, dropped, export_downloads, figures, quality, summary
from ui.shell.frame import open_page

with open_page("data") as studio:
    arrive()
    dataset = studio.dataset
    if dataset is None:
        st.subheader("There is no data yet: take a sample, or drop a file", anchor=False)
        choose(studio)
        st.stop()
    now = opened(studio)
    bad = refused(studio, "choose") is not None
    with st.expander("Other data: a sample, a file", expanded=bad, key=f"data_other_{studio.dataset_id}_{bad}"):
        choose(studio)
    summary(studio, dataset, now)
    names = ["Shape", "Quality", "Dropped rows", "Take away"]
    shape, report, lost, away, *reading = st.tabs(names + ["Columns", "Cleaning"] * (now is not None))
    with shape:
        figures(dataset)
    with report:
        quality(dataset)
    with lost:
        dropped(now, cleaning_of(studio, dataset))
    with away:
        export_downloads(dataset, now)
    if now is not None:
        with reading[0]:
            columns(studio, now)
        with reading[1]:
            cleaning(studio, now)

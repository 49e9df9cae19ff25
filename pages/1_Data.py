"""Data: load a sample or a file, see which rows are kept and dropped, then the shape of the data."""

import streamlit as st

from recsys.wording import tr
from ui.data.choose import choose
from ui.data.plan import show_cleaning, show_columns
from ui.data.reading import failure_in, forget_old_failure, open_data
from ui.data.replaced import remove_replaced
from ui.data.view import cleaning_of, show_dropped, show_export, show_quality, show_shape, show_summary
from ui.shell.frame import open_page
from ui.shell.tabs import open_tab

with open_page("data") as page:
    forget_old_failure()
    remove_replaced(page, (page.dataset_id,))
    dataset = page.dataset
    if dataset is None:
        st.subheader(tr("There is no data yet: open a sample, or upload a file"), anchor=False)
        choose(page)
        st.stop()
    data = open_data(page)
    failed = any(failure_in(page, part) is not None for part in ("choose", "query"))
    with st.expander(tr("Other data: a sample, a file"), expanded=failed, key=f"data_other_{page.dataset_id}_{failed}"):
        choose(page)
    show_summary(page, dataset)
    tabs = {"shape": tr("Shape"), "quality": tr("Quality"), "dropped": tr("Dropped rows"), "export": tr("Export")}
    if data is not None:
        tabs |= {"columns": tr("Columns"), "cleaning": tr("Cleaning")}
    with open_tab(page, tabs, f"data_tab_{len(tabs)}") as tab:
        if tab == "shape":
            show_shape(dataset)
        elif tab == "quality":
            show_quality(dataset)
        elif tab == "dropped":
            show_dropped(data, cleaning_of(page, dataset))
        elif tab == "export":
            show_export(dataset, data)
        elif tab == "columns" and data is not None:
            show_columns(page, data)
        elif data is not None:
            show_cleaning(page, data)

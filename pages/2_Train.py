"""Train a model and watch its validation curve."""

import streamlit as st

from ui.shell.frame import open_page
from ui.train import jobs
from ui.train.progress import offer_unfinished, show_other_trainings, watch
from ui.train.view import before_or_after, below

with open_page("train") as page:
    if page.dataset_folder is None and (demo := jobs.current(page)) is not None:
        watch(page, demo.id)  # it opens the data with its run
        st.stop()
    dataset = page.need_dataset()
    others = jobs.on_other_data(page)
    show_other_trainings(page, others)
    job, plan = jobs.current(page, without=others), None
    if job is not None:
        watch(page, job.id)
    else:
        plan = before_or_after(page, dataset)
        offer_unfinished(page)
    below(page, dataset, plan)

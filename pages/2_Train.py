"""Train a model of taste, and watch it learn."""

from ui.shell.frame import open_page
from ui.train import jobs
from ui.train.progress import offer_unfinished, watch
from ui.train.view import before_or_after, below

with open_page("train") as studio:
    dataset = studio.need_dataset()
    job = jobs.current(studio)
    if job is not None:
        watch(studio, job.id)
    else:
        before_or_after(studio, dataset)
        offer_unfinished(studio)
    below(studio, dataset)

"""Train a model of taste, and watch it learn."""

from ui import frame, train_jobs
from ui.train_live import offer_unfinished, watch
from ui.train_view import before_or_after, below

with frame("train") as studio:
    dataset = studio.need_dataset()
    job = train_jobs.current(studio)
    if job is not None:
        watch(studio, job.id)
    else:
        before_or_after(studio, dataset)
        offer_unfinished(studio)
    below(studio, dataset)

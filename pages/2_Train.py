"""Train a model and watch its validation curve."""

from ui.shell.frame import open_page
from ui.train import jobs
from ui.train.progress import offer_unfinished, watch
from ui.train.view import before_or_after, below

with open_page("train") as page:
    dataset = page.need_dataset()
    job, plan = jobs.current(page), None
    if job is not None:
        watch(page, job.id)
    else:
        plan = before_or_after(page, dataset)
        offer_unfinished(page)
    below(page, dataset, plan)

"""The whole demo with one click: take the sample, train on it, land on Transfer."""

from __future__ import annotations

import streamlit as st

from recsys.jobs import Progress
from recsys.workspace import Space
from ui import state
from ui.boundary import show_failure
from ui.frame import Studio, live
from ui.inputs import plain

JOB = "demo_job"


def demo_button(studio: Studio) -> None:
    """Starts the demo in a job, which goes on over page switches and refresh (its id is in the URL)."""
    running = any(job.active and job.kind == "train" for job in studio.jobs.of(studio.space.id))
    if st.button("Run it on the sample", type="primary", key="home_demo", width="stretch", disabled=running):
        space = studio.space
        job = studio.jobs.submit(
            space.id, "train", "the demo on the sample", lambda progress: run_demo(space, progress)
        )
        studio.set_view(job=job)
        st.rerun()
    st.caption(
        "Loads four scenarios with 1,500 people, trains a model in front of you (under a minute), opens Transfer."
    )


def class_button(studio: Studio) -> None:
    """The way to the run a teacher shows to everybody (read-only: changes stay in the visitor's own space)."""
    if (shown := state.class_run()) and st.button("Open the class’s run", key="home_class", width="stretch"):
        studio.go("transfer", run=shown, dataset="", target="", source="")


def demo_progress(studio: Studio) -> None:
    """Progress of the demo; when it is done, Transfer opens by itself."""
    if studio.view.job:
        live(0.5)(_follow)(studio)


def _follow(studio: Studio) -> None:
    job = studio.jobs.snapshot(studio.view.job, studio.space.id)
    if job.active:
        left = "" if job.seconds_left is None else f" · {job.seconds_left:.0f} s left"
        st.progress(job.fraction, text=plain(job.message or "Waiting for a free place …") + left)
        if st.button("Stop", key="home_stop"):
            studio.jobs.stop(job.id, studio.space.id)
    elif job.state == "done":
        dataset, run = job.result
        studio.go("transfer", dataset=dataset, run=run, job="", target="", source="")
    elif job.error:
        show_failure(job)


def run_demo(space: Space, progress: Progress) -> tuple[str, str]:
    """The work of the demo job: the ids of the saved dataset and run."""
    from recsys.data.samples import load_sample
    from recsys.runs import train_run

    progress(0.01, "Reading the sample …")
    dataset = load_sample("all").dataset
    data = space.save_dataset(dataset)
    run = train_run(dataset, holdout="last-one", threads=2, progress=progress)
    return data.id, space.save_run(run, dataset).id

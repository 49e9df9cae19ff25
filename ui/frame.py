"""The frame around every page: configuration, menu with each step's state, pickers of data and run, error boundary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from recsys.errors import StudioError
from recsys.jobs import JobQueue, JobSnapshot
from recsys.workspace import Entry, Space
from ui import cache, state
from ui.boundary import Boundary, live, show_error
from ui.inputs import plain

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.models.recommender import Recommender
    from recsys.runs import Run

__all__ = ["BY_KEY", "SAMPLE_RUN", "STEPS", "Step", "Studio", "frame", "live", "show_error"]

SAMPLE_RUN = "sample"  # the small run that ships with the samples: anyone may open it


@dataclass(frozen=True)
class Step:
    """A page: its file, its name in the menu, its title, and one sentence that says what to look at."""

    key: str
    file: str
    name: str
    title: str
    sentence: str
    jobs: tuple[str, ...] = ()


STEPS = (
    Step(
        "home",
        "app.py",
        "Home",
        "Interest Transfer Studio",
        "See, teach and question how a recommender borrows interests.",
    ),
    Step(
        "data",
        "pages/1_Data.py",
        "1 Data",
        "Bring your interactions",
        "Who chose what, and when: see what is kept and what is dropped.",
    ),
    Step(
        "train",
        "pages/2_Train.py",
        "2 Train",
        "Train a model of taste",
        "Watch the curve climb past the simple baselines.",
        ("train",),
    ),
    Step(
        "embeddings",
        "pages/3_Embeddings.py",
        "3 Embeddings",
        "See your people",
        "Each point is a person; neighbours share taste. Lasso a group.",
        ("map",),
    ),
    Step(
        "transfer",
        "pages/4_Transfer.py",
        "4 Transfer",
        "Drag α between two tastes",
        "Move the thumb: the list, the map and the words follow.",
    ),
    Step(
        "evaluate",
        "pages/5_Evaluate.py",
        "5 Evaluate",
        "Does it help?",
        "How often the next choice is found, with its uncertainty.",
        ("evaluate", "study"),
    ),
    Step(
        "explain",
        "pages/6_Explain.py",
        "6 Explain",
        "Why this item?",
        "Take an item out of the history and watch the recommendation move.",
    ),
    Step("learn", "pages/7_Learn.py", "7 Learn", "How it works", "One idea, one control, one question at a time."),
)
BY_KEY = {step.key: step for step in STEPS}


class Studio:
    """What a page works with. Made by `frame`."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.view = state.read_view()
        self.space: Space = state.own_space()
        self.jobs: JobQueue = state.jobs()

    # what is open ---------------------------------------------------------------------------------------------------

    @cached_property
    def run_folder(self) -> Path | None:
        """The folder of the open run: the one in the URL, or the newest of this space."""
        return self._folder("run", self.view.run, state.ROOT / "sample_data" / "run")

    @cached_property
    def dataset_folder(self) -> Path | None:
        """The folder of the open dataset: the one in the URL, or the newest of this space."""
        return self._folder("dataset", self.view.dataset, None)

    def _folder(self, kind: str, wanted: str, sample: Path | None) -> Path | None:
        if wanted == SAMPLE_RUN and sample is not None and sample.is_dir():
            return sample
        if wanted:
            return state.workspace().find(wanted, kind)[1]
        entries = self.space.entries(kind)
        return self.space.path(entries[0].id) if entries else None

    @property
    def run_id(self) -> str:
        return "" if self.run_folder is None else (self.view.run or self.run_folder.name)

    @property
    def dataset_id(self) -> str:
        return "" if self.dataset_folder is None else self.dataset_folder.name

    @property
    def run(self) -> Run | None:
        """The open run, loaded; None when there is none."""
        return None if self.run_folder is None else cache.open_run(str(self.run_folder))[0]

    @property
    def model(self) -> Recommender | None:
        return None if self.run is None else self.run.model

    @property
    def dataset(self) -> Dataset | None:
        """On Data and Train the open dataset; on every later page the one the open run was trained on."""
        if self.step.key in ("home", "data", "train"):
            return None if self.dataset_folder is None else cache.open_dataset(str(self.dataset_folder))
        return None if self.run_folder is None else cache.open_run(str(self.run_folder))[1]

    # what a page asks for -------------------------------------------------------------------------------------------

    def need_dataset(self) -> Dataset:
        """The open dataset; without one, the page shows where to get it and ends."""
        dataset = self.dataset
        if dataset is None:
            self.empty("There is no data yet.", "Bring a file of your own, or take a sample.", "data", "Choose data")
        return dataset

    def need_run(self) -> tuple[Run, Dataset]:
        """The open run and its data; without one, the page shows where to get it and ends."""
        if self.run_folder is None:
            missing = "train" if self.dataset_folder else "data"
            label = "Train a model" if missing == "train" else "Choose data"
            self.empty(
                "There is no trained model yet.", "Train one in under a minute, or open the sample’s.", missing, label
            )
        assert self.run_folder is not None
        return cache.open_run(str(self.run_folder))

    def empty(self, what: str, how: str, page: str, label: str) -> None:
        """The empty state: what is missing, and the way to the page that provides it. Ends the page."""
        with st.container(border=True):
            st.subheader(what)
            st.write(how)
            with st.container(horizontal=True):
                if st.button(label, type="primary", key="empty_go"):
                    self.go(page)
                sample = (state.ROOT / "sample_data" / "run").is_dir() and self.step.key not in ("data", "train")
                if sample and st.button("Open the sample’s trained run", key="empty_sample"):
                    self.go(self.step.key, run=SAMPLE_RUN)
        st.stop()

    # moving ---------------------------------------------------------------------------------------------------------

    def set_view(self, **changes: Any) -> None:
        """Changes the view and the URL with it; the page goes on running."""
        self.view = replace(self.view, **changes)
        for folder in ("run_folder", "dataset_folder"):
            self.__dict__.pop(folder, None)
        state.write_view(self.view)

    def go(self, page: str, **changes: Any) -> None:
        """Goes to another page (a key of STEPS) with a changed view."""
        st.switch_page(BY_KEY[page].file, query_params=self._here(**changes).params())

    def params(self) -> dict[str, str]:
        """The query parameters that keep the view on the way to another page."""
        return self._here().params()

    def _here(self, **changes: Any) -> state.View:
        return replace(self.view, tab="", **{"run": self.view.run, "dataset": self.view.dataset, **changes})

    # drawing the frame ----------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Menu, title row and the sentences about refused values."""
        with st.sidebar:
            self._menu()
            # The whole page is being drawn: a job that has ended needs no second run, which would swallow a click.
            active = sum(job.active for job in self.jobs.of(self.space.id))
            st.session_state["frame_active"] = active
            live(1.0 if active else None)(self._running)()
        heading, data, run = st.columns([6, 2, 2], vertical_alignment="bottom")
        with heading:
            st.title(self.step.title, anchor=False)
            st.caption(self.step.sentence)
        state.remember_space()  # after the title: the first component of a server loads pandas
        if self.step.key not in ("home", "learn"):
            with data:
                self._picker("dataset", self.dataset_id)
            with run:
                self._picker("run", self.run_id)
        for problem in self.view.problems:
            st.warning(plain(problem))

    def _menu(self) -> None:
        mine = self.jobs.of(self.space.id)
        st.markdown("**Interest Transfer Studio**")
        for step in STEPS:
            running = next((job for job in mine if job.kind in step.jobs and job.state == "running"), None)
            label = f"{self.mark(step, running)} {step.name}{self._number(step, running)}"
            st.page_link(step.file, label=label, query_params=self.params(), width="stretch")

    def mark(self, step: Step, running: JobSnapshot | None = None) -> str:
        """● a job of this step is running, ✓ it has a result, ○ not yet."""
        if running is not None:
            return "●"
        if step.key in ("home", "learn"):
            return "·"
        ready = self.dataset_folder is not None if step.key == "data" else self.run_folder is not None
        return "✓" if ready else "○"

    def _number(self, step: Step, running: JobSnapshot | None) -> str:
        if running is not None:
            return f" · {running.fraction:.0%}"
        entry = self._entry(step.key)
        shown = "" if entry is None else str(entry.meta.get("number", ""))
        return f" · {shown}" if shown else ""

    def _entry(self, key: str) -> Entry | None:
        kind = {"data": "dataset", "train": "run"}.get(key, "")
        wanted = {"dataset": self.dataset_id, "run": self.run_id}.get(kind, "")
        return next((entry for entry in self.space.entries(kind) if entry.id == wanted), None) if wanted else None

    def _picker(self, kind: Literal["dataset", "run"], current: str) -> None:
        names = {entry.id: entry.name for entry in self.space.entries(kind)}
        if kind == "run" and (state.ROOT / "sample_data" / "run").is_dir():
            names[SAMPLE_RUN] = "Sample’s run"
        if kind == "run" and (shown := state.class_run()):
            names.setdefault(shown, "The class’s run")
        if current and current not in names:
            owner = state.workspace().owner_of(current, kind)
            names = {current: f"Shared by {owner}" if owner else "Shared with you", **names}
        if not names:
            return
        options = list(names)
        chosen = st.selectbox(
            {"dataset": "Data", "run": "Run"}[kind],
            options,
            index=options.index(current) if current in names else None,
            format_func=lambda entry_id: names[entry_id],
            key=f"frame_{kind}_{self.step.key}_{current}",
            label_visibility="collapsed",
            placeholder="no run yet" if kind == "run" else "no data yet",
        )
        if chosen and chosen != current:
            self.set_view(**{kind: chosen}, target="", source="")
            st.rerun()

    def _running(self) -> None:
        active = [job for job in self.jobs.of(self.space.id) if job.active]
        was, st.session_state["frame_active"] = st.session_state.get("frame_active", 0), len(active)
        if was > len(active):
            st.rerun()  # a job has ended: the page shows its result and the menu its mark
        if not active:
            return
        st.caption(f"{len(active)} job{'s' * (len(active) > 1)} running or waiting")
        for job in active:
            text = (
                f"{plain(job.label, 40)} · place {job.position} in the queue" if job.position else plain(job.label, 40)
            )
            left = "" if job.seconds_left is None else f" · {job.seconds_left:.0f} s left"
            st.progress(job.fraction, text=text + left)
            if st.button("Stop", key=f"frame_stop_{job.id}", type="tertiary"):
                self.jobs.stop(job.id, self.space.id)


class frame:
    """Opens a page: configuration, style, door, menu, title; shows errors as sentences and keeps the page usable."""

    def __init__(self, key: str) -> None:
        self.step, self.boundary = BY_KEY[key], Boundary()

    def __enter__(self) -> Studio:
        title = self.step.name if self.step.key == "home" else f"{self.step.title} · Interest Transfer Studio"
        st.set_page_config(page_title=title, page_icon="🔀", layout="wide", initial_sidebar_state="expanded")
        st.html(Path(__file__).with_name("frame.css"))
        if not state.admitted():
            _door()
        with self.boundary:
            studio = Studio(self.step)
            studio.draw()
            return studio
        st.page_link("app.py", label="Back to Home")
        st.stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return self.boundary.__exit__(kind, error, trace)


def _door() -> None:
    """Asks for the class secret and ends the page until it is given."""
    st.title("Interest Transfer Studio", anchor=False)
    with st.form("door"):
        given = st.text_input("Class secret", type="password")
        if st.form_submit_button("Come in", type="primary"):
            try:
                state.admit(given)
                st.rerun()
            except StudioError as error:
                show_error(error)
    st.stop()

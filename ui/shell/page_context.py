"""The context of a page: the steps, the open run and dataset, and navigation between pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import streamlit as st

from recsys.errors import StudioError
from recsys.jobs.queue import JobQueue, JobSnapshot
from recsys.wording import Message, tr
from recsys.workspace import Entry, Space
from recsys.workspace.sample_run import SAMPLE_RUN, run_folder, sample_run
from ui import cache
from ui.shell import state
from ui.shell.dependent_source import fitting_source
from ui.shell.widgets import escape_markdown

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.models.recommender import Recommender
    from recsys.runs import Run

PENDING_PROBLEMS = "frame_told"  # in the session: sentences about refused values, shown with the next run of the page


@dataclass(frozen=True)
class Step:
    """A page: its file, its name in the menu, its title, one sentence about what it shows, and its kinds of jobs."""

    key: str
    file: str
    name: Message
    title: Message
    sentence: Message
    jobs: tuple[str, ...] = ()


STEPS = (
    Step(
        "home",
        "app.py",
        Message("Home"),
        Message("Interest Transfer Studio"),
        Message("See, teach and test how a recommender transfers interests between users."),
    ),
    Step(
        "data",
        "pages/1_Data.py",
        Message("1 Data"),
        Message("Load interactions"),
        Message("One row per interaction of a user with an item: see which rows are kept and why others are dropped."),
    ),
    Step(
        "train",
        "pages/2_Train.py",
        Message("2 Train"),
        Message("Train a model"),
        Message("The curve shows validation accuracy after each epoch, against simple baselines."),
        ("train", "demo"),
    ),
    Step(
        "embeddings",
        "pages/3_Embeddings.py",
        Message("3 Embeddings"),
        Message("Map of users"),
        Message("Near points are users with similar interests. Lasso a group."),
        ("map",),
    ),
    Step(
        "transfer",
        "pages/4_Transfer.py",
        Message("4 Transfer"),
        Message("Transfer interests"),
        Message("Drag α: the list, the map and the exact changes follow."),
    ),
    Step(
        "evaluate",
        "pages/5_Evaluate.py",
        Message("5 Evaluate"),
        Message("Evaluate: does transfer help?"),
        Message(
            "Accuracy on held-out items with 95% intervals, and a study of transfer on users "
            "the model was not trained on."
        ),
        ("evaluate", "study"),
    ),
    Step(
        "explain",
        "pages/6_Explain.py",
        Message("6 Explain"),
        Message("Explain a recommendation"),
        Message("Remove an item from the history and see how the list changes."),
    ),
    Step(
        "learn",
        "pages/7_Learn.py",
        Message("7 Learn"),
        Message("Learn how interest transfer works"),
        Message("One idea, one control and one question at a time."),
    ),
)
BY_KEY = {step.key: step for step in STEPS}


class PageContext:
    """What a page works with: view, space, jobs, open run and dataset. Made by `open_page`."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.view = _without_deleted(state.read_view())
        self.space: Space = state.current_space()
        state.delete_expired_classes(self.space.workspace.root)
        self.jobs: JobQueue = state.jobs()

    # open run and dataset -------------------------------------------------------------------------------------------

    @cached_property
    def run_folder(self) -> Path | None:
        """The folder of the open run: that of the URL, else the newest on the dataset of the URL, else the newest."""
        if self.view.run:
            return run_folder(self.view.run, state.workspace())
        found = self._newest_run(self.view.dataset)
        return None if found is None else self.space.path(found.id)

    @cached_property
    def dataset_folder(self) -> Path | None:
        """The folder of the open dataset: the one in the URL, else the open run's, else the newest of this space."""
        wanted = self.view.dataset or self.dataset_of(self.view.run)
        if wanted:
            return state.workspace().find(wanted, "dataset")[1]
        entries = self.space.entries("dataset")
        return self.space.path(entries[0].id) if entries else None

    def dataset_of(self, run_id: str) -> str:
        """The id of the saved dataset that a run was trained on; "" where it is not known or no longer saved."""
        try:
            run = state.workspace().find(run_id, "run")[0]
        except StudioError:
            return ""
        try:
            return state.workspace().find(str(run.meta.get("dataset", "")), "dataset")[0].id
        except StudioError:
            return next((data.id for data in self.space.entries("dataset") if _same_data(data, run)), "")

    def _newest_run(self, dataset_id: str) -> Entry | None:
        """The newest run of this space that was trained on a dataset; on any with ""."""
        runs = self.space.entries("run")
        if not dataset_id:
            return runs[0] if runs else None
        data = state.workspace().find(dataset_id, "dataset")[0]
        return next((run for run in runs if _is_of(run, data)), None)

    @property
    def run_is_of_dataset(self) -> bool:
        """Whether the open run was trained on the dataset of the URL, or on equal data."""
        if not self.view.dataset or self.run_id in ("", SAMPLE_RUN):
            return False
        find = state.workspace().find
        return _is_of(find(self.run_id, "run")[0], find(self.view.dataset, "dataset")[0])

    @property
    def run_id(self) -> str:
        return "" if self.run_folder is None else (self.view.run or self.run_folder.name)

    @property
    def dataset_id(self) -> str:
        return "" if self.dataset_folder is None else self.dataset_folder.name

    @property
    def run(self) -> Run | None:
        """The open run; None when there is none."""
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

    @property
    def over_sessions(self) -> bool:
        """Whether the histories of `dataset` are sessions, known without opening it. Home and Learn are about users."""
        if self.step.key in ("home", "learn"):
            return False
        from recsys.data.storage import holds_sessions  # here, or Home would load pandas before it is on screen

        if self.step.key in ("data", "train"):
            return self.dataset_folder is not None and holds_sessions(self.dataset_folder)
        return self.run_folder is not None and holds_sessions(self.run_folder / "data")

    # requirements of a page -----------------------------------------------------------------------------------------

    def need_dataset(self) -> Dataset:
        """The open dataset; without one, the page shows where to get it and ends."""
        dataset = self.dataset
        if dataset is None:
            self.show_missing(
                tr("There is no data yet."), tr("Upload a file, or open a sample."), "data", tr("Choose data")
            )
        return dataset

    def need_run(self) -> tuple[Run, Dataset]:
        """The open run and its data; without one, the page shows where to get it and ends."""
        if self.run_folder is None:
            training = any(job.active and job.kind in BY_KEY["train"].jobs for job in self.jobs.of(self.space.id))
            hint = tr("Train one in under a minute, or open the one of the sample.")
            if training:
                waiting = tr("A training is running or waiting.")
                self.show_missing(tr("There is no trained model yet."), waiting, "train", tr("Show the training"))
            if self.dataset_folder is None:
                self.show_missing(tr("There is no trained model yet."), hint, "data", tr("Choose data"))
            else:
                missing = tr("There is no trained model on {data} yet.", data=self._dataset_name())
                self.show_missing(missing, hint, "train", tr("Train a model"))
        assert self.run_folder is not None
        if not self.view.run:  # the URL names the run, or a link would open the newest one of whoever follows it
            view = self.view
            self.set_view(run=self.run_id, dataset=view.dataset, target=view.target, source=view.source)
        return cache.open_run(str(self.run_folder))

    def _dataset_name(self) -> str:
        """The open dataset in quotes, safe to show."""
        owned = (entry for entry in self.space.entries("dataset") if entry.id == self.dataset_id)
        found = next(owned, None)
        return tr("this data") if found is None else f"“{escape_markdown(tr(found.label), 60)}”"

    def show_missing(self, what: str, hint: str, page: str, label: str) -> NoReturn:
        """Shows what is missing and a button to the page that provides it. Ends the page."""
        with st.container(border=True):
            st.subheader(what)
            st.write(hint)
            with st.container(horizontal=True):
                if st.button(label, type="primary", key="empty_go"):
                    self.go(page)
                sample = sample_run() is not None and self.step.key not in ("data", "train")
                if sample and st.button(tr("Open the sample run"), key="empty_sample"):
                    self.go(self.step.key, run=SAMPLE_RUN, tab=self.view.tab)
        st.stop()

    # view and navigation --------------------------------------------------------------------------------------------

    def set_view(self, **changes: Any) -> None:
        """Changes the view and the URL; the page continues to run.

        When the page, or the fragment that calls this, has ended, the whole page runs again, so that menu, pickers and
        URL agree (see `rerun_if_view_changed`). The URL is read first, because another widget may have changed it in
        the same run.
        """
        state.restore_url()
        self.view = _without_deleted(state.read_view())
        if self.view.problems:
            st.session_state[PENDING_PROBLEMS] = self.view.problems  # their values leave the URL now
        source = self.view.source
        self.view = self._changed(changes)
        if self.view.source != source and "rules" not in changes:  # weights of interests belong to one source
            self.view = replace(self.view, rules=replace(self.view.rules, interests=""))
        for folder in ("run_folder", "dataset_folder"):
            self.__dict__.pop(folder, None)
        state.write_view(self.view)

    def go(self, page: str, **changes: Any) -> None:
        """Switches to another page (a key of STEPS) with a changed view."""
        st.switch_page(BY_KEY[page].file, query_params=self._changed({"tab": "", "mode": "", **changes}).params())

    def params(self) -> dict[str, str]:
        """The query parameters of a link to another page that keeps the view."""
        return self.view.link_params()

    def _changed(self, changes: Mapping[str, Any]) -> state.View:
        """The view with changes, in which run and dataset fit together and the users belong to the data.

        A new run sets the dataset that it was trained on, where that is known; a new dataset alone unsets the run, so
        that the newest run on it opens. Target and source are kept while the data are the same. A source that is a part
        of the target is changed where another target has no such part.
        """
        changes = dict(changes)
        run, dataset = changes.get("run", self.view.run), changes.get("dataset", self.view.dataset)
        if run != self.view.run and "dataset" not in changes:
            changes["dataset"] = dataset = self.dataset_of(run)
        elif dataset != self.view.dataset and "run" not in changes:
            changes["run"] = run = ""
        if run != self.view.run or dataset != self.view.dataset:
            # The data of the sample run may not be saved here: then they count as different.
            open_data = self.view.dataset or (self.dataset_of(self.view.run) if self.view.run else self.dataset_id)
            for party in ("target", "source"):
                valid = dataset and dataset == open_data and not getattr(self.view, party).startswith("cluster:")
                changes.setdefault(party, getattr(self.view, party) if valid else "")
        elif (
            changes.get("target", self.view.target) != self.view.target
            and "source" not in changes
            and self.run_folder is not None
        ):
            changes["source"] = fitting_source(self.run_folder, changes["target"], self.view.source)
        return replace(self.view, **changes)

    def step_mark(self, step: Step, running: JobSnapshot | None = None) -> str:
        """● a job of this step is running, ✓ it has a result, ○ it has none; "" for pages that have no result."""
        if running is not None:
            return "●"
        if step.key in ("home", "learn"):
            return ""
        ready = self.dataset_folder is not None if step.key == "data" else self.run_folder is not None
        return "✓" if ready else "○"


def _without_deleted(view: state.View) -> state.View:
    """The view without a run or dataset that is no longer saved, and with a sentence about each."""
    for kind in ("run", "dataset"):
        wanted = getattr(view, kind)
        if not wanted:
            continue
        try:
            if kind == "run":
                run_folder(wanted, state.workspace())
            else:
                state.workspace().find(wanted, kind)
        except StudioError as error:
            cleared: dict[str, Any] = {kind: "", "target": "", "source": ""} if kind == "run" else {kind: ""}
            view = replace(view, **cleared, problems=(*view.problems, tr(error.message)))
    return view


def _is_of(run: Entry, data: Entry) -> bool:
    """Whether a run was trained on a dataset, or on equal data."""
    return run.meta.get("dataset") == data.id or _same_data(data, run)


def _same_data(data: Entry, run: Entry) -> bool:
    """Whether a run was trained on data equal to a dataset, by their fingerprints."""
    known = data.meta.get("fingerprint")
    return bool(known) and known == run.meta.get("fingerprint")

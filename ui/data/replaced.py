"""What becomes of a saved dataset that another reading of the same files replaces.

It is removed, unless a job or an unfinished training works on it: then it is removed later. Where pseudonyms replace
its user ids, no training may keep them, and those on it are discarded; the page names finished runs, which keep them.
"""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from recsys.errors import StudioError
from recsys.jobs.trainings import forget
from recsys.wording import tr
from recsys.workspace.entries import REPLACED_BY
from ui.shell.page_context import PageContext
from ui.shell.widgets import escape_markdown
from ui.train import jobs

_REPLACES = "replaces"  # in the meta of a dataset: the ids of those that it replaces, newest first
RUNS_WITH_IDS = "data_runs_with_ids_once"  # in the session: names of runs that keep ids that are now pseudonyms
MOST_VERSIONS = 1_000
_PATIENCE = 45.0  # seconds for a job to end when it is stopped, see `recsys.jobs.processes.Limits`


def replace_dataset(page: PageContext, old: str, new: str, hides_ids: bool) -> None:
    """Removes a saved dataset and its earlier versions as soon as nothing works on them.

    Args:
        old, new: ids of the dataset and of the one that replaces it.
        hides_ids: whether the new one has pseudonyms in place of the user ids: then at once.
    """
    earlier = [old]
    for entry in page.space.entries("dataset"):
        if entry.id == old:
            earlier += entry.meta.get(_REPLACES, [])
            page.space.mark(old, **{REPLACED_BY: new})
    page.space.mark(new, **{_REPLACES: earlier[:MOST_VERSIONS]})
    if hides_ids:
        for dataset in _versions_before(page, new):
            _discard_work_on(page, dataset)
        runs = [tr(entry.label) for entry in page.space.entries("run") if entry.meta.get("dataset") in earlier]
        st.session_state[RUNS_WITH_IDS] = runs
    remove_replaced(page, (new,))


def remove_replaced(page: PageContext, shown: tuple[str, ...]) -> None:
    """Removes replaced datasets that no job and no unfinished training works on, except the `shown` ones."""
    replaced = [entry.id for entry in page.space.entries("dataset") if REPLACED_BY in entry.meta]
    if not replaced:  # as nearly always: no training is read then
        return
    needed = {*shown, *(training.dataset_id for training in _trainings(page))}
    for dataset in replaced:
        if dataset not in needed and not page.jobs.on_dataset(dataset):
            page.space.purge(dataset)


def _versions_before(page: PageContext, dataset: str) -> list[str]:
    """The saved datasets that a dataset replaces, one after the other."""
    replaced = {entry.id: entry.meta.get(REPLACED_BY) for entry in page.space.entries("dataset")}
    found = [dataset]
    for later in found:
        found += [earlier for earlier, by in replaced.items() if by == later]
    return found[1:]


def _discard_work_on(page: PageContext, dataset: str) -> None:
    """Ends the jobs on a dataset, removes the runs that they then save, and discards unfinished trainings."""
    owner, at_work = page.space.id, page.jobs.on_dataset(dataset)
    own = [job.id for job in page.jobs.of(owner) if job.id in at_work]
    for job in own:
        page.jobs.stop(job, owner)
    for job in own:
        result = page.jobs.wait(job, owner, _PATIENCE).result
        if isinstance(result, dict) and "run" in result:
            page.space.purge(result["run"])
    for training in _trainings(page):
        if training.dataset_id == dataset:
            forget(page.space, training.entry.id)
            name = escape_markdown(tr(training.entry.label), 60)
            st.toast(
                tr("The training “{name}” was discarded: it used the user ids that are now pseudonyms.", name=name)
            )


def _trainings(page: PageContext) -> list[jobs.Training]:
    """The trainings that have not ended well; those that can't be read are left out."""
    found = []
    for entry in page.space.entries("training"):
        with suppress(StudioError):
            found.append(jobs.read(page.space, entry.id))
    return found

"""What a search over settings found: the verdict, the figure, the tables, and the way to train with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.charts.style import format_number
from recsys.charts.tuning import parallel_coordinates
from recsys.data.export import json_bytes
from recsys.errors import ArtifactError
from recsys.models.table import model_label
from recsys.wording import Message, tr
from recsys.workspace import Entry, read_content
from ui.glossary import meaning_of
from ui.shell.errors import show_verdict
from ui.shell.figures import show_figure
from ui.shell.frame import PageContext
from ui.shell.widgets import download, number_duplicates
from ui.train.settings import fill_settings

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs.tuning import SearchResult, Trial

LEVELS = {"better": "helps", "worse": "harms"}  # of the verdict, as it looks on screen
STATES = {
    "done": Message("trained to its end"),
    "pruned": Message("ended early"),
    "failed": Message("broke off"),
}


def saved_searches(page: PageContext, dataset: Dataset) -> list[tuple[Entry, SearchResult]]:
    """The searches on this data, the newest first; damaged ones are left out."""
    from recsys.runs.tuning import read_search

    found = []
    for entry in page.space.entries("search"):
        if dataset.matches(str(entry.meta.get("fingerprint"))):
            try:
                found.append((entry, read_search(read_content(page.space.path(entry.id)))))
            except ArtifactError:
                continue
    return found


def show_result(page: PageContext, saved: list[tuple[Entry, SearchResult]]) -> None:
    """One of the saved searches, the newest unless another is chosen."""
    place = 0
    if len(saved) > 1:
        made = [f"{tr(entry.label)} · {entry.created[:16].replace('T', ' ')} UTC" for entry, _ in saved]
        names = number_duplicates(dict(enumerate(made)))
        chosen = st.selectbox(tr("Search"), range(len(saved)), format_func=names.__getitem__, key="train_search_shown")
        place = min(int(chosen), len(saved) - 1)
    _, found = saved[place]
    show_verdict(LEVELS.get(found.level, "no evidence"), tr(found.verdict))
    st.caption(_fairness(found), help=meaning_of("NDCG", "Interval", "Bootstrap", "Validation"))
    figure, table = st.columns([6, 4], gap="large")
    with figure:
        show_figure(parallel_coordinates(found), "train_search_figure")
        st.caption(tr("A line is a trial: the best is orange-red, others trained to their end blue, the rest grey."))
    table.dataframe(_trials_table(found), hide_index=True, width="stretch")
    if found.baselines:
        st.dataframe(_baselines_table(found), hide_index=True, width="stretch")
    with st.container(horizontal=True):
        st.button(
            tr("Train with these settings"),
            key="train_search_use",
            help=tr("Fills the settings above with the best ones."),
            on_click=_fill,
            args=(page.dataset_id, found),
        )
        name, mime = "search.json", "application/json"
        download(tr("Export search (JSON)"), lambda: json_bytes(found.to_json()), name, mime, "train_search_json")


def _fill(dataset_id: str, found: SearchResult) -> None:
    fill_settings(dataset_id, found.plan.with_settings(found.settings))
    st.toast(tr("The settings above are those of trial {number}.", number=found.best + 1))


def _fairness(found: SearchResult) -> str:
    """How the choice was made, and why the difference on validation says little."""
    return tr(
        "Chosen among {trials} trials on {validation:,} validation users, where the difference is {difference}: that "
        "is in favour of what was chosen there. The {test:,} test items were used once, after the choice.",
        trials=len(found.of_model),
        difference=found.validation.difference.signed(),
        validation=found.users["validation"],
        test=found.users["test"],
    )


def _trials_table(found: SearchResult) -> dict[str, list[Any]]:
    """The trials, best first: number, accuracy, how they ended, and their settings."""
    trials = sorted(found.of_model, key=lambda trial: (trial.number != found.best, trial.state != "done", -trial.value))
    columns: dict[str, list[Any]] = {
        tr("Trial"): [trial.number + 1 for trial in trials],
        "NDCG@10": [format_number(trial.value) for trial in trials],
        tr("Result"): [_note(trial, found) for trial in trials],
    }
    for dimension in found.space:
        columns[tr(dimension.label)] = [format_number(trial.settings[dimension.name]) for trial in trials]
    return columns


def _note(trial: Trial, found: SearchResult) -> str:
    if trial.number == found.best:
        return tr("best" if trial.number else "best, start")
    return tr("start") if not trial.number else tr(STATES[trial.state])


def _baselines_table(found: SearchResult) -> dict[str, list[str]]:
    """The baselines with their best settings, and the model's difference to each on the test items."""
    from recsys.models.baselines.tuning import SETTING_NAMES

    rows = found.baselines
    return {
        tr("Baseline"): [tr(model_label(row.name)) for row in rows],
        tr("Trials"): [f"{row.tried}" for row in rows],
        tr("Best settings"): [
            tr(", ").join(
                f"{tr(SETTING_NAMES.get(name, name))} {_shown(value)}" for name, value in row.settings.items()
            )
            for row in rows
        ],
        tr("NDCG@10, validation"): [format_number(row.validation) for row in rows],
        tr("NDCG@10, test"): [row.test.text for row in rows],
        tr("Model minus baseline, test"): [row.difference.signed() for row in rows],
    }


def _shown(value: Any) -> str:
    return format_number(value) if isinstance(value, int | float) else str(value)

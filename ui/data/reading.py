"""Reading the given files into a dataset that the page shows. What is open stays open when the next reading fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import streamlit as st

from recsys.charts.style import format_number
from recsys.errors import StudioError
from recsys.wording import numbered, tr, worded
from ui.data.reading_cost import reading_cost
from ui.data.replaced import replace_dataset
from ui.data.uploads import uploads
from ui.shell.frame import PageContext
from ui.shell.widgets import escape_markdown

if TYPE_CHECKING:
    from recsys.data import CleaningPlan, Loaded
    from recsys.data.readers.archives import Files

Content = bytes | Path
OPEN, FAILED, NEW_KEY = "data_open", "data_refused", "data_key_once"  # in the session
ENDINGS = frozenset(
    (
        *(".csv", ".tsv", ".tab", ".txt", ".dat", ".data", ".inter", ".json", ".jsonl", ".ndjson", ".parquet", ".pq"),
        *(".xlsx", ".xls", ".db", ".sqlite", ".sqlite3", ".duckdb", ".gz", ".zip"),
    )
)
"""Of the names of files that say nothing but how the file is written."""


@dataclass(frozen=True)
class RawData:
    """What the user gave, in memory only (or a path in the allowed folder): no raw data is kept on disk.

    Attributes:
        files: (name, content) of each.
        scenarios: whether each file is a scenario of its own.
        pseudonyms: whether user ids are replaced.
        key: of the pseudonyms, "" before the first reading: another reading of the same data gives the same pseudonyms.
        plan: how it is cleaned by default; None for the default rules.
        sample: the name of the sample it is, "" for none.
        warnings: what is told with the data, such as that a query had more rows.
    """

    files: tuple[tuple[str, Content], ...]
    name: str
    items: Content | None = None
    users: Content | None = None
    vectors: tuple[tuple[str, Content], ...] = ()
    scenarios: bool = False
    pseudonyms: bool = False
    key: str = field(default="", repr=False)
    plan: CleaningPlan | None = None
    sample: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes in memory."""
        parts = [content for _, content in (*self.files, *self.vectors)] + [self.items, self.users]
        return sum(len(part) for part in parts if isinstance(part, bytes))


@dataclass(frozen=True)
class ReadingOptions:
    """The columns, tables and cleaning plan that the user chose; None where the detected ones are used."""

    columns: Mapping[str, str | None] | None = None
    tables: Mapping[str, str] | None = None
    plan: CleaningPlan | None = None


DETECTED = ReadingOptions()


@dataclass(frozen=True)
class OpenData:
    """The data on the page.

    Attributes:
        entry_id: the saved dataset.
        options: how it was read.
        history: the options of earlier readings, oldest first, for Undo.
    """

    raw: RawData
    loaded: Loaded
    entry_id: str
    options: ReadingOptions = DETECTED
    history: tuple[ReadingOptions, ...] = ()


@dataclass(frozen=True)
class FailedReading:
    """Why the last reading failed, and which part of the page started it: "choose", "query", "columns", "cleaning"."""

    error: StudioError
    part: str
    dataset_id: str = ""


def open_data(page: PageContext) -> OpenData | None:
    """The data that was read in this session, if the page shows it and it is still in memory."""
    current: OpenData | None = uploads().get(st.session_state.get(OPEN, ""))
    return current if current is not None and current.entry_id == page.dataset_id else None


def forget_old_failure() -> None:
    """Forgets the failure of an earlier visit of the page; its widgets are new on each visit."""
    if "data_pseudonyms" not in st.session_state:
        st.session_state[FAILED] = None


def failure_in(page: PageContext, part: str) -> StudioError | None:
    """Why the last reading failed, if this part of the page started it; else None."""
    last: FailedReading | None = st.session_state.get(FAILED)
    return last.error if last is not None and (last.part, last.dataset_id) == (part, page.dataset_id) else None


def set_failure(page: PageContext, error: StudioError | None, part: str) -> None:
    """Keeps why a reading failed for `failure_in`; None for one that did not."""
    st.session_state[FAILED] = None if error is None else FailedReading(error, part, page.dataset_id)


def read(
    page: PageContext,
    raw: RawData,
    options: ReadingOptions = DETECTED,
    history: tuple[ReadingOptions, ...] = (),
    replaces: OpenData | None = None,
    part: str = "choose",
) -> None:
    """Reads and opens data, and draws the page again; if that fails, keeps the reason for `failure_in`.

    Args:
        replaces: the reading whose saved dataset is replaced.
        part: of the page that starts the reading.
    """
    from recsys.data import load

    st.session_state[FAILED] = None
    try:
        with st.spinner(announcement(raw), show_time=True):
            loaded = load(
                _source(raw),
                name=raw.name,
                items=raw.items,
                users=raw.users,
                columns=options.columns,
                tables=options.tables,
                plan=options.plan or raw.plan,
                vectors=raw.vectors,
                warnings=raw.warnings,
            )
            _save(page, OpenData(raw, loaded, "", options, history), replaces)
    except StudioError as error:
        set_failure(page, error, part)


def announcement(raw: RawData) -> str:
    """What is being read, and what it will take where that is much."""
    name, cost = escape_markdown(worded(raw.name), 60), reading_cost([content for _, content in raw.files])
    if cost is None:
        return tr("Reading {name} …", name=name)
    values = {"name": name, "megabytes": f"{cost.megabytes:,.0f}", "seconds": format_number(cost.seconds)}
    values |= {"memory": f"{cost.memory:.1f}", "free": f"{cost.free:.1f}"}
    if cost.too_large:
        return tr(
            "Reading {name}: {megabytes} MB take about {seconds} s and {memory} GB of memory, and only {free} GB are "
            "free. If it fails, take a part of the rows …",
            **values,
        )
    return tr("Reading {name}: {megabytes} MB take about {seconds} s and {memory} GB of memory …", **values)


def reread(page: PageContext, data: OpenData, options: ReadingOptions, part: str) -> None:
    """Reads the open data with other options; `undo` restores these."""
    read(page, data.raw, options, (*data.history, data.options), data, part)


def undo(page: PageContext, data: OpenData) -> None:
    """Reads the open data with the options before the last change."""
    read(page, data.raw, data.history[-1], data.history[:-1], data, "cleaning")


def _save(page: PageContext, data: OpenData, replaces: OpenData | None) -> None:
    """Saves and opens the dataset (never the raw file); it replaces an earlier version."""
    loaded, raw, memory = data.loaded, data.raw, uploads()
    if raw.pseudonyms:
        from recsys.data.pseudonyms import new_key, pseudonymous

        before: OpenData | None = memory.get(st.session_state.get(OPEN, ""))
        known = raw.key or (before.raw.key if before is not None and before.raw.files == raw.files else "")
        raw = replace(raw, key=known or new_key())
        loaded = replace(loaded, dataset=pseudonymous(loaded.dataset, raw.key))
        if not known:
            st.session_state[NEW_KEY] = raw.key
    meta = {"plan": loaded.plan.to_json(), "source": "sample" if raw.sample else "upload"}
    entry = page.space.save_dataset(loaded.dataset, meta)
    page.set_view(dataset=entry.id)  # before the replaced one, which the view still names, is removed
    if replaces is not None:
        replace_dataset(page, replaces.entry_id, entry.id, hides_ids=raw.pseudonyms and not replaces.raw.pseudonyms)
    memory.remove(st.session_state.get(OPEN, ""))
    size = raw.size + loaded.report.rows.nbytes + 16 * loaded.dataset.n_interactions
    st.session_state[OPEN] = memory.add(replace(data, raw=raw, loaded=loaded, entry_id=entry.id), size)
    st.rerun()


def _source(raw: RawData) -> Files | tuple[tuple[str, Content, str], ...]:
    """What `load` takes: one file, one file for each scenario, or several files as one input."""
    if len(raw.files) == 1:
        return tuple((name, content, "") for name, content in raw.files)
    if raw.scenarios:
        scenarios = scenario_names([name for name, _ in raw.files])
        return tuple((name, content, scenario) for (name, content), scenario in zip(raw.files, scenarios, strict=True))
    from recsys.data.readers.archives import Files

    return Files(raw.files)


def scenario_names(files: Sequence[str]) -> list[str]:
    """What the scenarios of files are called, all different: their names without what says that they are tables.

    Args:
        files: names, with their folders where a folder was given.
    """
    paths = [_without_endings(PurePath(file)) for file in files]
    names = [path.name for path in paths]
    return numbered([name if names.count(name) == 1 else str(path) for name, path in zip(names, paths, strict=True)])


def _without_endings(path: PurePath) -> PurePath:
    """`books.csv.gz` as `books`, but `2024.01.csv` as `2024.01`."""
    while path.suffix.lower() in ENDINGS:
        path = path.with_suffix("")
    return path

"""Choosing data: the sample cards, the upload with its options and, where it is allowed, a path on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from recsys.data.samples import SAMPLES, Sample, sample_files, sample_plan
from recsys.errors import StudioError
from recsys.wording import Message, tr
from recsys.workspace.names import FILES
from ui.components.drop_target import drop_anywhere
from ui.data.databases import remember_file
from ui.data.local_files import VARIABLE, allowed_folder, local_file
from ui.data.query import query_panel
from ui.data.reading import DETECTED, RawData, failure_in, open_data, read, set_failure
from ui.data.uploads import release
from ui.language import language
from ui.shell.frame import PageContext, show_error

ROUND = "data_round"  # in the session: how many uploads were read; a new number empties the upload fields
SWITCHES = ("pseudonyms", "scenarios")


def choose(page: PageContext) -> None:
    """Every way to load data, and why the last one failed."""
    _sample_cards(page)
    given, fields = _upload(page)
    if (folder := allowed_folder()) is not None:
        _path(page, folder, given, fields)
    query_panel(page)
    if problem := failure_in(page, "choose"):
        show_error(problem)


def _sample_cards(page: PageContext) -> None:
    for column, sample in zip(st.columns(len(SAMPLES), gap="small"), SAMPLES, strict=True):
        with column, st.container(border=True, height="stretch", vertical_alignment="distribute"):
            with st.container(gap="small"):
                st.markdown(f"**{tr(sample.title)}**")
                st.caption(
                    tr(
                        "{content} {n:,} rows. *What to find:* {to_find}",
                        content=sample.content,
                        n=sample.rows,
                        to_find=sample.to_find,
                    )
                )
            if st.button(tr("Open"), key=f"data_sample_{sample.name}", width="stretch"):
                _open_sample(page, sample)


def _open_sample(page: PageContext, sample: Sample) -> None:
    rows, items, users = sample_files(sample.name, language())
    title = sample.dataset_name(language())
    read(page, RawData(((title, rows),), title, items, users, plan=sample_plan(), sample=sample.name))


def _upload(page: PageContext) -> tuple[dict[str, Any], list[Any]]:
    """The upload fields. A new file is read; a side table or switch for the open upload reads that again.

    Returns:
        The switches and the side tables that wait for data, as fields of `RawData`, and the uploads that they are from.
    """
    number = st.session_state.setdefault(ROUND, 0)
    data = open_data(page)
    current = data.raw if data is not None and not data.raw.sample else None
    one, two = st.columns([3, 1], vertical_alignment="bottom")
    with one, st.container(key="data_files"):
        files = st.file_uploader(
            tr("Or drop your own anywhere on this page: files, or zips"),
            accept_multiple_files=True,
            key=f"data_files_{number}",
            help=tr(
                "CSV, TSV, JSON Lines, Parquet, Excel, MovieLens, RecBole or sequence text, also as gz or zip, or a "
                "SQLite or DuckDB database, with a column for the user and one for the item. Several are read as one "
                "input, in which each table finds its role. Up to {megabytes:,} MB; the operator raises the limit "
                "with `make app UPLOAD_MB=2000`.",
                megabytes=st.get_option("server.maxUploadSize"),
            ),
        )
    with two:
        folder = st.file_uploader(tr("Or a folder"), accept_multiple_files="directory", key=f"data_folder_{number}")
    files = [*files, *folder]
    drop_anywhere("data_files")
    with st.expander(tr("Pseudonyms, item table, user table, item vectors")):
        switches = _switches(current)
        side_tables, uploaded = _side_tables(number)
    switched = st.session_state.pop("data_switched", False)
    if files:
        name = files[0].name if len(files) == 1 else Message(FILES, file=files[0].name, n=len(files) - 1)
        given = tuple((one.name, one.getvalue()) for one in files)
        raw, options = RawData(given, name, **switches, **side_tables), DETECTED
        if len(given) == 1:
            remember_file(*given[0])
    elif current is not None and data is not None and (side_tables or switched):
        raw, options = replace(current, **switches, **side_tables), data.options
    else:
        return {**switches, **side_tables}, uploaded
    _empty_fields([*files, *uploaded])
    same = data is not None and (not files or (raw.pseudonyms and data.raw.files == raw.files))
    read(page, raw, options, replaces=data if same else None)
    st.rerun()  # the reading failed: shows the empty fields and the reason


def _empty_fields(files: list[Any]) -> None:
    """Removes what was uploaded from the upload fields."""
    release(files)
    st.session_state[ROUND] += 1


def _switches(current: RawData | None) -> dict[str, Any]:
    """The two switches, set as for the open upload: name -> bool."""
    for name in SWITCHES:
        st.session_state.setdefault(f"data_{name}", current is not None and getattr(current, name))
    st.toggle(
        tr("Pseudonymise user ids before saving"),
        key="data_pseudonyms",
        on_change=_switched,
        help=tr(
            "Each id becomes a keyed hash. The key is shown once and never saved: with it, pseudonyms can be linked "
            "to ids again. This is no anonymity: a few items of a user with rough dates often identify the history "
            "(Narayanan & Shmatikov 2008)."
        ),
    )
    st.toggle(
        tr("Several files are one scenario each"),
        key="data_scenarios",
        on_change=_switched,
        help=tr(
            "The file names become the scenarios, and all rows one dataset. Otherwise one file is loaded as the "
            "interactions and the others as item and user tables, by their content."
        ),
    )
    return {name: bool(st.session_state[f"data_{name}"]) for name in SWITCHES}


def _switched() -> None:
    st.session_state["data_switched"] = True


def _side_tables(number: int) -> tuple[dict[str, Any], list[Any]]:
    """The fields for item table, user table and vectors: the fields of `RawData` that are given, and the uploads."""
    one, two, three = st.columns(3)
    items = one.file_uploader(tr("Item table (title, text, tags)"), key=f"data_items_{number}")
    users = two.file_uploader(tr("User table (groups)"), key=f"data_users_{number}")
    vectors = three.file_uploader(
        tr("Item vectors (.parquet, .npz, .npy)"),
        accept_multiple_files=True,
        key=f"data_vectors_{number}",
        help=tr("Image, audio or text embeddings, one row per item with its id; the model uses them as features."),
    )
    given = {
        "items": items.getvalue() if items else None,
        "users": users.getvalue() if users else None,
        "vectors": tuple((Path(one.name).stem, one.getvalue()) for one in vectors),
    }
    uploaded = [*(one for one in (items, users) if one), *vectors]
    return {name: content for name, content in given.items() if content}, uploaded


def _path(page: PageContext, folder: Path, given: dict[str, Any], uploaded: list[Any]) -> None:
    """The field for a path; what it names is read with the switches and side tables that are given."""
    with st.form("data_path_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            tr("Or the path of a file or a folder on this machine"),
            key="data_path",
            help=tr(
                "Inside the folder that {variable} names. The Parquet files of a folder are one table.",
                variable=VARIABLE,
            ),
        )
        submitted = st.form_submit_button(tr("Open the path"))
    if submitted:
        try:
            path = local_file(text, folder)
        except StudioError as error:
            set_failure(page, error, "choose")
            return
        remember_file(path.name, path)
        raw, data = RawData(((path.name, path),), path.stem, **given), open_data(page)
        _empty_fields(uploaded)
        again = data is not None and raw.pseudonyms and data.raw.files == raw.files
        read(page, raw, replaces=data if again else None)
        st.rerun()  # the reading failed: shows the empty fields and the reason

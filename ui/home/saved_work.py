"""Saved work on Home: open, rename, duplicate, delete with undo, export and import as one zip."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from recsys.errors import StudioError
from recsys.wording import Message, tr, tr_n
from recsys.workspace import MAX_ENTRY_NAME, MAX_NAME_LENGTH, Entry, Space
from recsys.workspace.cases import read_case
from recsys.workspace.sample_run import run_folder
from ui.shell.errors import ErrorDisplay
from ui.shell.frame import PageContext
from ui.shell.trash import offer_undo
from ui.shell.widgets import download, escape_markdown, set_widget_value

LABELS = {
    "dataset": Message("Data"),
    "run": Message("Run"),
    "cohort": Message("Group"),
    "study": Message("Study"),
    "search": Message("Search over settings"),
    "note": Message("Note"),
    "map": Message("Map"),
    "case": Message("Case"),
}
OPENS = {
    "dataset": "train",
    "run": "transfer",
    "cohort": "transfer",
    "study": "evaluate",
    "search": "train",
    "map": "embeddings",
    "case": "transfer",
}


MAP_CONTROLS = {
    "entity": "map_side",
    "dims": "map_dims",
    "neighbours": "map_neighbours",
    "min_distance": "map_distance",
    "layout": "map_layout",
}
"""Setting of a saved map -> key of its control on Embeddings."""
ROWS, MORE_ROWS = 30, 100
SHOWN = "saved_shown"  # in the session: how many rows are shown


def saved_work(page: PageContext) -> None:
    """The list of saved entries with their actions."""
    space = page.space
    everything = space.entries()
    entries = [entry for entry in everything if entry.kind in LABELS]
    set_widget_value("saved_name", space.name)
    st.text_input(
        tr("Your name or your class (optional)"),
        max_chars=MAX_NAME_LENGTH,
        key="saved_name",
        on_change=_set_name,  # by a change only: two tabs may be open
        args=(space,),
        help=tr("Shown beside the run to whoever opens a link that you share."),
    )
    for entry_id, sentence in space.damaged().items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(escape_markdown(tr(sentence), 400))
            if st.button(tr("Delete"), key=f"damaged_{entry_id}"):
                space.delete(entry_id)
                st.rerun()
    if not entries:
        st.caption(tr("Nothing saved yet. Data, runs and groups are saved automatically and appear here."))
    shown = st.session_state.setdefault(SHOWN, ROWS)
    for entry in entries[:shown]:
        _entry_row(page, entry)
    left = len(entries) - shown
    if left > 0 and st.button(tr("Show more ({n:,} not shown)", n=left), key="saved_more"):
        st.session_state[SHOWN] += MORE_ROWS
        st.rerun()
    _trash(page)
    limit = space.workspace.space_bytes
    st.caption(
        tr(
            "{used:,.1f} of {limit:,.0f} MB on disk. Uploaded files are not saved.",
            used=space.bytes() / 1e6,
            limit=limit / 1e6,
        )
    )
    st.markdown(f"**{tr('Export and import')}**")
    with st.container(key="saved_transfer"):  # the key keeps a chosen file when rows are added above it
        if entries:
            download(
                tr("Export all (ZIP)"),
                lambda: _zip_of_everything(page),
                "studio.zip",
                "application/zip",
                "saved_zip",
            )
            _say_if_too_large(sum(entry.bytes for entry in everything))
        uploaded = st.file_uploader(tr("Exported ZIP file"), type=["zip"], key="saved_upload")
        if uploaded is not None and st.button(tr("Import"), key="saved_import"):
            from recsys.workspace import import_zip

            added = import_zip(space, uploaded.getvalue())
            st.toast(tr_n("Imported {n} saved item.", "Imported {n} saved items.", len(added)))
            st.rerun()


def _set_name(space: Space) -> None:
    with ErrorDisplay():
        space.set_name(st.session_state["saved_name"])


def _zip_of_everything(page: PageContext) -> bytes:
    from recsys.workspace import export_zip

    return export_zip(page.space, [entry.id for entry in page.space.entries()])


def _say_if_too_large(size: int) -> None:
    """A sentence where a zip of everything may be larger than what can be imported."""
    limit = st.get_option("server.maxUploadSize")
    if size > limit * 1e6:
        st.caption(
            tr(
                "All saved work takes {size:,.0f} MB, and a ZIP file of at most {limit:,.0f} MB can be imported. "
                "Export large items one by one, in their menus, or let the operator raise the limit with "
                "`make app UPLOAD_MB=2000`.",
                size=size / 1e6,
                limit=limit,
            )
        )


def _export_of_one(page: PageContext, entry: Entry) -> None:
    def zipped() -> bytes:
        from recsys.workspace.portable import export_zip, needed_by

        return export_zip(page.space, needed_by(page.space, entry.id))

    name = re.sub(r"[^\w-]+", "-", tr(entry.label)).strip("-")[:60]
    download(tr("Export (ZIP)"), zipped, f"{name or entry.kind}.zip", "application/zip", f"export_{entry.id}")


def _entry_row(page: PageContext, entry: Entry) -> None:
    name, number, actions = st.columns([5, 3, 2], vertical_alignment="center")
    number_shown, when = (
        escape_markdown(entry.meta.get("number", ""), 40),
        escape_markdown(entry.created[:16].replace("T", " ")),
    )
    name.write(f"{tr(LABELS[entry.kind])} · {escape_markdown(tr(entry.label), 60)}")
    number.caption(f"{number_shown} · {when} UTC" if number_shown else escape_markdown(entry.created[:10]))
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        if entry.kind in OPENS and st.button(tr("Open"), key=f"open_{entry.id}"):
            page.go(OPENS[entry.kind], **_view_of(page, entry))
        with st.popover("…", help=tr("Rename, duplicate, export, delete")):
            now = tr(entry.label)
            renamed = st.text_input(tr("Name"), now, key=f"name_{entry.id}", max_chars=MAX_ENTRY_NAME)
            if st.button(tr("Rename"), key=f"rename_{entry.id}", disabled=renamed.strip() in ("", now)):
                page.space.rename(entry.id, renamed)
                st.rerun()
            if st.button(tr("Duplicate"), key=f"copy_{entry.id}"):
                page.space.duplicate(entry.id)
                st.rerun()
            _export_of_one(page, entry)
            if st.button(tr("Delete (can be undone)"), key=f"delete_{entry.id}"):
                page.space.delete(entry.id)
                st.rerun()
            if entry.bytes > 50_000:
                st.caption(tr("{size:,.1f} MB on disk", size=entry.bytes / 1e6))


def _view_of(page: PageContext, entry: Entry) -> dict[str, Any]:
    """The view that opens an entry: a group as source, on the run of its map; a study on a run of its data."""
    runs = {run.id: run for run in page.space.entries("run")}
    if entry.kind in ("dataset", "run"):
        return {entry.kind: entry.id}
    if entry.kind == "cohort":
        run = str(entry.meta.get("run", ""))
        context = {"run": run} if run in runs and run != page.run_id else {}
        return {**context, "source": f"group:{entry.id}"}
    if entry.kind == "case":
        from ui.transfer.case_pair import view_of  # heavy: only when one is opened

        return view_of(read_case(page.space, entry.id))
    if entry.kind == "study":
        on_same_data = [
            run.id for run in runs.values() if run.meta.get("fingerprint") == entry.meta.get("fingerprint", "")
        ]
        context = {"run": on_same_data[0]} if on_same_data and page.run_id not in on_same_data else {}
        from ui.evaluate.study import OPENED_STUDY  # heavy too

        st.session_state[OPENED_STUDY] = entry.id
        return {**context, "tab": "study"}
    if entry.kind == "map":
        return _view_of_map(page, entry)
    if entry.kind == "search":
        data = str(entry.meta.get("dataset", ""))
        saved = data in {one.id for one in page.space.entries("dataset")}
        return {**({"dataset": data} if saved and data != page.dataset_id else {}), "tab": "search"}
    return {}


def _view_of_map(page: PageContext, entry: Entry) -> dict[str, Any]:
    """The run that a map was made for; that which is open where it is gone, or the map is of an older version.

    The controls of the page will show the map's settings.
    """
    from recsys.jobs.maps import CHOICES  # heavy: only when one is opened

    settings = {"entity": "users" if entry.meta.get("side") == "people" else "items", **entry.meta}
    for name, key in MAP_CONTROLS.items():
        if settings.get(name) in CHOICES[name]:  # older versions saved the first two; an imported map may hold anything
            st.session_state[key] = settings[name]
    run = str(entry.meta.get("run", ""))
    context = {"tab": "next-choice"} if entry.meta.get("representation") == "next-choice" else {}
    try:
        run_folder(run, page.space.workspace)
    except StudioError:
        return context
    return {**context, "run": run}


def _trash(page: PageContext) -> None:
    if not page.space.has_trash:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if deleted := page.space.trash():
            offer_undo(page, deleted, "trash_undo", limit=30)
        with st.container(key="trash_empty", width="content"), st.popover(tr("Empty trash"), type="tertiary"):
            st.write(tr("What is in the trash can’t be restored afterwards."))
            if st.button(tr("Delete for good"), key="trash_confirm"):
                page.space.empty_trash()
                st.rerun()

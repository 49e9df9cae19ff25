"""Saved work, on Home: open, rename, duplicate, delete with undo, take away and bring back as one zip."""

from __future__ import annotations

import streamlit as st

from recsys.errors import UnknownIdError
from recsys.workspace import MAX_NAME_LENGTH, Entry
from ui.shell.frame import PageContext
from ui.shell.widgets import download, escape_markdown

LABELS = {"dataset": "Data", "run": "Run", "cohort": "Group", "study": "Study", "note": "Note", "map": "Map"}
OPENS = {"dataset": "train", "run": "transfer", "cohort": "transfer", "study": "evaluate", "map": "embeddings"}


def saved_work(studio: PageContext) -> None:
    """The list, and what can be done with it."""
    space = studio.space
    entries = [entry for entry in space.entries() if entry.kind in LABELS]
    name = st.text_input(
        "Your name, or your class’s",
        space.name,
        max_chars=MAX_NAME_LENGTH,
        key="saved_name",
        placeholder="nobody has to give one",
        help="Whoever opens a link of yours reads it beside the run.",
    )
    if name != space.name:
        space.set_name(name)
    for sentence in space.damaged():
        st.warning(escape_markdown(sentence, 400))
    if not entries:
        st.caption("Nothing saved yet: data, runs and groups appear here by themselves.")
    for entry in entries[:30]:
        _row(studio, entry)
    _trash(studio)
    limit = space.workspace.space_bytes
    st.caption(f"{space.bytes() / 1e6:,.1f} of {limit / 1e6:,.0f} MB on disk. Raw uploads are never kept.")
    with st.expander("Take it to another machine"):
        if entries:
            download("All saved work as one zip", lambda: _packed(studio), "studio.zip", "application/zip", "saved_zip")
        brought = st.file_uploader("Bring back a zip made here", type=["zip"], key="saved_upload")
        if brought is not None and st.button("Add what is in it", key="saved_import"):
            from recsys.workspace import import_zip

            added = import_zip(space, brought.getvalue())
            st.toast(f"Added {len(added)} saved item{'s' * (len(added) != 1)}.")
            st.rerun()


def _packed(studio: PageContext) -> bytes:
    from recsys.workspace import export_zip

    return export_zip(studio.space, [entry.id for entry in studio.space.entries()])


def _row(studio: PageContext, entry: Entry) -> None:
    name, number, actions = st.columns([5, 3, 2], vertical_alignment="center")
    number_shown, when = (
        escape_markdown(entry.meta.get("number", ""), 40),
        escape_markdown(entry.created[:16].replace("T", " ")),
    )
    name.write(f"{LABELS[entry.kind]} · {escape_markdown(entry.name, 60)}")
    number.caption(f"{number_shown} · {when} UTC" if number_shown else escape_markdown(entry.created[:10]))
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        if entry.kind in OPENS and st.button("Open", key=f"open_{entry.id}"):
            studio.go(OPENS[entry.kind], **_opening(studio, entry))
        with st.popover("…", help="Rename, duplicate, delete"):
            renamed = st.text_input("Name", entry.name, key=f"name_{entry.id}", max_chars=200)
            if st.button("Rename", key=f"rename_{entry.id}", disabled=renamed.strip() in ("", entry.name)):
                studio.space.rename(entry.id, renamed)
                st.rerun()
            if st.button("Duplicate", key=f"copy_{entry.id}"):
                studio.space.duplicate(entry.id)
                st.rerun()
            if st.button("Delete (can be undone)", key=f"delete_{entry.id}"):
                studio.space.delete(entry.id)
                st.rerun()


def _opening(studio: PageContext, entry: Entry) -> dict[str, str]:
    """The view that shows a saved thing: a group as the source, on the run it was drawn on; a study on its data."""
    runs = {run.id: run for run in studio.space.entries("run")}
    if entry.kind in ("dataset", "run"):
        return {entry.kind: entry.id}
    if entry.kind == "cohort":
        run = str(entry.meta.get("run", ""))
        on = {"run": run} if run in runs and run != studio.run_id else {}
        return {**on, "source": f"group:{entry.id}"}
    if entry.kind == "study":
        alike = [run.id for run in runs.values() if run.meta.get("fingerprint") == entry.meta.get("fingerprint", "")]
        on = {"run": alike[0]} if alike and studio.run_id not in alike else {}
        return {**on, "tab": "study"}
    return {}


def _trash(studio: PageContext) -> None:
    gone = studio.space.trash()
    if not gone:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Deleted: {', '.join(escape_markdown(entry.name, 30) for entry in gone[:3])}"
            f"{' …' if len(gone) > 3 else ''}"
        )
        if st.button("Undo", key="trash_undo"):
            for entry in gone:
                try:
                    studio.space.restore(entry.id)
                except UnknownIdError:
                    continue  # restored from another tab meanwhile
            st.rerun()
        if st.button("Empty the trash for good", key="trash_empty", type="tertiary"):
            studio.space.empty_trash()
            st.rerun()

"""Where data comes from: a sample, an upload, a path. What is open stays open when the next one fails."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.data.local_files import VARIABLE, allowed_folder, local_file
from recsys.data.samples import SAMPLES, Sample, load_sample, sample_files
from recsys.errors import StudioError
from ui.frame import Studio, show_error
from ui.inputs import plain

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from recsys.data import CleaningPlan, Loaded

Given = bytes | Path
OPEN, TRIED, REFUSED, KEY_ONCE = "data_open", "data_tried", "data_refused", "data_key_once"


@dataclass(frozen=True)
class Source:
    """What a person gave us, in memory only (or a path in the allowed folder): nothing raw is written to disk."""

    name: str
    content: Given | tuple[tuple[str, Given, str], ...]
    items: Given | None = None
    users: Given | None = None
    vectors: tuple[tuple[str, Given], ...] = ()
    sample: str = ""


@dataclass(frozen=True)
class Opened:
    """What is on the page: the source, how it was read, and the ways it was read before (for Undo).

    Attributes:
        columns, plan: what the person chose; None where our guess stands.
        past: earlier (columns, plan), oldest first.
        entry_id: the saved dataset made from it.
        pseudonyms: whether user ids were replaced.
    """

    source: Source
    loaded: Loaded
    entry_id: str
    columns: Mapping[str, str] | None = None
    plan: CleaningPlan | None = None
    past: tuple[tuple[Any, Any], ...] = field(default=())
    pseudonyms: bool = False


def opened(studio: Studio) -> Opened | None:
    """What was read in this session, if it is what the page shows."""
    current: Opened | None = st.session_state.get(OPEN)
    return current if current is not None and current.entry_id == studio.dataset_id else None


def choose(studio: Studio) -> None:
    """The sample cards, the upload and, where it is allowed, the path."""
    _cards(studio)
    _upload(studio)
    if (folder := allowed_folder()) is not None:
        _path(studio, folder)
    if problem := st.session_state.get(REFUSED):
        show_error(problem)


def _cards(studio: Studio) -> None:
    for column, sample in zip(st.columns(len(SAMPLES), gap="small"), SAMPLES, strict=True):
        with column, st.container(border=True, height="stretch", vertical_alignment="distribute"):
            with st.container(gap="small"):
                st.markdown(f"**{sample.title}**")
                st.caption(f"{sample.line} {sample.rows:,} rows. *Planted:* {sample.planted}")
            if st.button("Open", key=f"data_sample_{sample.name}", width="stretch"):
                _open_sample(studio, sample)


def _open_sample(studio: Studio, sample: Sample) -> None:
    rows, items, people = sample_files(sample.name)
    source = Source(f"{sample.title} (sample)", rows, items, people, sample=sample.name)
    with st.spinner(f"Opening the sample “{sample.title}” …"):
        _keep(studio, source, load_sample(sample.name))


def _upload(studio: Studio) -> None:
    limit = st.get_option("server.maxUploadSize")
    files = st.file_uploader(
        "Or drop your own: one file, several, or a zip",
        accept_multiple_files=True,
        key="data_files",
        help="CSV, TSV, JSON Lines, Parquet, Excel, MovieLens, RecBole, sequence text; gz and zip of these. It needs a "
        f"column for the person and one for the item. Up to {limit:,} MB in memory; whoever runs the server raises it "
        "with `make app UPLOAD_MB=2000`.",
    )
    with st.expander("Pseudonyms, item table, user table, item vectors"):
        st.toggle(
            "Pseudonymise user ids before anything is saved",
            key="data_pseudonyms",
            help="Each id becomes a keyed hash. The key is shown once and stored nowhere: who has it can link the "
            "pseudonyms to ids again, nobody else can.",
        )
        st.toggle(
            "Several files are one scenario each",
            key="data_scenarios",
            help="The file names become the scenarios, and all rows become one dataset. Otherwise the file that looks "
            "like interactions is taken, with item and user tables beside it.",
        )
        one, two, three = st.columns(3)
        items = one.file_uploader("Item table (title, text, tags)", key="data_items")
        users = two.file_uploader("User table (groups)", key="data_users")
        vectors = three.file_uploader(
            "Item vectors (.parquet, .npz, .npy)",
            accept_multiple_files=True,
            key="data_vectors",
            help="Image, audio or text embeddings, a row per item with its id; the model reads them beside the ids.",
        )
    given = [*files, *(one for one in (items, users) if one), *vectors]
    switches = tuple(bool(st.session_state.get(key)) for key in ("data_pseudonyms", "data_scenarios"))
    signature = (*switches, *(one.file_id for one in given))
    if not files:
        st.session_state[TRIED] = ()
    elif signature != st.session_state.get(TRIED):
        st.session_state[TRIED] = signature
        source = Source(
            files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more",
            _content(files),
            items.getvalue() if items else None,
            users.getvalue() if users else None,
            tuple((Path(one.name).stem, one.getvalue()) for one in vectors),
        )
        open_source(studio, source)


def _path(studio: Studio, folder: Path) -> None:
    with st.form("data_path_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Or the path of a file on this machine", key="data_path", help=f"Inside the folder that {VARIABLE} names."
        )
        go = st.form_submit_button("Open the path")
    if go:
        st.session_state[REFUSED] = None
        try:
            path = local_file(text, folder)
        except StudioError as error:
            st.session_state[REFUSED] = error
            return
        open_source(studio, Source(path.name, path))


def open_source(
    studio: Studio,
    source: Source,
    columns: Mapping[str, str] | None = None,
    plan: CleaningPlan | None = None,
    past: tuple[tuple[Any, Any], ...] = (),
) -> None:
    """Reads a source and makes it what is open; when that fails, says why and changes nothing."""
    from recsys.data import load

    st.session_state[REFUSED] = None
    try:
        with st.spinner(f"Reading {plain(source.name, 60)} …", show_time=True):
            loaded = load(
                source.content,
                name=source.name,
                items=source.items,
                users=source.users,
                columns=columns,
                plan=plan,
                vectors=source.vectors,
            )
            _keep(studio, source, loaded, columns, plan, past)
    except StudioError as error:
        st.session_state[REFUSED] = error


def again(studio: Studio, now: Opened, columns: Mapping[str, str] | None, plan: CleaningPlan | None) -> None:
    """Reads what is open another way; `undo` takes it back."""
    open_source(studio, now.source, columns, plan, (*now.past, (now.columns, now.plan)))


def undo(studio: Studio, now: Opened) -> None:
    """Reads what is open as it was read before the last change."""
    columns, plan = now.past[-1]
    open_source(studio, now.source, columns, plan, now.past[:-1])


def _keep(
    studio: Studio,
    source: Source,
    loaded: Loaded,
    columns: Mapping[str, str] | None = None,
    plan: CleaningPlan | None = None,
    past: tuple[tuple[Any, Any], ...] = (),
) -> None:
    """Saves the dataset (never the raw file), makes it the open one, and forgets the version it replaces."""
    pseudonyms = bool(st.session_state.get("data_pseudonyms")) and not source.sample
    dataset = loaded.dataset
    if pseudonyms:
        from recsys.data.privacy import new_key, pseudonymous

        key = new_key()
        dataset = pseudonymous(dataset, key)
        loaded = replace(loaded, dataset=dataset)
        st.session_state[KEY_ONCE] = key
    meta = {"plan": loaded.plan.to_json(), "source": "sample" if source.sample else "upload"}
    entry = studio.space.save_dataset(dataset, meta)
    before: Opened | None = st.session_state.get(OPEN)
    replaced = before is not None and (before.source is source or (pseudonyms and before.source.name == source.name))
    if before is not None and replaced and before.entry_id in {one.id for one in studio.space.entries("dataset")}:
        studio.space.purge(before.entry_id)
    st.session_state[OPEN] = Opened(source, loaded, entry.id, columns, plan, past, pseudonyms)
    st.session_state[REFUSED] = None
    studio.set_view(dataset=entry.id)
    st.rerun()


def _content(files: Sequence[UploadedFile]) -> Given | tuple[tuple[str, Given, str], ...]:
    """One file as it is; several as one zip, or as one scenario each."""
    if len(files) == 1:
        return files[0].getvalue()
    if st.session_state.get("data_scenarios"):
        return tuple((one.name, one.getvalue(), Path(one.name).stem.split(".")[0]) for one in files)
    return _zipped(files)


def _zipped(files: Sequence[UploadedFile]) -> bytes:
    """Several files as one zip, which the reader takes apart again (stored, not packed)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, file in enumerate(files):
            name = Path(file.name).name
            archive.writestr(name if name not in archive.namelist() else f"{number}-{name}", file.getvalue())
    return out.getvalue()

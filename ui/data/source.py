"""Where data comes from: a sample, an upload, a path. What is open stays open when the next one fails."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from recsys.data.readers.local_files import VARIABLE, allowed_folder, local_file
from recsys.data.samples import SAMPLES, Sample, sample_files, sample_plan
from recsys.errors import StudioError
from ui.data.uploads import release, uploads
from ui.shell.frame import PageContext, show_error
from ui.shell.widgets import escape_markdown

if TYPE_CHECKING:
    from recsys.data import CleaningPlan, Loaded

Given = bytes | Path
OPEN, REFUSED, KEY_ONCE, ROUND = "data_open", "data_refused", "data_key_once", "data_round"


@dataclass(frozen=True)
class Source:
    """What a person gave us, in memory only (or a path in the allowed folder): nothing raw is written to disk.

    Attributes:
        files: (name, content) of each; scenarios: each is a scenario of its own.
        pseudonyms: whether user ids are replaced.
        plan: how it is cleaned until another plan is chosen; None for the default rules.
        sample: the name of the sample it is, "" for none.
    """

    files: tuple[tuple[str, Given], ...]
    name: str
    items: Given | None = None
    users: Given | None = None
    vectors: tuple[tuple[str, Given], ...] = ()
    scenarios: bool = False
    pseudonyms: bool = False
    plan: CleaningPlan | None = None
    sample: str = ""

    @property
    def bytes(self) -> int:
        """In memory."""
        parts = [content for _, content in (*self.files, *self.vectors)] + [self.items, self.users]
        return sum(len(part) for part in parts if isinstance(part, bytes))


@dataclass(frozen=True)
class Choice:
    """How a source is read: the columns, tables and rules that were chosen; None where our guess stands."""

    columns: Mapping[str, str | None] | None = None
    tables: Mapping[str, str] | None = None
    plan: CleaningPlan | None = None


OURS = Choice()  # everything as guessed


@dataclass(frozen=True)
class Opened:
    """What is on the page: the source, how it was read, and the ways it was read before (oldest first, for Undo).

    Attributes:
        entry_id: the saved dataset made from it.
    """

    source: Source
    loaded: Loaded
    entry_id: str
    choice: Choice = OURS
    past: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Why the last reading failed, and where on the page it was asked for ("choose", "columns", "cleaning")."""

    error: StudioError
    place: str
    dataset_id: str = ""


def opened(studio: PageContext) -> Opened | None:
    """What was read in this session, if it is what the page shows and is still held."""
    current: Opened | None = uploads().get(st.session_state.get(OPEN, ""))
    return current if current is not None and current.entry_id == studio.dataset_id else None


def arrive() -> None:
    """Forgets what was refused on an earlier visit of the page (whose widgets are gone by now)."""
    if "data_pseudonyms" not in st.session_state:
        st.session_state[REFUSED] = None


def refused(studio: PageContext, place: str) -> StudioError | None:
    """Why what was asked for at this place last was not done; None when it was."""
    last: Refused | None = st.session_state.get(REFUSED)
    return last.error if last is not None and (last.place, last.dataset_id) == (place, studio.dataset_id) else None


def choose(studio: PageContext) -> None:
    """The sample cards, the upload and, where it is allowed, the path."""
    _cards(studio)
    _upload(studio)
    if (folder := allowed_folder()) is not None:
        _path(studio, folder)
    if problem := refused(studio, "choose"):
        show_error(problem)


def _cards(studio: PageContext) -> None:
    for column, sample in zip(st.columns(len(SAMPLES), gap="small"), SAMPLES, strict=True):
        with column, st.container(border=True, height="stretch", vertical_alignment="distribute"):
            with st.container(gap="small"):
                st.markdown(f"**{sample.title}**")
                st.caption(f"{sample.line} {sample.rows:,} rows. *Planted:* {sample.planted}")
            if st.button("Open", key=f"data_sample_{sample.name}", width="stretch"):
                _open_sample(studio, sample)


def _open_sample(studio: PageContext, sample: Sample) -> None:
    rows, items, people = sample_files(sample.name)
    title = f"{sample.title} (sample)"
    open_source(studio, Source(((title, rows),), title, items, people, plan=sample_plan(), sample=sample.name))


def _upload(studio: PageContext) -> None:
    limit, number = st.get_option("server.maxUploadSize"), st.session_state.setdefault(ROUND, 0)
    now = opened(studio)
    with st.container(key="data_files"):
        files = st.file_uploader(
            "Or drop your own: one file, several, or a zip",
            accept_multiple_files=True,
            key=f"data_files_{number}",
            help="CSV, TSV, JSON Lines, Parquet, Excel, MovieLens, RecBole, sequence text; gz and zip of these. It "
            f"needs a column for the person and one for the item. Up to {limit:,} MB in memory; whoever runs the "
            "server raises it with `make app UPLOAD_MB=2000`.",
        )
    with st.expander("Pseudonyms, item table, user table, item vectors"):
        mine = now.source if now is not None and not now.source.sample else None
        st.session_state.setdefault("data_pseudonyms", mine is not None and mine.pseudonyms)
        st.session_state.setdefault("data_scenarios", mine is not None and mine.scenarios)
        st.toggle(
            "Pseudonymise user ids before anything is saved",
            key="data_pseudonyms",
            on_change=_switched,
            help="Each id becomes a keyed hash. The key is shown once and stored nowhere: who has it can link the "
            "pseudonyms to ids again. This hides ids, not people: whoever knows a few items of somebody, and roughly "
            "when, often finds their history by them (Narayanan & Shmatikov 2008).",
        )
        st.toggle(
            "Several files are one scenario each",
            key="data_scenarios",
            on_change=_switched,
            help="The file names become the scenarios, and all rows become one dataset. Otherwise the file that looks "
            "like interactions is taken, with item and user tables beside it.",
        )
        one, two, three = st.columns(3)
        items = one.file_uploader("Item table (title, text, tags)", key=f"data_items_{number}")
        users = two.file_uploader("User table (groups)", key=f"data_users_{number}")
        vectors = three.file_uploader(
            "Item vectors (.parquet, .npz, .npy)",
            accept_multiple_files=True,
            key=f"data_vectors_{number}",
            help="Image, audio or text embeddings, a row per item with its id; the model reads them beside the ids.",
        )
    switches = {name: bool(st.session_state[f"data_{name}"]) for name in ("pseudonyms", "scenarios")}
    beside = {
        "items": items.getvalue() if items else None,
        "users": users.getvalue() if users else None,
        "vectors": tuple((Path(one.name).stem, one.getvalue()) for one in vectors),
    }
    beside = {name: content for name, content in beside.items() if content}
    switched = st.session_state.pop("data_switched", False)
    if files:
        name = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
        given = tuple((one.name, one.getvalue()) for one in files)
        source, choice = Source(given, name, **switches, **beside), OURS  # type: ignore[arg-type]
    elif mine is not None and now is not None and (beside or switched):
        source, choice = replace(mine, **switches, **beside), now.choice  # type: ignore[arg-type]
    else:
        return
    release([*files, *(one for one in (items, users) if one), *vectors])
    st.session_state[ROUND] = number + 1  # an empty field, so that nothing is read twice and no bytes stay behind it
    replaces = now if not files or (now is not None and source.pseudonyms and now.source.name == source.name) else None
    open_source(studio, source, choice, old=replaces)
    st.rerun()  # it was refused: shows the emptied field, and why


def _switched() -> None:
    st.session_state["data_switched"] = True


def _path(studio: PageContext, folder: Path) -> None:
    with st.form("data_path_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Or the path of a file on this machine", key="data_path", help=f"Inside the folder that {VARIABLE} names."
        )
        go = st.form_submit_button("Open the path")
    if go:
        try:
            path = local_file(text, folder)
        except StudioError as error:
            st.session_state[REFUSED] = Refused(error, "choose", studio.dataset_id)
            return
        open_source(studio, Source(((path.name, path),), path.stem))


def open_source(
    studio: PageContext,
    source: Source,
    choice: Choice = OURS,
    past: tuple[Choice, ...] = (),
    old: Opened | None = None,
    place: str = "choose",
) -> None:
    """Reads a source and makes it what is open; when that fails, keeps why (see `refused`) and changes nothing else.

    Args:
        old: the reading that this one replaces.
        place: where on the page it was asked for.
    """
    from recsys.data import load

    st.session_state[REFUSED] = None
    try:
        with st.spinner(f"Reading {escape_markdown(source.name, 60)} …", show_time=True):
            loaded = load(
                _content(source),
                name=source.name,
                items=source.items,
                users=source.users,
                columns=choice.columns,
                tables=choice.tables,
                plan=choice.plan or source.plan,
                vectors=source.vectors,
            )
            _keep(studio, Opened(source, loaded, "", choice, past), old)
    except StudioError as error:
        st.session_state[REFUSED] = Refused(error, place, studio.dataset_id)


def again(studio: PageContext, now: Opened, choice: Choice, place: str) -> None:
    """Reads what is open another way; `undo` takes it back."""
    open_source(studio, now.source, choice, (*now.past, now.choice), now, place)


def undo(studio: PageContext, now: Opened) -> None:
    """Reads what is open as it was read before the last change."""
    open_source(studio, now.source, now.past[-1], now.past[:-1], now, "cleaning")


def _keep(studio: PageContext, read: Opened, old: Opened | None) -> None:
    """Saves the dataset (never the raw file), makes it the open one, and forgets the version it replaces."""
    loaded, source = read.loaded, read.source
    if source.pseudonyms:
        from recsys.data.pseudonyms import new_key, pseudonymous

        key = new_key()
        loaded = replace(loaded, dataset=pseudonymous(loaded.dataset, key))
        st.session_state[KEY_ONCE] = key
    meta = {"plan": loaded.plan.to_json(), "source": "sample" if source.sample else "upload"}
    entry = studio.space.save_dataset(loaded.dataset, meta)
    if old is not None and old.entry_id in {one.id for one in studio.space.entries("dataset")}:
        studio.space.purge(old.entry_id)
    held = uploads()
    held.let_go(st.session_state.get(OPEN, ""))
    size = source.bytes + loaded.report.rows.nbytes + 16 * loaded.dataset.n_interactions
    st.session_state[OPEN] = held.hold(replace(read, loaded=loaded, entry_id=entry.id), size)
    studio.set_view(dataset=entry.id)
    st.rerun()


def _content(source: Source) -> Given | tuple[tuple[str, Given, str], ...]:
    """One file as it is; several as one zip, or as one scenario each."""
    if len(source.files) == 1:
        return tuple((name, content, "") for name, content in source.files)
    if source.scenarios:
        return tuple((name, content, Path(name).stem.split(".")[0]) for name, content in source.files)
    return _zipped(source.files)


def _zipped(files: Sequence[tuple[str, Given]]) -> bytes:
    """Several files as one zip, which the reader takes apart again (stored, not packed)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, (given, content) in enumerate(files):
            name = Path(given).name
            data = content if isinstance(content, bytes) else content.read_bytes()
            archive.writestr(name if name not in archive.namelist() else f"{number}-{name}", data)
    return out.getvalue()

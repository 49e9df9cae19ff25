"""What the open data is like: where its rows went, its shape in six figures, its quality in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.charts.style import CONFIG, alternative_of
from recsys.data.cleaning_summary import CleaningSummary
from recsys.data.dataset import Dataset
from recsys.errors import UnknownIdError
from ui import cache
from ui.data.source import KEY_ONCE, Opened
from ui.shell.frame import PageContext
from ui.shell.widgets import download, escape_markdown

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.data.quality import QualityReport

ROW_LIMIT = 8
TABLES = {"interactions": "Interactions", "items": "item table", "users": "user table"}
MARKS = {"good": "✓", "notice": "○", "warning": "⚠"}


def summary(studio: PageContext, dataset: Dataset, now: Opened | None) -> None:
    """Rows flowing into kept and dropped, the three numbers, and the way on."""
    flow, numbers = st.columns([7, 3], gap="large")
    with numbers:
        st.metric("People", f"{dataset.n_users:,}")
        st.metric("Items", f"{dataset.n_items:,}")
        st.metric("Rows kept", f"{dataset.n_interactions:,}")
        if st.button("Next: train", type="primary", key="data_next", width="stretch", icon=":material/arrow_forward:"):
            studio.go("train")
    with flow:
        found = cleaning_of(studio, dataset)
        if found is None:
            st.write(f"{dataset.n_interactions:,} rows. How many were read and dropped was not recorded with them.")
        else:
            from recsys.charts.data import flow as flow_figure

            lost = {words_of(reason): count for reason, count in found.dropped.items()}
            show(flow_figure(found.rows_read, found.rows_kept, lost), "data_flow", words=False)
            if words := [*_taken(found), *found.warnings]:
                st.caption(" ".join(escape_markdown(sentence, 300) for sentence in words))
    _key_once()


def _taken(found: CleaningSummary) -> list[str]:
    """Which table was taken for what, where there were several."""
    if len(found.tables) < 2:
        return []
    parts = [f"{TABLES[role]} from {found.tables[role]}" for role in TABLES if role in found.tables]
    return [f"{'; '.join(parts)}."]


def cleaning_of(studio: PageContext, dataset: Dataset) -> CleaningSummary | None:
    """How the file's rows became these: saved with the dataset, or, by older versions, beside it in one's own space.
    None where neither is."""
    if dataset.cleaning is not None:
        return dataset.cleaning
    try:
        meta = studio.space.get(studio.dataset_id).meta
        return CleaningSummary(int(meta["rows_read"]), int(meta["rows_kept"]), dict(meta.get("dropped", {})))
    except (UnknownIdError, KeyError):
        return None


def _key_once() -> None:
    key = st.session_state.pop(KEY_ONCE, "")
    if key:
        st.info("User ids are now pseudonyms. This is their key: it is shown only now and stored nowhere.")
        st.code(key, language=None)
        st.caption(
            "Pseudonyms are not anonymity: a history can tell whose it is. A few items with rough dates were "
            "enough to find people in a published rating data set (Narayanan & Shmatikov 2008)."
        )


def figures(dataset: Dataset) -> None:
    """The shape of the data in six figures, two in a row."""
    shapes = list(cache.shapes_of(dataset.fingerprint, dataset).items())
    for start in range(0, len(shapes), 2):
        for column, (name, figure) in zip(st.columns(2, gap="medium"), shapes[start : start + 2], strict=False):
            with column:
                show(figure, f"data_shape_{name}")


def show(figure: Figure, key: str, words: bool = True) -> None:
    """A figure with a download in its corner, and in words below it what its title doesn't say."""
    name = key.replace("data_", "").replace("shape_", "").replace(" ", "-")
    config = CONFIG | {"toImageButtonOptions": CONFIG["toImageButtonOptions"] | {"filename": name}}
    st.plotly_chart(figure, key=key, config=config, width="stretch")
    title = (figure.layout.title.text or "").replace("<br>", " ")
    if words and (rest := alternative_of(figure).removeprefix(title).strip(" .;")):
        st.caption(escape_markdown(rest, 300))


def quality(dataset: Dataset) -> None:
    """The quality report: each number with what it means for the model."""
    report = cache.quality_of(dataset.fingerprint, dataset)
    for finding in report.findings:
        name, value, meaning = st.columns([2, 3, 8])
        name.markdown(f"{MARKS[finding.level]} **{escape_markdown(finding.name)}**")
        value.markdown(escape_markdown(finding.value))
        meaning.markdown(escape_markdown(finding.meaning, 400))
    rows = {
        "what": [finding.name for finding in report.findings],
        "value": [finding.value for finding in report.findings],
        "meaning": [finding.meaning for finding in report.findings],
    }
    with st.container(horizontal=True):
        download("Report as CSV", partial(_csv, rows), "quality.csv", "text/csv", "data_quality_csv")
        download("Numbers as JSON", partial(_numbers, report), "quality.json", "application/json", "data_quality_json")


def dropped(now: Opened | None, found: CleaningSummary | None) -> None:
    """Every reason with its rows: how many, a sample, and the whole list to download."""
    if now is None:
        st.write(
            "The lists of dropped rows are kept only while the file is open: until an hour after you last used it. "
            "Drop it again to see them, or to change columns and cleaning."
        )
        for reason, count in ({} if found is None else found.dropped).items():
            st.markdown(f"{count:,} rows: {escape_markdown(words_of(reason))}")
        return
    report = now.loaded.report
    lost = {reason: count for reason, count in report.dropped.items() if count}
    if not lost:
        st.write("Nothing was dropped.")
    for number, (reason, count) in enumerate(lost.items()):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{count:,}** rows: {escape_markdown(words_of(reason))}")
            make = partial(_rows_of, now, reason)
            download("All of them", make, f"dropped-{reason}.csv", "text/csv", f"data_dropped_{number}")
        st.dataframe(report.rows_of(reason, ROW_LIMIT).to_pandas(), hide_index=True, key=f"data_lost_{number}")


def words_of(reason: str) -> str:
    """A reason's code as words: `missing_user` → `missing person`."""
    return reason.replace("_", " ").replace("user", "person")


def export_downloads(dataset: Dataset, now: Opened | None) -> None:
    """The cleaned rows and the plan, to keep or to use from a shell."""
    with st.container(horizontal=True):
        download("Cleaned rows as CSV", partial(_csv_of, dataset), "interactions.csv", "text/csv", "data_out_csv")
        download(
            "Cleaned rows as Parquet",
            partial(_parquet_of, dataset),
            "interactions.parquet",
            "application/octet-stream",
            "data_out_parquet",
        )
        if now is not None:
            plan: Callable[[], bytes] = now.loaded.plan.to_json().encode
            download("Cleaning plan as JSON", plan, "plan.json", "application/json", "data_out_plan")
    st.caption("The plan does the same from a shell: `python -m recsys train FILE --plan plan.json --run DIR`.")


def _csv(rows: Any) -> bytes:
    from recsys.data.export import csv_bytes

    return csv_bytes(rows)


def _rows_of(now: Opened, reason: str) -> bytes:
    return _csv(now.loaded.report.rows_of(reason))


def _csv_of(dataset: Dataset) -> bytes:
    from recsys.data.export import csv_bytes, interaction_rows

    return csv_bytes(interaction_rows(dataset))


def _parquet_of(dataset: Dataset) -> bytes:
    from recsys.data.export import interaction_rows, parquet_bytes

    return parquet_bytes(interaction_rows(dataset))


def _numbers(report: QualityReport) -> bytes:
    return json.dumps(report.to_json(), ensure_ascii=False, indent=1).encode()

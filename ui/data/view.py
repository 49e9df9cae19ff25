"""What the open data is like: rows kept and dropped, six figures, the quality report, downloads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.charts.style import CONFIG
from recsys.data.cleaning_summary import CleaningSummary
from recsys.data.dataset import Dataset
from recsys.errors import UnknownIdError
from recsys.wording import Message, in_a_row, tr
from ui import cache
from ui.data.plan import TABLES
from ui.data.reading import NEW_KEY, OpenData
from ui.data.replaced import RUNS_WITH_IDS
from ui.language import language
from ui.shell import figures
from ui.shell.frame import PageContext
from ui.shell.widgets import download, escape_markdown

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MAX_ROWS_SHOWN = 8  # of the dropped rows with one reason
REASON_LABELS = {
    "broken_row": Message("broken row"),
    "missing_user": Message("missing user"),
    "missing_item": Message("missing item"),
    "unparsable_time": Message("unparsable time"),
    "unparsable_rating": Message("unparsable rating"),
    "impossible_rating": Message("impossible rating"),
    "cancelled": Message("cancelled"),
    "impossible_time": Message("impossible time"),
    "future_time": Message("future time"),
    "duplicate": Message("duplicate"),
    "repeated_pair": Message("repeated pair"),
    "low_rating": Message("low rating"),
    "bot": Message("bot"),
    "rare_item": Message("rare item"),
    "too_short": Message("too short"),
}
SYMBOLS = {"good": "✓", "notice": "○", "warning": "⚠"}


def show_summary(page: PageContext, dataset: Dataset) -> None:
    """The flow of rows into kept and dropped, the three sizes, and the next step."""
    flow, numbers = st.columns([7, 3], gap="large")
    with numbers:
        st.metric(tr("Users"), f"{dataset.n_users:,}")
        st.metric(tr("Items"), f"{dataset.n_items:,}")
        st.metric(tr("Rows kept"), f"{dataset.n_interactions:,}")
        if st.button(
            tr("Next: train a model"), type="primary", key="data_next", width="stretch", icon=":material/arrow_forward:"
        ):
            page.go("train")
    with flow:
        cleaning = cleaning_of(page, dataset)
        if cleaning is None:
            st.write(
                tr("{n:,} rows. How many were read and dropped was not recorded with them.", n=dataset.n_interactions)
            )
        else:
            from recsys.charts.data import flow as flow_figure

            dropped = {reason_label(reason): count for reason, count in cleaning.dropped.items()}
            show_figure(flow_figure(cleaning.rows_read, cleaning.rows_kept, dropped), "data_flow", caption=False)
            if sentences := [*_used_tables(cleaning), *_warnings(cleaning)]:
                st.caption(tr(in_a_row([escape_markdown(sentence, 300) for sentence in sentences])))
    _show_new_key()


def _used_tables(cleaning: CleaningSummary) -> list[str]:
    """Which table has which role, where there are several."""
    if len(cleaning.tables) < 2:
        return []
    parts = [
        tr("{table} from {file}", table=label, file=cleaning.tables[role])
        for role, label in {**TABLES, "orders": Message("Orders")}.items()
        if role in cleaning.tables
    ]
    return [tr("{text}.", text=reduce(lambda one, two: tr("{first}; {second}", first=one, second=two), parts))]


def _warnings(cleaning: CleaningSummary) -> list[str]:
    from recsys.data.cleaning_warnings import known_warning

    return [tr(known_warning(text)) for text in cleaning.warnings]


def cleaning_of(page: PageContext, dataset: Dataset) -> CleaningSummary | None:
    """How the file's rows became these: saved with the dataset or, by older versions, in the entry of this space; else
    None."""
    if dataset.cleaning is not None:
        return dataset.cleaning
    try:
        meta = page.space.get(page.dataset_id).meta
        return CleaningSummary(int(meta["rows_read"]), int(meta["rows_kept"]), dict(meta.get("dropped", {})))
    except (UnknownIdError, KeyError):
        return None


def _show_new_key() -> None:
    if key := st.session_state.pop(NEW_KEY, ""):
        st.info(
            tr(
                "User ids are now pseudonyms. This is their key: it is shown only now and never saved. While the data "
                "are open it stays in memory, so that cleaning them again gives the same pseudonyms."
            )
        )
        st.code(key, language=None)
        st.caption(
            tr(
                "Pseudonyms are not anonymity: a few items with rough dates were enough to identify users in a "
                "published rating data set (Narayanan & Shmatikov 2008)."
            )
        )
    if runs := st.session_state.pop(RUNS_WITH_IDS, []):
        names = escape_markdown(", ".join(runs[:5]) + (" …" if len(runs) > 5 else ""), 300)
        st.warning(
            tr(
                "Finished runs keep the user ids that are now pseudonyms: {names}. Delete them on Home, and empty the "
                "trash.",
                names=names,
            )
        )


def show_shape(dataset: Dataset) -> None:
    """The six figures, two in a row."""
    shapes = list(cache.shapes_of(language(), dataset).items())
    for start in range(0, len(shapes), 2):
        for column, (name, figure) in zip(st.columns(2, gap="medium"), shapes[start : start + 2], strict=False):
            with column:
                show_figure(figure, f"data_shape_{name}")


def show_figure(figure: Figure, key: str, caption: bool = True) -> None:
    """A figure whose download in its corner has the figure's name."""
    name = key.replace("data_", "").replace("shape_", "").replace(" ", "-")
    options = {"toImageButtonOptions": CONFIG["toImageButtonOptions"] | {"filename": name}}
    figures.show_figure(figure, key, config=CONFIG | options, caption=caption)


def show_quality(dataset: Dataset) -> None:
    """The quality report: each number and what it means for a model."""
    from recsys.data.export import json_bytes

    report = cache.quality_of(dataset)
    for finding in report.findings:
        name, value, meaning = st.columns([2, 3, 8])
        name.markdown(f"{SYMBOLS[finding.level]} **{escape_markdown(tr(finding.name))}**")
        value.markdown(escape_markdown(tr(finding.value)))
        meaning.markdown(escape_markdown(tr(finding.meaning), 400))
    rows = {
        tr("what"): [tr(finding.name) for finding in report.findings],
        tr("value"): [tr(finding.value) for finding in report.findings],
        tr("meaning"): [tr(finding.meaning) for finding in report.findings],
    }
    with st.container(horizontal=True):
        download(tr("Export report (CSV)"), partial(_csv, rows), "quality.csv", "text/csv", "data_quality_csv")
        numbers = partial(json_bytes, report.to_json())
        download(tr("Export numbers (JSON)"), numbers, "quality.json", "application/json", "data_quality_json")


def show_dropped(data: OpenData | None, cleaning: CleaningSummary | None) -> None:
    """Each reason with the number of rows, the first of them, and all of them to download."""
    if data is None:
        st.write(
            tr(
                "The dropped rows are kept only while the file is open: at most an hour after its last use, and "
                "shorter where large files fill the memory that is set aside for all users. Load it again to see them, "
                "or to change columns and cleaning."
            )
        )
        for reason, count in ({} if cleaning is None else cleaning.dropped).items():
            st.markdown(tr("{n:,} rows: {reason}", n=count, reason=escape_markdown(reason_label(reason))))
        return
    report = data.loaded.report
    if not report.dropped:
        st.write(tr("No rows were dropped."))
    for number, (reason, count) in enumerate(report.dropped.items()):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(tr("**{n:,}** rows: {reason}", n=count, reason=escape_markdown(reason_label(reason))))
            rows = partial(_dropped_csv, data, reason)
            download(tr("Export all (CSV)"), rows, f"dropped-{reason}.csv", "text/csv", f"data_dropped_{number}")
        st.dataframe(report.rows_of(reason, MAX_ROWS_SHOWN).to_pandas(), hide_index=True, key=f"data_lost_{number}")


def reason_label(reason: str) -> str:
    """A reason for dropping in a few words, in the language of the reader: `missing_user` → `missing user`."""
    return tr(REASON_LABELS.get(reason) or reason.replace("_", " "))


def show_export(dataset: Dataset, data: OpenData | None) -> None:
    """The cleaned rows and the cleaning plan as files."""
    from recsys.data.export import csv_bytes, interaction_rows, parquet_bytes

    def cleaned(to_bytes: Callable[[Any], bytes]) -> bytes:
        return to_bytes(interaction_rows(dataset))

    with st.container(horizontal=True):
        csv, parquet = partial(cleaned, csv_bytes), partial(cleaned, parquet_bytes)
        download(tr("Export cleaned rows (CSV)"), csv, "interactions.csv", "text/csv", "data_out_csv")
        kind = "application/octet-stream"
        download(tr("Export cleaned rows (Parquet)"), parquet, "interactions.parquet", kind, "data_out_parquet")
        if data is not None:
            plan: Callable[[], bytes] = data.loaded.plan.to_json().encode
            download(tr("Export cleaning plan (JSON)"), plan, "plan.json", "application/json", "data_out_plan")
    st.caption(tr("The plan does the same in a shell: `python -m recsys train FILE --plan plan.json --run DIR`."))


def _csv(rows: Any) -> bytes:
    from recsys.data.export import csv_bytes

    return csv_bytes(rows)


def _dropped_csv(data: OpenData, reason: str) -> bytes:
    return _csv(data.loaded.report.rows_of(reason))

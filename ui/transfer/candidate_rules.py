"""Rules about single items: lists that are pasted or uploaded, a number, first interactions, pins, most per tag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import streamlit as st

from recsys.cases.rules import MAX_PER_TAG
from recsys.data.dataset import Dataset
from recsys.data.name_search import folded
from recsys.data.schema.column_names import known_names
from recsys.data.schema.times import utc_day
from recsys.errors import StudioError
from recsys.transfer.candidates import (
    days_of_period,
    pasted_items,
    read_items,
    read_range,
    write_items,
    write_range,
)
from recsys.wording import Message, tr
from ui.run_context import RunContext
from ui.shell.frame import PageContext, show_error
from ui.shell.widgets import set_widget_value

LISTS = {
    "only": (Message("Only these items"), Message("Nothing else is recommended.")),
    "block": (Message("Never these items"), Message("They are left out of every list.")),
    "pin": (Message("First in the exported list"), Message("In this order, where the other rules allow them.")),
}
PROBLEM = "rule_problem"  # in the session: why the last change of these rules was refused
ANY = ""


def candidate_rules(page: PageContext, context: RunContext) -> None:
    """The controls, with the values of the URL."""
    dataset, rules = context.dataset, page.view.rules
    set_ = any((rules.only, rules.block, rules.pin, rules.numbers, rules.period, rules.per_tag))
    with st.expander(tr("Lists of items, numbers, dates"), expanded=bool(set_), key=f"rule_items_{bool(set_)}"):
        for name, (label, note) in LISTS.items():
            _list(page, dataset, name, tr(label), tr(note))
        if dataset.catalogue.numbers or rules.numbers:
            _numbers(page, dataset)
        if dataset.dated or rules.period:
            _period(page, dataset)
        if any(dataset.catalogue.tags) or rules.per_tag:
            set_widget_value("rule_per_tag", rules.per_tag)
            help = tr("0 for any number. For the exported list; the list above is ranked by score alone.")
            change = _changes(page, "per_tag", lambda: int(st.session_state["rule_per_tag"] or 0))
            st.number_input(tr("At most per tag"), 0, MAX_PER_TAG, key="rule_per_tag", help=help, on_change=change)
        problem: StudioError | None = st.session_state.pop(PROBLEM, None)
        if problem is not None:
            show_error(problem)


def _list(page: PageContext, dataset: Dataset, name: str, label: str, help: str) -> None:
    """A field for ids or titles, one per line, and a way to upload them."""
    ids = read_items(getattr(page.view.rules, name))
    key = f"rule_{name}"
    set_widget_value(key, "\n".join(ids))

    def pasted() -> str:
        return write_items(ids_of(dataset, st.session_state[key] or ""))

    def uploaded() -> str:
        file = st.session_state[f"{key}_file"]
        return write_items(ids_of(dataset, text_of(file.getvalue(), file.name))) if file else ""

    st.text_area(
        label,
        key=key,
        height=80,
        placeholder=tr("ids or titles, one per line"),
        help=tr("{what} A list of at most 500 items is kept in the link.", what=help),
        on_change=_changes(page, name, pasted),
    )
    unknown = [one for one in ids if one not in dataset.items]
    if unknown:
        st.caption(tr("{unknown:,} of {n:,} are not in this data.", unknown=len(unknown), n=len(ids)))
    if st.toggle(tr("From a file"), key=f"{key}_from_file"):
        st.file_uploader(
            tr("{what}: a text or CSV file, ids in its first column", what=label),
            key=f"{key}_file",
            on_change=_changes(page, name, uploaded),
        )


def text_of(content: bytes, name: str) -> str:
    """The text of an uploaded file, in whichever encoding it is. Raises InputError for a file that is no text."""
    from recsys.data.readers.encodings import decode, detect_encoding

    return decode(content, detect_encoding(content, name), name)


def ids_of(dataset: Dataset, text: str) -> list[str]:
    """The ids that a pasted text or the first column of a table names: an id as it is, whether the data has it or not,
    a title as the id of its item. The name of a column above them is left out."""
    by_title = {title: index for index, title in reversed(list(enumerate(dataset.catalogue.folded_titles))) if index}

    def known(name: str) -> bool:
        return name in dataset.items or folded(name) in by_title

    names = pasted_items(text, known)
    if len(names) > 1 and not known(names[0]) and known_names(names[:1]).keys() & {"item_id", "title"}:
        names = names[1:]
    return [
        name if name in dataset.items or not known(name) else dataset.items.external(by_title[folded(name)])
        for name in names
    ]


def _numbers(page: PageContext, dataset: Dataset) -> None:
    rules = page.view.rules
    column, low, high = read_range(rules.numbers) if rules.numbers else (ANY, -np.inf, np.inf)
    offered = list(dataset.catalogue.numbers)
    options = [ANY, *offered, *([column] if column and column not in offered else [])]
    for key, value in (
        ("rule_number", column),
        ("rule_number_low", float(low) if np.isfinite(low) else None),
        ("rule_number_high", float(high) if np.isfinite(high) else None),
    ):
        set_widget_value(key, value)

    def written() -> str:
        chosen = str(st.session_state["rule_number"])
        first: float | None = st.session_state.get("rule_number_low")
        last: float | None = st.session_state.get("rule_number_high")
        if chosen and chosen != column and chosen in dataset.catalogue.numbers:
            values = dataset.catalogue.numbers[chosen]
            first, last = float(np.nanmin(values)), float(np.nanmax(values))
        if first is not None and last is not None:
            first, last = min(first, last), max(first, last)
        return write_range(chosen, first, last) if chosen else ""

    change = _changes(page, "numbers", written)
    one, two, three = st.columns([2, 1, 1])
    shown = lambda name: name or tr("any")  # noqa: E731
    one.selectbox(tr("Number"), options, format_func=shown, key="rule_number", on_change=change)
    if column:
        two.number_input(tr("From"), value=None, key="rule_number_low", on_change=change)
        three.number_input(tr("To"), value=None, key="rule_number_high", on_change=change)


def _period(page: PageContext, dataset: Dataset) -> None:
    rules = page.view.rules
    chosen = days_of_period(rules.period) if rules.period else (None, None)
    shut: dict[str, Any] = {"disabled": bool(rules.epsilon) and not rules.period}
    for key, day in zip(("rule_first", "rule_last"), chosen, strict=True):
        set_widget_value(key, day)

    def written() -> str:
        ends = [st.session_state[key] for key in ("rule_first", "rule_last")]
        if all(ends):
            ends.sort()
        return "..".join("" if end is None else f"{end:%Y-%m-%d}" for end in ends) if any(ends) else ""

    change = _changes(page, "period", written)
    limits: dict[str, Any] = dict(zip(("min_value", "max_value"), selectable_days(dataset, chosen), strict=True))
    one, two = st.columns(2)
    help = tr("Items whose first interaction in the data is in this period (UTC).")
    one.date_input(tr("First chosen from"), value=None, key="rule_first", on_change=change, help=help, **limits, **shut)
    two.date_input(tr("to"), value=None, key="rule_last", on_change=change, **limits, **shut)


def selectable_days(dataset: Dataset, chosen: Sequence[date | None]) -> tuple[date, date]:
    """The first and the last day that can be chosen: those of the data and of the link, and 1970 to 2100 at least."""
    days = [date(1970, 1, 1), date(2100, 1, 1), *(day for day in chosen if day is not None)]
    if dataset.timestamps is not None and dataset.dated and len(dataset.timestamps):
        ends = map(utc_day, (dataset.timestamps.min(), dataset.timestamps.max()))
        days += [day for day in ends if day is not None]
    return min(days), max(days)


def _changes(page: PageContext, name: str, value: Callable[[], object]) -> Callable[[], None]:
    """A callback that writes a rule into the URL; a value that breaks its rule is shown as a sentence instead."""

    def change() -> None:
        try:
            new: Any = {name: value()}
            page.set_view(rules=replace(page.view.rules, **new))
        except StudioError as error:
            st.session_state[PROBLEM] = error

    return change

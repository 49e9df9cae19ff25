"""The choice whether already chosen items may be recommended again, proposed by the data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import streamlit as st

from recsys.data.dataset import Dataset
from recsys.data.repeats import MOST_DAYS, RepeatRule, propose_repeats
from recsys.data.schema.times import utc_day
from recsys.wording import Message, tr
from ui import cache
from ui.shell.widgets import option_labels
from ui.train.settings import Settings

LABELS = {
    "leave-out": Message("Leave out"),
    "allow": Message("Allow"),
    "days": Message("Allow some days after the last choice"),
    "date": Message("Allow if last chosen before a date"),
}
EARLIEST = date(1900, 1, 1)
DAYS = 30  # since the last choice, until another number is chosen


def defaults_of_repeats(dataset: Dataset) -> Mapping[str, Any]:
    """The values of the controls below until they are changed: the rule that the data proposes."""
    proposed, _ = propose_repeats(cache.quality_of(dataset).repeats)
    first, last = days_of(dataset)
    return {"repeats": proposed.kind, "repeats_days": DAYS, "repeats_date": max(first, last - timedelta(DAYS))}


def choose_repeats(settings: Settings, dataset: Dataset) -> RepeatRule:
    """Draws the choice with the proposal and its reason."""
    kinds = list(LABELS) if dataset.dated else ["leave-out", "allow"]
    kind = st.selectbox(
        tr("Already chosen items"),
        kinds,
        format_func=option_labels(LABELS),
        key=settings.key("repeats"),
        help=tr("Whether lists may hold items that the user already has. Everything after training follows it."),
    )
    days, day = 0, ""
    if kind == "days":
        days = st.number_input(
            tr("Days since the last choice"), 1, MOST_DAYS, key=settings.key("repeats_days"),
            help=tr("Items whose last choice is older may be recommended again."),
        )  # fmt: skip
    elif kind == "date":
        first, last = days_of(dataset)
        chosen = st.date_input(
            tr("Last chosen before"), min_value=first, max_value=last, key=settings.key("repeats_date"),
            format="YYYY-MM-DD",
            help=tr("Items whose last choice was before this day (UTC) may be recommended again."),
        )  # fmt: skip
        day = chosen.isoformat() if isinstance(chosen, date) else last.isoformat()
    proposed, reason = propose_repeats(cache.quality_of(dataset).repeats)
    st.caption(tr("Proposed: {choice}. {reason}", choice=LABELS[proposed.kind], reason=reason))
    return RepeatRule(str(kind), int(days), day)


def days_of(dataset: Dataset) -> tuple[date, date]:
    """The first and the last day (UTC) of the data; today where it has no times, or times that are no dates."""
    today = datetime.now(UTC).date()
    if dataset.timestamps is None or not dataset.dated or not len(dataset.timestamps):
        return today, today
    first, last = utc_day(dataset.timestamps.min()), utc_day(dataset.end)
    if first is None or last is None:
        return today, today
    return max(first, EARLIEST), max(last, EARLIEST)

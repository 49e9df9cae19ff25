"""What the points of the map can be coloured by, and the colour of each point."""

from __future__ import annotations

import numpy as np
import streamlit as st

from recsys.charts.style import format_number
from recsys.data.schema.side_tables import column_numbers
from recsys.embeddings.agreement import agreement
from recsys.embeddings.group_profile import UNKNOWN
from recsys.metrics.uncertainty import Estimate
from recsys.wording import Message, recognised, tr
from ui import cache
from ui.components.point_map import Colour, Palette, by_group, by_number
from ui.embeddings.map_context import MapContext

_REGIONS = 0.15  # of agreement with the groups, above which the values of a column form regions that can be named
_MOST_NUMERIC_GROUPS = 12  # a number column with more distinct values is coloured on a scale


COLUMN = "column:"  # before the name of a column, which may be that of another colouring
SHARE = Message("Share of {scenario}")


def colouring_label(name: str) -> str:
    """The name of a colouring in the language of the reader; columns of the user table keep theirs."""
    if name.startswith(COLUMN):
        return name.removeprefix(COLUMN)
    if name in ("Cluster", "Activity", "Popularity", "Scenario"):
        return tr(name)
    return tr(recognised(name, SHARE)) if name.startswith("Share of ") else name


def colourings(context: MapContext) -> list[str]:
    """The keys of the colourings of a map: a name, or COLUMN and the name of a column of the user table."""
    data = context.dataset
    scenarios = data.catalogue.scenario_names
    if context.entity == "items":
        return [Message("Cluster"), Message("Popularity"), *([Message("Scenario")] if scenarios else [])]
    shares = [Message(SHARE, scenario=name) for name in scenarios if len(scenarios) > 1]
    return [Message("Cluster"), Message("Activity"), *shares, *(f"{COLUMN}{name}" for name in data.user_table.columns)]


def colour_of(context: MapContext, name: str, points: np.ndarray, palette: Palette) -> Colour:
    """The colour of each point for one of `colourings`."""
    data = context.dataset
    column = _column_of(context, name)
    if column is not None:
        return _colour_of_column(context, column, points, palette)
    if name in ("Activity", "Popularity"):
        title, end = (
            (Message("Activity (items)"), Message("{n} items"))
            if name == "Activity"
            else (Message("Popularity (interactions)"), Message("{n} interactions"))
        )
        ends = (format_number(int(count)) for count in (context.counts.min(), context.counts.max()))
        low, high = (tr(Message(end, n=count)) for count in ends)
        return by_number(tr(title), context.counts, low, high, palette)
    if name == "Scenario":
        scenarios = data.catalogue.scenario_names
        of_item = data.catalogue.scenarios[1:]
        place = {scenario: number for number, scenario in enumerate(scenarios)}
        labels = np.array([place.get(scenario, len(scenarios)) for scenario in of_item])  # "" is no scenario
        shown = [*scenarios, tr(UNKNOWN)] if (labels == len(scenarios)).any() else scenarios
        return by_group(tr("Scenario"), labels, shown, points, palette, direct=False)
    if name.startswith("Share of ") and context.entity == "users":
        scenario = name.removeprefix("Share of ")
        inside = data.catalogue.in_scenario(scenario)[data.sequence]
        percent = 100 * np.bincount(data.user_of, inside, data.n_users) / np.maximum(data.lengths, 1)
        low, high = f"{percent.min():.0f}%", f"{percent.max():.0f}%"
        title = Message("Share of {scenario} (% of a user’s items)", scenario=scenario)
        return by_number(tr(title), percent, low, high, palette)
    return by_group(tr("Cluster"), context.labels, context.groups, points, palette)


def _column_of(context: MapContext, name: str) -> str | None:
    """The column of the user table that a colouring shows; None for other colourings."""
    column = name.removeprefix(COLUMN)
    known = name.startswith(COLUMN) and context.entity == "users" and column in context.dataset.user_table.columns
    return column if known else None


def _colour_of_column(context: MapContext, name: str, points: np.ndarray, palette: Palette) -> Colour:
    column = context.dataset.user_table[name]
    numbers = column_numbers(column)
    if numbers is not None and column.nunique() > _MOST_NUMERIC_GROUPS:
        unknown = np.isnan(numbers)
        title = tr("{column} (unknown: shown as the median)", column=name) if unknown.any() else name
        values = np.where(unknown, np.nanmedian(numbers), numbers)
        low, high = (format_number(float(end)) for end in (values.min(), values.max()))
        return by_number(title, values, low, high, palette)
    texts = column.astype("string").fillna("").replace("", str(UNKNOWN))
    by_frequency = list(texts.value_counts().index)
    ordered = sorted(by_frequency) if len(by_frequency) <= _MOST_NUMERIC_GROUPS else by_frequency
    labels = texts.map({value: code for code, value in enumerate(ordered)}).to_numpy(dtype=int)
    found = agreement_of(context, f"{COLUMN}{name}")
    shown = [tr(UNKNOWN) if value == UNKNOWN else value for value in ordered]
    return by_group(name, labels, shown, points, palette, direct=found is not None and found.value > _REGIONS)


def agreement_of(context: MapContext, name: str) -> Estimate | None:
    """How far the groups of users agree with a column of the user table; None for other colourings."""
    column = _column_of(context, name)
    return None if column is None else _agreement(context.context.folder, context.representation, column)


@st.cache_resource(max_entries=40, show_spinner=False)
def _agreement(folder: str, representation: cache.Representation, name: str) -> Estimate | None:
    values = cache.open_run(folder)[1].user_table[name].astype("string").fillna("")
    return agreement(cache.groups_of(folder, representation)[0].labels, values.to_list())

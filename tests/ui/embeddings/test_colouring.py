"""Colours of the map: values that are unknown, numbers written as text, and columns named as other colourings are."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest

from recsys.data.dataset import Dataset
from ui.components.point_map import Colour
from ui.embeddings import colouring
from ui.embeddings.map_context import MapContext


def coloured(dataset: Dataset, entity: str, name: str) -> Colour:
    n = dataset.n_users if entity == "users" else dataset.n_items
    counts = dataset.lengths if entity == "users" else dataset.item_counts[1:]
    labels = np.zeros(n, dtype=int)
    context = SimpleNamespace(dataset=dataset, entity=entity, counts=counts, labels=labels, groups=("all",))
    return colouring.colour_of(cast(MapContext, context), name, np.random.default_rng(0).random((n, 2)), "okabe-ito")


def test_an_item_without_a_scenario_is_unknown(planted: Dataset) -> None:
    scenarios = ("", "", *planted.catalogue.scenarios[2:])
    data = replace(planted, catalogue=replace(planted.catalogue, scenarios=scenarios))
    settings = coloured(data, "items", "Scenario").settings
    assert settings["names"] == ["left", "right", "unknown"]
    assert settings["sizes"][2] == 1 and sum(settings["sizes"]) == data.n_items
    assert coloured(planted, "items", "Scenario").settings["names"] == ["left", "right"]


@pytest.fixture
def no_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colouring, "agreement_of", lambda context, name: None)


@pytest.mark.usefixtures("no_agreement")
def test_ages_written_as_text_are_on_a_scale(planted: Dataset) -> None:
    ages = ["" if u == 3 else str(18 + u % 50) for u in range(planted.n_users)]
    colour = coloured(replace(planted, user_table=pd.DataFrame({"age": ages})), "users", "column:age")
    assert (colour.settings["kind"], colour.settings["low"], colour.settings["high"]) == ("ramp", "18", "67")
    assert colour.title == "age (unknown: shown as the median)"


@pytest.mark.usefixtures("no_agreement")
def test_a_column_named_as_another_colouring_is_that_column(planted: Dataset) -> None:
    names = ("Cluster", "Activity", "Popularity", "Scenario", "Share of spending", "Share of left", "column:Activity")
    table = pd.DataFrame({name: [f"{name} {u % 2}" for u in range(planted.n_users)] for name in names})
    data = replace(planted, user_table=table)
    for name in names:
        assert coloured(data, "users", f"column:{name}").settings["names"] == [f"{name} 0", f"{name} 1"]
        assert colouring.colouring_label(f"column:{name}") == name
    assert coloured(data, "users", "Activity").title == "Activity (items)"

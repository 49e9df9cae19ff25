"""Times that are step numbers give the order of interactions: they are never shown or used as dates."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.arguments import named_repeats
from recsys.cases.parties import moment
from recsys.charts.data import activity
from recsys.charts.segments import split_figure
from recsys.data import load
from recsys.data.dataset import Dataset
from recsys.data.quality import quality_report, tied_share
from recsys.data.splits import time_split
from recsys.data.storage import load_dataset, save_dataset
from recsys.errors import InputError
from recsys.evaluation.html_report import data_card
from recsys.evaluation.segments import ACTIVITY, user_attributes
from recsys.evaluation.split_timeline import split_timeline
from recsys.transfer.candidates import first_times
from ui.train.repeats import days_of

ROWS = b"user,item,timestamp\n" + b"".join(b"u%d,i%d,%d\n" % (n % 5, n % 997, n + 1) for n in range(1_200))


@pytest.fixture(scope="module")
def steps() -> Dataset:
    loaded = load(ROWS)
    return replace(loaded.dataset, cleaning=loaded.report.summary("csv", {}))


def test_they_are_told_from_dates_also_in_saved_data(steps: Dataset, tmp_path: Path) -> None:
    assert not steps.calendar and not steps.dated and steps.timestamps is not None
    assert replace(steps, calendar=True).fingerprint == steps.fingerprint, "saved fingerprints stay valid"
    save_dataset(steps, tmp_path)
    assert not load_dataset(tmp_path).calendar
    meta = json.loads((tmp_path / "meta.json").read_text("utf-8"))
    del meta["calendar"]
    (tmp_path / "meta.json").write_text(json.dumps(meta), "utf-8")
    assert not load_dataset(tmp_path).calendar, "data of an older version: by what cleaning said of the times"
    (tmp_path / "meta.json").write_text(json.dumps(meta | {"cleaning": None}), "utf-8")
    assert load_dataset(tmp_path).calendar
    assert load(ROWS.replace(b"timestamp\n", b"timestamp\nu1,i1,2024-05-05\n")).dataset.n_interactions == 1_200
    assert load(b"user,item,timestamp\nu1,i1,1700000000\nu2,i2,1700000100\n").dataset.dated


def test_figures_and_reports_name_no_day(steps: Dataset) -> None:
    assert activity(steps).layout.title.text.replace("<br>", " ") == (
        "The times are step numbers: they give the order of interactions, but no dates"
    )
    report = quality_report(steps)
    assert not len(report.weeks) and [f.value for f in report.findings if f.name == "Times"] == ["step numbers"]
    assert tied_share(replace(steps, timestamps=np.linspace(0, 1, steps.n_interactions))) == 0
    assert data_card(steps)["period"] == "steps 1 to 1,200"
    assert moment(steps, 1, 2) == "step 12" and moment(steps, None, 2) == "item 3"
    assert ACTIVITY not in user_attributes(steps)
    figure = split_figure(split_timeline(steps, time_split(steps)), "Rows", dated=True, steps=not steps.dated)
    assert figure.layout.xaxis.title.text == "step" and max(figure.data[-1].x) <= 1_200


def test_rules_about_days_are_refused(steps: Dataset) -> None:
    with pytest.raises(InputError, match="step numbers"):
        first_times(steps)
    with pytest.raises(InputError, match="step numbers"):
        named_repeats(Namespace(repeats="30 days"), steps)
    assert named_repeats(Namespace(repeats="allow"), steps).allows
    assert days_of(steps)[0].year > 2000, "no day of 1970"


def test_times_of_more_weeks_than_are_drawn_are_not_called_missing() -> None:
    long = load(b"user,item,timestamp\nu1,i1,-99999999999\nu2,i2,1700000100\nu2,i3,1700000200\nu1,i3,1700000200\n")
    data = replace(long.dataset, timestamps=np.linspace(-1e11, 1e10, long.dataset.n_interactions))
    assert activity(data).layout.title.text == "The times span more than 20,000 weeks"

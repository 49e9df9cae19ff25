"""The HTML report is self-contained, escapes all text, and holds what the evaluation found."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.evaluation import Report, evaluate_models
from recsys.evaluation.html_report import data_card, evaluation_html, versions
from recsys.evaluation.quality_over_alpha import quality_over_alpha
from recsys.evaluation.segments import grouping, segment
from recsys.metrics.registry import find_metric, metric_label
from recsys.models.baselines import fit_baseline

HOSTILE = '<script>alert("1")</script>'


@pytest.fixture(scope="module")
def evaluated(planted: Dataset) -> tuple[Report, Dataset, str]:
    split = leave_one_out(planted)
    models = {HOSTILE: fit_baseline("markov", split.train), "popularity": fit_baseline("popularity", split.train)}
    report = evaluate_models(models, split.test, split.train)
    hostile = replace(planted, name=HOSTILE)
    groups = replace(grouping(planted, split.test, "scenario"), by=HOSTILE)
    found = segment(report.models[0].per_user["ndcg@10"], groups, "ndcg@10")
    curve = quality_over_alpha(models[HOSTILE], split.test, targets=range(30), steps=3)
    html = evaluation_html(report, hostile, {HOSTILE: HOSTILE}, segments=[found], curve=curve, targets=HOSTILE,
                           title=HOSTILE)  # fmt: skip
    return report, hostile, html


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "circle", "line", "polygon", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("circle", "line", "polygon", "polyline"):
            assert self.open.pop() == tag


def test_text_from_data_is_escaped_and_every_tag_is_closed(evaluated: tuple[Report, Dataset, str]) -> None:
    reader = Tags()
    reader.feed(evaluated[2])
    assert reader.open == []
    assert "script" not in reader.seen
    assert not {name for name in reader.attributes if name.startswith("on") or name in ("href", "src")}
    assert "&lt;script&gt;" in evaluated[2]
    named = f"Targets: {escape(HOSTILE)}. "
    assert f"<p>{named}" in evaluated[2] and f'aria-label="{named}' in evaluated[2], "whose curve is it?"


def test_it_loads_nothing_external(evaluated: tuple[Report, Dataset, str]) -> None:
    assert not re.findall(r"https?://|@import|url\(", evaluated[2])


def test_it_holds_every_metric_and_section(evaluated: tuple[Report, Dataset, str]) -> None:
    report, _, html = evaluated
    for key in report.metrics:
        assert metric_label(key) in html and find_metric(key).paper.replace("&", "&amp;") in html
        for model in report.models:
            assert model.estimates[key].text in html
    for words in ("Data card", "Model card", "Protocol", "Versions", "ties count against", "numpy"):
        assert words in html
    assert html.count("<svg") == 2


def test_the_best_value_is_the_lowest_where_lower_is_better(evaluated: tuple[Report, Dataset, str]) -> None:
    report = evaluated[0]
    assert report.best("ndcg@10") == HOSTILE
    assert report.best("unexpectedness@10") == ""
    ginis = {m.name: m.estimates["gini@10"].value for m in report.models}
    assert report.best("gini@10") == min(ginis, key=ginis.__getitem__)


def test_the_data_card_counts(planted: Dataset) -> None:
    card = data_card(planted)
    assert (card["users"], card["items"], card["interactions"]) == ("120", "40", "1,680")
    assert card["period"].startswith("2020-09-13")
    assert data_card(replace(planted, timestamps=None))["period"] == "no times"
    twice = replace(planted, sequence=np.ones_like(planted.sequence))
    assert data_card(twice)["density"] == "2.5%", "each user has one of the 40 items, again and again"
    assert "numpy" in versions()

"""The report stands alone, escapes everything, and says what the evaluation said."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.evaluation import Report, evaluate_models
from recsys.evaluation.alpha_curve import alpha_curve
from recsys.evaluation.html_report import best_of, data_card, evaluation_html, shown_metrics, versions
from recsys.evaluation.segments import grouping, segment
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
    curve = alpha_curve(models[HOSTILE], split.test, planted, targets=range(30), steps=3)
    html = evaluation_html(report, hostile, {HOSTILE: HOSTILE}, segments=[found], curve=curve, title=HOSTILE)
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


def test_nothing_from_data_becomes_markup_and_every_tag_is_closed(evaluated: tuple[Report, Dataset, str]) -> None:
    reader = Tags()
    reader.feed(evaluated[2])
    assert reader.open == []
    assert "script" not in reader.seen
    assert not {name for name in reader.attributes if name.startswith("on") or name in ("href", "src")}
    assert "&lt;script&gt;" in evaluated[2]


def test_it_needs_nothing_from_elsewhere(evaluated: tuple[Report, Dataset, str]) -> None:
    assert not re.findall(r"https?://|@import|url\(", evaluated[2])


def test_it_says_what_the_evaluation_said(evaluated: tuple[Report, Dataset, str]) -> None:
    report, _, html = evaluated
    for metric in shown_metrics(report):
        for model in report.models:
            assert model.estimates[metric].text in html
    for words in ("Data card", "Model card", "Protocol", "Versions", "ties count against", "numpy"):
        assert words in html or words == "No evidence"
    assert html.count("<svg") == 2


def test_best_is_lowest_where_less_is_better(evaluated: tuple[Report, Dataset, str]) -> None:
    report = evaluated[0]
    assert best_of(report, "ndcg@10") == HOSTILE
    ginis = {m.name: m.estimates["gini@10"].value for m in report.models}
    assert best_of(report, "gini@10") == min(ginis, key=ginis.__getitem__)


def test_the_data_card_counts(planted: Dataset) -> None:
    card = data_card(planted)
    assert (card["people"], card["items"], card["interactions"]) == ("120", "40", "1,680")
    assert card["from – to"].startswith("2020-09-13")
    assert data_card(replace(planted, timestamps=None))["from – to"] == "no times"
    assert "numpy" in versions()

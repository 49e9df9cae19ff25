"""Evaluate: the verdict on top; below it one tab at a time, chosen in the URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd
import streamlit as st

from recsys.charts.evaluation import intervals_figure, like_figure
from recsys.charts.segments import exposure_figure, segments_figure
from recsys.evaluation.report import report_label
from recsys.evaluation.segments import ITEMS_BY, exposure_by, item_groups
from recsys.metrics.registry import find_metric, metric_label
from recsys.wording import Message, tr
from ui.evaluate.alpha import alpha_tab
from ui.evaluate.compare import compare_tab
from ui.evaluate.jobs import EvaluationContext
from ui.evaluate.protocols import protocols_tab
from ui.evaluate.report import report_tab
from ui.evaluate.segments import segmented, users_by
from ui.evaluate.study import study_tab
from ui.glossary import meaning_of, meaning_of_models, terms_in
from ui.shell.figures import show_figure
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown


def verdict(evaluated: EvaluationContext) -> None:
    """One sentence, one interval plot of all models, and the next step."""
    report = evaluated.report
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.subheader(escape_markdown(tr(report.verdict), 400), anchor=False, help=meaning_of_models(report.names))
    metrics = _labels(report.metrics, metric_label)
    metric = right.selectbox(tr("Metric"), list(metrics), format_func=metrics.__getitem__, key="metric")
    left.caption(escape_markdown(tr(find_metric(metric).help)))
    if right.button(tr("Next: explain a list"), type="primary", key="evaluate_next", width="stretch"):
        evaluated.page.go("explain")
    for sentence in (report.drawn_sentence, report.repeats.sentence, report.parts_sentence):
        if sentence:
            st.caption(escape_markdown(tr(sentence), 400), help=terms_in(sentence))
    if evaluated.page.view.rules.words():
        left.caption(
            tr(
                "The rules of Transfer do not apply here: every item is ranked that the run’s rule for already chosen "
                "items allows."
            )
        )
    show_figure(intervals_figure(report, metric), "verdict")


def _labels(options: Iterable[str], label: Callable[[str], str]) -> dict[str, str]:
    """What each option is called in the language of the reader."""
    return {option: tr(label(option)) for option in options}


def segments_tab(evaluated: EvaluationContext) -> None:
    """A metric by group of users; exposure by group of items."""
    report, dataset = evaluated.report, evaluated.dataset
    left, middle, right = st.columns(3)
    models = _labels(report.names, report_label)
    model = report[left.selectbox(tr("Model"), list(models), format_func=models.__getitem__, key="segment_model")]
    groupings = users_by(evaluated)
    by = middle.selectbox(tr("Users by"), list(groupings), format_func=lambda one: groupings[one], key="segment_by")
    metrics = _labels([key for key in report.metrics if key in model.per_user], metric_label)
    metric = right.selectbox(tr("Metric"), list(metrics), format_func=metrics.__getitem__, key="segment_metric")
    found = segmented(evaluated, model.name, metric, by)
    show_figure(segments_figure(found), "segments")
    for warning in found.warnings:
        st.caption(f"⚠ {escape_markdown(tr(warning), 400)}")
    by_popularity, by_scenario, by_tag = ITEMS_BY
    offered = [by_popularity]
    offered += [by_scenario] if len(dataset.catalogue.scenario_names) > 1 else []
    offered += [by_tag] if any(dataset.catalogue.tags) else []
    kinds = {kind: tr(kind) for kind in offered}
    kind = st.selectbox(
        tr("Items by"), list(kinds), format_func=kinds.__getitem__, key="exposure_by", help=meaning_of("Exposure")
    )
    shares = exposure_by(model.lists[:, :10], evaluated.split.train, item_groups(evaluated.split.train, kind))
    show_figure(exposure_figure(shares, kind), "exposure")


def like_tab(evaluated: EvaluationContext) -> None:
    """How well liked items are told from others."""
    models = evaluated.report.models
    drawn = like_figure({tr(m.label): m.estimates["balanced_accuracy"] for m in models})
    show_figure(drawn, "like")
    st.caption(
        tr(
            "Each held-out item is paired with one random other candidate of the same user. An item is called liked if "
            "more than a threshold of the user’s other candidates score lower. The threshold is chosen on the other "
            "half of the users. A constant answer reaches 0.5, because both classes are equally large."
        )
    )
    named = _labels(("balanced_accuracy", "auc"), metric_label)
    rows = {
        named["balanced_accuracy"]: [m.estimates["balanced_accuracy"].text for m in models],
        named["auc"]: [m.estimates["auc"].text for m in models],
        tr("Threshold"): [f"{100 * m.threshold:.0f}%" for m in models],
    }
    config = {label: st.column_config.TextColumn(help=tr(find_metric(key).help)) for key, label in named.items()}
    config[tr("Threshold")] = st.column_config.TextColumn(
        help=tr("Items above this share of the other candidates are called liked.")
    )
    table = pd.DataFrame({tr("Model"): [tr(m.label) for m in models], **rows})
    st.dataframe(table, column_config=config, hide_index=True, width="stretch")


TABS = {
    "alpha": (Message("Quality over α"), alpha_tab),
    "segments": (Message("User groups"), segments_tab),
    "compare": (Message("Compare"), compare_tab),
    "study": (Message("Does transfer help?"), study_tab),
    "like": (Message("Like / not-like accuracy"), like_tab),
    "protocols": (Message("Protocols"), protocols_tab),
    "report": (Message("Report"), report_tab),
}


def tabs(evaluated: EvaluationContext) -> None:
    """The row of tabs and the open one."""
    names = {key: tr(name) for key, (name, _) in TABS.items()}
    with open_tab(evaluated.page, names, "evaluate_tab") as chosen:
        TABS[chosen][1](evaluated)

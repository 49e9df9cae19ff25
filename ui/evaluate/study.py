"""Evaluate's tab of the transfer study: does transfer help users that the model was not trained on?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from recsys.charts.study import gain_by_known_items_figure, gain_figure, methods_figure
from recsys.charts.style import CONFIG
from recsys.data.export import json_bytes
from recsys.evaluation.study import methods
from recsys.evaluation.study.results import check_study, is_current
from recsys.evaluation.study.what_helps import what_helps
from recsys.jobs.description import JobDescription
from recsys.jobs.studies import data_key, is_of_data
from recsys.metrics.uncertainty import Estimate
from recsys.workspace import read_content
from ui.evaluate.jobs import EvaluationContext
from ui.glossary import meaning_of, terms_in
from ui.shell.errors import show_verdict
from ui.shell.job_results import find_job, job_id, job_result
from ui.shell.widgets import download
from ui.transfer.advice import axis_of

AXES = {"users": "another user", "time": "the user’s own past", "scenarios": "another scenario"}


def study_tab(evaluated: EvaluationContext) -> None:
    """Choose the source, run the study in a job, read the verdict and the figures behind it."""
    data = evaluated.dataset
    axes = [a for a in AXES if a != "scenarios" or len(data.catalogue.scenario_names) > 1]
    axis = st.segmented_control(
        "Source", axes, default=axis_of(evaluated.page), format_func=AXES.__getitem__, key="study_axis", required=True
    )
    content = _study(evaluated, axis)
    if content is None:
        controls = " and ".join(methods.label(name).lower() for name in methods.names("control"))
        st.caption(
            "Users are held out of training; from some items of each, the next one must be found. α is chosen on other "
            f"users than it is evaluated on. Controls that must not help are compared too: {controls}.",
            help=meaning_of("Held out", "Negative control"),
        )
        return
    show_verdict(str(content["level"]), str(content["verdict"]))
    points = list(content["points"])
    if found := what_helps(points):
        st.write(found.sentence)
    if new_items := content.get("new_items"):
        st.write(str(new_items["sentence"]))
    st.plotly_chart(gain_by_known_items_figure(points), key="study_lengths", config=CONFIG, width="stretch")
    known = [int(point["observed"]) for point in points]
    k = st.segmented_control(
        "Known items", known, default=known[0], key="study_known", required=True, help=meaning_of("Cold start")
    )
    point = points[known.index(k)]
    left, right = st.columns(2, gap="large")
    left.plotly_chart(gain_figure(point), key="study_gain", config=CONFIG, width="stretch")
    right.plotly_chart(methods_figure(point), key="study_methods", config=CONFIG, width="stretch")
    st.write(
        f"{100 * point['harmed']:.0f}% of users get worse lists than without transfer, {100 * point['helped']:.0f}% "
        "better ones."
    )
    for sentence in _procedure(content, point):
        st.caption(sentence, help=terms_in(sentence))
    st.dataframe(
        pd.DataFrame(map(_row, point["comparisons"])),
        column_config={
            "Difference in NDCG@10": st.column_config.TextColumn(help=meaning_of("NDCG", "Interval", "Bootstrap")),
            "Holm p": st.column_config.TextColumn(help=meaning_of("p-value", "Holm correction")),
        },
        hide_index=True,
        width="stretch",
    )
    download("Export study (JSON)", lambda: json_bytes(content), "study.json", "application/json", "study_json")


def _procedure(content: Mapping[str, Any], point: Mapping[str, Any]) -> list[str]:
    """How the figures were computed: evaluated users and α, users left out, cut histories, training."""
    suggested = point["suggested"]
    gain = Estimate(**suggested["gain"]).text
    sentences = [
        f"α = {suggested['alpha']:.2g} was chosen on {suggested['chosen_on']:,} of these users and evaluated on the "
        f"{suggested['judged_on']:,} others: NDCG@10 {gain} against α = 0."
    ]
    if point["repeats"]:
        sentences.append(
            f"{100 * point['repeats']:.0f}% of the users with enough items are left out: their next item is one they "
            "already have, which is not recommended."
        )
    if content["sources_cut"]:
        sentences.append("Every source’s history ends before the time at which the target’s item was chosen.")
    else:
        sentences.append("The data have no times, so the sources’ histories could not be cut at the target’s time.")
    if left_out := content.get("not_compared"):
        named = ", ".join(methods.label(name).lower() for name in left_out)
        sentences.append(f"Not compared, because the data hold too little for them: {named}.")
    if epochs := content["training"].get("epochs"):
        each = " and ".join(f"{number:,}" for number in sorted(set(epochs)))
        sentences.append(
            f"Each fold’s model was trained for {each} epochs, a number that depends on the size of the data."
        )
    return sentences


def _row(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        "Transfer against": methods.label(str(one["against"])),
        "Difference in NDCG@10": Estimate(one["value"], one["low"], one["high"]).text,
        "Holm p": f"{one['p_holm']:.3f}",
        "Result": ("better" if one["value"] > 0 else "worse") if one["shown"] else "no difference shown",
    }


def _study(evaluated: EvaluationContext, axis: str) -> Mapping[str, Any] | None:
    """The newest study of this axis: of this visit's job, or a saved one; else a button that starts it."""
    page, data = evaluated.page, evaluated.dataset
    space, wanted = page.space, job_id(page, "study", axis, *data_key(data))
    if find_job(page, wanted) is None:
        for entry in space.entries("study"):
            if is_of_data(entry.meta, data) and entry.meta.get("axis") == axis:
                content = read_content(space.path(entry.id))
                if is_current(content):
                    return check_study(content)

    job = JobDescription(wanted, "study", space.id, run=page.run_id, settings={"axis": axis})
    label, button = f"the study of transfer from {AXES[axis]}", f"Run the study: transfer from {AXES[axis]}"
    saved = job_result(page, wanted, "study", label, job, button)
    return None if saved is None else check_study(read_content(space.path(saved)))

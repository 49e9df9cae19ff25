"""Evaluate's tab of the transfer study: does borrowing help people the model has never seen?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from recsys.charts.study import gain_by_known_items_figure, gain_figure, methods_figure
from recsys.charts.style import CONFIG
from recsys.data.export import json_bytes
from recsys.errors import ArtifactError, StudioError
from recsys.evaluation.study.results import is_current
from recsys.jobs.queue import Progress
from recsys.metrics.uncertainty import Estimate
from recsys.workspace import read_content
from ui.evaluate.jobs import EvaluationContext
from ui.shell.errors import show_verdict
from ui.shell.job_results import find_job, job_id, job_result
from ui.shell.widgets import download
from ui.transfer.advice import axis_of

POINT_KEYS = {"observed", "people", "gain", "methods", "comparisons", "suggested", "repeats", "harmed", "helped"}
AXES = {"users": "between people", "time": "from a person’s own past", "scenarios": "from another scenario"}


def study_tab(evaluated: EvaluationContext) -> None:
    """Pick whose taste is borrowed, run the study in a job, read the verdict and every figure behind it."""
    data = evaluated.dataset
    axes = [a for a in AXES if a != "scenarios" or len(data.catalogue.scenario_names) > 1]
    axis = st.segmented_control(
        "Borrow", axes, default=axis_of(evaluated.studio), format_func=AXES.__getitem__, key="study_axis", required=True
    )
    content = _run(evaluated, axis)
    if content is None:
        st.caption(
            "People are kept out of training; of some items each, the next one must be found. α is chosen on other "
            "people than it is judged on, and a random source and shuffled pairs, which must not help, stand beside it."
        )
        return
    show_verdict(str(content["level"]), str(content["verdict"]))
    points = list(content["points"])
    st.plotly_chart(gain_by_known_items_figure(points), key="study_lengths", config=CONFIG, width="stretch")
    known = [int(point["observed"]) for point in points]
    k = st.segmented_control("Items known", known, default=known[0], key="study_known", required=True)
    point = points[known.index(k)]
    left, right = st.columns(2, gap="large")
    left.plotly_chart(gain_figure(point), key="study_gain", config=CONFIG, width="stretch")
    right.plotly_chart(methods_figure(point), key="study_methods", config=CONFIG, width="stretch")
    st.write(
        f"{100 * point['harmed']:.0f}% of people are worse off than without transfer, "
        f"{100 * point['helped']:.0f}% better off."
    )
    for sentence in _how(content, point):
        st.caption(sentence)
    st.dataframe(pd.DataFrame([_row(one) for one in point["comparisons"]]), hide_index=True, width="stretch")
    download("Study (JSON)", lambda: json_bytes(content), "study.json", "application/json", "study_json")


def _how(content: Mapping[str, Any], point: Mapping[str, Any]) -> list[str]:
    """How the figures came about: which α was judged on whom, who is left out, what was cut, how long it trained."""
    found = point["suggested"]
    gain = Estimate(**found["gain"]).text
    said = [
        f"α = {found['alpha']:.2g} was chosen on {found['chosen_on']:,} of these users and judged on the "
        f"{found['judged_on']:,} others: NDCG@10 {gain} against α = 0."
    ]
    if point["repeats"]:
        said.append(
            f"{100 * point['repeats']:.0f}% of the users with enough items are left out: their next item is one they "
            "already have, which is never recommended."
        )
    if content["sources_cut"]:
        said.append("Every source’s history ends before the moment at which the target’s item was chosen.")
    else:
        said.append("The data have no times, so sources’ histories could not be cut at the target’s moment.")
    epochs = content["training"].get("epochs", [])
    if epochs:
        each = " and ".join(f"{number:,}" for number in sorted(set(epochs)))
        said.append(
            f"Each fold’s model was trained for {each} epochs, a number that follows from the size of the data."
        )
    return said


def _row(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        "transfer against": str(one["against"]),
        "difference in NDCG@10": Estimate(one["value"], one["low"], one["high"]).text,
        "Holm p": f"{one['p_holm']:.3f}",
        "in words": ("better" if one["value"] > 0 else "worse") if one["shown"] else "no difference shown",
    }


def _run(evaluated: EvaluationContext, axis: str) -> Mapping[str, Any] | None:
    """The newest study of this axis: the one just run, or a saved one; else a button."""
    studio, data = evaluated.studio, evaluated.dataset
    wanted = job_id(studio, "study", axis, data.fingerprint)
    if find_job(studio, wanted) is None:
        for entry in studio.space.entries("study"):
            if data.matches(str(entry.meta.get("fingerprint"))) and entry.meta.get("axis") == axis:
                content = read_content(studio.space.path(entry.id))
                if is_current(content):
                    return _read(content)
    space = studio.space

    def work(progress: Progress) -> str:
        from recsys.evaluation.study.transfer_study import transfer_study

        study = transfer_study(data, axis, progress=progress)
        meta = {"fingerprint": data.fingerprint, "axis": axis, "scenarios": list(study.scenarios), "level": study.level}
        return space.save_json("study", f"Does {axis} transfer help?", study.to_json(), meta).id

    label = f"the study of transfer {AXES[axis]}"
    saved = job_result(studio, wanted, "study", label, work, f"Run the study: borrow {AXES[axis]}")
    return None if saved is None else _read(read_content(space.path(saved)))


def _read(content: object) -> Mapping[str, Any]:
    if not isinstance(content, dict) or not content.get("points") or "level" not in content:
        raise ArtifactError("the saved study", "is damaged or of an older version", fix="Delete it and run it again.")
    for point in content["points"]:
        if not set(point) >= POINT_KEYS:
            raise StudioError("the saved study", "misses figures", fix="Delete it and run it again.")
    return content

"""Evaluate's tab of the transfer study: does transfer help users that the model was not trained on?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce
from typing import Any

import pandas as pd
import streamlit as st

from recsys.charts.study import gain_by_known_items_figure, gain_figure, methods_figure
from recsys.data.export import json_bytes
from recsys.errors import StudioError, UnknownIdError
from recsys.evaluation.study import methods
from recsys.evaluation.study.new_items import saved_sentence
from recsys.evaluation.study.results import check_study
from recsys.evaluation.study.verdict import saved_verdict
from recsys.evaluation.study.what_helps import what_helps
from recsys.jobs.description import JobDescription
from recsys.jobs.studies import MADE_FOR, data_key, is_of_model, saved_studies, studied_model
from recsys.metrics.uncertainty import Estimate
from recsys.wording import Message, listed, tr
from recsys.workspace import Entry, Space, read_content
from ui.evaluate.jobs import EvaluationContext
from ui.glossary import meaning_of, terms_in
from ui.shell.errors import show_verdict
from ui.shell.figures import show_figure
from ui.shell.job_results import job_id, job_result
from ui.shell.widgets import download, number_duplicates, one_line, set_widget_value
from ui.transfer.advice import axis_of

AXES = {
    "users": Message("another user"),
    "time": Message("the user’s own past"),
    "scenarios": Message("another scenario"),
}
OPENED_STUDY = "study_opened"  # in the session, until the tab shows it: the id of the study that was opened on Home
DIFFERENCE, HOLM_P = Message("Difference in NDCG@10"), Message("Holm p")


def study_tab(evaluated: EvaluationContext) -> None:
    """Choose the source, run the study in a job, read the verdict and the figures behind it."""
    opened = _entry(evaluated.page.space, st.session_state.pop(OPENED_STUDY, ""))
    axis = _chosen_axis(evaluated, "" if opened is None else str(opened.meta.get("axis")))
    content = _study(evaluated, axis, "" if opened is None else opened.id)
    if content is None:
        controls = reduce(
            lambda row, name: Message("{words} and {word}", words=row, word=name),
            _small_labels(methods.names("control")),
        )
        st.caption(
            tr(
                "Users are held out of training; from some items of each, the next one must be found. α is chosen on "
                "other users than it is evaluated on. Controls that must not help are compared too: {controls}.",
                controls=controls,
            ),
            help=meaning_of("Held out", "Negative control"),
        )
        return
    show_verdict(str(content["level"]), tr(saved_verdict(content)))
    points = list(content["points"])
    if found := what_helps(points):
        st.write(tr(found.sentence))
    if new_items := content.get("new_items"):
        st.write(tr(saved_sentence(new_items)))
    show_figure(gain_by_known_items_figure(points), "study_lengths")
    known = [int(point["observed"]) for point in points]
    k = st.segmented_control(
        tr("Known items"), known, default=known[0], key="study_known", required=True, help=meaning_of("Cold start")
    )
    point = points[known.index(k)]
    left, right = st.columns(2, gap="large")
    with left:
        show_figure(gain_figure(point), "study_gain")
    with right:
        show_figure(methods_figure(point), "study_methods")
    st.write(
        tr(
            "{harmed:.0f}% of users get worse lists than without transfer, {helped:.0f}% better ones.",
            harmed=100 * point["harmed"],
            helped=100 * point["helped"],
        )
    )
    for sentence in _procedure(content, point):
        st.caption(tr(sentence), help=terms_in(sentence))
    st.dataframe(
        pd.DataFrame(map(_row, point["comparisons"])),
        column_config={
            tr(DIFFERENCE): st.column_config.TextColumn(help=meaning_of("NDCG", "Interval", "Bootstrap")),
            tr(HOLM_P): st.column_config.TextColumn(help=meaning_of("p-value", "Holm correction")),
        },
        hide_index=True,
        width="stretch",
    )
    download(tr("Export study (JSON)"), lambda: json_bytes(content), "study.json", "application/json", "study_json")


def _chosen_axis(evaluated: EvaluationContext, opened: str) -> str:
    """A switch between the axes that these data have; it begins with that of the opened study, else of the pair."""
    data, key = evaluated.dataset, "study_axis"
    offered = {"time": not data.sessions, "scenarios": len(data.catalogue.scenario_names) > 1}
    axes = {axis: tr(name) for axis, name in AXES.items() if offered.get(axis, True)}
    wanted = (opened, st.session_state.get(key), axis_of(evaluated.page))
    now = next((one for one in wanted if one in axes), "users")
    set_widget_value(key, now)
    label, shown = tr("Source"), axes.__getitem__
    return st.segmented_control(label, list(axes), format_func=shown, key=key, required=True) or now


def _small_labels(names: Sequence[str]) -> list[str]:
    """The labels of methods, as they stand inside a sentence."""
    return [tr(methods.label(name)).lower() for name in names]


def _procedure(content: Mapping[str, Any], point: Mapping[str, Any]) -> list[Message]:
    """How the figures were computed: evaluated users and α, users left out, cut histories, training."""
    suggested = point["suggested"]
    sentences = [
        Message(
            "α = {alpha:.2g} was chosen on {chosen:,} of these users and evaluated on the {others:,} others: NDCG@10 "
            "{gain} against α = 0.",
            alpha=suggested["alpha"],
            chosen=suggested["chosen_on"],
            others=suggested["judged_on"],
            gain=Estimate(**suggested["gain"]).text,
        )
    ]
    if point["repeats"]:
        sentences.append(
            Message(
                "{share:.0f}% of the users with enough items are left out: their next item is one they already have, "
                "which is not recommended.",
                share=100 * point["repeats"],
            )
        )
    sentences.append(
        Message(
            "Every source’s history ends before the time at which the target’s item was chosen; the models and the "
            "simple methods learned from all rows of the other users, also from later ones."
        )
        if content["sources_cut"]
        else Message("The data have no times, so the sources’ histories could not be cut at the target’s time.")
    )
    if left_out := content.get("not_compared"):
        named = listed(_small_labels(left_out))
        sentences.append(Message("Not compared, because the data hold too little for them: {methods}.", methods=named))
    if epochs := content["training"].get("epochs"):
        sentences.append(
            Message(
                "Each fold’s model was trained for {epochs} epochs, a number that depends on the size of the data.",
                epochs=listed([f"{number:,}" for number in sorted(set(epochs))], "and"),
            )
        )
    return sentences


def _row(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        tr("Transfer against"): tr(methods.label(str(one["against"]))),
        tr(DIFFERENCE): Estimate(one["value"], one["low"], one["high"]).text,
        tr(HOLM_P): f"{one['p_holm']:.3f}",
        tr("Result"): tr("better" if one["value"] > 0 else "worse") if one["shown"] else tr("no difference shown"),
    }


def _study(evaluated: EvaluationContext, axis: str, opened: str) -> Mapping[str, Any] | None:
    """A saved study of this axis: the opened or chosen one, else the newest for the model of the open run.

    Without one for that model there is a button that starts it. A study of another model says so.

    Args:
        opened: the id of the study that was just opened on Home; "" for none.
    """
    page, data = evaluated.page, evaluated.dataset
    saved = {entry.id: (entry, content) for entry, content in saved_studies(page.space, data, axis=axis)}
    of_run = [one for one, (entry, _) in saved.items() if is_of_model(entry.meta, evaluated.run, data)]
    newest = next(iter(of_run), "")
    key = f"study_shown_{axis}_{page.run_id}_{newest}"  # another run, or a new study, begins with its newest again
    chosen = _chosen_study({one: entry for one, (entry, _) in saved.items()}, opened, newest, key)
    if not of_run and (content := _study_job(evaluated, axis)) is not None:
        return content
    if not chosen:
        return None
    if chosen not in of_run:
        st.info(tr("This study trained another model than the open run has: its figures are not of the open run."))
    entry, content = saved[chosen]
    return _checked(content, entry)


def _chosen_study(saved: Mapping[str, Entry], opened: str, newest: str, key: str) -> str:
    """The id of one of the saved studies, by a picker where there are several; "" where there is none.

    Args:
        newest: the one to begin with.
        key: of the picker.
    """
    if len(saved) < 2:
        return next(iter(saved), "")
    if opened in saved or st.session_state.get(key) not in saved:
        set_widget_value(key, opened if opened in saved else newest or next(iter(saved)))
    shown = number_duplicates({one: _study_label(entry) for one, entry in saved.items()})
    return st.selectbox(tr("Study"), list(saved), format_func=lambda one: shown.get(one, one), key=key)


def _study_label(entry: Entry) -> str:
    """Its name, source and target scenario where it has them, and when it was saved."""
    scenarios = [one_line(str(name), 30) for name in entry.meta.get("scenarios") or ()]
    return " · ".join(
        [
            tr(entry.label),
            *([" → ".join(scenarios)] if scenarios else []),
            f"{entry.created[:16].replace('T', ' ')} UTC",
        ]
    )


def _study_job(evaluated: EvaluationContext, axis: str) -> Mapping[str, Any] | None:
    """The study for the model of the open run as a job: a button, its progress, then what it has found."""
    page, data = evaluated.page, evaluated.dataset
    model, space = studied_model(evaluated.run, data), page.space
    wanted = job_id(page, "study", axis, *data_key(data), model)
    job = JobDescription(wanted, "study", space.id, run=page.run_id, settings={"axis": axis, "model": model})
    label = Message("the study of transfer from {source}", source=AXES[axis])
    button = tr("Run the study: transfer from {source}", source=AXES[axis])
    key = job.key(" ".join(data_key(data)))
    return job_result(page, job, label, kind="study", button=button, own_key=key, opened=partial(_opened, space))


def _entry(space: Space, study: str) -> Entry | None:
    """A saved study; None where there is none of this id, or it is damaged."""
    try:
        return space.get(study)
    except StudioError:
        return None


def _opened(space: Space, study: str | None) -> Mapping[str, Any] | None:
    """A saved study; None where it was deleted."""
    try:
        return None if study is None else _checked(read_content(space.path(study)), space.get(study))
    except UnknownIdError:
        return None


def _checked(content: Mapping[str, Any], entry: Entry) -> Mapping[str, Any]:
    """The content of a saved study, and what it was made for, by which the shell takes its export."""
    made_for = {name: entry.meta[name] for name in MADE_FOR if name in entry.meta}
    return {**check_study(content), "made_for": made_for}

"""Evaluate: the verdict on top; below it one part at a time, chosen in the URL."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys.charts.evaluation import intervals_figure, like_figure, metric_label, pareto_figure, win_loss_figure
from recsys.charts.segments import exposure_figure, segments_figure
from recsys.charts.style import CONFIG
from recsys.evaluation.html_report import best_of, shown_metrics
from recsys.evaluation.segments import exposure_by, grouping, item_groups, segment, ways
from recsys.models.recommender import Recommender
from ui.evaluate.jobs import EvaluationContext
from ui.evaluate.study import study_tab
from ui.evaluate.tabs import alpha_tab, protocols_tab, report_tab, seeds
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown, person_label, settings_words

PER_PERSON = ("ndcg@10", "hr@10", "mrr", "recall@20", "map@10", "precision@10")
METRICS = (*PER_PERSON, "coverage@10", "novelty@10", "diversity@10", "serendipity@10", "gini@10", "popularity_lift@10",
           "auc")  # fmt: skip
HELP = {
    "ndcg@10": "1 for a first place, .63 for a second, .29 for a tenth, 0 below; averaged over people.",
    "hr@10": "The share of people whose held-out item is among the first ten.",
    "mrr": "1 / place of the held-out item, averaged.",
    "coverage@10": "The share of all items that at least one person is shown.",
    "novelty@10": "How surprising the shown items are, in bits: one more means half as popular.",
    "diversity@10": "How unlike the ten items are: 1 − mean cosine of their tags (or of who chose them).",
    "serendipity@10": "Share of the list that is right and that the popular list would not have shown.",
    "gini@10": "How unequally items are shown: 0 = all alike, 1 = always the same ones.",
    "popularity_lift@10": "How much more popular the shown items are than what people chose themselves.",
    "auc": "The chance that the held-out item scores above a random unseen one; guessing reaches .5.",
}


def figure(drawn: object, key: str) -> None:
    """A figure in the house's look."""
    st.plotly_chart(drawn, key=key, config=CONFIG, width="stretch")


def verdict(evaluated: EvaluationContext) -> None:
    """One sentence, one interval plot of all models."""
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.subheader(escape_markdown(evaluated.report.verdict, 400), anchor=False)
    metric = right.selectbox("Measured by", METRICS, format_func=metric_label, key="metric")
    left.caption(
        escape_markdown(
            HELP.get(metric, "Averaged over people; all items are ranked, those a person has had are left out.")
        )
    )
    for sentence in (evaluated.report.repeats.sentence, evaluated.report.parts_sentence):
        if sentence:
            st.caption(escape_markdown(sentence, 400))
    if evaluated.studio.view.rules.words():
        left.caption("The rules of Transfer do not apply here: every item that a user has not had is ranked.")
    figure(intervals_figure(evaluated.report, metric), "verdict")


def segments_tab(evaluated: EvaluationContext) -> None:
    """A metric by group of people; exposure by group of items."""
    report, dataset = evaluated.report, evaluated.dataset
    left, middle, right = st.columns(3)
    model = left.selectbox("Model", report.names, key="segment_model")
    by = middle.selectbox("People by", ways(dataset), key="segment_by")
    metric = right.selectbox("Measured by", PER_PERSON, format_func=metric_label, key="segment_metric")
    groups = grouping(dataset, evaluated.split.test, by)
    found = segment(report[model].per_user[metric], groups, metric, seed=report.seed)
    figure(segments_figure(found), "segments")
    for warning in found.warnings:
        st.caption(f"⚠ {escape_markdown(warning, 400)}")
    offered = ["popularity"]
    offered += ["scenario"] if len(dataset.catalogue.scenario_names) > 1 else []
    offered += ["tag"] if any(dataset.catalogue.tags) else []
    kind = st.selectbox("Items by", offered, key="exposure_by")
    shown = exposure_by(report[model].lists[:, :10], evaluated.split.train, item_groups(evaluated.split.train, kind))
    figure(exposure_figure(shown, kind), "exposure")


def compare_tab(evaluated: EvaluationContext) -> None:
    """Runs and baselines side by side: table, quality against cost, people won and lost, spread over seeds."""
    _choose_runs(evaluated)
    report = evaluated.report
    names = [escape_markdown(name, 60) for name in report.names]
    rows = {}
    for metric in shown_metrics(report):
        best = best_of(report, metric) if len(report.models) > 1 else ""
        rows[metric_label(metric)] = [
            ("★ " if m.name == best else "") + m.estimates[metric].text for m in report.models
        ]
    st.dataframe(pd.DataFrame(rows, index=list(report.names)).T, width="stretch", key="compare_table")
    st.caption("★ is the best value; for Gini and popularity lift that is the lowest. Brackets are 95% intervals.")
    if evaluated.run.settings:
        st.caption(f"Settings of the baselines, chosen on validation users: {settings_words(evaluated.run.settings)}.")
    for comparison in report.comparisons:
        st.write(escape_markdown(comparison.sentence, 300))
    left, right = st.columns(2, gap="large")
    with left:
        cost = st.selectbox("Cost", ("milliseconds to score one person", "megabytes of weights"), key="cost")
        price = {
            m.name: m.milliseconds if cost.startswith("milli") else _megabytes(evaluated.models[m.name])
            for m in report.models
        }
        figure(
            pareto_figure(
                [(m.name, price[m.name], m.estimates["ndcg@10"].value) for m in report.models], "ndcg@10", cost
            ),
            "pareto",
        )
    with right:
        if len(names) > 1:
            _win_loss(evaluated)
    seeds(evaluated)


def _choose_runs(evaluated: EvaluationContext) -> None:
    entries = {
        entry.id: entry.name for entry in evaluated.studio.space.entries("run") if entry.id != evaluated.studio.run_id
    }
    if not entries:
        return
    chosen = st.multiselect(
        "Compare with other runs on the same data",
        list(entries),
        default=[r for r in st.session_state.get("compared_runs", ()) if r in entries],
        format_func=entries.__getitem__,
        key="choose_runs",
    )
    if chosen != st.session_state.get("compared_runs", []):
        st.session_state["compared_runs"] = chosen
        st.rerun()


def _megabytes(model: Recommender) -> float:
    tensors = getattr(model, "tensors", None)
    return sum(t.nbytes for t in tensors().values()) / 1e6 if tensors else 0.0


def _win_loss(evaluated: EvaluationContext) -> None:
    """People as points; those selected can be opened in Transfer or Explain."""
    report, dataset = evaluated.report, evaluated.dataset
    second = st.selectbox("Against", report.names[1:], key="against")
    first = report.names[0]
    labels = [f"user {dataset.users.external(int(u))}" for u in report.users]
    drawn = win_loss_figure(first, second, (report[first].ranks, report[second].ranks), labels)
    event = st.plotly_chart(drawn, key="win_loss", config=CONFIG, on_select="rerun", selection_mode=("points", "box"))
    points = event["selection"]["points"] if event else []
    chosen = [int(point["customdata"][0] if isinstance(point["customdata"], list) else point["customdata"])
              for point in points if "customdata" in point]  # fmt: skip
    apart = abs(report[first].per_user["mrr"] - report[second].per_user["mrr"]).argsort()[::-1][:20]
    users = [int(report.users[position]) for position in (chosen or apart.tolist())[:50]]
    person = st.selectbox(
        "Person" if chosen else "Person (select points above, or one of the twenty furthest apart)",
        users,
        format_func=lambda user: person_label(dataset, user),
        key=f"win_loss_person_{second}",
    )
    with st.container(horizontal=True):
        target = f"user:{dataset.users.external(person)}"
        if st.button("Open in Transfer", key="open_transfer"):
            evaluated.studio.go("transfer", target=target)
        if st.button("Open in Explain", key="open_explain"):
            evaluated.studio.go("explain", target=target)


def like_tab(evaluated: EvaluationContext) -> None:
    """How well liked items are told from others."""
    report = evaluated.report
    accuracy = {m.name: m.estimates["balanced_accuracy"] for m in report.models}
    figure(like_figure({name: (e.value, e.low, e.high) for name, e in accuracy.items()}), "like")
    st.caption(
        "Each held-out item stands against one unseen item of the same person. An item is called liked when more than "
        "a threshold of the person’s unseen items score less; the threshold was found on the other half of the "
        "people. The majority baseline is .5 because both classes are equally large."
    )
    rows = [
        {
            "model": m.name,
            "balanced accuracy": m.estimates["balanced_accuracy"].text,
            "AUC": m.estimates["auc"].text,
            "threshold": f"{100 * m.threshold:.0f}%",
        }
        for m in report.models
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


TABS = {
    "alpha": ("Quality over α", alpha_tab),
    "segments": ("Who is served well?", segments_tab),
    "compare": ("Compare", compare_tab),
    "study": ("Does transfer help?", study_tab),
    "like": ("Like or not", like_tab),
    "protocols": ("Protocols", protocols_tab),
    "report": ("Report", report_tab),
}


def tabs(evaluated: EvaluationContext) -> None:
    """The row of tabs and the open part."""
    names = {key: name for key, (name, _) in TABS.items()}
    chosen = open_tab(evaluated.studio, "More about these models", names, "evaluate_tab")
    TABS[chosen][1](evaluated)

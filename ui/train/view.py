"""Train before and after a training: the settings beside the curve of the open run; below, its tabs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.charts.style import format_interval, format_number
from recsys.charts.training import loss_curve, runs_over_time, training_curve
from recsys.errors import ArtifactError
from recsys.models.table import model_label, setting_label, setting_value
from recsys.models.training.problems import known_problem
from recsys.wording import Message, in_a_row, tr
from recsys.workspace.entries import name_of
from recsys.workspace.names import known_name
from ui.glossary import meaning_of, terms_in
from ui.shell.frame import PageContext
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown, multiselect_by_id, settings_text
from ui.train import jobs
from ui.train.controls import glossary, plan_or_none
from ui.train.estimate import estimate_box
from ui.train.progress import WIDTHS, clock, show
from ui.train.search import search_tab
from ui.train.try_model import try_it

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs import RunCard, TrainingPlan

TABS = {
    "try": Message("Try the model"),
    "runs": Message("Compare runs"),
    "loss": Message("Loss"),
    "controls": Message("Settings explained"),
    "search": Message("Search settings"),
}
OTHER_SETTINGS = {  # in the table of runs, besides the options of the configs
    "training time": Message("Training time"),
    "model": Message("Model"),
    "holdout": Message("Holdout"),
    "text": Message("Text"),
    "text_model": Message("Text model"),
    "problem": Message("Problem"),
    "repeats": Message("Repeats"),
}
HOLDOUTS = {"last-one": Message("Last item of each user"), "none": Message("None")}


def before_or_after(page: PageContext, dataset: Dataset) -> TrainingPlan | None:
    """The curve of the open run on this data (or empty axes), and the settings of the next.

    Returns:
        The training that the settings stand for; None where two don't fit together.
    """
    card = open_card(page, dataset)
    curve, beside = st.columns(WIDTHS, gap="large")
    with curve:
        reports: tuple[Mapping[str, Any], ...] = ()
        baselines, comparison = {}, None
        if card is not None:
            reports, comparison = card.reports, card.evidence.get("comparison")
            baselines = card.baselines
        drawn = training_curve(reports, len(reports), baselines, comparison=comparison)
        show(drawn, key="train_last_curve")
        if card is not None:
            _describe(card)
    with beside:
        if card is not None and st.button(tr("Next: map of users"), type="primary", key="train_next", width="stretch"):
            page.go("embeddings", run=page.run_id)
        return _setup(page, dataset, card is not None)


def _setup(page: PageContext, dataset: Dataset, trained: bool) -> TrainingPlan | None:
    sizes = {
        "data": f"**{escape_markdown(tr(known_name(dataset.name)), 40)}**",
        "items": dataset.n_items,
        "users": dataset.n_users,
    }
    st.write(tr("{data}: {users:,} users, {items:,} items", **sizes))
    ready = st.container()
    plan = plan_or_none(page, dataset)
    if plan is None:
        return None
    with ready:
        label, kind = (Message("Train again"), "secondary") if trained else (Message("Train"), "primary")
        if st.button(tr(label), type=kind, key="train_start", width="stretch"):  # type: ignore[arg-type]
            page.set_view(job=jobs.start(page, dataset, plan))
            st.rerun()
    estimate_box(page, dataset, plan)
    if plan.text:
        st.caption(_reader_here(plan.text), help=meaning_of("TF-IDF", "SVD", "Sentence encoder"))
    return plan


def _reader_here(text: str) -> str:
    """The text model that would be used on this machine."""
    from recsys.models.sentence_encoders import installed_encoder

    encoder = installed_encoder()
    if text == "auto" and encoder is not None:
        return tr("Item text: by the sentence encoder {encoder}, offline.", encoder=encoder.title)
    if text == "auto":
        return tr("Item text: by word counts (TF-IDF, SVD); no sentence encoder is installed (requirements-text.txt).")
    return tr("Item text: by word counts (TF-IDF, SVD).")


def open_card(page: PageContext, dataset: Dataset) -> RunCard | None:
    """The card of the open run, if it was trained on this data."""
    from recsys.runs import read_card

    if page.run_folder is None:
        return None
    card = read_card(page.run_folder)
    card = replace(card, name=name_of(page.run_folder, card.name))
    return card if dataset.matches(card.dataset_fingerprint) else None


def _describe(card: RunCard) -> None:
    name, epochs, time = escape_markdown(tr(known_name(card.name)), 60), len(card.reports), clock(card.seconds)
    sentences = [tr("{name}: {epochs:,} epochs in {time}.", name=name, epochs=epochs, time=time)]
    if card.validation:
        values = {tr(model_label(name)): format_number(quality["ndcg@10"]) for name, quality in card.validation.items()}
        listed = tr(", ").join(f"{escape_markdown(label)} {value}" for label, value in values.items())
        sentences.append(tr("NDCG@10 {models}.", models=listed))
    if card.config.get("text"):
        reader = escape_markdown(_reader(card.config["text"]), 300)
        sentences.append(reader if reader.endswith("。") else reader.removesuffix("\\.") + ".")
    st.caption(tr(in_a_row(sentences)), help=meaning_of("NDCG", "Epoch", "Baseline"))
    for shown, english in _evidence(card):
        st.caption(shown, help=terms_in(english))
    if card.config.get("problem"):
        problem = tr(known_problem(card.config["problem"]))
        st.warning(tr("Training ended early: {problem}", problem=escape_markdown(problem, 400)))


def _reader(text: str) -> str:
    """What a run says of the text model of its items, in the language of the reader."""
    from recsys.runs.item_features import reader_message

    return tr(reader_message(text))


def _evidence(card: RunCard) -> list[tuple[str, str]]:
    """Sentences on repeats, on the parts of the model, and on the settings chosen for the baselines.

    Returns:
        Each as it is shown, and in English.
    """
    from recsys.metrics import RepeatStatistics
    from recsys.runs.rating_effect import effect_sentence

    sentences: list[str] = []
    if "repeats" in card.evidence:
        sentences.append(RepeatStatistics(**card.evidence["repeats"]).sentence)
    parts = card.evidence.get("parts", {})
    if len(parts) > 1:
        each = tr("; ").join(
            f"{escape_markdown(tr(name))} {format_interval(e['value'], e['low'], e['high'])}"
            for name, e in parts.items()
        )
        sentences.append(Message("NDCG@10 on validation users: {parts}.", parts=each))
    if "ratings" in card.evidence:
        sentences.append(effect_sentence(card.evidence["ratings"]))
    if card.settings_of_baselines:
        words = settings_text(card.settings_of_baselines)
        sentences.append(Message("Settings of the baselines, chosen on validation users: {settings}.", settings=words))
    return [(tr(sentence), str(sentence)) for sentence in sentences if sentence]


def below(page: PageContext, dataset: Dataset, plan: TrainingPlan | None) -> None:
    """Below the fold: try the model, compare runs, the loss, the search for better settings, the settings explained.

    Args:
        plan: of the settings on the page; None while there are none.
    """
    cards = _cards(page, dataset)
    tabs = {key: tr(label) for key, label in TABS.items() if cards or page.run_folder or key in ("search", "controls")}
    with open_tab(page, tabs, f"train_tab_{len(tabs)}") as tab:
        if tab == "try":
            try_it(page)
        elif tab == "runs":
            _compare(cards)
        elif tab == "loss":
            card = open_card(page, dataset)
            show(loss_curve(card.reports if card else ()), key="train_loss")
            st.caption(tr("Loss over the epochs, in nats"), help=meaning_of("Loss", "Nats", "Overfitting"))
        elif tab == "search":
            search_tab(page, dataset, plan)
        else:
            st.dataframe(glossary(), hide_index=True, width="stretch")


def _cards(page: PageContext, dataset: Dataset) -> dict[str, RunCard]:
    """The runs on this data by id, newest first, each with the name that it is shown under, which no other has.

    Damaged ones are left out (Home lists them).
    """
    from recsys.runs import read_card

    cards: dict[str, RunCard] = {}
    names: set[str] = set()
    for entry in page.space.entries("run")[:50]:
        try:
            card = read_card(page.space.path(entry.id))
        except ArtifactError:
            continue
        if dataset.matches(card.dataset_fingerprint):
            name = tr(entry.label)
            name = name if name not in names else f"{name} · {entry.created[5:16].replace('T', ' ')}"
            name = name if name not in names else f"{name} · {entry.id[:4]}"
            names.add(name)
            cards[entry.id] = replace(card, name=name)
    return cards


def _shown(setting: str, value: Any) -> str:
    """A setting's value in the table of runs."""
    if setting == "model":
        return tr(model_label(value))
    if setting == "text":
        return _reader(str(value))
    if setting == "problem":
        return tr(known_problem(str(value)))
    return tr(HOLDOUTS.get(value, value)) if setting == "holdout" else tr(setting_value(setting, value))


def _compare(cards: dict[str, RunCard]) -> None:
    from recsys.runs import differences

    if not cards:
        st.caption(tr("Train a model: the runs on this data are compared here."))
        return
    names = {entry_id: card.name for entry_id, card in cards.items()}
    key = f"train_compared_{next(iter(names))}"  # other data, or a newer run, begin with the newest four
    chosen = multiselect_by_id(tr("Runs on this data"), names, key, list(names)[:4], 7)
    if not chosen:
        return
    picked = {cards[one].name: cards[one] for one in chosen}
    show(runs_over_time({name: (card.reports, card.baselines) for name, card in picked.items()}), key="train_runs")
    rows: dict[str, list[Any]] = {
        "NDCG@10": [format_number(card.validation.get(card.model, {}).get("ndcg@10")) for card in picked.values()],
        "training time": [clock(card.seconds) for card in picked.values()],
        **differences(list(picked.values())),
    }
    table: dict[str, list[str]] = {"": [tr(OTHER_SETTINGS.get(name) or setting_label(name)) for name in rows]}
    for place, name in enumerate(picked):
        values = {setting: row[place] for setting, row in rows.items()}
        table[name] = [tr("by rule") if value is None else _shown(setting, value) for setting, value in values.items()]
    st.dataframe(table, hide_index=True, width="stretch")
    if len(picked) > 1 and len(rows) == 2:
        st.caption(tr("These runs have the same settings."))

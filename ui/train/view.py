"""Train before and after a training: the settings beside the curve of the open run; below, its tabs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.charts.style import format_interval, format_number
from recsys.charts.training import loss_curve, runs_over_time, training_curve
from recsys.errors import ArtifactError
from recsys.models.table import model_label, setting_label
from ui.glossary import meaning_of, terms_in
from ui.shell.frame import PageContext
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown, settings_text
from ui.train import jobs
from ui.train.controls import glossary, plan_or_none
from ui.train.estimate import estimate_box
from ui.train.progress import WIDTHS, clock, show
from ui.train.try_model import try_it

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs import RunCard

TABS = {"try": "Try the model", "runs": "Compare runs", "loss": "Loss", "controls": "Settings explained"}


def before_or_after(page: PageContext, dataset: Dataset) -> None:
    """The curve of the open run on this data (or empty axes), and the settings of the next."""
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
        if card is not None and st.button("Next: map of users", type="primary", key="train_next", width="stretch"):
            page.go("embeddings", run=page.run_id)
        _setup(page, dataset, card is not None)


def _setup(page: PageContext, dataset: Dataset, trained: bool) -> None:
    st.write(f"**{escape_markdown(dataset.name, 40)}**: {dataset.n_users:,} users, {dataset.n_items:,} items")
    ready = st.container()
    plan = plan_or_none(page, dataset)
    if plan is None:
        return
    with ready:
        label, kind = ("Train again", "secondary") if trained else ("Train", "primary")
        if st.button(label, type=kind, key="train_start", width="stretch"):  # type: ignore[arg-type]
            page.set_view(job=jobs.start(page, dataset, plan))
            st.rerun()
    estimate_box(page, dataset, plan)
    if plan.text:
        st.caption(_reader_here(plan.text), help=meaning_of("TF-IDF", "SVD", "Sentence encoder"))


def _reader_here(text: str) -> str:
    """The text model that would be used on this machine."""
    from recsys.models.item_text import encoder_installed

    if text == "auto" and encoder_installed():
        return "Item text: by a sentence encoder, offline."
    if text == "auto":
        return "Item text: by word counts (TF-IDF, SVD); no sentence encoder is installed (requirements-text.txt)."
    return "Item text: by word counts (TF-IDF, SVD)."


def open_card(page: PageContext, dataset: Dataset) -> RunCard | None:
    """The card of the open run, if it was trained on this data."""
    from recsys.runs import read_card

    if page.run_folder is None:
        return None
    card = read_card(page.run_folder)
    return card if dataset.matches(card.dataset_fingerprint) else None


def _describe(card: RunCard) -> None:
    words = [f"{escape_markdown(card.name, 60)}: {len(card.reports):,} epochs in {clock(card.seconds)}"]
    if card.validation:
        values = {model_label(name): format_number(quality["ndcg@10"]) for name, quality in card.validation.items()}
        words.append("NDCG@10 " + ", ".join(f"{escape_markdown(label)} {value}" for label, value in values.items()))
    if card.config.get("text"):
        words.append(escape_markdown(card.config["text"], 300).removesuffix("\\."))
    st.caption(". ".join(words) + ".", help=meaning_of("NDCG", "Epoch", "Baseline"))
    for sentence in _evidence(card):
        st.caption(sentence, help=terms_in(sentence))
    if card.config.get("problem"):
        st.warning(f"Training ended early: {escape_markdown(card.config['problem'], 400)}")


def _evidence(card: RunCard) -> list[str]:
    """Sentences on repeats, on the parts of the model, and on the settings chosen for the baselines."""
    from recsys.metrics import RepeatStatistics
    from recsys.runs.rating_effect import effect_sentence

    sentences = []
    if "repeats" in card.evidence:
        sentences.append(RepeatStatistics(**card.evidence["repeats"]).sentence)
    parts = card.evidence.get("parts", {})
    if len(parts) > 1:
        each = "; ".join(
            f"{escape_markdown(name)} {format_interval(e['value'], e['low'], e['high'])}" for name, e in parts.items()
        )
        sentences.append(f"NDCG@10 on validation users: {each}.")
    if "ratings" in card.evidence:
        sentences.append(escape_markdown(effect_sentence(card.evidence["ratings"]), 600))
    if card.settings_of_baselines:
        words = settings_text(card.settings_of_baselines)
        sentences.append(f"Settings of the baselines, chosen on validation users: {words}.")
    return [sentence for sentence in sentences if sentence]


def below(page: PageContext, dataset: Dataset) -> None:
    """Below the fold: try the model, compare runs, the loss, the settings explained."""
    cards = _cards(page, dataset)
    tabs = TABS if cards or page.run_folder else {"controls": TABS["controls"]}
    with open_tab(page, tabs, f"train_tab_{len(tabs)}") as tab:
        if tab == "try":
            try_it(page)
        elif tab == "runs":
            _compare(cards)
        elif tab == "loss":
            card = open_card(page, dataset)
            show(loss_curve(card.reports if card else ()), key="train_loss")
            st.caption("Loss over the epochs, in nats", help=meaning_of("Loss", "Nats", "Overfitting"))
        else:
            st.dataframe(glossary(), hide_index=True, width="stretch")


def _cards(page: PageContext, dataset: Dataset) -> dict[str, RunCard]:
    """The runs on this data by shown name, newest first; damaged ones are left out (Home lists them)."""
    from recsys.runs import read_card

    cards: dict[str, RunCard] = {}
    for entry in page.space.entries("run")[:50]:
        try:
            card = read_card(page.space.path(entry.id))
        except ArtifactError:
            continue
        if dataset.matches(card.dataset_fingerprint):
            name = entry.name if entry.name not in cards else f"{entry.name} · {entry.created[5:16].replace('T', ' ')}"
            cards[name if name not in cards else f"{name} · {entry.id[:4]}"] = card
    return cards


def _shown(setting: str, value: Any) -> str:
    """A setting's value in the table of runs."""
    return model_label(value) if setting == "model" else str(value)


def _compare(cards: dict[str, RunCard]) -> None:
    from recsys.runs import differences

    if not cards:
        st.caption("Train a model: the runs on this data are compared here.")
        return
    chosen = st.multiselect(
        "Runs on this data", list(cards), default=list(cards)[:4], key="train_compared", max_selections=7
    )
    if not chosen:
        return
    picked = {name: cards[name] for name in chosen}
    show(runs_over_time({name: (card.reports, card.baselines) for name, card in picked.items()}), key="train_runs")
    rows: dict[str, list[Any]] = {
        "NDCG@10": [format_number(card.validation.get(card.model, {}).get("ndcg@10")) for card in picked.values()],
        "training time": [clock(card.seconds) for card in picked.values()],
        **differences(list(picked.values())),
    }
    table: dict[str, list[str]] = {"": [setting_label(name) for name in rows]}
    for place, name in enumerate(picked):
        values = {setting: row[place] for setting, row in rows.items()}
        table[name] = ["by rule" if value is None else _shown(setting, value) for setting, value in values.items()]
    st.dataframe(table, hide_index=True, width="stretch")
    if len(picked) > 1 and len(rows) == 2:
        st.caption("These runs have the same settings.")

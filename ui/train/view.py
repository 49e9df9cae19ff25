"""Train before and after: the controls beside the curve of the last run, then trying the model and comparing runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.charts.style import format_interval, format_number
from recsys.charts.training import loss_curve, runs_over_time, training_curve
from recsys.errors import ArtifactError
from ui.shell.frame import PageContext
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown, settings_words
from ui.train import jobs
from ui.train.controls import HELP, estimate_box, plan_or_none
from ui.train.progress import WIDTHS, clock, show
from ui.train.try_model import try_it

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs import RunCard

TABS = {"try": "Try it", "runs": "Runs side by side", "loss": "Loss", "controls": "What the controls mean"}


def before_or_after(studio: PageContext, dataset: Dataset) -> None:
    """The curve of the open run on this data (or the empty axes), and the controls of the next."""
    card = open_card(studio, dataset)
    curve, beside = st.columns(WIDTHS, gap="large")
    with curve:
        reports: tuple[Mapping[str, Any], ...] = ()
        baselines, comparison = {}, None
        if card is not None:
            reports, comparison = card.reports, card.evidence.get("comparison")
            baselines = {name: q for name, q in card.validation.items() if name != card.model}
        drawn = training_curve(reports, len(reports), baselines, comparison=comparison)
        show(drawn, key="train_last_curve")
        if card is not None:
            _what_it_is(card)
    with beside:
        if card is not None and st.button("Next: see your people", type="primary", key="train_next", width="stretch"):
            studio.go("embeddings", run=studio.run_id)
        _setup(studio, dataset, card is not None)


def _setup(studio: PageContext, dataset: Dataset, trained: bool) -> None:
    st.write(f"**{escape_markdown(dataset.name, 40)}**: {dataset.n_users:,} people, {dataset.n_items:,} items")
    ready = st.container()
    plan = plan_or_none(studio)
    if plan is None:
        return
    with ready:
        label, kind = ("Train again", "secondary") if trained else ("Train", "primary")
        if st.button(label, type=kind, key="train_start", width="stretch"):  # type: ignore[arg-type]
            studio.set_view(job=jobs.start(studio, dataset, plan))
            st.rerun()
    estimate_box(studio, dataset, plan)
    if plan.text:
        st.caption(_reader_here(plan.text))


def _reader_here(text: str) -> str:
    """Who would read the items on this machine, plainly."""
    from recsys.models.item_text import encoder_installed

    if text == "auto" and encoder_installed():
        return "A sentence encoder reads the titles, offline."
    if text == "auto":
        return (
            "Titles are read by counting words (TF-IDF, SVD): no sentence encoder is installed (requirements-text.txt)."
        )
    return "Titles are read by counting words (TF-IDF, SVD)."


def open_card(studio: PageContext, dataset: Dataset) -> RunCard | None:
    """What is known of the open run, if it was trained on this data."""
    from recsys.runs import read_card

    if studio.run_folder is None:
        return None
    card = read_card(studio.run_folder)
    return card if dataset.matches(card.dataset_fingerprint) else None


def _what_it_is(card: RunCard) -> None:
    words = [f"{escape_markdown(card.name, 60)}: {len(card.reports):,} epochs in {clock(card.seconds)}"]
    if card.validation:
        words.append(
            "NDCG@10 "
            + ", ".join(f"{escape_markdown(n)} {format_number(q['ndcg@10'])}" for n, q in card.validation.items())
        )
    if card.config.get("text"):
        words.append(escape_markdown(card.config["text"], 300).removesuffix("\\."))
    st.caption(". ".join(words) + ".")
    for sentence in _evidence(card):
        st.caption(sentence)
    if card.config.get("problem"):
        st.warning(f"Training ended early: {escape_markdown(card.config['problem'], 400)}")


def _evidence(card: RunCard) -> list[str]:
    """What can be reached at most, what the parts of the model reach, and the settings chosen for the baselines."""
    from recsys.metrics import RepeatStatistics

    said = []
    if "repeats" in card.evidence:
        said.append(RepeatStatistics(**card.evidence["repeats"]).sentence)
    parts = card.evidence.get("parts", {})
    if len(parts) > 1:
        each = "; ".join(
            f"{escape_markdown(name)} {format_interval(e['value'], e['low'], e['high'])}" for name, e in parts.items()
        )
        said.append(f"NDCG@10 on validation users: {each}.")
    if card.settings_of_baselines:
        words = settings_words(card.settings_of_baselines)
        said.append(f"Settings of the baselines, chosen on validation users: {words}.")
    return [sentence for sentence in said if sentence]


def below(studio: PageContext, dataset: Dataset) -> None:
    """Under the fold: try the model, compare runs, the loss, the glossary of controls."""
    cards = _cards(studio, dataset)
    tabs = TABS if cards or studio.run_folder else {"controls": TABS["controls"]}
    with open_tab(studio, tabs, f"train_tab_{len(tabs)}") as tab:
        if tab == "try":
            try_it(studio)
        elif tab == "runs":
            _side_by_side(cards)
        elif tab == "loss":
            card = open_card(studio, dataset)
            show(loss_curve(card.reports if card else ()), key="train_loss")
        else:
            st.dataframe(
                {"control": [name.replace("_", " ") for name in HELP], "what it means": list(HELP.values())},
                hide_index=True,
                width="stretch",
            )


def _cards(studio: PageContext, dataset: Dataset) -> dict[str, RunCard]:
    """The runs on this data by shown name, newest first; damaged ones are left out (Home names them)."""
    from recsys.runs import read_card

    found: dict[str, RunCard] = {}
    for entry in studio.space.entries("run")[:50]:
        try:
            card = read_card(studio.space.path(entry.id))
        except ArtifactError:
            continue
        if dataset.matches(card.dataset_fingerprint):
            name = entry.name if entry.name not in found else f"{entry.name} · {entry.created[5:16].replace('T', ' ')}"
            found[name if name not in found else f"{name} · {entry.id[:4]}"] = card
    return found


def _side_by_side(cards: dict[str, RunCard]) -> None:
    from recsys.runs import differences

    if not cards:
        st.caption("Trained runs on this data stand here beside each other.")
        return
    chosen = st.multiselect(
        "Runs on this data", list(cards), default=list(cards)[:4], key="train_compared", max_selections=7
    )
    if not chosen:
        return
    picked = {name: cards[name] for name in chosen}
    show(runs_over_time({name: (card.reports, card.validation) for name, card in picked.items()}), key="train_runs")
    rows: dict[str, list[Any]] = {
        "NDCG@10": [format_number(card.validation.get(card.model, {}).get("ndcg@10")) for card in picked.values()],
        "training time": [clock(card.seconds) for card in picked.values()],
        **differences(list(picked.values())),
    }
    table: dict[str, list[str]] = {"": [name.replace("_", " ") for name in rows]}
    for place, name in enumerate(picked):
        table[name] = ["by rule" if row[place] is None else str(row[place]) for row in rows.values()]
    st.dataframe(table, hide_index=True, width="stretch")
    if len(picked) > 1 and len(rows) == 2:
        st.caption("These runs were asked for with the same settings.")

"""What can be chosen before training, in three levels: none, a few, all. Every control says what it means."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.errors import StudioError
from recsys.jobs.queue import JobSnapshot
from ui.shell.frame import PageContext, guarded_fragment, show_error
from ui.shell.widgets import escape_markdown
from ui.train.settings import PATIENCE, RULE, Settings

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.models.training.loop import Estimate
    from recsys.runs import TrainingPlan

LEVELS = ("None", "A few", "All")
READERS = {"auto": "titles, by the best reader here", "tf-idf": "titles, by counting words", "": "nobody"}
OBJECTIVES = {"causal": "the next item (like GPT)", "masked": "hidden items (like BERT)"}
HELP = {
    "level": "Nothing needs to be chosen: by rule, every setting follows the size of the data.",
    "minutes": "By rule, passes follow the size of the data. With a time: as many as fit, at most 1½ times the rule’s.",
    "embedding_size": "Numbers that describe a taste and an item. More tell finer differences, and need more data.",
    "text": "Titles, descriptions and tags help with items few people have met. Read once, on this machine, offline.",
    "objective": "What it is trained to guess: what comes next, or items hidden anywhere in the history.",
    "layers": "Layers of attention, one after the other. Two are enough for most data.",
    "heads": "Ways of attending side by side. Must divide the embedding size.",
    "max_length": "How many of the newest items it reads at once.",
    "dropout": "Share of signals silenced while learning, against learning by heart. More for small data.",
    "feed_forward_ratio": "Width of the feed-forward layers, in embedding sizes.",
    "markov": "Adds “what usually follows what” to the score, with a weight found on validation people.",
    "epochs": "Passes over the data. By rule 4 to 60, fewer where there is more.",
    "learning_rate": "How big its steps are. Too big: the loss jumps or is no number. Too small: slow.",
    "batch_size": "Items read in one step. Lower it first when memory runs out.",
    "negatives": "Items each choice is compared with, drawn anew for each step.",
    "weight_decay": "Pulls the weights towards zero, against learning by heart.",
    "patience": "Stops after so many epochs without a better validation; 0 never stops early.",
    "seed": "The same seed gives the same model.",
    "holdout": "Keeps each person’s last item for Evaluate and the one before it for this curve.",
    "baselines": "Simple models trained beside it: the lines to beat.",
    "name": "How the run is called in lists.",
}


def choose_plan(settings: Settings) -> TrainingPlan:
    """Draws the controls; the plan they stand for. Raises InputError when two don't fit together."""
    from recsys.models.attention.config import AttentionConfig
    from recsys.models.training.config import TrainConfig
    from recsys.runs import TrainingPlan

    level = st.segmented_control("Controls", LEVELS, required=True, key=settings.key("level"), help=HELP["level"])
    if level == "None":
        return TrainingPlan(train=TrainConfig(patience=PATIENCE), text="auto")
    few = _few(settings)
    if level == "A few":
        return TrainingPlan(
            AttentionConfig(objective=few["objective"], embedding_size=few["embedding_size"]),
            TrainConfig(minutes=few["minutes"], patience=PATIENCE),
            text=few["text"],
        )
    with st.expander("All controls", expanded=True):
        return _all(few, settings)


def _few(settings: Settings) -> dict[str, Any]:
    minutes = st.select_slider(
        "Time", [RULE, 1, 2, 5, 10, 30], key=settings.key("minutes"), format_func=_minutes, help=HELP["minutes"]
    )
    size = st.select_slider(
        "Numbers per taste", [RULE, 16, 32, 64, 96, 128, 256], key=settings.key("size"), help=HELP["embedding_size"]
    )
    text = st.selectbox(
        "Who reads the items",
        list(READERS),
        format_func=READERS.__getitem__,
        key=settings.key("text"),
        help=HELP["text"],
    )
    objective = st.selectbox(
        "It learns to guess",
        list(OBJECTIVES),
        format_func=OBJECTIVES.__getitem__,
        key=settings.key("objective"),
        help=HELP["objective"],
    )
    return {
        "minutes": float(minutes) if isinstance(minutes, int) else None,
        "embedding_size": size if isinstance(size, int) else None,
        "text": text,
        "objective": objective,
    }


def _minutes(value: str | int) -> str:
    return RULE if value == RULE else f"{value} min"


def _all(few: dict[str, Any], settings: Settings) -> TrainingPlan:
    from recsys.models.attention.config import AttentionConfig
    from recsys.models.baselines import BASELINES
    from recsys.models.training.config import TrainConfig
    from recsys.runs import TrainingPlan

    left, right = st.columns(2)
    with left:
        model = AttentionConfig(
            objective=few["objective"],
            embedding_size=few["embedding_size"],
            layers=_whole(settings, "Layers", "layers", 1, 12),
            heads=_whole(settings, "Heads", "heads", 1, 16),
            max_length=_whole(settings, "Maximum history length (0: by rule)", "max_length", 0, 1000) or None,
            dropout=_number(settings, "Dropout (−1: by rule)", "dropout", -1.0, 0.9, 0.05, "%.2f"),
            feed_forward_ratio=_whole(settings, "Feed-forward width", "feed_forward_ratio", 1, 8),
            markov=st.toggle("Markov voice", key=settings.key("markov"), help=HELP["markov"]),
        )
        name = st.text_input("Name", key=settings.key("name"), max_chars=100, help=HELP["name"])
    with right:
        train = TrainConfig(
            epochs=_whole(settings, "Epochs (0: by rule)", "epochs", 0, 1000) or None
            if few["minutes"] is None
            else None,
            minutes=few["minutes"],
            learning_rate=_number(settings, "Learning rate", "learning_rate", 0.00001, 0.5, 0.001, "%.5f") or 0.004,
            batch_size=_whole(settings, "Items in a step (0: by rule)", "batch_size", 0, 100_000) or None,
            negatives=_whole(settings, "Compared with", "negatives", 1, 100_000),
            weight_decay=_number(settings, "Weight decay", "weight_decay", 0.0, 10.0, 0.01, "%.3f") or 0.0,
            patience=_whole(settings, "Patience (0: never stop early)", "patience", 0, 1000) or None,
            seed=_whole(settings, "Seed", "seed", 0, 2**31),
        )
        keep = st.toggle("Keep last items aside", key=settings.key("holdout"), help=HELP["holdout"])
    beside = st.multiselect("Baselines", BASELINES, key=settings.key("baselines"), help=HELP["baselines"])
    return TrainingPlan(model, train, name, "last-one" if keep else "none", tuple(beside), few["text"])


def _whole(settings: Settings, label: str, field: str, low: int, high: int) -> int:
    return int(st.number_input(label, low, high, step=1, key=settings.key(field), help=HELP[field]))


def _number(
    settings: Settings, label: str, field: str, low: float, high: float, step: float, shown: str
) -> float | None:
    chosen = st.number_input(label, low, high, step=step, format=shown, key=settings.key(field), help=HELP[field])
    return None if chosen < 0 else float(chosen)


def estimate_box(studio: PageContext, dataset: Dataset, plan: TrainingPlan) -> None:
    """Parameters, memory and minutes, from a probe of about two seconds in a job of its own."""
    st.session_state["train_whole_page"] = True
    found = _estimate(studio, dataset, plan)
    guarded_fragment(None if found is not None else 0.5)(_estimate_box)(studio, dataset, plan)


def _estimate_box(studio: PageContext, dataset: Dataset, plan: TrainingPlan) -> None:
    found = _estimate(studio, dataset, plan)
    if isinstance(found, str):
        st.caption(escape_markdown(found, 400))
    else:
        _show_estimate(found)
    whole_page = st.session_state.pop("train_whole_page", False)
    if found is not None and not whole_page:
        st.rerun()  # ends the polling; never while the whole page is drawn, where it would swallow a click


def _estimate(studio: PageContext, dataset: Dataset, plan: TrainingPlan) -> Estimate | str | None:
    """The estimate, a sentence about what went wrong, or None while the probe runs (it is started if need be)."""
    known: dict[Any, Estimate | str] = st.session_state.setdefault("train_estimates", {})
    key = (dataset.fingerprint, str(plan.model), str(plan.train))
    if key not in known:
        asked = st.session_state.get("train_probe", ("", ""))
        if asked[0] != key:
            try:
                asked = st.session_state["train_probe"] = (key, _probe(studio, dataset, plan))
            except StudioError as error:  # too many jobs: the page goes on without an estimate
                return str(error)
        job = studio.jobs.snapshot(asked[1], studio.space.id)
        if not job.active:
            if len(known) > 50:
                known.clear()
            known[key] = _told(job)
    return known.get(key)


def _probe(studio: PageContext, dataset: Dataset, plan: TrainingPlan) -> str:
    def work(progress: object) -> dict[str, float]:
        from recsys.models.training.loop import estimate

        return asdict(estimate(dataset, plan.model, plan.train))

    return studio.jobs.submit(studio.space.id, "estimate", "trying how fast this machine is", work)


def _told(job: JobSnapshot) -> Estimate | str:
    from recsys.models.training.loop import Estimate

    return Estimate(**job.result) if job.state == "done" else job.error or "The probe was stopped."


def _show_estimate(found: Estimate | None) -> None:
    """Three lines of the final size from the start; dashes while the probe runs."""
    from recsys.charts.style import format_number
    from ui.train.progress import clock

    values = ("–",) * 3
    how = "Trying for two seconds how fast this machine is …"
    if found is not None:
        values = (
            format_number(found.parameters),
            f"{format_number(found.megabytes)} MB",
            f"about {clock(found.minutes * 60)}",
        )
        each = format_number(found.seconds_per_epoch)
        how = f"{found.epochs:,} epochs of {each} s, measured here just now."
    lines = zip(("Parameters", "Memory", "Time"), values, strict=True)
    st.markdown("  \n".join(f"{label}: **{value}**" for label, value in lines))
    st.caption(how)


def plan_or_none(studio: PageContext) -> TrainingPlan | None:
    """The plan, or None after saying which controls don't fit together. What is chosen stays with the open data."""
    settings = Settings(studio.dataset_id)
    try:
        return choose_plan(settings)
    except StudioError as error:
        show_error(error)
        return None
    finally:
        settings.keep()
        settings.defaults_button()

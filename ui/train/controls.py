"""The settings of a training in three levels, drawn from the table of models and the options of its configs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.errors import StudioError
from recsys.wording import Message, tr
from ui.glossary import meaning_of, meaning_of_models, terms_in
from ui.shell.frame import PageContext, show_error
from ui.shell.widgets import option_labels
from ui.train.repeats import choose_repeats, defaults_of_repeats
from ui.train.settings import PATIENCE, Settings, option_key

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.models.config import Option
    from recsys.runs import TrainingPlan

LEVELS = (Message("Automatic"), Message("Basic"), Message("All"))
ITEM_TEXT = {
    "auto": Message("Best text model here"),
    "tf-idf": Message("Word counts (TF-IDF)"),
    "": Message("Not used"),
}
HELP = {
    "model": Message("Each is trained epoch by epoch and can be stopped and resumed."),
    "level": Message(
        "Automatic: every setting follows the size of the data. Basic: the most useful ones. All: every one."
    ),
    "text": Message(
        "Titles, descriptions and tags help with items of few interactions. Read once, on this machine, offline."
    ),
    "holdout": Message("Holds out each user’s last item for Evaluate and the one before it for this curve."),
    "baselines": Message("Simple models trained beside it: the lines to beat."),
    "name": Message("The name of the run in lists."),
}


def choose_plan(settings: Settings, dataset: Dataset) -> TrainingPlan:
    """Draws the controls; returns the plan they stand for. Raises InputError when two don't fit together."""
    from recsys.models.table import FITTED, MODELS, model_label
    from recsys.models.training.config import TrainConfig
    from recsys.runs import TrainingPlan

    entries = {entry.name: entry for entry in MODELS if entry.trainable}
    chosen = st.selectbox(
        tr("Model"),
        list(entries),
        format_func=option_labels({name: entry.label for name, entry in entries.items()}),
        key=settings.key("model"),
        help=tr(HELP["model"]),
    )
    entry, config_class = entries[chosen], entries[chosen].config_class
    st.caption(tr(entry.sentence), help=terms_in(entry.sentence))
    repeats = choose_repeats(settings, dataset)
    level = st.segmented_control(
        tr("Settings"),
        LEVELS,
        required=True,
        format_func=option_labels({one: one for one in LEVELS}),
        key=settings.key("level"),
        help=tr(HELP["level"]),
    )
    if level == "Automatic":
        return TrainingPlan(config_class.from_json({}), TrainConfig(patience=PATIENCE), repeats=repeats)
    every = level == "All"
    with st.expander(tr("Settings of model and training"), expanded=True):
        left, right = st.columns(2)
        with left:
            options = config_class.options()
            model = config_class.from_json(_controls(settings, options, option_key(entry.name, ""), every))
            text = _item_text(settings) if model.uses_item_features else ""
        with right:
            train = TrainConfig(**{"patience": PATIENCE} | _controls(settings, TrainConfig.options(), "", every))
        if not every:
            return TrainingPlan(model, train, text=text, repeats=repeats)
        name = st.text_input(tr("Name"), key=settings.key("name"), max_chars=100, help=tr(HELP["name"]))
        hold_out = st.toggle(tr("Hold out last items"), key=settings.key("holdout"), help=tr(HELP["holdout"]))
        beside = st.multiselect(
            tr("Baselines"),
            FITTED,
            format_func=option_labels({baseline: model_label(baseline) for baseline in FITTED}),
            key=settings.key("baselines"),
            help=f"{tr(HELP['baselines'])}\n\n{meaning_of_models(FITTED)}",
        )
    return TrainingPlan(model, train, name, "last-one" if hold_out else "none", tuple(beside), text, repeats)


def _item_text(settings: Settings) -> str:
    return st.selectbox(
        tr("Item text"),
        list(ITEM_TEXT),
        format_func=option_labels(ITEM_TEXT),
        key=settings.key("text"),
        help=f"{tr(HELP['text'])}\n\n{meaning_of('TF-IDF')}",
    )


def _controls(settings: Settings, options: Mapping[str, Option], prefix: str, every: bool) -> dict[str, Any]:
    """One control for each option of a config (or each basic one): {field: value}."""
    chosen = {}
    for field, option in options.items():
        if option.basic or every:
            chosen[field] = _control(settings, prefix + field, option)
    return chosen


def _control(settings: Settings, name: str, option: Option) -> Any:
    """A select box, a toggle or a number field; an empty number field is None, by rule."""
    label, help = tr(option.label), tr(option.help)
    if option.choices:
        labels = option.choices
        if name == "device":
            from recsys.models.training.device import device_labels

            labels = device_labels()
        return st.selectbox(label, list(labels), format_func=option_labels(labels), key=settings.key(name), help=help)
    if isinstance(settings.defaults[name], bool):
        return st.toggle(label, key=settings.key(name), help=help)
    number: Any = float if option.step else int
    return st.number_input(
        label, number(option.low), number(option.high), step=number(option.step or 1),
        format="%g" if option.step else "%d", key=settings.key(name), help=help, placeholder=tr(option.empty),
    )  # fmt: skip


def glossary() -> dict[str, list[str]]:
    """Every control and what it means, as the columns of a table."""
    from recsys.models.table import MODELS
    from recsys.models.training.config import TrainConfig

    rows = []
    for entry in (entry for entry in MODELS if entry.trainable):
        rows += [(entry.label, option.label, option.help) for option in entry.config_class.options().values()]
    every = Message("all models")
    rows += [(every, option.label, option.help) for option in TrainConfig.options().values()]
    columns = ([tr(text) for text in column] for column in zip(*rows, strict=True))
    return dict(zip((tr("model"), tr("control"), tr("what it means")), columns, strict=True))


def plan_or_none(page: PageContext, dataset: Dataset) -> TrainingPlan | None:
    """The plan, or None after saying which controls don't fit together. The settings stay with the open data."""
    settings = Settings(page.dataset_id, defaults_of_repeats(dataset))
    try:
        return choose_plan(settings, dataset)
    except StudioError as error:
        show_error(error)
        return None
    finally:
        settings.keep()
        settings.defaults_button()

"""The settings of the next training, kept for each dataset as long as the session lasts.

They outlive page switches, trainings and other data. A setting that was not changed stays by rule, which follows the
size of the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.wording import tr

if TYPE_CHECKING:
    from recsys.runs import TrainingPlan

PATIENCE = 10  # epochs without a better validation, after which the app stops a training
_CHANGED, _DATASET = "train_settings", "train_settings_of"


def option_key(model: str, field: str) -> str:
    """The name of the control of a field of a model's config."""
    return f"{model}_{field}"


def defaults() -> dict[str, Any]:
    """{name of a control: its value until it is changed}. Widgets have the same keys, after `train_`."""
    from recsys.models.table import DEFAULT_MODEL, MODELS
    from recsys.models.training.config import TrainConfig
    from recsys.runs import BASELINES_BESIDE

    values: dict[str, Any] = {**TrainConfig(patience=PATIENCE).to_json()}
    for entry in (entry for entry in MODELS if entry.trainable):
        config = entry.config_class.from_json({})
        values |= {option_key(entry.name, field): value for field, value in config.to_json().items()}
    return values | {
        "level": "Automatic", "model": DEFAULT_MODEL, "text": "auto", "name": "", "holdout": True,
        "baselines": list(BASELINES_BESIDE),
    }  # fmt: skip


class Settings:
    """The settings of one dataset, while the page is drawn; `of_data` are defaults that follow from the data.

    `key` gives a control the value it had for this data; `keep` then remembers all values.
    """

    def __init__(self, dataset_id: str, of_data: Mapping[str, Any] = MappingProxyType({})) -> None:
        self.dataset_id, self.defaults = dataset_id, defaults() | dict(of_data)
        every: dict[str, dict[str, Any]] = st.session_state.setdefault(_CHANGED, {})
        self.changed = every.setdefault(dataset_id, {})
        self._other_data = st.session_state.get(_DATASET) != dataset_id  # the widgets still hold values of other data
        self._drawn: list[str] = []

    def key(self, name: str) -> str:
        """The key of the control that is drawn next. Only then its value is set: a value set for a control that isn't
        drawn would later replace what was chosen."""
        key = f"train_{name}"
        if self._other_data or key not in st.session_state:
            st.session_state[key] = self.changed.get(name, self.defaults[name])
        self._drawn.append(name)
        return key

    def keep(self) -> None:
        """Remembers what differs from the defaults, of all controls that were drawn."""
        for name in self._drawn:
            value = st.session_state[f"train_{name}"]
            if value == self.defaults[name]:
                self.changed.pop(name, None)
            else:
                self.changed[name] = value
        st.session_state[_DATASET] = self.dataset_id

    def defaults_button(self) -> None:
        """The way back to the defaults, once something was changed."""
        if self.changed:
            st.button(tr("Reset to defaults"), key="train_defaults", type="tertiary", on_click=self._reset)

    def _reset(self) -> None:
        st.session_state[_CHANGED].pop(self.dataset_id, None)
        st.session_state[_DATASET] = ""


def fill_settings(dataset_id: str, plan: TrainingPlan) -> None:
    """Sets the controls of a dataset to the model and the training of a plan, and shows all of them."""
    known, values = defaults(), {"level": "All", "model": plan.model.name, **plan.train.to_json()}
    values |= {option_key(plan.model.name, field): value for field, value in plan.model.to_json().items()}
    every: dict[str, dict[str, Any]] = st.session_state.setdefault(_CHANGED, {})
    kept = {name: value for name, value in every.get(dataset_id, {}).items() if name not in values}
    every[dataset_id] = kept | {name: value for name, value in values.items() if value != known[name]}
    st.session_state[_DATASET] = ""

"""What was chosen for the next training, kept for each dataset as long as the session lasts.

It outlives page switches, trainings and other data. A setting that nobody touched stays with the rule, which follows
the size of the data.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

RULE = "by rule"
PATIENCE = 10  # epochs without a better validation, after which the app stops by itself
_KEPT, _SHOWN = "train_settings", "train_settings_of"


def defaults() -> dict[str, Any]:
    """Control -> its value until it is touched; 0 and −1 stand for “by rule”. The widgets have the same keys, after
    `train_`."""
    from recsys.runs import BASELINES_BESIDE

    return {
        "level": "None", "minutes": RULE, "size": RULE, "text": "auto", "objective": "causal", "layers": 2, "heads": 1,
        "max_length": 0, "dropout": -1.0, "feed_forward_ratio": 4, "markov": True,
        "name": "", "epochs": 0, "learning_rate": 0.004,
        "batch_size": 0, "negatives": 1024, "weight_decay": 0.0, "patience": PATIENCE, "seed": 0, "holdout": True,
        "baselines": list(BASELINES_BESIDE),
    }  # fmt: skip


class Settings:
    """The settings of one dataset, while the page is drawn.

    A control takes its key from here, which gives it the value it had for this data; `keep` then remembers all.
    """

    def __init__(self, dataset_id: str) -> None:
        self.dataset_id, self.defaults = dataset_id, defaults()
        every: dict[str, dict[str, Any]] = st.session_state.setdefault(_KEPT, {})
        self.kept = every.setdefault(dataset_id, {})
        self._other = st.session_state.get(_SHOWN) != dataset_id  # the controls still stand as for other data
        self._drawn: list[str] = []

    def key(self, name: str) -> str:
        """The key of the control that is drawn next. Only then its value is set: what is set for a control that isn't
        drawn would outlive the control, and come back in the place of what was chosen."""
        key = f"train_{name}"
        if self._other or key not in st.session_state:
            st.session_state[key] = self.kept.get(name, self.defaults[name])
        self._drawn.append(name)
        return key

    def keep(self) -> None:
        """Remembers what differs from the defaults, of all controls that were drawn."""
        for name in self._drawn:
            value = st.session_state[f"train_{name}"]
            if value == self.defaults[name]:
                self.kept.pop(name, None)
            else:
                self.kept[name] = value
        st.session_state[_SHOWN] = self.dataset_id

    def defaults_button(self) -> None:
        """The way back to the defaults, once something was touched."""
        if self.kept:
            st.button("Back to the defaults", key="train_defaults", type="tertiary", on_click=self._forget)

    def _forget(self) -> None:
        st.session_state[_KEPT].pop(self.dataset_id, None)
        st.session_state[_SHOWN] = ""

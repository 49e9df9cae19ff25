"""What was measured on the sample's run for lessons and stories: a file that `ui.learn.measure` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from recsys.errors import ArtifactError
from recsys.wording import Message
from ui.shell import state

FILE = state.ROOT / "sample_data" / "lessons.json"


@st.cache_resource(max_entries=1, show_spinner=False)
def of_sample() -> Mapping[str, Mapping[str, Any]]:
    """The data of each lesson by its key, and "stories". Raises ArtifactError."""
    try:
        return dict(json.loads(FILE.read_text("utf-8")))
    except (OSError, ValueError) as error:
        fix = Message("Install the app again.")
        raise ArtifactError("the figures of the sample", "can't be read", type(error).__name__, fix) from error


def with_sample_texts(value: Any, lang: str) -> Any:
    """A JSON value that holds texts of the sample, with these in a language."""
    if lang == "en":
        return value
    from recsys.data.samples import in_language  # heavy: an English Home is drawn before pandas is loaded

    return in_language(value, lang)


def story_data() -> Mapping[str, Mapping[str, Any]]:
    """The numbers of the stories, by story. Raises ArtifactError."""
    return of_sample()["stories"]

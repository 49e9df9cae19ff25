"""Try the model: choose a history by clicking items and see the recommendations at once, without retraining."""

from __future__ import annotations

import time

import numpy as np
import streamlit as st

from recsys.charts.style import format_number
from recsys.data.dataset import Dataset
from recsys.data.name_search import parts_of
from recsys.models.recommender import Recommender, top_k
from recsys.wording import tr
from ui import cache
from ui.glossary import meaning_of
from ui.shell.frame import PageContext, guarded_fragment
from ui.shell.widgets import escape_markdown

SHOWN = 10
LONGEST = 50


def try_it(page: PageContext) -> None:
    """Draws it as a fragment: a click runs only this."""
    if page.run_folder is None:
        st.caption(tr("Train a model, then choose a history here."))
        return
    run, dataset = cache.open_run(str(page.run_folder))
    guarded_fragment()(_try)(run.model, dataset, page.run_id)


def _try(model: Recommender, dataset: Dataset, run_id: str) -> None:
    key = f"train_history_{run_id}"
    history: list[int] = st.session_state.setdefault(key, [])
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(tr("**History** (click to remove)"))
        _history(history, dataset)
        _search(history, dataset)
    with right:
        st.markdown(
            tr("**Recommended next** (click to add)" if history else "**Recommended without a history** (click to add)")
        )
        _recommended(model, history, dataset)


def _history(history: list[int], dataset: Dataset) -> None:
    with st.container(horizontal=True):
        for place, item in enumerate(history):
            label = f"{escape_markdown(dataset.catalogue.titles[item], 40)} ✕"
            st.button(label, key=f"train_out_{place}_{item}", on_click=_remove, args=(history, place, item))
        if history:
            st.button(tr("Clear"), key="train_clear", type="tertiary", on_click=history.clear)
        else:
            st.caption(tr("Empty."))


def _search(history: list[int], dataset: Dataset) -> None:
    words = st.text_input(tr("Find an item"), key="train_find", placeholder=tr("part of a title"))
    found = _matches(words, dataset, history)
    with st.container(horizontal=True):
        for item in found:
            st.button(
                escape_markdown(dataset.catalogue.titles[item], 40),
                key=f"train_in_{item}",
                on_click=_add,
                args=(history, item),
            )
        if words and not found:
            st.caption(tr("No title has these words."))


def _matches(words: str, dataset: Dataset, history: list[int]) -> list[int]:
    """The most popular items with these words in their title that are not in the history."""
    wanted, titles = parts_of(words), dataset.catalogue.folded_titles
    found = []
    for item in dataset.by_popularity.tolist():
        title = titles[item]
        if all(word in title for word in wanted) and item not in history:
            found.append(item)
            if len(found) == SHOWN:
                break
    return found


def _recommended(model: Recommender, history: list[int], dataset: Dataset) -> None:
    items = np.array(history, dtype=np.int32)
    started = time.perf_counter()
    scores = model.scores([items])
    took = (time.perf_counter() - started) * 1000
    for rank, item in enumerate(top_k(scores, SHOWN, exclude=[dataset.repeats.left_out(items)])[0], 1):
        if not item:
            break
        title, score = dataset.catalogue.titles[item], float(scores[0, item])
        label = f"{rank} · {escape_markdown(title, 60)} · {format_number(score)}"
        st.button(label, key=f"train_take_{rank}", on_click=_take, args=(history, int(item)), width="stretch")
    scored = tr("{n:,} items scored in {time} ms.", n=dataset.n_items, time=format_number(took))
    st.caption(scored, help=meaning_of("Score"))


def _remove(history: list[int], place: int, item: int) -> None:
    """Removes an item; of a second click, which comes when another item or none stands there, nothing."""
    if history[place : place + 1] == [item]:
        del history[place]


def _add(history: list[int], item: int) -> None:
    if item not in history and len(history) < LONGEST:
        history.append(item)


def _take(history: list[int], item: int) -> None:
    """Adds a recommended item, which may be in the history where the run allows that."""
    if len(history) < LONGEST:
        history.append(item)

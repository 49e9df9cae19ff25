"""The mixer alone, on made-up scores of 20,000 items and 3,000 users: for browser tests and benchmarks/frames.py."""

from __future__ import annotations

import os

import numpy as np
import streamlit as st

from recsys.data.dataset import Catalogue
from recsys.transfer import SourceInterests, read_weights
from recsys.transfer.path.alpha_path import alpha_path
from recsys.transfer.source_interests import Interest
from ui.components.mixer import (
    InterestPanel,
    InterestRow,
    MethodOption,
    MethodPanel,
    MethodPath,
    PartyCard,
    SecondList,
    UserMap,
    choice,
    mixer,
    mixer_data,
)

ITEMS = int(os.environ.get("MIXER_ITEMS", "20000"))
WORDS = ("Harbour", "Winter", "Clay", "Signal", "Orchard", "Paper", "Lantern", "River", "Copper", "Meadow")
ENDS = ("walks", "maps for beginners", "stories", "at night", "kitchen", "workshop", "in three acts", "field guide")
TAGS = ("maps", "hiking", "trails", "puzzles", "cooking", "film", "jazz", "gardens")
LABELS = {"linear": "Linear blend", "bridge": "Bridge <i>"}
HOSTILE = "<img src=x onerror=alert(1)><b>bold</b>"


@st.cache_data
def scores() -> tuple[np.ndarray, np.ndarray]:
    """Scores of two users for 20,000 items that agree in part; item 1 is best for both."""
    rng = np.random.default_rng(4)
    shared, own, other = rng.normal(size=(3, ITEMS + 1))
    target, source = 0.6 * shared + own, 0.6 * shared + other
    target[1] = source[1] = 6.0
    target[0] = source[0] = -np.inf
    return target.astype("float32"), source.astype("float32")


@st.cache_data
def catalogue() -> Catalogue:
    """Titles and tags; item 1 has a title that tries to be a page."""
    rng = np.random.default_rng(5)
    titles = [f"{WORDS[i % 10]} {ENDS[i % 7]} {i}" for i in range(ITEMS + 1)]
    titles[1] = HOSTILE
    tags = [tuple(rng.choice(TAGS, 2, replace=False)) for _ in titles]
    return Catalogue(tuple(titles), ("",) * len(titles), tuple(tags), ("",) * len(titles))


@st.cache_resource
def interests() -> SourceInterests:
    """Three interests of the source: 50%, 30% and 20%."""
    rng = np.random.default_rng(7)
    shared, found = scores()[1], []
    for group, (share, name) in enumerate(((0.5, "hiking, maps"), (0.3, HOSTILE), (0.2, "jazz"))):
        own = (0.4 * shared + rng.normal(size=ITEMS + 1)).astype("float32")
        own[0] = -np.inf
        found.append(Interest(group, name, share, (1, 2), np.zeros(1, dtype="float32"), own))
    return SourceInterests(tuple(found), np.zeros(ITEMS + 1, dtype=int), shared)


@st.cache_data
def mapped_scores() -> np.ndarray:
    """Scores of the source by another transfer method: near the first ones."""
    own = np.random.default_rng(8).normal(size=ITEMS + 1).astype("float32")
    return 0.8 * scores()[1] + 0.5 * own


def user_map(method: str, beside: str) -> UserMap:
    """Six clusters of users; the path bends."""
    rng = np.random.default_rng(6)
    points = np.concatenate([rng.normal(rng.uniform(-4, 4, 2), 0.8, (500, 2)) for _ in range(6)])
    along = np.linspace(0, 1, 33)[:, None]
    bend = np.sin(np.pi * along) * np.array([[0.6, 1.4]])
    members = np.arange(600, 631)
    walk = points[3] * (1 - along) + points[members].mean(axis=0) * along + bend
    mapped = walk + along * np.array([[1.2, -1.6]])
    shown = [(walk, "Linear blend", "linear"), (mapped, LABELS["bridge"], "bridge")]
    learned = "bridge" in (method, beside)
    paths = [MethodPath(label, line, name == "bridge", name == method) for line, label, name in shown]
    return UserMap(points, [3], members, walk, tuple(paths) if learned else ())


st.set_page_config(layout="wide")
chosen = choice("mixer")
if "hide" in st.query_params and not st.checkbox("Show the mixer", value=True):
    st.stop()
what = chosen.what or st.query_params.get("what", "")
k = chosen.k or int(st.query_params.get("k", "10"))
method = chosen.method or st.query_params.get("method", "linear")
beside = st.query_params.get("beside", "") if chosen.beside is None else chosen.beside
by_method = {"linear": scores()["same" not in st.query_params], "bridge": mapped_scores()}
target_scores, source_scores = scores()[0], by_method[method]
panel = InterestPanel(what == "interests")
if panel.chosen:
    weights = read_weights(chosen.weights or "")
    source_scores = interests().scores(weights)
    rows = [
        InterestRow(one.group, one.name, one.share, weights.get(one.group, 1.0), ("Winter stories", "Clay maps"))
        for one in interests().interests
    ]
    panel = InterestPanel(True, tuple(rows), tuple(one.scores for one in interests().interests))
second = None
if beside:
    second = SecondList(beside, alpha_path(target_scores, by_method[beside], k), by_method[beside])
options = tuple(MethodOption(name, label) for name, label in LABELS.items())
data = mixer_data(
    alpha_path(target_scores, source_scores, k),
    target_scores,
    source_scores,
    catalogue(),
    PartyCard(
        "user 42",
        "9 items · entertainment",
        "History, newest first",
        tuple((f"{WORDS[i]} {ENDS[i % 8]}", "film") for i in range(9)),
        "user 42",
    ),
    PartyCard(
        "cluster “hiking, maps”",
        "31 users",
        "Typical items",
        tuple((f"{WORDS[-i % 10]} trails and maps", f"{60 - 3 * i}%") for i in range(12)),
        "the hikers",
    ),
    user_map(method, beside),
    panel=panel if what else None,
    methods=MethodPanel(options, method, second),
)
alpha = chosen.alpha if chosen.alpha is not None else float(st.query_params.get("alpha", "0.3"))
if "hide" in st.query_params and st.toggle("Python sets α"):
    alpha = 0.75
evidence = (
    "Study, with 9 known items: NDCG@10 0.049 [0.044, 0.053]",
    "Study, with 9 known items: NDCG@10 0.041 [0.037, 0.045]",
    "Study, with 9 known items: Linear blend is better than bridge (linear minus the other: +0.008 [+0.004, +0.011]).",
)
told, meanings = (evidence if beside else ()), dict.fromkeys(LABELS, "What it does.")
sent = mixer(data, alpha, "mixer", verdict="Does it help? Not shown yet →", evidence=told, meanings=meanings)
st.query_params.update({"alpha": f"{alpha:.6g}", "method": method, "beside": beside})
st.text(f"Python knows alpha = {alpha:.6g}, k = {k}, open = {sent.open}, weights = {sent.weights}")

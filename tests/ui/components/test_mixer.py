"""What the mixer sends to the browser, and what it believes of what comes back."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
import streamlit as st

from recsys.data.dataset import Catalogue
from recsys.transfer.path.alpha_path import alpha_path
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
    mixer_data,
)
from ui.components.mixer.interest_panel import possible

SIDE = PartyCard("user 1", "2 items", "History", (("One", "film"),), "user 1")
N = 400


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def catalogue(n: int = N) -> Catalogue:
    titles = tuple(f"Item {i}" for i in range(n + 1))
    return Catalogue(titles, titles, tuple((("even", "odd")[i % 2],) for i in range(n + 1)), ("",) * (n + 1))


@pytest.fixture(scope="module")
def parties() -> tuple[np.ndarray, np.ndarray]:
    target, source = np.random.default_rng(1).normal(size=(2, N + 1))
    target[0] = source[0] = -np.inf
    return target, source


def test_what_travels_gives_the_same_lists_as_scoring_everything(parties: tuple[np.ndarray, np.ndarray]) -> None:
    target, source = parties
    data = mixer_data(alpha_path(target, source, 10), target, source, catalogue(), SIDE, SIDE)
    starts = unpacked(data["path"]["starts"], "<f8")
    lists = unpacked(data["path"]["items"], "<i4").reshape(len(starts), data["width"])
    for alpha in (0.0, 0.137, 0.5, 0.881, 1.0):
        step = int(np.searchsorted(starts, alpha, side="right")) - 1
        shown = [data["titles"][i] for i in lists[step]]
        best = np.argsort(-((1 - alpha) * target[1:] + alpha * source[1:]), kind="stable")[:10] + 1
        assert shown == [f"Item {i}" for i in best]


def test_only_items_that_can_enter_travel(parties: tuple[np.ndarray, np.ndarray]) -> None:
    target, source = parties
    data = mixer_data(alpha_path(target, source, 5), target, source, catalogue(), SIDE, SIDE)
    assert len(data["titles"]) < N / 5
    assert len(unpacked(data["scores"]["target"], "<f4")) == len(data["titles"]) == len(data["item_tags"])
    assert "Infinity" not in json.dumps(data)


def test_ranks_and_floors_by_hand() -> None:
    target = np.array([-np.inf, 3.0, 2.0, 1.0, -4.0])
    source = np.array([-np.inf, -1.0, 0.0, 5.0, 4.0])
    data = mixer_data(alpha_path(target, source, 2), target, source, catalogue(4), SIDE, SIDE)
    place = {title: i for i, title in enumerate(data["titles"])}
    assert data["ranks"]["target"][place["Item 1"]] == 1
    assert data["ranks"]["source"][place["Item 1"]] == 4
    assert data["ranks"]["source"][place["Item 3"]] == 1
    assert data["floor"]["target"] == min(target[int(t[5:])] for t in place)


def test_the_signature_changes_with_what_is_shown_and_only_then(parties: tuple[np.ndarray, np.ndarray]) -> None:
    target, source = parties
    path = alpha_path(target, source, 5)
    first = mixer_data(path, target, source, catalogue(), SIDE, SIDE)["signature"]
    assert mixer_data(path, target, source, catalogue(), SIDE, SIDE)["signature"] == first
    other = PartyCard("user 2", "2 items", "History", (), "user 2")
    assert mixer_data(path, target, source, catalogue(), SIDE, other)["signature"] != first
    assert mixer_data(alpha_path(target, source, 6), target, source, catalogue(), SIDE, SIDE)["signature"] != first


def test_the_map_is_thinned_but_keeps_both_ends() -> None:
    points = np.random.default_rng(2).normal(size=(50_001, 2)) * 7 + 3
    user_map = UserMap(points, [50_000], [1, 3], np.array([points[50_000], points[1]]))
    data = user_map.as_data()
    shown = unpacked(data["points"], "<f4").reshape(-1, 2)
    assert len(shown) <= 20_003
    assert shown.min() >= 0 and shown.max() <= 1
    walk = unpacked(data["walk"], "<f4").reshape(-1, 2)
    assert shown[data["target"][0]] == pytest.approx(walk[0])
    assert shown[data["source"][0]] == pytest.approx(walk[1])


def test_users_who_all_stand_on_one_spot_are_still_a_map() -> None:
    spot = np.ones((5, 2))
    data = UserMap(spot, [0], [1], spot[:2]).as_data()
    assert np.isfinite(unpacked(data["points"], "<f4")).all()


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"alpha": {"value": 1.4, "seq": 3}},
        {"alpha": {"value": "x"}},
        {"alpha": "x"},
        {"k": 0},
        {"k": "many"},
        {"open": "x"},
    ],
)
def test_what_the_browser_may_not_say_is_ignored(told: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"mixer": told})
    heard = choice("mixer")
    assert (heard.alpha, heard.k, heard.open) == (None, None, None)


def test_a_choice_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"mixer": {"alpha": {"value": 0.25, "seq": 7}, "k": 20, "open": "help"}})
    heard = choice("mixer")
    assert (heard.alpha, heard.seq, heard.k, heard.open) == (0.25, 7, 20, "help")


@pytest.mark.parametrize("k", [1, 5, 20])
def test_no_item_that_some_weights_bring_into_the_list_is_left_out(k: int) -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(4, 600)) + 2 * rng.normal(size=600)
    inside = possible(scores, k)
    assert inside.mean() < 0.75
    for weights in [*np.eye(4), *rng.dirichlet(np.full(4, 0.5), 400)]:
        assert inside[np.argsort(-(weights @ scores), kind="stable")[:k]].all()


def test_the_interests_travel_with_their_scores_of_every_possible_item(
    parties: tuple[np.ndarray, np.ndarray],
) -> None:
    target, source = parties
    ones = np.random.default_rng(2).normal(size=(2, N + 1)).astype(np.float32)
    rows = tuple(InterestRow(group, f"<b>{group}</b>", 0.5, 1.0, ("One", "Two")) for group in (3, -1))
    path = alpha_path(target, source, 10)
    data = mixer_data(path, target, source, catalogue(), SIDE, SIDE, panel=InterestPanel(True, rows, tuple(ones)))
    plain = mixer_data(path, target, source, catalogue(), SIDE, SIDE, panel=InterestPanel())
    assert data["interests"]["rows"][0] | {"titles": []} == {
        "group": 3, "name": "<b>3</b>", "share": 0.5, "weight": 1.0, "titles": [],
    }  # fmt: skip
    items = [int(title.removeprefix("Item ")) for title in data["titles"]]
    for sent, scores in zip(data["interests"]["scores"], ones, strict=True):
        assert np.array_equal(unpacked(sent, "<f4"), scores[items])
    assert len(items) > len(plain["titles"]) and plain["interests"]["scores"] == []
    shown = [[data["titles"][i] for i in unpacked(data["path"]["items"], "<i4")[:10]] for data in (data, plain)]
    assert shown[0] == shown[1]
    assert data["floor"] == plain["floor"]


@pytest.mark.parametrize(
    ("sent", "weights"),
    [("3:0,rest:0.5", "rest:0.5,3:0"), ("", ""), ("3:7", None), (7, None), ("3:0," * 100, None)],
)
def test_weights_from_the_browser_are_checked(sent: object, weights: str | None) -> None:
    st.session_state["mixer"] = {"weights": {"value": sent, "seq": 2}, "what": "anything"}
    found = choice("mixer")
    assert (found.weights, found.weights_seq, found.what) == (weights, 2, None)


def test_the_list_of_a_second_method_travels_with_its_own_scores_and_steps(
    parties: tuple[np.ndarray, np.ndarray],
) -> None:
    target, source = parties
    other = np.random.default_rng(7).normal(size=N + 1)
    other[0] = -np.inf
    first, second = alpha_path(target, source, 10), alpha_path(target, other, 10)
    options = (MethodOption("linear", "Linear blend"), MethodOption("bridge", "<b>Bridge</b>"))
    panel = MethodPanel(options, "linear", SecondList("bridge", second, other))
    data = mixer_data(first, target, source, catalogue(), SIDE, SIDE, methods=panel)
    sent = data["methods"]["second"]
    starts = unpacked(sent["path"]["starts"], "<f8")
    lists = unpacked(sent["path"]["items"], "<i4").reshape(len(starts), data["width"])
    for alpha in (0.0, 0.21, 0.6, 1.0):
        step = int(np.searchsorted(starts, alpha, side="right")) - 1
        best = np.argsort(-((1 - alpha) * target[1:] + alpha * other[1:]), kind="stable")[:10] + 1
        assert [data["titles"][i] for i in lists[step]] == [f"Item {i}" for i in best]
    items = [int(title.removeprefix("Item ")) for title in data["titles"]]
    assert np.array_equal(unpacked(sent["scores"], "<f4"), other[items].astype("f4"))
    listed = np.unique([step.items for step in second.steps])
    assert sent["floor"] == pytest.approx({"target": target[listed].min(), "source": other[listed].min()})
    alone = mixer_data(first, target, source, catalogue(), SIDE, SIDE, methods=MethodPanel(options, "linear"))
    assert alone["methods"]["second"] is None and alone["signature"] != data["signature"]
    assert len(alone["titles"]) < len(data["titles"])


def test_the_paths_of_all_methods_fit_the_map() -> None:
    points = np.random.default_rng(2).normal(size=(50, 2))
    far = np.array([[0.0, 0.0], [40.0, -30.0]])
    paths = (MethodPath("Linear blend", points[:2], chosen=True), MethodPath("Bridge", far, mapped=True))
    data = UserMap(points, [0], [1], points[:2], paths).as_data()
    walks = [unpacked(path["walk"], "<f4") for path in data["paths"]]
    assert all(0 <= value <= 1 for value in np.concatenate([*walks, unpacked(data["points"], "<f4")]))
    assert [(path["label"], path["mapped"], path["chosen"]) for path in data["paths"]] == [
        ("Linear blend", False, True), ("Bridge", True, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "method", "beside"),
    [("bridge", "bridge", "bridge"), ("none", "none", ""), ("", None, ""), (7, None, None), ("x" * 41, None, None)],
)
def test_methods_from_the_browser_are_checked(sent: object, method: str | None, beside: str | None) -> None:
    st.session_state["mixer"] = {"method": sent, "beside": sent}
    found = choice("mixer")
    assert (found.method, found.beside) == (method, beside)

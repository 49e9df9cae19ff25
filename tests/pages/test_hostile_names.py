"""Names from data, from files and from visitors are text on every page: no sign in them is read as markdown or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

from recsys.data.dataset import Catalogue
from recsys.data.ids import IdMap
from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.conftest import study_meta
from tests.pages.screen import no_errors
from ui.components.point_map.payload import bits_of
from ui.evaluate.view import TABS as EVALUATE
from ui.explain.tabs import TABS as EXPLAIN
from ui.shell import state
from ui.transfer.tabs import TABS as TRANSFER

SPACE = "7" * 32
HOSTILE = "**J** <img src=x onerror=1> [l](javascript:1) :red[r] $x$ `c`"
SIGNS = ("**J", "<img", "[l](", ":red[", "$x", "`c`")
AS_TEXT = ("selectbox", "multiselect", "arrow_data_frame", "text_input", "text_area", "bidi_component", "code")
"""Kinds of elements whose content is never read as markdown. Their labels and hints are checked all the same."""
NAMELESS = ("id", "key", "queryString", "elementId", "userKey", "layoutKey")
"""Fields that are never on screen."""


@pytest.fixture(scope="module")
def ids(own_workspace: Workspace) -> dict[str, str]:
    """A run, its data, a group and a study, everything in them called by hostile names."""
    data = planted_dataset()
    n = data.n_items + 1

    def named(what: str, index: int) -> str:
        return f"{HOSTILE} {what} {index}"

    catalogue = Catalogue(
        titles=("", *(named("title", i) for i in range(1, n))),
        texts=("", *(named("text", i) for i in range(1, n))),
        tags=((), *((named("tag", i % 2),) for i in range(1, n))),
        scenarios=("", *(named("scenario", int(i > n // 2)) for i in range(1, n))),
    )
    user_table = pd.DataFrame({HOSTILE: [named("column", user % 2) for user in range(data.n_users)]})
    users = IdMap([named("user", user) for user in range(data.n_users)], first=0, subject="user_id")
    items = IdMap([named("item", i) for i in range(1, n)])
    data = replace(data, users=users, items=items, catalogue=catalogue, user_table=user_table, name=HOSTILE)
    run = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=1, threads=1)
    run = replace(run, name=HOSTILE)
    space = own_workspace.space(SPACE)
    space.set_name(HOSTILE)
    found = {"dataset": space.save_dataset(data, {"number": HOSTILE}).id}
    found["run"] = space.save_run(run, data, {"number": HOSTILE, "dataset": found["dataset"]}).id
    found["group"] = space.save_cohort(HOSTILE, users.externals(np.arange(8))).id
    space.save_json("study", HOSTILE, study(), study_meta(space, found["run"]))
    space.save_cohort(HOSTILE, users.externals(np.arange(8, 16)))
    space.save_run(run, data)
    gone = space.save_cohort(HOSTILE, users.externals(np.arange(3)))
    space.delete(gone.id)
    return found


def study() -> dict[str, object]:
    """A saved study as a tampered file would hold it."""
    numbers = {"value": 0.02, "low": 0.01, "high": 0.03}
    against = [
        {"against": name, **numbers, "shown": True, "p_holm": 0.01} for name in ("target alone", "random source")
    ]
    methods = dict.fromkeys(("transfer", "target alone", "random source", "shuffled pairs", HOSTILE), numbers)
    curve = [{"alpha": a, **numbers} for a in (0.0, 0.5, 1.0)]
    suggested = {
        "alpha": 0.6, "chosen_on": 9, "judged_on": 9, "gain": numbers, "over_random": numbers, "harmed": 0.1
    }  # fmt: skip
    point = {
        "observed": 5, "people": 300, "suggested": suggested, "curve": curve, "gain": curve, "methods": methods,
        "comparisons": against, "harmed": 0.1,
        "helped": 0.2,
    }  # fmt: skip
    told = {"axis": HOSTILE, "model": HOSTILE, "trained_on": 900, "shrinkage": 4.0, "scenarios": []}
    return {**told, "level": "helps", "verdict": HOSTILE, "points": [point]}


def opened(page: str, view: dict[str, str], **session: object) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    for key, value in session.items():
        app.session_state[key] = value
    app.query_params.update(view)
    if page:
        app.switch_page(f"pages/{page}.py")
    return app.run()


def texts(app: AppTest) -> Iterator[tuple[str, str]]:
    """(where, text) of everything on screen that Streamlit reads as markdown or plotly as HTML."""
    waiting = [app._tree]
    while waiting:
        node = waiting.pop()
        waiting += list(getattr(node, "children", {}).values())
        proto = getattr(node, "proto", None)
        if proto is None:
            continue
        kind = getattr(node, "type", "") or type(node).__name__
        yield from strings(MessageToDict(proto), kind)


def strings(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from strings(part, f"{path}.{name}")
    elif isinstance(value, list):
        for part in value:
            yield from strings(part, path)


def unescaped(app: AppTest) -> list[str]:
    """Where a hostile sign is on screen without the backslash that takes its meaning away."""
    found = []
    for path, text in texts(app):
        kind, _, rest = path.partition(".")
        part = rest.rpartition(".")[2]
        if part in NAMELESS or (kind in AS_TEXT and part not in ("label", "help")):
            continue
        signs = ("<img",) if kind == "plotly_chart" else SIGNS  # plotly reads a little HTML, and no markdown
        bare = re.sub(r"\\.", "\0", text)
        if any(sign in bare for sign in signs):
            found.append(f"{path}: {text[:160]}")
    return found


VIEWS = [
    ("", ""), ("1_Data", ""), ("2_Train", ""), ("3_Embeddings", ""),
    *(("4_Transfer", tab) for tab in TRANSFER), *(("5_Evaluate", tab) for tab in EVALUATE),
    *(("6_Explain", tab) for tab in EXPLAIN), ("7_Learn", ""),
]  # fmt: skip


@pytest.mark.parametrize(("page", "tab"), VIEWS, ids=str)
def test_no_name_is_read_as_markdown_or_html(ids: dict[str, str], page: str, tab: str) -> None:
    view = {"run": ids["run"], "dataset": ids["dataset"], "tab": tab, "second_score": HOSTILE, "scenario": HOSTILE}
    ends = {"target": f"user:{HOSTILE} user 3", "source": f"group:{ids['group']}"}
    app = opened(page, {**view, **ends})
    for job in state.jobs().of(SPACE):
        state.jobs().wait(job.id, SPACE, 60)
    app.run()
    no_errors(app)
    assert HOSTILE.split()[-2][:1] in "".join(text for _, text in texts(app))  # the names are there
    assert not unescaped(app), "\n".join(unescaped(app))


@pytest.mark.parametrize("source", ["user", "group"])
def test_the_panels_of_transfer_show_names_as_text(
    ids: dict[str, str], source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.transfer.party_picker.MAX_LISTED", 10)  # ids that are found by typing stand in a radio
    ends = {"target": f"user:{HOSTILE} user 3", "source": f"user:{HOSTILE} user 4"}
    ends |= {"source": f"group:{ids['group']}"} if source == "group" else {}
    panels = {"transfer_target": True, "transfer_source": True, "transfer_rules": True}
    app = opened("4_Transfer", {"run": ids["run"], **ends}, **panels)
    no_errors(app)
    assert not unescaped(app), "\n".join(unescaped(app))


@pytest.mark.parametrize(
    "choice",
    [{"kind": "pick", "index": 3, "seq": 1}, {"kind": "lasso", "bits": bits_of(np.arange(9), 120), "seq": 1},
     {"kind": "group", "bits": bits_of(np.arange(9), 120), "name": HOSTILE, "seq": 1}],
    ids=lambda choice: choice["kind"],
)  # fmt: skip
def test_the_drawer_shows_names_as_text(ids: dict[str, str], choice: dict[str, object]) -> None:
    app = opened("3_Embeddings", {"run": ids["run"]}, map_users={"choice": choice})
    for job in state.jobs().of(SPACE):
        state.jobs().wait(job.id, SPACE, 60)
    app.run()
    no_errors(app)
    assert not unescaped(app), "\n".join(unescaped(app))


def test_matches_that_are_cut_to_the_same_text_are_told_apart(ids: dict[str, str]) -> None:
    app = opened("3_Embeddings", {"run": ids["run"]}, map_find_users_0="user 11")
    no_errors(app)
    matches = next(box for box in app.get("button_group") if str(box.key).startswith("map_found"))
    assert [option.content[-4:] for option in matches.proto.options][1:] == [f"\\({n}\\)"[-4:] for n in range(2, 9)]
    assert not unescaped(app), "\n".join(unescaped(app))

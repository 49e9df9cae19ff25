"""A page that is run again, as at every click, computes nothing again that only depends on the run."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from recsys.data.splits import leave_one_out
from recsys.embeddings.camps import Camps
from recsys.runs.tuning import SearchPlan
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.conftest import save_small_runs
from tests.pages.screen import after_jobs, no_errors
from ui import cache
from ui.components.point_map.payload import bits_of
from ui.embeddings import groups
from ui.evaluate import compare
from ui.shell import state

SPACE = "c" * 32


@pytest.fixture(scope="module")
def saved(own_workspace: Workspace) -> dict[str, str]:
    return save_small_runs(own_workspace.space(SPACE))


def opened(run_id: str, page: str, **view: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    app.query_params.update({"run": run_id} | view)
    return after_jobs(app.switch_page(f"pages/{page}.py").run())


def on_the_map(run_id: str, choice: dict[str, Any]) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    app.session_state["map_users"] = {"choice": {"seq": 1} | choice}
    app.query_params["run"] = run_id
    return after_jobs(app.switch_page("pages/3_Embeddings.py").run())


def counted(monkeypatch: pytest.MonkeyPatch, *places: str) -> Counter[str]:
    """How often each function, written "module.name", is called from now on."""
    calls: Counter[str] = Counter()

    def counting(place: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            calls[place] += 1
            return original(*args, **kwargs)

        return called

    for place in places:
        module, _, name = place.rpartition(".")
        home = importlib.import_module(module)
        monkeypatch.setattr(home, name, counting(place, getattr(home, name)))
    return calls


@pytest.mark.parametrize(
    ("tab", "computed"),
    [
        ("segments", "recsys.runs.run.leave_one_out"),
        ("segments", "recsys.evaluation.segments.bootstrap_means"),
        ("segments", "ui.evaluate.segments.grouping"),
        ("protocols", "recsys.data.splits._demand_share"),
    ],
)
def test_evaluate_run_again(saved: dict[str, str], monkeypatch: pytest.MonkeyPatch, tab: str, computed: str) -> None:
    app = opened(saved["attention"], "5_Evaluate", tab=tab)
    calls = counted(monkeypatch, computed)
    no_errors(app.run())
    assert not calls


def test_a_choice_on_the_map_run_again(saved: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    lasso = {"kind": "lasso", "bits": bits_of(np.arange(0, 120, 2), 120)}
    app = on_the_map(saved["attention"], lasso)
    app.text_input(key="map_find_users_0").set_value("u1").run()
    calls = counted(
        monkeypatch,
        "ui.embeddings.drawer.profile_group",
        "recsys.data.name_search.folded",
        "ui.embeddings.groups.compare_groups",
    )
    no_errors(app.run())
    assert calls.pop("recsys.data.name_search.folded", 0) < 120, "the users' ids are folded once"
    assert not calls


def test_nearest_users_run_again(saved: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    app = on_the_map(saved["attention"], {"kind": "pick", "index": 7})
    calls = counted(monkeypatch, "numpy.linalg.norm")
    no_errors(app.run())
    assert calls["numpy.linalg.norm"] == 2, "of the picked user, for map and list; those of all users are kept"


def test_two_camps_run_again(saved: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    two = Camps(np.arange(60) < 20, index=0.4, p=0.001)
    monkeypatch.setattr(groups, "camps", lambda vectors: two)
    app = on_the_map(saved["attention"], {"kind": "lasso", "bits": bits_of(np.arange(1, 120, 2), 120)})
    assert any("Two camps" in one.value for one in app.markdown)
    calls = counted(monkeypatch, "ui.embeddings.groups.name_user_groups")
    no_errors(app.run())
    assert not calls


def test_of_very_many_users_some_are_points(saved: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "MOST_POINTS", 30)
    app = opened(saved["attention"], "5_Evaluate", tab="compare")
    no_errors(app)
    assert any("30 of 120 users, evenly spread" in caption.value for caption in app.caption)
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    points = next(figure["data"] for figure in drawn if any("customdata" in trace for trace in figure["data"]))
    assert sum(len(trace.get("text", ())) for trace in points) == 30


def test_another_setting_of_a_search_holds_out_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch, "recsys.data.splits.hold_out_last")
    data = planted_dataset()
    space = cache.search_space_of(data.fingerprint, "a plan", SearchPlan(), data)
    assert space == SearchPlan().space(leave_one_out(data).train)
    assert calls.total() == 2, "those of the test itself"

"""A page that is run again, as at every click, computes nothing again that only depends on the run."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from recsys.workspace import Workspace
from tests.pages.conftest import save_small_runs
from tests.pages.screen import after_jobs, no_errors
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
        ("protocols", "recsys.data.splits._demand_share"),
    ],
)
def test_evaluate_run_again(saved: dict[str, str], monkeypatch: pytest.MonkeyPatch, tab: str, computed: str) -> None:
    app = opened(saved["attention"], "5_Evaluate", tab=tab)
    calls = counted(monkeypatch, computed)
    no_errors(app.run())
    assert not calls

"""A small run, opened once, and cases saved under it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.cases.case import Case, SavedCase
from recsys.cases.lists import list_of_case
from recsys.cases.rules import NO_RULES, Rules
from recsys.cases.run_parts import OpenRun, open_run
from recsys.models.attention.config import AttentionConfig
from recsys.runs import save_run, train_run
from tests.conftest import planted_dataset

GROUP = {"c" * 24: ("Walkers <b>", ("u2", "u4", "u6", "u8", "u10", "gone"))}


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an unzipped export of Home, with one run."""
    folder = tmp_path_factory.mktemp("cases") / "studio"
    data, shape = planted_dataset(users=60), AttentionConfig(embedding_size=16, layers=1)
    save_run(train_run(data, model_config=shape, epochs=2, threads=1), data, folder / "run" / ("a" * 24))
    return folder


@pytest.fixture(scope="session")
def parts(studio: Path) -> OpenRun:
    return open_run(studio / "run" / ("a" * 24), groups=GROUP)


def saved_case(
    parts: OpenRun, target: str, source: str, alpha: float, rules: Rules = NO_RULES, note: str = ""
) -> SavedCase:
    """A case with the list that it has now; the name of its target is hostile."""
    case = Case(target, source, alpha, 6, rules)
    items = () if rules.epsilon else list_of_case(parts, case)
    name = target.replace("user:", "user ")
    return SavedCase(
        case, "a" * 24, "Model <script>alert(1)</script>", "planted | `data`", parts.dataset.fingerprint, name,
        source.replace("user:", "user "), items, note, GROUP if source.startswith("group:") else {},
    )  # fmt: skip

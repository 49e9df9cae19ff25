"""The report shows hostile text as text; the bundle holds what serving needs."""

from __future__ import annotations

import io
import json
import runpy
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st

from recsys.cases.production import not_served, policy
from recsys.cases.rules import NO_RULES, Rules
from recsys.cases.scoring import ranked_list
from recsys.errors import InputError
from recsys.models.attention.config import AttentionConfig
from recsys.runs import save_run, train_run
from recsys.transfer import recommend
from tests.conftest import planted_dataset
from tests.pages.test_transfer_page import certificate, study
from ui.run_context import RunContext, run_context
from ui.transfer.export import list_json
from ui.transfer.report import production_zip, transfer_html
from ui.transfer.scored_pair import ScoredPair, build_scored_pair

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunContext, ScoredPair]]:
    data = planted_dataset()
    titles = ("", *(HOSTILE for _ in data.catalogue.titles[1:]))
    data = replace(data, catalogue=replace(data.catalogue, titles=titles))
    run = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=1, threads=1)
    folder = tmp_path_factory.mktemp("run") / "run"
    save_run(run, data, folder)
    yield run_context(str(folder)), build_scored_pair(str(folder), "user:u3", "user:u4", 5, Rules())
    st.cache_resource.clear()


def test_the_report_stands_alone_and_hostile_titles_are_text(scored: tuple[RunContext, ScoredPair]) -> None:
    context, one = scored
    page = transfer_html(context, one, recommend(one.transfer, 0.4, 5), None).decode()
    assert HOSTILE not in page and "&lt;script&gt;alert(1)" in page
    assert "60% of user u3’s interests + 40% of user u4’s interests" in page
    assert "No study of this model has been run" in page
    assert '<script src="http' not in page and "<link" not in page


def test_the_bundle_holds_vectors_policy_and_the_serving_script(scored: tuple[RunContext, ScoredPair]) -> None:
    with zipfile.ZipFile(io.BytesIO(production_zip(scored[0], None))) as archive:
        names = set(archive.namelist())
        told = json.loads(archive.read("policy.json"))
    assert {"items.parquet", "users.parquet", "policy.json", "serve_blend.py"} <= names
    assert told["alpha_by_known_items"] == [{"from": 0, "alpha": 0.0}]


def test_the_bundle_serves_the_interests_that_the_page_shows(scored: tuple[RunContext, ScoredPair]) -> None:
    context, _ = scored
    rules = Rules(what="interests", interests="0:0,1:0.5")
    shown = build_scored_pair(context.folder, "user:u3", "user:u4", 5, rules)
    with zipfile.ZipFile(io.BytesIO(production_zip(context, None, rules))) as archive:
        told = json.loads(archive.read("policy.json"))
    assert told["interests"]["weights"] == {"0": 0.0, "1": 0.5}
    listed = list_json(shown, 0.5, pd.DataFrame())
    assert listed["rules"] == {"what": "interests", "interests": "0:0,1:0.5"}
    assert [one["weight"] for one in listed["interests"] if one["group"] in (0, 1)]  # type: ignore[attr-defined]


def test_without_a_study_nothing_is_borrowed() -> None:
    assert policy("attention", None).alpha(100) == 0.0


def test_a_policy_is_that_of_the_method_that_is_served() -> None:
    told = study("helps", True) | certificate(True)
    linear = policy("attention", told)
    assert linear.alpha(5) == 0.6 and linear.certificate is not None
    for rules in (Rules(method="bridge"), Rules(what="interests")):
        served = policy("attention", told, rules)  # the study certifies the linear blend of next choices only
        assert served.certificate is None and served.alpha(5) == 0.0
        assert "no certificate for" in served.evidence[0]


def test_a_study_of_another_model_decides_nothing() -> None:
    served = policy("gru4rec", study("helps", True) | certificate(True))
    assert served.alpha(5) == 0.0 and served.certificate is None and "trained Self-attention" in served.evidence[0]


RULES = Rules(
    tag="even",
    block="i3",
    hide_source=True,
    pin="i9,i2,i31",
    per_tag=4,
    diversity=0.3,
    only=",".join(f"i{n}" for n in range(1, 31)),
)


@pytest.mark.parametrize(("source", "rules"), [("user:u4", RULES), ("before:6", NO_RULES), ("before:6", RULES)])
def test_the_bundle_serves_the_exported_list_of_the_page(
    scored: tuple[RunContext, ScoredPair], tmp_path: Path, source: str, rules: Rules
) -> None:
    context = scored[0]
    shown = build_scored_pair(context.folder, "user:u3", source, 5, rules)
    content = io.BytesIO(production_zip(context, study("helps", True) | certificate(True), rules, shown.pair.named))
    zipfile.ZipFile(content).extractall(tmp_path)
    served = runpy.run_path(str(tmp_path / "serve_blend.py"))["Bundle"](tmp_path)
    assert ("certificate" in served.policy) == (rules == NO_RULES)  # it is for lists of all items
    users = served.user("u3"), served.user("u3" if source.startswith("before") else "u4", "source")
    for alpha in (0.0, 0.4, 1.0):
        wanted = ranked_list(context, shown.transfer, rules, alpha, 5)
        assert served.recommend(*users, alpha, 5) == context.dataset.items.externals(wanted.items)


def test_no_bundle_with_a_second_score_or_a_protected_source(scored: tuple[RunContext, ScoredPair]) -> None:
    for rules, why in (
        (Rules(second_score="popularity", weight=0.3), "scores of one model"),
        (Rules(epsilon=4.0), "all user embeddings"),
    ):
        with pytest.raises(InputError, match=why):
            production_zip(scored[0], None, rules)
        assert why in str(not_served(rules))
    assert not_served(Rules(second_score="popularity")) is None  # its weight is 0

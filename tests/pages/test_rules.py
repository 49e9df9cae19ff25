"""The rules of recommending: in the link, over page switches, refused where they break, and followed by every list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from recsys.cases.parties import moment
from recsys.cases.rules import NO_RULES, Rules, read_rules
from recsys.cases.scoring import CONTENT
from recsys.errors import InputError
from recsys.models.attention.config import AttentionConfig
from recsys.models.recommender import Recommender
from recsys.runs import train_run
from recsys.transfer import METHODS
from recsys.transfer.candidates import pasted_items
from recsys.transfer.methods.linear import LinearBlend
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import no_errors
from ui.shell import state
from ui.transfer.candidate_rules import ids_of, selectable_days, text_of

SPACE = "9" * 32
PAIR = {"target": "user:u3", "source": "user:u4"}


@pytest.fixture(scope="module")
def runs(own_workspace: Workspace) -> dict[str, str]:
    """A network with a baseline beside it, and a model that only counts, on the same data."""
    data, space = planted_dataset(), own_workspace.space(SPACE)
    found = {}
    for model in ("attention", "popularity"):
        beside = ("popularity", "item-knn") if model == "attention" else ()
        shape = AttentionConfig(embedding_size=16, layers=1)
        run = train_run(data, model=model, baselines=beside, model_config=shape, epochs=2, threads=1)
        found[model] = space.save_run(run, data).id
    return found


def opened(page: str, run: str, **view: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    app.query_params.update({"run": run, **PAIR, **view})
    return app.switch_page(f"pages/{page}.py").run()


def param(app: AppTest, name: str) -> str:
    value = app.query_params.get(name, "")
    return value if isinstance(value, str) else value[0]


def exported(app: AppTest) -> list[str]:
    """Titles of the list as it is exported, best first."""
    return [str(title) for title in app.dataframe[0].value["title"]]


def explained(app: AppTest) -> list[str]:
    """Titles of the list that Explain shows."""
    radio = next(radio for radio in app.radio if str(radio.key).startswith("item_"))
    return [option.replace("\\", "").split("  ")[1] for option in radio.options]


def said(app: AppTest) -> str:
    return " ".join(str(box.value) for box in [*app.warning, *app.error]).replace("\\", "")


def test_rules_are_written_shortly_and_read_back() -> None:
    rules = Rules("left", "a, b & c", True, True, "item-knn", 0.45, 0.2, 4.0)
    written = rules.params()
    assert written["epsilon"] == "4" and written["weight"] == "0.45" and written["hide_source"] == "1"
    assert read_rules(written) == (rules, [])
    assert NO_RULES.params() == {} and read_rules({"second_score": "als"})[0].weight == 0.3


@pytest.mark.parametrize(
    ("name", "value"),
    [("only", "x" * 5000), ("numbers", "price"), ("period", "2024"), ("per_tag", "99"),
     ("epsilon", "3"), ("epsilon", "nan"), ("weight", "7"), ("diversity", "-1"), ("hide_source", "yes"),
     ("tag", "x" * 300), ("cold_items", "2")],
)  # fmt: skip
def test_a_rule_that_breaks_its_own_rule_is_refused_with_a_sentence(
    runs: dict[str, str], name: str, value: str
) -> None:
    app = opened("4_Transfer", runs["attention"], **{name: value})
    no_errors(app)
    assert f"{name} in the link must" in said(app)


def test_numbers_and_days_of_a_link_are_read_whole(runs: dict[str, str]) -> None:
    app = opened("4_Transfer", runs["attention"], source="cluster:00000000099")
    no_errors(app, "the cluster in the link must be a whole number")
    for guide in ("tour.000110", "tour.99"):
        app = opened("4_Transfer", runs["attention"], guide=guide, period="00011231T00..20240101T00")
        no_errors(app)
    app.session_state["transfer_rules"] = True
    app.run()
    no_errors(app)
    assert [app.date_input(key=f"rule_{end}").value for end in ("first", "last")] == [
        date(1, 12, 31), date(2024, 1, 1),
    ]  # fmt: skip


def test_a_list_of_earlier_items_alone_leaves_nothing_and_says_so(runs: dict[str, str]) -> None:
    data = planted_dataset()
    first = data.items.external(int(data.history(3)[0]))
    app = opened("4_Transfer", runs["attention"], source="before:4", only=first)
    no_errors(app, "must leave something to recommend")
    assert "only some items" in said(app)


def test_times_that_are_no_dates_leave_a_calendar() -> None:
    data = planted_dataset()
    data = replace(data, timestamps=np.where(np.arange(len(data.sequence)) % 9, 1.7e9, 1.7e12))
    assert selectable_days(data, (date(1960, 1, 1), None)) == (date(1960, 1, 1), date(2100, 1, 1))
    assert "item 1" in {moment(data, 0, first) for first in range(9)}


def test_an_uploaded_list_of_items_is_read_in_its_encoding() -> None:
    assert pasted_items(text_of("Münze\nGlück\nKäse\n".encode("latin-1"), "list.csv")) == ["Münze", "Glück", "Käse"]
    assert pasted_items(text_of("Tür\nTor\n".encode("utf-16"), "list.csv")) == ["Tür", "Tor"]
    with pytest.raises(InputError, match=r"list\.csv"):
        text_of(b"\0\0\1\0\2\xff", "list.csv")


def test_pasted_titles_are_found_whole_and_only_the_name_of_a_column_is_left_out() -> None:
    data = planted_dataset()
    titles = ("", "Matrix, The (1999)", "Product", *data.catalogue.titles[3:])
    data = replace(data, catalogue=replace(data.catalogue, titles=titles))
    first, second, third = (data.items.external(index) for index in (1, 2, 3))
    assert ids_of(data, f"Matrix, The (1999)\n{third}") == [first, third]
    assert ids_of(data, f"title\nmatrix, the (1999)\n{third}") == [first, third]
    assert ids_of(data, f"Item ID,price\n{third},5") == [third]
    assert ids_of(data, f"Product\n{third}") == [second, third], "an item, though columns are called so"
    assert ids_of(data, f"ghost\n{third}") == ["ghost", third], "the page says that it is not in the data"


@pytest.mark.parametrize("page", ["4_Transfer", "6_Explain"])
@pytest.mark.parametrize(
    "rule",
    [{"second_score": "ghost", "weight": "0.5"}, {"tag": "ghost"}, {"scenario": "ghost"}, {"only": "ghost"},
     {"numbers": "ghost:1..2"}],
)  # fmt: skip
def test_a_rule_that_this_run_cannot_follow_is_said_and_left_out(
    runs: dict[str, str], page: str, rule: dict[str, str]
) -> None:
    app = opened(page, runs["attention"], **rule)
    no_errors(app)
    assert "ghost" in said(app) and "It is not applied" in said(app)


def test_a_run_without_the_second_score_of_the_last_one_still_opens(runs: dict[str, str]) -> None:
    app = opened("4_Transfer", runs["attention"], second_score="item-knn", weight="0.5", tab="files")
    no_errors(app)
    assert not said(app)
    app.selectbox(key="frame_run_transfer").set_value(runs["popularity"]).run()
    no_errors(app)
    assert "Item-kNN" in said(app)


def test_rules_are_set_by_their_controls_and_stay_in_the_url_and_the_menu(runs: dict[str, str]) -> None:
    app = opened("4_Transfer", runs["attention"])
    app.session_state["transfer_rules"] = True  # the popover is open
    app.run()
    app.session_state["transfer_rules"] = True
    app.selectbox(key="rule_tag").set_value("odd").run()
    app.session_state["transfer_rules"] = True
    app.run()
    app.session_state["transfer_rules"] = True
    app.toggle(key="rule_protect").set_value(True).run()
    no_errors(app)
    assert (param(app, "tag"), param(app, "epsilon")) == ("odd", "4")
    links = [link.proto.query_string for link in app.sidebar.get("page_link")]
    assert all("tag=odd" in link and "epsilon=4" in link for link in links)
    app.switch_page("pages/6_Explain.py").run()
    app.switch_page("pages/4_Transfer.py").run()
    no_errors(app)
    assert (param(app, "tag"), param(app, "epsilon")) == ("odd", "4")
    del app.query_params["tag"]  # Back
    app.run()
    assert not param(app, "tag")


def test_the_source_stays_protected_over_a_page_switch(runs: dict[str, str]) -> None:
    app = opened("4_Transfer", runs["attention"], epsilon="4", tab="privacy")
    no_errors(app)
    assert "Protection is on, ε = 4" in [heading.value for heading in app.subheader]


@pytest.mark.parametrize(
    "rules",
    [{}, {"tag": "odd"}, {"scenario": "left"}, {"hide_source": "1"}, {"second_score": "item-knn", "weight": "0.9"},
     {"second_score": CONTENT, "weight": "0.5"}, {"epsilon": "1"}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("alpha", ["0", "0.6"])
def test_explain_shows_the_list_that_transfer_shows(runs: dict[str, str], rules: dict[str, str], alpha: str) -> None:
    wanted = exported(opened("4_Transfer", runs["attention"], alpha=alpha, tab="files", **rules))
    app = opened("6_Explain", runs["attention"], alpha=alpha, **rules)
    no_errors(app)
    assert explained(app) == wanted


def test_without_a_source_explain_follows_the_rules_too(runs: dict[str, str]) -> None:
    app = opened("6_Explain", runs["attention"], source="", tag="odd")
    no_errors(app)
    data = planted_dataset()
    tags = {data.catalogue.tags[data.catalogue.titles.index(title)] for title in explained(app)}
    assert tags == {("odd",)}


def test_files_and_the_report_name_the_rules(runs: dict[str, str]) -> None:
    from recsys.transfer import recommend
    from ui.run_context import run_context
    from ui.transfer.export import list_json
    from ui.transfer.report import transfer_html
    from ui.transfer.scored_pair import cached_pair

    folder = str(state.workspace().find(runs["attention"], "run")[1])
    scored = cached_pair(folder, "user:u3", "user:u4", 5, Rules(tag="odd", hide_source=True))
    picks = recommend(scored.transfer, 0.4, 5)
    page = transfer_html(run_context(folder), scored, picks, None).decode()
    assert "only with the tag odd" in page and "without the items of the source" in page
    told = list_json(scored, 0.4, pd.DataFrame(picks.rows(run_context(folder).dataset)))
    assert told["rules"] == {"tag": "odd", "hide_source": "1"}


def test_evaluate_says_that_it_does_not_follow_them(runs: dict[str, str]) -> None:
    app = opened("5_Evaluate", runs["popularity"], tag="odd")
    for job in state.jobs().of(SPACE):
        state.jobs().wait(job.id, SPACE, 60)
    app.run()
    no_errors(app)
    assert any("rules of Transfer" in caption.value for caption in app.caption)


def test_a_method_with_a_line_in_the_table_is_offered_and_changes_the_list(
    runs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Reversed(LinearBlend):
        name: ClassVar[str] = "reversed"
        label: ClassVar[str] = "Reversed scores"

        def apply(self, model: Recommender, scores: np.ndarray, embedding: np.ndarray | None) -> np.ndarray:
            return np.where(np.isfinite(scores), -scores, scores)

    view = {"alpha": "1", "tab": "files"}
    linear = exported(opened("4_Transfer", runs["attention"], **view))
    refused = opened("4_Transfer", runs["attention"], method="reversed", **view)
    no_errors(refused)
    assert "reversed" in said(refused) and exported(refused) == linear
    monkeypatch.setitem(METHODS, "reversed", Reversed)
    app = opened("4_Transfer", runs["attention"], **view)
    app.session_state["transfer_rules"] = True  # the popover is open
    app.run()
    app.session_state["transfer_rules"] = True
    box = app.selectbox(key="rule_method")
    assert box.options == [*(method.label for method in METHODS.values())] and box.options[-1] == "Reversed scores"
    box.set_value("reversed").run()
    no_errors(app)
    assert param(app, "method") == "reversed" and exported(app) != linear
    assert "transfer method Reversed scores" in " ".join(caption.value for caption in app.caption)


def type_items(app: AppTest, key: str, text: str) -> AppTest:
    """Types into a field of the rules, which are open."""
    app.session_state["transfer_rules"] = True
    app.run()
    app.session_state["transfer_rules"] = True
    return app.text_area(key=key).set_value(text).run()


def test_listed_and_blocked_items_are_in_the_link_and_every_list_follows(runs: dict[str, str]) -> None:
    app = opened("4_Transfer", runs["attention"], tab="files")
    first = exported(app)
    type_items(app, "rule_block", "\n".join(first[:2]))  # titles are found too
    no_errors(app)
    assert exported(app)[:3] == first[2:5] and param(app, "block").count(",") == 1
    type_items(app, "rule_pin", first[5])
    no_errors(app)
    assert exported(app)[0] == first[5]
    type_items(app, "rule_only", "\n".join(str(n) for n in range(600)))
    no_errors(app, "at most 500 items")
    assert not param(app, "only")
    shared = opened("4_Transfer", runs["attention"], block=param(app, "block"), pin=param(app, "pin"), tab="files")
    assert exported(shared) == exported(app)
    assert set(explained(opened("6_Explain", runs["attention"], block=param(app, "block")))).isdisjoint(first[:2])


def test_the_most_typical_user_is_offered_where_the_model_can_tell_it(runs: dict[str, str]) -> None:
    group = state.workspace().space(SPACE).save_cohort("Walkers", [f"u{n}" for n in range(0, 20, 2)])
    for model, offered in (("attention", True), ("popularity", False)):
        app = opened("4_Transfer", runs[model], source=f"group:{group.id}")
        app.session_state["transfer_source"] = True
        app.run()
        no_errors(app)
        assert ("Represented by" in [one.label for one in app.get("button_group")]) is offered
        assert param(app, "source") == f"group:{group.id}"
    app = opened("4_Transfer", runs["popularity"], source=f"group:{group.id}!medoid")
    no_errors(app, "the most typical user of group “Walkers” needs a model with user embeddings (got popularity)")
    app.session_state["transfer_source"] = True
    app.run()
    assert param(app, "source") == f"group:{group.id}", "the mean of the group, as the picker shows it"
    assert not app.error

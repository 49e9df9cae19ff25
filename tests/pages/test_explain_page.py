"""The page Explain without a browser: influence, edits of the history that change the list, every tab by its link."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Multiselect, Radio

from recsys.data.dataset import Dataset
from recsys.explain.history_influence import Influence, influence
from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import everything_on, no_errors, tab_shown
from ui.explain.tabs import TABS
from ui.shell import state
from ui.shell.dependent_source import fitting_source

ROOT = Path(__file__).resolve().parents[2]
SPACE = "f" * 32


@pytest.fixture(scope="module")
def runs(own_workspace: Workspace) -> dict[str, str]:
    """Two runs in a workspace of its own: a network and a popularity model."""
    data, space = planted_dataset(), own_workspace.space(SPACE)
    found = {}
    for model in ("attention", "popularity"):
        run = train_run(
            data, model=model, model_config=AttentionConfig(embedding_size=16, layers=1, heads=2), epochs=4, threads=1
        )
        found[model] = space.save_run(run, data).id
    repeated = with_repeats(data)
    found["repeats"] = space.save_run(train_run(repeated, model="popularity", threads=1), repeated).id
    return found


def with_repeats(data: Dataset) -> Dataset:
    """The same data with a first user who chose their first item twice more, and with four items of one title."""
    sequence, titles = data.sequence.copy(), list(data.catalogue.titles)
    sequence[[5, 9]] = sequence[0]
    others = [item for item in range(1, len(titles)) if item not in sequence[:14]][:4]
    for item in others:
        titles[item] = "Equal"
    return replace(data, sequence=sequence, catalogue=replace(data.catalogue, titles=tuple(titles)))


def opened(run_id: str, **view: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    for name, value in {"run": run_id, **view}.items():
        app.query_params[name] = value
    return app.switch_page("pages/6_Explain.py").run()


def item_list(app: AppTest) -> Radio[int]:
    return next(radio for radio in app.radio if str(radio.key).startswith("item_"))


def edits(app: AppTest, part: str) -> Multiselect[int]:
    """The picker of "removed" or "added" items."""
    return next(box for box in app.multiselect if str(box.key).startswith(f"{part}_"))


def listed(app: AppTest, target: str) -> list[int]:
    return [int(option.split("  ")[0].replace("\\", "").replace(",", "")) for option in item_list(app).options]


def test_it_opens_with_a_user_and_puts_them_into_the_link(runs: dict[str, str]) -> None:
    app = opened(runs["attention"])
    no_errors(app)
    target = app.query_params["target"]
    assert (target if isinstance(target, str) else target[0]).startswith("user:")
    assert len(app.get("plotly_chart")) == 1


def test_removing_the_newest_item_changes_the_list(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], target="user:u3")
    before = list(item_list(app).options)
    edits(app, "removed").select(12).run()
    no_errors(app)
    after = list(item_list(app).options)
    assert item_list(app).label == "Recommended with the changed history"
    assert before != after
    assert any("was" in option or "new" in option for option in after)
    edits(app, "removed").unselect(12).run()
    assert list(item_list(app).options) == before


def test_added_items_change_the_list_and_are_not_recommended(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], target="user:u3")
    first = int(item_list(app).value)
    app.text_input("explain_find").set_value(f"Item {first}").run()
    edits(app, "added").select(first).run()
    no_errors(app)
    assert int(item_list(app).value) != first


def test_adding_every_item_leaves_none_to_recommend_and_says_so(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], target="user:u3")
    edits(app, "added").set_value([int(option.split()[-1]) for option in edits(app, "added").options]).run()
    no_errors(app)
    assert any("none is left to recommend" in str(info.value) for info in app.info)
    edits(app, "added").set_value([]).run()
    no_errors(app)
    assert item_list(app).options


def test_the_chosen_item_stays_chosen_when_it_leaves_the_list(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], target="user:u3", k="2")
    chosen = int(item_list(app).value)
    item_list(app).set_value(chosen).run()
    edits(app, "removed").set_value([10, 11, 12]).run()
    no_errors(app)
    assert int(item_list(app).value) == chosen


@pytest.mark.parametrize("tab", list(TABS))
@pytest.mark.parametrize("source", ["", "user:u4", "everyone"])
def test_each_tab_opens_by_its_link_with_and_without_a_source(runs: dict[str, str], tab: str, source: str) -> None:
    app = opened(runs["attention"], target="user:u3", source=source, alpha="0.4", tab=tab)
    no_errors(app)
    assert tab_shown(app) == TABS[tab]


@pytest.mark.parametrize("tab", list(TABS))
def test_a_model_without_a_network_is_explained_too(runs: dict[str, str], tab: str) -> None:
    no_errors(opened(runs["popularity"], target="user:u3", tab=tab))


@pytest.mark.parametrize(
    ("target", "name"),
    [("cluster:0", "the most typical user of cluster “"), ("items:i1,i2", "a new user"),
     ("everyone", "the most typical user of all users")],
)  # fmt: skip
def test_groups_and_lists_of_items_open_by_their_names(
    runs: dict[str, str], target: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(runs["attention"], target=target)
    no_errors(app)
    shown = next(box for box in app.selectbox if box.label == "User")
    assert shown.options[0].startswith(name) and shown.value == "" and shown.options[1] == "u0"
    monkeypatch.setattr("ui.explain.view.MAX_LISTED", 10)
    typed = next(box for box in opened(runs["attention"], target=target).text_input if box.label == "User id")
    assert typed.value == "" and typed.placeholder.startswith(name)
    app = typed.set_value("u3").run()
    no_errors(app)
    assert app.query_params["target"] in ("user:u3", ["user:u3"])


def test_influence_is_computed_once_for_an_item_and_once_for_its_source(
    runs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[int] = []

    def counted(*arguments: Any) -> Influence:
        computed.append(len(arguments[1]))
        return influence(*arguments)

    monkeypatch.setattr("ui.explain.explained_list.influence", counted)
    view = {"target": "user:u50", "source": "user:u51", "alpha": "0.37", "tab": "parts"}
    app = opened(runs["attention"], **view)
    no_errors(app)
    assert len(computed) == 2
    assert len(app.run().get("plotly_chart")) == 4
    assert len(opened(runs["attention"], **view).get("plotly_chart")) == 4
    assert len(computed) == 2
    app.query_params["alpha"] = "0.38"
    app.run()
    assert len(computed) == 4


def test_the_smallest_change_is_described_in_a_sentence(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], target="user:u3", tab="smallest", k="3")
    next(b for b in app.button if b.label == "Search").click().run()
    no_errors(app)
    assert any("drops from rank" in m.value or "without any history" in m.value for m in app.markdown)


def test_the_smallest_change_is_searched_again_for_another_group_of_the_same_name(
    runs: dict[str, str], own_workspace: Workspace
) -> None:
    space = own_workspace.space(SPACE)
    groups = [space.save_cohort("mine", [f"u{n}" for n in users]).id for users in (range(20, 30), range(40, 50))]
    app = opened(runs["attention"], target="user:u3", source=f"group:{groups[0]}", alpha="0.02", tab="smallest", k="3")
    item = item_list(app).value
    next(b for b in app.button if b.label == "Search").click().run()
    app.run()
    no_errors(app)
    assert "Search" not in [b.label for b in app.button]
    app.query_params["source"] = f"group:{groups[1]}"
    app.run()
    no_errors(app)
    assert item_list(app).value == item and "Search" in [b.label for b in app.button]


def test_a_moment_that_another_user_does_not_have_moves_into_their_history(runs: dict[str, str]) -> None:
    items = ",".join(f"i{n}" for n in range(1, 31))
    app = opened(runs["popularity"], target=f"items:{items}", source="before:29")
    no_errors(app)
    next(box for box in app.selectbox if box.label == "User").set_value("u3").run()
    no_errors(app)
    source = app.query_params["source"]
    assert str(source if isinstance(source, str) else source[0]) in {f"before:{n}" for n in range(2, 15)}


def test_a_group_in_place_of_a_user_has_no_earlier_items(tmp_path: Path) -> None:
    assert [fitting_source(tmp_path, target, "before:3") for target in ("group:ab", "cluster:1", "items:i1")] == [
        "everyone"
    ] * 3
    assert fitting_source(tmp_path, "items:i1,i2,i3,i4", "before:3") == "before:3"
    assert fitting_source(tmp_path, "items:i1,i2,i3", "before:0000000003") == "before:1"
    assert fitting_source(tmp_path, "group:ab", "scenario:a>b") == "everyone"
    assert fitting_source(tmp_path, "group:ab", "near:8") == "near:8"


def test_deletion_curves_are_drawn_in_a_job(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], target="user:u3", tab="attention")
    next(b for b in app.button if b.label == "Draw the deletion curves").click().run()
    for job in state.jobs().of(SPACE):
        assert state.jobs().wait(job.id, SPACE, timeout=60).state == "done"
    app.run()
    no_errors(app)
    assert len(app.get("plotly_chart")) == 3


def test_an_unknown_user_is_refused_with_a_sentence(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], target="user:nobody")
    no_errors(app, "must be in the data")


def number(label: str) -> int:
    """The item of an option such as "16  Item 9 · ▼ was 2"."""
    return int(label.split("Item ")[1].split(" ", maxsplit=1)[0])


def test_an_item_chosen_by_an_earlier_label_stays_chosen(runs: dict[str, str]) -> None:
    """A browser sends the label of the chosen option, which changes with the item's rank."""
    app = opened(runs["attention"], target="user:u3")
    item_list(app).set_value(number(item_list(app).options[1])).run()
    label, chosen = item_list(app).options[1], int(item_list(app).value)
    edits(app, "removed").select(12).run()
    assert label not in item_list(app).options
    for sent, expected in (
        (label, {chosen}),
        ("a label that no item had", {number(one) for one in item_list(app).options}),
    ):
        radio = item_list(app)
        radio.options.append(sent)
        radio.set_value(sent).run()
        no_errors(app)
        assert int(item_list(app).value) in expected


def test_the_page_speaks_chinese(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], target="user:u1", tab="parts", source="user:u2", alpha="0.3", lang="zh")
    no_errors(app)
    assert any("排名第" in text.value for text in app.markdown)
    sent = everything_on(app)
    assert not [
        words for words in ("supports", "score lost", "part of the margin", "Recommended", "Next:") if words in sent
    ]


def test_the_next_step_is_the_only_primary_button(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], target="user:u3", tab="smallest")
    assert [button.key for button in app.button if button.proto.type == "primary"] == ["explain_next"]


def test_interests_and_next_choice_are_shown_side_by_side(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], target="user:u3", source="user:u4", alpha="0.5", tab="both")
    no_errors(app)
    keys = {str(chart.proto.id).rsplit("-", 1)[-1] for chart in app.get("plotly_chart")}
    assert {"reliance", "replaced"} <= keys
    alone = opened(runs["attention"], target="user:u3", tab="both")
    no_errors(alone)
    assert any("Choose a source" in str(text.value) for text in alone.markdown)
    counting = opened(runs["popularity"], target="user:u3", tab="both")
    no_errors(counting)
    assert any("nothing to compare" in str(text.value) for text in counting.markdown)


def test_the_figures_count_the_items_that_the_list_has(runs: dict[str, str]) -> None:
    data = planted_dataset()
    had = {*data.history(3).tolist(), *data.history(4).tolist()}
    few = [item for item in range(1, data.n_items + 1) if item not in had][:4]
    only = ",".join(data.items.externals(few))
    app = opened(runs["attention"], target="user:u3", source="user:u4", alpha="0.5", tab="both", only=only)
    no_errors(app)
    titles = [json.loads(chart.proto.spec)["layout"]["title"]["text"] for chart in app.get("plotly_chart")]
    counted = [" ".join(title.split("<br>")) for title in titles if " of " in title and "choice" in title]
    assert any("replaces" in title for title in counted)
    assert all("of 4" in title for title in counted if "replaces" in title or "next choices" in title)


def test_each_of_several_entries_of_one_title_is_removed_and_added(runs: dict[str, str]) -> None:
    """A browser sends the labels of what it has chosen, so each label must name one entry."""
    app = opened(runs["repeats"], target="user:u0")
    for chosen in ([5], [0, 9]):
        edits(app, "removed").set_value(chosen).run()
        no_errors(app)
        assert edits(app.run(), "removed").value == chosen
    app.text_input("explain_find").set_value("equal").run()
    assert list(edits(app, "added").options) == ["Equal", "Equal (2)", "Equal (3)", "Equal (4)"]
    equal = [item for item, title in enumerate(with_repeats(planted_dataset()).catalogue.titles) if title == "Equal"]
    for chosen in ([equal[2]], equal[1:3]):
        edits(app, "added").set_value(chosen).run()
        app.text_input("explain_find").set_value("nothing like it").run()
        no_errors(app)
        assert edits(app, "added").value == chosen
        app.text_input("explain_find").set_value("equal").run()


@pytest.mark.parametrize("target", ["everyone", "everyone!medoid"])
def test_no_member_of_a_group_is_explained_as_the_group_where_none_is_the_most_typical(
    runs: dict[str, str], target: str
) -> None:
    app = opened(runs["popularity"], target=target)
    no_errors(app)
    assert not app.radio and any("no user embeddings" in str(info.value) for info in app.info)
    app = next(box for box in app.selectbox if box.label == "User").set_value("u3").run()
    no_errors(app)
    assert item_list(app).options

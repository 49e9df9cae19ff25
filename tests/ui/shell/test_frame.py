"""The frame: views in the URL, separation of users, errors as sentences."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import streamlit as st
from markdown_it import MarkdownIt
from streamlit.runtime.scriptrunner import magic
from streamlit.runtime.state.common import user_key_from_element_id
from streamlit.testing.v1 import AppTest

from recsys.data.dataset import Dataset
from recsys.errors import UnknownIdError
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.pages.screen import WATCH, no_errors
from ui.shell import state
from ui.shell.page_context import STEPS
from ui.shell.widgets import escape_markdown

ANN, BOB = "a" * 32, "b" * 32


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STUDIO_SECRET", raising=False)
    state.workspace.clear()
    state.jobs.clear()
    return Workspace(tmp_path / "home")


def page(name: str = "", space: str = ANN, **params: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = space
    app.query_params.update(params)
    if name:
        app.switch_page(f"pages/{name}.py")
    return app.run()


def shown(app: AppTest) -> str:
    return " ".join(str(element.value) for element in [*app.error, *app.warning, *app.title, *app.subheader])


def test_no_two_pages_have_a_widget_of_one_key_with_a_callback(home: Workspace) -> None:
    """Streamlit calls the callback of a page that was left, and its key then leads to the widget of the new page."""
    ids: dict[str, set[str]] = {}
    for step in STEPS:
        app = page("" if step.key == "home" else Path(step.file).stem, run="sample")
        for widget_id, widget in app.session_state._state._state._new_widget_state.widget_metadata.items():
            if widget.callback:
                ids.setdefault(user_key_from_element_id(widget_id) or "", set()).add(widget_id)
    assert {"frame_language_home", "frame_run_train"} <= ids.keys()
    assert {key for key, found in ids.items() if len(found) > 1} == set()


def fragment_with_an_old_url() -> None:
    """A browser that asks for a fragment before it has heard of the new URL."""
    import streamlit as st

    from ui.shell import state
    from ui.shell.errors import guarded_fragment

    st.query_params.from_dict({"run": "old"})
    state.begin_view()
    state.write_view(state.View(run="new"))
    state.set_drawn_view(state.View(run="new"))
    st.query_params.from_dict({"run": "old"})
    guarded_fragment()(lambda: st.text(state.read_view().run))()


@pytest.mark.parametrize(("alone", "shown"), [(True, "new"), (False, "old")])
def test_a_fragment_has_the_url_that_was_written_last(monkeypatch: pytest.MonkeyPatch, alone: bool, shown: str) -> None:
    """A run of the whole page has the URL of the browser, which may be another one by Back."""
    monkeypatch.setattr(state, "is_fragment_run", lambda: alone)
    app = AppTest.from_function(fragment_with_an_old_url).run()
    no_errors(app)
    assert [text.value for text in app.text] == [shown]


def pages_with_an_old_url() -> None:
    """A request of the browser joins the run after a change, and brings the URL of before; later the user goes Back."""
    import streamlit as st

    from ui.shell import state

    st.query_params.from_dict({"run": "old"})
    state.begin_view()
    state.set_drawn_view(state.View(run="old"))
    state.write_view(state.View(run="new"))
    for _ in ("the request", "Back"):
        st.query_params.from_dict({"run": "old"})
        state.begin_view()
        st.text(state.read_view().run)
        state.set_drawn_view(state.read_view())
    state.write_view(state.View(run="old", tab="files"))  # a tab: the page does not run again
    st.query_params.from_dict({"run": "old"})
    state.begin_view()
    st.text(state.read_view().tab or "no tab")


def test_the_run_after_a_change_has_the_url_that_was_written_and_back_leads_to_the_one_before() -> None:
    app = AppTest.from_function(pages_with_an_old_url).run()
    no_errors(app)
    assert [text.value for text in app.text] == ["new", "old", "no tab"]


LEADS_ON = {
    "1_Data": "Open",
    "2_Train": "Choose data",
    "3_Embeddings": "Choose data",
    "4_Transfer": "Choose data",
    "5_Evaluate": "Choose data",
    "6_Explain": "Choose data",
    "7_Learn": "Glossary",
}
"""What is done first on each page when nothing is there yet."""
PAGES = list(LEADS_ON)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_empty_and_says_what_to_do(home: Workspace, name: str) -> None:
    app = page(name)
    no_errors(app)
    assert len(app.title) == 1
    on_the_page = [button.label for button in app.main.get("button") if not button.disabled]
    controls = [*on_the_page, *(tab.label for tab in app.tabs)]
    assert LEADS_ON[name] in controls, controls


def test_no_syntax_tree_is_made_of_a_page(home: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before Python 3.11.8 `ast.parse` fails at times where two threads parse: two sessions that open pages at once."""

    def parse(code: str, path: str) -> ast.AST:
        raise SystemError("AST constructor recursion depth mismatch (before=18, after=17)")

    monkeypatch.setattr(magic, "add_magic", parse)
    for name in ("", *PAGES):
        app = page(name)
        no_errors(app)
        assert app.title, f"{name or 'Home'} was not compiled"


@pytest.mark.parametrize("name", ["3_Embeddings", "4_Transfer", "5_Evaluate", "6_Explain"])
def test_without_a_run_a_page_names_what_is_missing(home: Workspace, name: str) -> None:
    app = page(name)
    assert "no trained model" in shown(app)
    assert app.button[0].label in ("Choose data", "Train a model")


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"alpha": "7"}, "between 0 and 1"),
        ({"alpha": "<b>"}, "between 0 and 1"),
        ({"k": "-3"}, "between 1 and 100"),
        ({"run": "0" * 24}, "must be saved here"),
        ({"run": "../../etc"}, "must be saved here"),
    ],
)
def test_a_tampered_link_is_refused_with_a_sentence(home: Workspace, params: dict[str, str], words: str) -> None:
    app = page("4_Transfer", **params)
    no_errors(app)  # what is refused is a warning: the page is there, with what it shows without the value
    assert words in shown(app)


def test_a_shared_link_opens_for_a_colleague_but_nothing_is_listed(home: Workspace, planted: Dataset) -> None:
    entry = home.space(ANN).save_run(train_run(planted, model="markov"), planted)
    no_errors(page("6_Explain", space=BOB, run=entry.id))
    options = [option for box in page("6_Explain", space=BOB).selectbox for option in box.options]
    assert not any("planted" in option for option in options)
    home.space(ANN).set_name("Ann <b>")
    shared = page("6_Explain", space=BOB, run=entry.id)
    assert "Shared by Ann <b>" in [option for box in shared.selectbox for option in box.options]


@pytest.mark.parametrize(
    ("name", "written_out"), [("short", False), ("a name of more than twenty-eight letters", True)]
)
def test_a_name_that_does_not_fit_into_the_picker_is_written_below_it(
    home: Workspace, planted: Dataset, name: str, written_out: bool
) -> None:
    entry = home.space(ANN).save_dataset(planted)
    home.space(ANN).rename(entry.id, name)
    app = page("1_Data", dataset=entry.id)
    no_errors(app)
    assert (name in [str(caption.value).replace("\\", "") for caption in app.caption]) == written_out


def test_a_picker_sends_its_choice_until_a_run_has_ended(
    home: Workspace, planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is interrupted may never reach the browser; later, a value sent again would undo a quick choice."""
    entry = home.space(ANN).save_run(train_run(planted, model="markov"), planted)
    ends = iter([st.stop])  # of the first run only
    monkeypatch.setattr("ui.shell.frame.rerun_if_view_changed", lambda: next(ends, bool)())  # noqa: PLW0108
    app = page("6_Explain", space=BOB, run=entry.id)
    for sent in (True, True, False):
        picker = app.selectbox(key="frame_run_explain")
        assert picker.value == entry.id and picker.proto.set_value == sent
        app.run()


def test_the_teachers_run_is_one_click_away_and_read_only(
    home: Workspace, planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = home.space(ANN).save_run(train_run(planted, model="markov"), planted)
    assert "Open the class run" not in [button.label for button in page(space=BOB).button]
    monkeypatch.setenv("STUDIO_CLASS_RUN", entry.id)
    assert "Open the class run" in [button.label for button in page(space=BOB).button]
    shown = page("6_Explain", space=BOB, run=entry.id)
    no_errors(shown)
    assert "Class run" in [option for box in shown.selectbox for option in box.options]
    with pytest.raises(UnknownIdError):
        home.space(BOB).rename(entry.id, "mine now")


def test_a_link_to_deleted_work_says_so(home: Workspace, planted: Dataset) -> None:
    space = home.space(ANN)
    entry = space.save_run(train_run(planted, model="markov"), planted)
    space.delete(entry.id)
    app = page("5_Evaluate", run=entry.id)
    no_errors(app)
    assert "must be saved here" in shown(app) and "no trained model" in shown(app)


def test_the_door_of_a_class(home: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_SECRET", "swordfish")
    app = page("1_Data")
    assert [box.label for box in app.text_input] == ["Class password"]
    app.text_input[0].input("guess")
    app.button[0].click().run()
    no_errors(app, "Wrong class password")
    assert "guess" not in shown(app)
    app.text_input[0].input("swordfish")
    app.button[0].click().run()
    assert not app.text_input or app.text_input[0].label != "Class password"


@pytest.fixture
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The cookies of a browser. As in a browser, a session sees those that were stored when it began."""
    kept: dict[str, str] = {}

    def stored(name: str, token: str, others: dict[str, str]) -> str:
        kept.update({name: token} | others)
        return ""

    def at_begin(name: str) -> str:
        return str(st.session_state.setdefault("cookies_at_begin", dict(kept)).get(name, ""))

    monkeypatch.setattr(state, "set_cookies", stored)
    monkeypatch.setattr(state, "_cookie", at_begin)
    return kept


def session(name: str = "1_Data") -> AppTest:
    """A new session of the browser, as a refresh and a second tab begin one."""
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    return app.switch_page(f"pages/{name}.py").run()


def asks_for_password(app: AppTest) -> bool:
    return [box.label for box in app.text_input] == ["Class password"]


@pytest.fixture(params=["", "account-" + "c" * 32])
def account(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The account that is signed in; "" without one."""
    if request.param:
        monkeypatch.setattr(state, "signed_in", lambda: True)
        monkeypatch.setattr(state, "_account", lambda: request.param)
    return str(request.param)


def test_the_class_password_is_asked_for_once_in_a_browser(
    home: Workspace, cookies: dict[str, str], account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the browser was here before there was a password, or the password has changed."""
    assert not asks_for_password(session())
    for secret in ("swordfish", "halibut"):
        monkeypatch.setenv("STUDIO_SECRET", secret)
        app = session()
        assert asks_for_password(app)
        app.text_input[0].input(secret)
        app.button[0].click().run()
        assert not asks_for_password(app)
        for _ in ("refreshed", "a second tab"):
            again = session()
            no_errors(again)
            assert not asks_for_password(again)
    assert not account or not any(account in value for value in cookies.values())


def test_the_language_chosen_last_is_stored(home: Workspace, cookies: dict[str, str], account: str) -> None:
    session()
    for languages in (["zh"], ["en", "zh"], ["zh", "en"]):
        app = session()
        for lang in languages:
            app.query_params["lang"] = lang
            app.run()
        assert cookies["studio_language"] == languages[-1]


def test_an_unexpected_error_shows_a_short_id_and_the_log_has_the_rest(
    home: Workspace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(studio: object) -> None:
        raise ZeroDivisionError("a private detail")

    monkeypatch.setattr("ui.learn.view.learn", breaks)
    app = page("7_Learn")
    assert "Error id:" in shown(app) and "private" not in shown(app)
    assert any("ZeroDivisionError: a private detail" in told for told in WATCH.wrong())
    assert "a private detail" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "**bold** and __bold__ and _this_ and ~~that~~",
        "[link](javascript:x) ![picture](https://a/b.png) <https://a.b>",
        "# heading",
        "- a list",
        "1. first",
        "> said",
        "`code` ``more``",
        "a & b &lt;b&gt; &#60;",
        "a | b\n--|--\n1 | 2",
        "C:\\new\\*file*",
    ],
)
def test_plain_text_is_read_as_it_was_written(text: str) -> None:
    """A reader of markdown finds no markup in it, and the text itself once the escapes are gone."""
    paragraph = MarkdownIt("gfm-like", {"linkify": False}).parse(escape_markdown(text))
    assert [token.type for token in paragraph] == ["paragraph_open", "inline", "paragraph_close"]
    parts = paragraph[1].children or []
    assert {part.type for part in parts} <= {"text", "text_special"}
    assert "".join(part.content for part in parts) == " ".join(text.split())


@pytest.mark.parametrize("text", ["$x^2$", ":red[x]", ":material/home:", ":smile:"])
def test_what_streamlit_adds_to_markdown_has_no_meaning_left(text: str) -> None:
    assert all(
        escape_markdown(text)[place - 1] == "\\" for place, sign in enumerate(escape_markdown(text)) if sign in "$:[]"
    )


def test_long_text_is_cut() -> None:
    assert len(escape_markdown("x" * 1000, limit=50)) == 50 and "\n" not in escape_markdown("a\n# b")

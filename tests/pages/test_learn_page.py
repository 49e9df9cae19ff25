"""The page Learn without a browser: lessons on the sample and on a run, predictions, languages, presenter, classes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from recsys.explain.lessons.matrix_excerpt import matrix_excerpt
from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from recsys.workspace.classes import add_answer, answers_of, close_class, open_class, own_answers
from recsys.workspace.learning import read_learning
from recsys.workspace.sample_run import SAMPLE_RUN
from tests.conftest import planted_dataset
from tests.pages.screen import everything_on, no_errors, tab_labels, tab_shown
from ui.learn import measure
from ui.learn.texts import lessons, words
from ui.learn.view import OLD_TABS

ROOT = Path(__file__).resolve().parents[2]
SPACE, STUDENT = "a" * 32, "c" * 32
LESSONS, WORDS = lessons("en"), words("en")


@pytest.fixture(scope="module")
def run_id(own_workspace: Workspace) -> str:
    data = planted_dataset()
    run = train_run(
        data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=2, threads=1, name="<b>mine</b>"
    )
    return own_workspace.space(SPACE).save_run(run, data).id


def opened(space: str = "b" * 32, **view: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = space
    for name, value in view.items():
        app.query_params[name] = value
    return app.switch_page("pages/7_Learn.py").run()


def param(app: AppTest, name: str) -> str:
    value = app.query_params.get(name, "")
    return value[0] if isinstance(value, list) else str(value)


def texts(app: AppTest) -> str:
    shown = [*app.caption, *app.markdown, *app.title, *app.warning, *app.info, *app.subheader]
    return " ".join(str(element.value) for element in shown).replace("\\", "")


@pytest.mark.usefixtures("own_workspace")
@pytest.mark.parametrize("tab", LESSONS)
def test_each_lesson_opens_before_training_and_says_whose_numbers_these_are(tab: str) -> None:
    app = opened(tab=tab)
    no_errors(app)
    assert tab_shown(app).endswith(LESSONS[tab].title)
    assert WORDS["sample_none"] in texts(app) and LESSONS[tab].question.text in texts(app)
    assert len(app.slider) == 1  # the prediction; the control of the figure is in the browser


@pytest.mark.usefixtures("own_workspace")
@pytest.mark.parametrize(("old", "new"), OLD_TABS.items())
def test_links_to_earlier_lessons_open_the_one_with_their_subject(old: str, new: str) -> None:
    app = opened(tab=old)
    no_errors(app)
    assert tab_shown(app).endswith(LESSONS[new].title) and param(app, "tab") == new


@pytest.mark.usefixtures("own_workspace")
def test_a_prediction_is_kept_revealed_compared_and_taken_back(own_workspace: Workspace) -> None:
    app = opened("d" * 32)
    app.slider("learn_guess_matrix").set_value(30.0)
    app.button("learn_keep").click().run()
    no_errors(app)
    assert "You predicted 30%." in texts(app) and "2.68%" not in texts(app)
    again = opened("d" * 32)  # a refresh
    assert "You predicted 30%." in texts(again)
    again.button("learn_reveal").click().run()
    assert "You predicted 30%; it is 2.68%: 27.3 percentage points too high." in texts(again)
    again.button("learn_reset").click().run()
    assert "it is 2.68%" not in texts(again) and len(again.slider) == 1
    assert read_learning(own_workspace.space("d" * 32).folder)["matrix"] == {}


@pytest.mark.usefixtures("own_workspace")
def test_the_answer_is_not_sent_to_the_browser_before_it_is_revealed() -> None:
    app = opened("e" * 32, tab="pretraining")
    line = r"\"name\": \"by its text alone\""
    assert line not in everything_on(app)
    app.button("learn_without").click().run()
    assert "It is 25.6 of 100." in texts(app) and line in everything_on(app)


def test_a_run_shows_its_own_numbers_or_says_why_not_and_its_name_is_only_text(run_id: str) -> None:
    app = opened(SPACE, run=run_id, tab="embeddings")
    no_errors(app)
    assert "<b>mine</b>" in everything_on(app) and WORDS["sample_none"] not in texts(app)
    app = opened(SPACE, run=run_id, tab="learned")
    no_errors(app)
    assert "The open run can’t show this (the data must have 120 users with both parts (got" in texts(app)


def test_a_run_of_large_data_is_not_measured_while_the_page_opens(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "MAX_ITEMS", 10)
    monkeypatch.setattr(measure, "MEASURES", {})
    measure._of_run.clear()
    app = opened(SPACE, run=run_id, tab="matrix")
    no_errors(app)
    assert "must have at most 10 items and 3,000,000 interactions to be measured in a lesson" in texts(app)


@pytest.mark.usefixtures("own_workspace")
def test_the_whole_page_speaks_chinese_and_english_again() -> None:
    app = opened("f" * 32, lang="zh", tab="transfer")
    no_errors(app)
    assert words("zh")["page"] in texts(app) and lessons("zh")["transfer"].question.text in texts(app)
    escaped = json.dumps(words("zh")["sample_run"])[1:-1].replace("\\", "\\\\")  # as JSON stands in a message
    assert escaped in everything_on(app) and words("zh")["keep"] in [button.label for button in app.button]
    app.button("learn_next").click().run()
    assert lessons("zh")["interests"].title in tab_shown(app) and param(app, "lang") == "zh"
    app.segmented_control("frame_language_learn").set_value(None).run()  # sent by a page that is just being drawn
    no_errors(app)
    assert words("zh")["page"] in texts(app) and param(app, "lang") == "zh"
    app.segmented_control("frame_language_learn").set_value("en").run()
    no_errors(app)
    assert WORDS["page"] in texts(app) and not param(app, "lang")


@pytest.mark.usefixtures("own_workspace")
def test_formulas_are_shown_as_they_are_written() -> None:
    """A value named d_k may not be put into the braces of a formula."""
    app = opened(tab="attention")
    assert r"\tfrac{QK^\top}{\sqrt{d_k}}" in " ".join(str(element.value) for element in app.markdown)


@pytest.mark.usefixtures("own_workspace")
def test_an_unknown_language_is_english() -> None:
    app = opened("f" * 32, lang="<b>")
    no_errors(app)
    assert WORDS["page"] in texts(app)


@pytest.mark.usefixtures("own_workspace")
def test_the_glossary_is_searchable_in_both_languages() -> None:
    app = opened(tab="glossary")
    app.text_input("glossary_find").set_value("holm").run()
    assert any("Holm" in m.value for m in app.markdown)
    assert not any("Cold start" in m.value for m in app.markdown)
    app.text_input("glossary_find").set_value("zzz").run()
    assert any("No term contains" in m.value for m in app.markdown)
    app = opened(tab="glossary", lang="zh")
    app.text_input("glossary_find").set_value("冷启动").run()
    assert any("冷启动" in m.value for m in app.markdown)


@pytest.mark.usefixtures("own_workspace")
def test_the_next_step_leads_through_all_lessons_to_transfer() -> None:
    app = opened()
    for lesson in list(LESSONS)[1:]:
        assert [button.key for button in app.button if button.proto.type == "primary"] == ["learn_next"]
        app.button("learn_next").click().run()
        assert tab_shown(app).endswith(LESSONS[lesson].title)
    assert app.button("learn_next").label == "Next: try it on Transfer"


@pytest.mark.usefixtures("own_workspace")
def test_the_presenter_shows_one_step_and_no_tabs() -> None:
    app = opened(tab="transfer")
    app.button("learn_present").click().run()
    no_errors(app)
    assert not tab_labels(app) and param(app, "mode") == "present"
    assert "Step 1 of" in texts(app) and LESSONS["transfer"].notes not in texts(app)
    assert LESSONS["transfer"].question.text not in texts(app)
    app.session_state["present_step_transfer"] = 99
    app.session_state["present_notes"] = True
    app.run()
    no_errors(app)
    assert "It is 118 changes." in texts(app) and LESSONS["transfer"].notes in texts(app)


@pytest.mark.usefixtures("own_workspace")
def test_a_class_from_its_opening_to_its_end(own_workspace: Workspace) -> None:
    teacher = opened("1" * 32, tab="class")
    teacher.button("class_open").click().run()
    no_errors(teacher)
    code = param(teacher, "code")
    assert teacher.metric[0].value == code and f"code={code}" in teacher.code[0].value
    assert WORDS["class_none"] in texts(teacher)
    projector = opened("1" * 32, code=code, tab="class")

    student = opened(STUDENT, code=code, tab="class")
    no_errors(student)
    assert f"You are in class {code}" in texts(student) and not student.code  # no teacher's screen
    student.radio("class_before_matrix").set_value(LESSONS["matrix"].check.options[0]).run()
    student.button("class_send_before").click().run()
    assert f"run={SAMPLE_RUN}" in teacher.code[0].value  # the class and its students see the same numbers
    student.slider("class_guess_matrix").set_value(12.0)
    student.button("class_send_prediction").click().run()
    no_errors(student)
    again = opened(STUDENT, code=code, tab="class")  # a refresh loses nothing
    assert "Sent: 12%" in texts(again)
    again.radio("class_after_matrix").set_value(LESSONS["matrix"].check.options[1]).run()
    again.button("class_send_after").click().run()
    assert len(own_answers(own_workspace.root, code, STUDENT)) == 3
    assert read_learning(own_workspace.space(STUDENT).folder) == {}  # only the class has them

    for number in range(3):
        for kind, value in (("before", 0), ("prediction", 40), ("after", 1)):
            add_answer(own_workspace.root, code, f"{number:032x}", "matrix", kind, value)
    teacher.run()
    no_errors(teacher)
    assert "4 taking part" in texts(teacher)
    assert "Right before 0%, after 100%: change +100 [+100, +100] percentage points, 4 students" in texts(teacher)
    assert "4 predictions: their median is 40%" in everything_on(teacher).replace("<br>", " ")
    teacher.selectbox("class_lesson").set_value("real").run()
    no_errors(teacher)
    student.run()
    assert LESSONS["real"].question.text in texts(student)
    projector.run()  # another window of the teacher's follows, and does not bring its own lesson back
    no_errors(projector)
    assert projector.selectbox("class_lesson").value == "real"
    student.run()
    assert LESSONS["real"].question.text in texts(student)

    teacher.button("class_confirm").click().run()
    no_errors(teacher)
    assert not list((own_workspace.root / "classes").iterdir())
    student.run()
    student.run()
    assert WORDS["class_unknown"] in texts(student)
    assert read_learning(own_workspace.space(STUDENT).folder) == {}
    assert read_learning(own_workspace.space("1" * 32).folder)["classes"] == {}


def test_a_prediction_that_a_student_makes_in_a_lesson_is_kept_by_the_class_alone(
    own_workspace: Workspace, run_id: str
) -> None:
    found, key = open_class(own_workspace.root, "matrix", "", "en")
    app = opened("2" * 32, code=found.code, tab="costs")
    app.slider("learn_guess_costs").set_value(2.5)
    app.button("learn_keep").click().run()
    no_errors(app)
    assert [(one.lesson, one.value) for one in answers_of(own_workspace.root, found.code)] == [("costs", 2.5)]
    assert "You predicted 2.5 of 10." in texts(opened("2" * 32, code=found.code, tab="costs"))
    app.button("learn_reset").click().run()
    assert answers_of(own_workspace.root, found.code) == () and len(app.slider) == 1
    app.button("learn_keep").click().run()
    other = opened("2" * 32, code=found.code, tab="embeddings", run=run_id)  # not the run that the class asks about
    other.button("learn_keep").click().run()
    no_errors(other)
    assert {one.lesson for one in answers_of(own_workspace.root, found.code)} == {"costs"}
    assert read_learning(own_workspace.space("2" * 32).folder) == {f"embeddings@{run_id}": {"prediction": 5.0}}
    close_class(own_workspace.root, found.code, key)
    assert "You predicted" not in texts(opened("2" * 32, code=found.code, tab="costs"))


def test_a_class_shows_the_numbers_of_its_own_run_whatever_its_teacher_opens(
    own_workspace: Workspace, run_id: str
) -> None:
    teacher = opened(SPACE, tab="class")  # no run in the link: the newest is open
    teacher.button("class_open").click().run()
    code = param(teacher, "code")
    assert f"run={run_id}" in teacher.code[0].value
    student = opened("6" * 32, tab="class")  # types the code
    student.text_input("class_code").set_value(code.lower())
    student.button[[button.label for button in student.button].index(WORDS["class_join_button"])].click().run()
    no_errors(student)
    assert param(student, "run") == run_id and param(student, "code") == code
    student.button("class_send_prediction").click().run()
    teacher = opened(SPACE, tab="class", code=code, run=SAMPLE_RUN)
    teacher.toggle("class_show_truth").set_value(True).run()
    no_errors(teacher)
    filled = LESSONS["matrix"].question.shown(100 * matrix_excerpt(planted_dataset()).filled)
    assert f"measured: {filled}" in everything_on(teacher) and "2.68%" not in everything_on(teacher)
    teacher.button("class_confirm").click().run()


def test_a_prediction_and_its_answer_belong_to_the_run_they_were_made_on(run_id: str) -> None:
    space, own = "7" * 32, LESSONS["matrix"].question.shown(100 * matrix_excerpt(planted_dataset()).filled)
    sample = opened(space, tab="matrix")
    sample.slider("learn_guess_matrix").set_value(30.0)
    sample.button("learn_keep").click().run()
    sample.button("learn_reveal").click().run()
    app = opened(space, tab="matrix", run=run_id)
    no_errors(app)
    assert "You predicted" not in texts(app) and f"It is {own}" not in texts(app) and len(app.slider) == 1
    app.slider(f"learn_guess_matrix@{run_id}").set_value(40.0)
    app.button("learn_keep").click().run()
    assert "You predicted 40%." in texts(opened(space, tab="matrix", run=run_id))
    assert "You predicted 30%; it is 2.68%" in texts(opened(space, tab="matrix", run=SAMPLE_RUN))


@pytest.mark.usefixtures("own_workspace")
def test_the_tour_is_offered_once_goes_from_page_to_page_and_is_remembered(own_workspace: Workspace) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = "3" * 32
    app.run()
    assert WORDS["guide_offer"] in [str(element.value) for element in app.sidebar.markdown]
    app.sidebar.button("guide_no").click().run()
    no_errors(app)
    assert WORDS["guide_offer"] not in [str(element.value) for element in app.sidebar.markdown]
    app = opened("3" * 32, tab="stories")
    no_errors(app)
    assert {"guide_start_tour", "guide_start_social-shop"} <= {button.key for button in app.button}
    app = opened("3" * 32, guide="tour.8")
    no_errors(app)
    assert any("8 of 8" in str(line.value) for line in app.sidebar.caption)
    app.sidebar.button("guide_leave").click().run()
    no_errors(app)
    kept = read_learning(own_workspace.space("3" * 32).folder)["guide_tour"]
    assert not param(app, "guide") and kept == {"left": True}


@pytest.mark.usefixtures("own_workspace")
@pytest.mark.parametrize("guide", ["tour.0", "tour.99", "tour.x", "nothing.1", "<b>.1", "tour"])
def test_a_link_to_a_step_that_does_not_exist_shows_the_page_without_it(guide: str) -> None:
    app = opened("4" * 32, guide=guide)
    no_errors(app)
    assert "guide_leave" not in {button.key for button in app.sidebar.button}


@pytest.mark.usefixtures("own_workspace")
def test_the_last_step_of_a_story_asks_for_a_decision_and_keeps_it() -> None:
    app = opened("5" * 32, guide="social-shop.5", run="sample")
    no_errors(app)
    app.sidebar.button("guide_keep").click().run()
    no_errors(app)
    assert any("You would keep α = 0." in str(line.value) for line in app.sidebar.markdown)
    again = opened("5" * 32, guide="social-shop.5", run="sample", lang="zh")
    assert any("你选择保持 α = 0" in str(line.value) for line in again.sidebar.markdown)
    again.sidebar.button("guide_undo").click().run()
    assert "guide_transfer" in {button.key for button in again.sidebar.button}


def test_the_lesson_on_evidence_ends_with_the_learners_newest_current_study_under_the_same_rule(
    own_workspace: Workspace, run_id: str
) -> None:
    space, data = own_workspace.space(SPACE), planted_dataset()

    def save(verdict: str, rule: str, **fields: object) -> str:
        meta = {"fingerprint": data.fingerprint, "repeats": rule}
        return space.save_json("study", "s", {"level": "info", "verdict": verdict, **fields}, meta).id

    save("No <b>gain</b> is shown.", data.repeats.text, sources_cut=True, training="time")
    save("Under another rule.", "allow", sources_cut=True, training="time")
    save("Of an earlier version.", data.repeats.text)
    damaged = save("Damaged.", data.repeats.text, sources_cut=True, training="time")
    (space.path(damaged) / "content.json").write_text("{", "utf-8")
    app = opened(SPACE, run=run_id, tab="real")
    no_errors(app)
    assert "Your newest study says: No <b>gain</b> is shown." in texts(app)
    assert r"\<b\>" in " ".join(str(element.value) for element in app.markdown)
    assert "learn_study" in {button.key for button in app.button}

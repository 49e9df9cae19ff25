"""The lessons in both languages: the same places, the same keys, and figures that fill every place."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from recsys.workspace.sample_run import SAMPLE_RUN_FOLDER
from ui.components.terms import link_name
from ui.glossary import glossary_in
from ui.language import LANGUAGES
from ui.learn.figures import build
from ui.learn.measure import MEASURES, measured, truth
from ui.learn.question import comparison
from ui.learn.ranges import with_range
from ui.learn.sample_figures import FILE
from ui.learn.texts import FOLDER, Question, fill, lessons, placeholders, read, words

KEYS = list(lessons("en"))
OTHERS = [lang for lang in LANGUAGES if lang != "en"]
CHINESE = re.compile("[\u4e00-\u9fff]")


def test_there_are_nine_lessons_in_the_same_order_in_each_language() -> None:
    assert len(KEYS) == 9 and set(KEYS) == set(MEASURES)
    for lang in OTHERS:
        assert list(lessons(lang)) == KEYS


@pytest.mark.parametrize("file", sorted(path.name for path in (FOLDER / "en").glob("*.md")))
@pytest.mark.parametrize("lang", OTHERS)
def test_every_text_has_the_keys_and_places_of_the_english_one(lang: str, file: str) -> None:
    english, body = read(FOLDER / "en" / file)
    other, translated = read(FOLDER / lang / file)
    if file == "glossary.md":
        assert set(other) == set(glossary_in("en"))
        assert all(" | " in text and text.endswith("。") for text in other.values())
        return
    assert set(other) == set(english)
    for key in english:
        assert placeholders(other[key]) == placeholders(english[key]), key
    assert placeholders(translated) & {"truth_text", "truth_number", "run"} <= placeholders(body)
    assert all(CHINESE.search(text) for key, text in other.items() if english[key] != text and len(text) > 12)
    if file[0].isdigit():
        assert all(other[name] == english[name] for name in ("low", "high", "step", "check_right", "figure"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_the_figure_fills_every_place_and_hides_the_answer_until_it_is_revealed(lang: str, key: str) -> None:
    lesson, (data, _) = lessons(lang)[key], measured(None, key)
    hidden, shown = (build(lesson, data, "run", revealed) for revealed in (False, True))
    for built in (hidden, shown):
        for figure in built.figures:
            assert not any(placeholders(text) for text in (*figure.sentences, figure.note, *figure.positions))
            assert all(len(row) == len(table.columns) for table in figure.tables for row in table.rows)
    assert not placeholders(fill(lesson.answer, **shown.values)) - {"softmax"}
    if key not in ("matrix",):  # the share of the whole matrix is in no position of its figure
        assert [f.as_data() for f in hidden.figures] != [f.as_data() for f in shown.figures]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_the_measured_value_can_be_predicted_and_the_question_has_one_right_option(lang: str, key: str) -> None:
    lesson = lessons(lang)[key]
    assert lesson.question.low <= truth(key, measured(None, key)[0]) <= lesson.question.high
    assert 2 <= len(lesson.check.options) <= 4 and 0 <= lesson.check.right < len(lesson.check.options)
    assert lesson.notes and lesson.answer and 3 <= len(lesson.paragraphs) <= 8


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_link_to_a_term_has_an_entry(lang: str) -> None:
    known = {link_name(term) for term in glossary_in(lang)}
    for lesson in lessons(lang).values():
        text = " ".join((*lesson.paragraphs, lesson.answer, lesson.notes))
        assert set(re.findall(r"\(#term-([^)]+)\)", text)) <= known, lesson.key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_worked_numbers_of_the_lessons_are_the_ones_of_the_issue(lang: str) -> None:
    text = " ".join(lessons(lang)["transfer"].paragraphs)
    assert r"(0.45,\ 0.6),\ (0.45,\ 0.7),\ (0.65,\ 0.65)" in text
    attention = " ".join(lessons(lang)["attention"].paragraphs)
    for number in ("2.09", "1.045", "8.651", "0.329", "0.810"):
        assert number in attention
    assert r"\tfrac{QK^\top}{\sqrt{d_k}}" in attention and r"\tfrac{QK^\top}{d_k}" in attention


def test_formulas_keep_their_braces() -> None:
    assert fill(r"\frac{a}{b} of {run}", run="x") == r"\frac{a}{b} of x"
    assert fill("{text}", text="y") == "y"


def test_numbers_are_shown_with_the_unit_and_the_precision_of_the_question() -> None:
    assert Question("", "%", 0, 100, 1).shown(2.68) == "2.68%"
    assert Question("", "%", 0, 1, 0.01).shown(0.04123) == "0.0412%"
    assert Question("", "changes", 0, 2000, 1).shown(1234.0) == "1,234 changes"
    assert Question("", "", 0, 1, 0.05).shown(0.675) == "0.675"
    assert Question("", "of 10", 0, 10, 0.5).shown(0.0) == "0.0 of 10"
    assert Question("", "%", 0, 100, 1).shown(30) == "30%"
    assert Question("", "", 0, 1, 0.05).shown(0.7) == "0.70"
    assert Question("", "of 10", 0, 10, 0.5).shown(0.6) == "0.6 of 10"


@pytest.mark.parametrize("filled", [3e-7, 0.0004, 0.0049, 0.0268, 0.3, 1.0])
def test_the_slider_for_the_filled_share_suits_any_data_and_zero_is_not_exact(filled: float) -> None:
    lesson = with_range(lessons("en")["matrix"], {"filled": filled})
    question = lesson.question
    assert question.low < 100 * filled <= question.high and question.high / question.step == pytest.approx(100)
    assert filled > 0.1 or question.high >= 10 * 100 * filled  # the range does not tell it
    assert 100 * filled >= 0.999 * question.step  # and does not hide it between two positions
    zero = comparison(question, words("en"), 0.0, 100 * filled)
    assert "Exactly right" not in zero and "it is 0%" not in zero and " 0 percentage points" not in zero


def test_the_slider_for_the_changes_holds_any_number_of_them() -> None:
    for changes, high in ((118, 200), (201, 500), (501, 1_000), (4_000, 5_000), (5_001, 10_000)):
        question = with_range(lessons("en")["transfer"], {"starts": [0.0] * (changes + 1)}).question
        assert (question.high, question.step) == (high, 1)
        assert "Exactly right" in comparison(question, words("en"), changes, changes)


def test_the_older_items_of_a_long_history_share_one_bar_that_is_counted_last() -> None:
    data = measured(None, "interests")[0]
    figure = build(lessons("en")["interests"], data, "run", True).figures[0]
    assert figure.positions == [*(str(n) for n in range(1, 13)), "38"]
    assert figure.drawing["labels"][-1] == "26 older items together"
    assert [sum(bar[0]) for bar in figure.drawing["bars"]] == pytest.approx([1, 1], abs=1e-4)
    assert figure.drawing["counted"][-1] == len(figure.drawing["labels"]) and "100%" in figure.sentences[-1]


def test_the_sentence_on_attention_is_about_the_item_of_the_question_at_each_divisor() -> None:
    head = {"layer": 1, "head": 1, "d_k": 16, "products": [9.0, 8.0, 0.0], "distance": [0.0, 0.0, 1.4]}
    data = {"titles": ["first", "second", "third"], "heads": [head], "name": "u"}
    built = build(lessons("en")["attention"], data, "run", True)
    assert all("“first”" in sentence for sentence in built.figures[0].sentences)
    assert built.values["truth_text"].replace("\\", "") in next(
        s for s in built.figures[0].sentences if "Divided by d_k" in s
    )


def test_the_filled_cells_are_told_beside_the_interactions_that_filled_them() -> None:
    data = measured(None, "matrix")[0]
    built = build(lessons("en")["matrix"], data, "run", True)
    assert built.values["filled_cells"] == "79,407" and built.values["interactions"] == "82,159"
    assert data["n_cells"] / (data["n_users"] * data["n_items"]) == pytest.approx(data["filled"], rel=1e-5)


def test_the_figures_of_the_sample_are_those_of_its_run() -> None:
    """Cheap lessons are measured again; their file may not be older than the sample."""
    from ui.learn.measure import measure
    from ui.run_context import run_context

    context = run_context(str(SAMPLE_RUN_FOLDER))
    for key in ("matrix", "attention"):
        new, kept = measure(context, key), measured(None, key)[0]
        assert set(new) == set(kept)
        if key == "matrix":
            assert new == kept
        else:
            np.testing.assert_allclose(new["heads"][0]["products"], kept["heads"][0]["products"], rtol=1e-3, atol=1e-3)
    assert FILE.stat().st_size < 60_000


def test_front_matter_without_a_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("no front matter", "utf-8")
    (tmp_path / "b.md").write_text("---\nnonsense\n---\n", "utf-8")
    for name in ("a.md", "b.md"):
        with pytest.raises(ValueError, match=name):
            read(tmp_path / name)


def test_words_of_the_page_are_complete() -> None:
    code = " ".join(path.read_text("utf-8") for path in FOLDER.parent.glob("*.py"))
    names = set(re.findall(r'(?:words|shown)\["([a-z_]+)"\]', code))
    figures = {name for lesson in lessons("en").values() for name in lesson.words}
    assert len(names) > 60 and names - figures <= set(words("en"))

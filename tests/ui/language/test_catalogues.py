"""The files of translations: complete, with the places of the source, and nothing that the source no longer says."""

from __future__ import annotations

import json

import pytest

from recsys.errors import InputError
from recsys.wording import Message, from_json, in_a_row, listed, recognised, to_json, tr, tr_n, use_catalogue
from ui.language import FOLDER, LANGUAGES, _of_reader, in_language
from ui.language.po_files import places, read_file, sentences, sentences_in

SOURCE = sentences()
OTHERS = [lang for lang in LANGUAGES if lang != "en"]


@pytest.mark.parametrize("lang", OTHERS)
def test_the_files_hold_exactly_the_sentences_of_the_source(lang: str) -> None:
    """If red: python -m ui.language.po_files, and translate what is new."""
    files = {file.stem: file for file in (FOLDER / lang).glob("*.po")}
    assert set(files) == set(SOURCE)
    for package, file in files.items():
        assert {message.id for message in read_file(file) if message.id} == set(SOURCE[package]), package


@pytest.mark.parametrize("lang", OTHERS)
def test_every_sentence_is_translated_with_the_same_places(lang: str) -> None:
    for file in (FOLDER / lang).glob("*.po"):
        for message in (message for message in read_file(file) if message.id):
            templates = [message.id] if isinstance(message.id, str) else list(message.id)
            texts = [message.string] if isinstance(message.string, str) else list(message.string)
            assert all(texts) and not message.fuzzy, (file.name, message.id)
            wanted = set().union(*(places(template) for template in templates))
            assert all(places(text) <= wanted for text in texts), (file.name, message.id)
            assert wanted <= places(texts[-1]) | {"n", "n:,"}, (file.name, message.id)


def test_one_sentence_has_one_translation() -> None:
    for lang in OTHERS:
        known: dict[str, str] = {}
        for file in (FOLDER / lang).glob("*.po"):
            for message in (message for message in read_file(file) if isinstance(message.id, str) and message.id):
                first = known.get(message.id) or message.string
                assert message.string in ("", first), (file.name, message.id)
                known[message.id] = first


def test_sentences_are_found_in_the_source() -> None:
    source = (
        'tr("one {a}", a=1); Message("two" if x else y or "three"); tr_n("{n} day", "{n} days", 3)\n'
        'Message.plural("a row", "{n} rows", 2); raise InputError("alpha", "must be positive", 0, fix="Use 1.")\n'
        'option(2, "Layers", "How many.", 1, 9, choices={"a": "First"}, empty="never")'
    )
    found = {
        "Layers",
        "How many.",
        "First",
        "never",
        "one {a}",
        "two",
        "three",
        ("{n} day", "{n} days"),
        ("a row", "{n} rows"),
        "must be positive",
        "Use 1.",
    }
    assert set(sentences_in(source)) == found


def test_messages_are_worded_with_their_values_in_the_language_of_the_reader() -> None:
    chinese = {
        "{n:,} rows of {file}": "{file} 有 {n:,} 行",
        "the data": "数据",
        "{n} day": "{n} 天",
        "{n} days": "{n} 天",
    }
    message = Message("{n:,} rows of {file}", n=1234, file=Message("the data"))
    assert message == "1,234 rows of the data" == tr(message)
    use_catalogue(lambda: chinese)
    try:
        assert tr(message) == "数据 有 1,234 行"
        assert tr_n("{n} day", "{n} days", 3) == "3 天" and tr("unknown {text}", text="<b>") == "unknown <b>"
        assert tr("{braces} of data") == "{braces} of data", "a text without values is not a template"
    finally:
        use_catalogue(_of_reader)


def test_a_space_is_between_chinese_and_latin_letters_or_digits_at_a_value() -> None:
    chinese = {
        "{a} of {b}": "{b}的{a}",
        "{n:,} items": "{n:,}个物品",
        "item": "物品",
        "{share:.0%} kept": "保留{share:.0%}",
    }
    use_catalogue(lambda: chinese)
    try:
        assert tr("{a} of {b}", a="mean", b="elif-0080") == "elif-0080 的 mean"
        assert tr("{a} of {b}", a=Message("item"), b="小明") == "小明的物品"
        assert tr("{a} of {b}", a="（1）", b="“kenji”") == "“kenji”的（1）"
        assert tr("{n:,} items", n=1234) == "1,234 个物品" and tr("{share:.0%} kept", share=0.5) == "保留 50%"
        assert tr("{a} by {b}", a="小明", b="kenji") == "小明 by kenji", "English has its own spaces"
    finally:
        use_catalogue(_of_reader)


def test_words_and_sentences_in_a_row_are_one_message() -> None:
    assert listed(["a"]) == "a" and listed(["a", "b"]) == "a, b" and listed(["a", "b", "c"], "or") == "a, b or c"
    both = in_a_row([Message("One."), Message("{words} are here.", words=listed([Message("the data"), "b"], "and"))])
    assert both == "One. the data and b are here."
    chinese = {
        "{sentences} {sentence}": "{sentences}{sentence}",
        "One.": "一。",
        "{words} and {word}": "{words}和{word}",
    }
    use_catalogue(lambda: chinese | {"{words} are here.": "有{words}。", "the data": "数据"})
    try:
        assert tr(both) == "一。有数据和 b。"
    finally:
        use_catalogue(_of_reader)


def test_what_an_error_got_is_worded_too() -> None:
    error = InputError("a.csv", "must be a table", Message("a {kind}", kind="web\npage"), "Save it.")
    use_catalogue(lambda: {"a {kind}": "{kind} 文件"})
    try:
        assert tr(error.message) == "a.csv must be a table (got web\\npage 文件). Save it."
        assert str(error) == "a.csv must be a table (got a web\\npage). Save it."
    finally:
        use_catalogue(_of_reader)


def test_messages_cross_to_another_process_and_are_recognised_in_saved_texts() -> None:
    message = Message("{n:,} rows of {file}", n=1234, file=Message("the data"))
    there = from_json(json.loads(json.dumps(to_json({"text": message, "rows": ({"epoch": 1},)}))))
    assert there == {"text": message, "rows": [{"epoch": 1}]}
    assert there["text"].template == message.template and isinstance(there["text"].values["file"], Message)
    saved = recognised("1,234 items (a.b) of x", "{n:,} users", "{n:,} items (a.b) of {file}")
    assert isinstance(saved, Message) and saved.values == {"n": 1234, "file": "x"}
    assert recognised("12 items", "{n} users") == "12 items"


def test_a_file_is_worded_in_the_language_of_the_page_that_offered_it() -> None:
    assert in_language("zh", lambda: tr("Stop")) == "停止"
    assert in_language("en", lambda: tr("Stop")) == "Stop" == tr("Stop")

"""The words of browser components: found in scripts and pages, and translated."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.wording import use_catalogue
from ui.components.words import component_words, sentences_of
from ui.language import _of_reader

FOLDER = Path(__file__).parents[3] / "ui" / "components"
CHINESE = {"{n} more": "多 {n}", "Zoom in": "放大"}


def test_sentences_of_scripts_and_pages_get_their_translations() -> None:
    script = 'write(say("{n} more", { n }), `${n}`, say("the \\"list\\""));'
    page = '<p title="Zoom in">Two\n words <b>+</b></p>'
    assert list(sentences_of(script)) == ["{n} more", 'the "list"']
    assert set(sentences_of(page)) == {"Zoom in", "Two words"}
    use_catalogue(lambda: CHINESE)
    try:
        assert component_words(page, script) == {"Zoom in": "放大", "{n} more": "多 {n}"}
    finally:
        use_catalogue(_of_reader)
    assert component_words(page, script) == {}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*/*.js")), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_script_says_only_literals(file: Path) -> None:
    """Else the catalogues would not find the sentence."""
    source = file.read_text("utf-8")
    assert source.count("say(") == len(list(sentences_of(source)))

"""The samples load as uploads do, and contain what their descriptions say."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache

import pytest

from recsys.__main__ import main as shell
from recsys.data.loading import Loaded
from recsys.data.samples import FOLDER, SAMPLES, in_language, load_sample, sample_files, sample_of
from recsys.errors import UnknownIdError
from recsys.runs import load_run
from sample_data.build.community import BOT, USER_COLUMNS
from sample_data.build.items import SCENARIOS

HAN = re.compile(r"[\u4e00-\u9fff]")


@cache
def loaded(name: str) -> Loaded:
    return load_sample(name)


@pytest.mark.parametrize("name", [sample.name for sample in SAMPLES])
def test_a_sample_loads_with_the_rows_that_it_describes(name: str) -> None:
    sample, card = loaded(name), sample_of(name)
    assert sample.report.rows_read == card.rows == sample_files(name)[0].count(b"\n") - 1
    assert sample.report.rows_read == sample.report.rows_kept + sum(sample.report.dropped.values())
    assert BOT not in sample.dataset.users
    assert set(sample.dataset.user_table.columns) == set(USER_COLUMNS[1:])
    wanted = set(SCENARIOS) if name == "all" else {name}
    assert set(sample.dataset.catalogue.scenario_names) == wanted
    assert card.title and card.content and card.to_find


def test_cleaning_drops_the_planted_invalid_rows() -> None:
    truth = json.loads(gzip.decompress((FOLDER / "truth.json.gz").read_bytes()))["dirty_rows"]
    report = loaded("all").report
    expected = {"missing_user": "missing_user", "missing_item": "missing_item", "broken_time": "unparsable_time"}
    for planted, reason in (expected | {"impossible_time": "impossible_time", "bot": "bot"}).items():
        lines = report.rows_of(reason)["line"].to_pylist()
        assert lines == [number + 1 for number in truth[planted]]  # line 1 is the header
    duplicates = set(report.rows_of("duplicate")["line"].to_pylist())
    assert {number + 1 for number in truth["duplicate"]} <= duplicates  # a double tap in one second adds a few


def test_titles_texts_and_tags_reach_the_catalogue() -> None:
    catalogue = loaded("courses").dataset.catalogue
    assert len(set(catalogue.titles[1:])) == len(catalogue.titles) - 1
    assert sum(bool(text) for text in catalogue.texts) > 0.9 * len(catalogue.texts)
    assert all(1 < len(tags) <= 6 for tags in catalogue.tags if tags)


def test_the_sample_in_chinese_has_the_same_rows_and_other_texts() -> None:
    english, chinese = loaded("courses").dataset, load_sample("courses", "zh").dataset
    assert chinese.rows_fingerprint == english.rows_fingerprint
    assert chinese.fingerprint != english.fingerprint
    assert chinese.name == "在线课程（示例）"
    assert chinese.catalogue.scenarios == english.catalogue.scenarios
    for field in ("titles", "texts"):
        texts = getattr(chinese.catalogue, field)
        assert [bool(text) for text in texts] == [bool(text) for text in getattr(english.catalogue, field)]
        assert all(HAN.search(text) for text in texts if text)
    assert all(HAN.search(tag) for tags in chinese.catalogue.tags for tag in tags)
    assert [len(tags) > 1 for tags in chinese.catalogue.tags] == [len(tags) > 1 for tags in english.catalogue.tags]
    assert set(chinese.user_table["地区"]) == {"", "海岸", "山地", "湖区", "城市", "平原"}
    assert len(chinese.user_table.columns) == len(english.user_table.columns)


def test_figures_of_the_sample_are_worded_in_chinese() -> None:
    shown = {
        "titles": [["Greenspindle Seedling Lamp, Mark II", "social"]],
        "interests": "hiking, board games",
        "n": 1.5,
    }
    assert in_language(shown, "en") is shown
    assert in_language(shown, "zh") == {
        "titles": [["青纺锤育苗灯·二代", "social"]],
        "interests": "徒步、桌游",
        "n": 1.5,
    }
    miniature = json.loads((FOLDER / "miniature.json").read_text("utf-8"))["shown"]
    chinese = in_language(miniature, "zh")
    assert all(HAN.search(title) for title in chinese["titles"])
    assert {key for key in chinese if chinese[key] != miniature[key]} == {"titles", "tag_names", "target", "source"}


def test_an_unknown_sample_or_language_is_refused() -> None:
    with pytest.raises(UnknownIdError, match="must be one of all, social, shop, courses, entertainment"):
        load_sample("games")
    with pytest.raises(UnknownIdError, match=r"the language of the sample must be one of en, zh \(got fr\)"):
        load_sample("all", "fr")


def test_the_shell_reads_the_sample_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert shell(["inspect", "--sample", "courses", "--language", "zh", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows_read"] == sample_of("courses").rows
    assert shell(["inspect", "mine.csv", "--sample", "all"]) == 2
    assert "--sample must be given without file" in capsys.readouterr().err


def test_the_shipped_run_belongs_to_the_current_sample_and_knows_what_was_dropped() -> None:
    run, dataset = load_run(FOLDER / "run")
    fresh = load_sample("all").dataset
    assert dataset.cleaning == fresh.cleaning and dataset.cleaning is not None
    assert (dataset.cleaning.rows_read, dataset.cleaning.rows_kept) == (84_971, 82_159)
    assert run.dataset_fingerprint == dataset.fingerprint == fresh.fingerprint

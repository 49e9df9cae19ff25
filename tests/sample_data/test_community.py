"""The sample: the code writes the committed files, and what was planted is in the rows."""

from __future__ import annotations

import gzip
import itertools
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from recsys.errors import InputError
from sample_data.build.__main__ import FOLDER, main
from sample_data.build.community import BOT, INVALID_ROWS, SampleCommunity, build_community
from sample_data.build.items import GENERAL, SCENARIOS, SampleItem, titled
from sample_data.build.phrases import ENGLISH
from sample_data.build.phrases_zh import CHINESE
from sample_data.build.users import HALFWAY
from sample_data.build.word_bank import interests


@pytest.fixture(scope="module")
def made() -> SampleCommunity:
    return build_community()


def plain(name: str, content: bytes) -> bytes:
    return gzip.decompress(content) if name.endswith(".gz") else content


def test_the_code_writes_the_committed_files(made: SampleCommunity) -> None:
    for name, content in made.files().items():
        assert plain(name, content) == plain(name, (FOLDER / name).read_bytes()), name


def test_all_sample_files_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= 6_000_000


def test_the_sample_has_the_documented_size(made: SampleCommunity) -> None:
    assert len(made.users) == 1500
    assert 60_000 <= len(made.rows) <= 110_000
    assert 1600 <= len(made.items) <= 2400
    assert {item.scenario for item in made.items} == set(SCENARIOS)
    assert len({item.interest for item in made.items} - {GENERAL}) == 12
    assert len({item.title for item in made.items}) == len(made.items)
    assert all(item.title and item.text and len(item.tags) >= 2 for item in made.items)


def test_the_items_in_chinese_are_the_same_items(made: SampleCommunity) -> None:
    def planted(item: SampleItem) -> tuple[object, ...]:
        return item.item_id, item.scenario, item.interest, item.theme, item.series, item.part, len(item.tags)

    for english, chinese in zip(made.items, made.chinese, strict=True):
        assert planted(english) == planted(chinese)
        assert chinese.title != english.title and chinese.text != english.text
    assert len({item.title for item in made.chinese}) == len(made.chinese)
    assert len({tag for item in made.chinese for tag in item.tags}) == len({t for i in made.items for t in i.tags})


def test_the_phrases_of_all_languages_are_as_many() -> None:
    """Else the same random numbers would choose other phrases, and everything after them would differ."""
    for field in fields(ENGLISH):
        one, other = getattr(ENGLISH, field.name), getattr(CHINESE, field.name)
        if isinstance(one, str):
            assert set(re.findall(r"\{\w+\}", one)) == set(re.findall(r"\{\w+\}", other))
        elif isinstance(one, Mapping):
            assert [(key, len(one[key])) for key in one if not isinstance(one[key], str)] == [
                (key, len(other[key])) for key in other if not isinstance(other[key], str)
            ]
            assert list(one) == list(other)
        else:
            assert len(one) == len(set(one)) == len(set(other))
    for one_interest, other_interest in zip(interests(), interests("zh"), strict=True):
        assert [len(theme.facets) for theme in other_interest.themes] == [6] * 6
        assert [len(theme.products) for theme in other_interest.themes] == [4] * 6
        assert len(one_interest.tags) == len(other_interest.tags)


def test_a_fifth_of_the_users_is_cold_in_one_scenario(made: SampleCommunity) -> None:
    scenario_of = {item.item_id: item.scenario for item in made.items}
    seen = Counter((user, scenario_of.get(item)) for user, item, _, _ in made.rows)
    cold = [user for user in made.users if user.cold]
    assert 0.15 < len(cold) / len(made.users) < 0.25
    assert all(seen[user.user_id, user.cold] <= 3 for user in cold)  # 0–2, and perhaps a planted duplicate


def test_users_follow_their_planted_interests_and_drift_half_way(made: SampleCommunity) -> None:
    interest_of = {item.item_id: item.interest for item in made.items}
    taken: dict[tuple[str, bool], Counter[str]] = defaultdict(Counter)
    for user, item, time, _ in made.rows:
        if time.isdigit() and item:
            taken[user, int(time) >= HALFWAY][interest_of[item]] += 1
    hits = {True: [0, 0], False: [0, 0]}
    for user in made.users:
        if not user.drifts:
            continue
        new = max(user.after, key=lambda name: user.after[name])
        for late in (False, True):
            counts = taken[user.user_id, late]
            hits[late][0] += counts[new]
            hits[late][1] += counts.total()
    assert hits[True][0] / hits[True][1] > 0.4
    assert hits[False][0] / hits[False][1] < 0.1
    assert 0.2 < sum(user.drifts for user in made.users) / len(made.users) < 0.4


def test_series_are_mostly_taken_in_order(made: SampleCommunity) -> None:
    part_of = {item.item_id: (item.scenario, item.series, item.part) for item in made.items}
    last: dict[tuple[str, str, str], int] = {}
    onward = other = 0
    for user, item, _, _ in made.rows:
        if user and user != BOT and item in part_of and not part_of[item][1].startswith(GENERAL):
            scenario, series, part = part_of[item]
            before = last.get((user, scenario, series))
            if before is not None and before != part:
                onward, other = onward + (part == before + 1), other + (part != before + 1)
            last[user, scenario, series] = part
    assert onward > 2 * other


def test_the_next_session_often_keeps_the_theme_and_changes_the_scenario(made: SampleCommunity) -> None:
    theme_of = {item.item_id: (item.theme, item.scenario) for item in made.items}
    last: dict[str, tuple[str, str]] = {}
    kept = hops = 0
    for user, item, _, _ in made.rows:
        if user and user != BOT and item in theme_of and theme_of[item][0] != GENERAL:
            theme, scenario = theme_of[item]
            if user in last and last[user][1] != scenario:
                hops, kept = hops + 1, kept + (last[user][0] == theme)
            last[user] = theme, scenario
    assert kept / hops > 0.3  # 72 themes: by chance it would be a few percent


def test_the_invalid_rows_are_where_the_truth_says(made: SampleCommunity) -> None:
    row = dict(enumerate(made.rows, 1))
    assert {kind: len(rows) for kind, rows in made.invalid.items() if kind != "bot"} == INVALID_ROWS
    assert all(not row[n][0] for n in made.invalid["missing_user"])
    assert all(not row[n][1] for n in made.invalid["missing_item"])
    assert all(not row[n][2].isdigit() for n in made.invalid["broken_time"])
    assert all(int(row[n][2]) > 4e9 for n in made.invalid["impossible_time"])
    assert all(row[n] == row[n - 1] for n in made.invalid["duplicate"])
    assert {row[n][0] for n in made.invalid["bot"]} == {BOT}
    times = [int(row[n][2]) for n in made.invalid["bot"]]
    assert {b - a for a, b in itertools.pairwise(times)} == {5}


def test_items_and_users_have_a_long_tail(made: SampleCommunity) -> None:
    items = sorted(Counter(item for user, item, _, _ in made.rows if item and user != BOT).values(), reverse=True)
    per_user = sorted(Counter(user for user, _, _, _ in made.rows if user and user != BOT).values())
    assert sum(items[: len(items) // 5]) > 0.4 * sum(items)
    assert per_user[len(per_user) // 10] * 6 < per_user[-len(per_user) // 50]


def test_the_truth_file_equals_the_generated_truth(made: SampleCommunity) -> None:
    truth = json.loads(gzip.decompress((FOLDER / "truth.json.gz").read_bytes()))
    assert truth == json.loads(json.dumps(made.truth()))
    assert all(math.isclose(sum(user["before"].values()), 1, abs_tol=1e-9) for user in truth["people"].values())


def test_another_seed_gives_other_rows_and_files_can_be_written_elsewhere(tmp_path: Path) -> None:
    small, other = build_community(seed=1, n_users=30), build_community(seed=2, n_users=30)
    assert small.rows == build_community(seed=1, n_users=30).rows != other.rows
    assert main(["--out", str(tmp_path)]) == 0
    assert (tmp_path / "people.csv").read_bytes() == (FOLDER / "people.csv").read_bytes()
    with pytest.raises(InputError, match="between 10 and 20,000"):
        build_community(n_users=3)


def test_titles_keep_small_words_in_lower_case() -> None:
    assert titled("game master's screen") == "Game Master's Screen"
    assert titled("wind on the crest") == "Wind on the Crest"

"""Files that are one scenario each: what their scenarios are called."""

from __future__ import annotations

import pytest

from ui.data.reading import scenario_names


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["books.csv", "music.tsv.gz"], ["books", "music"]),
        (["reviews.books.csv", "reviews.music.csv"], ["reviews.books", "reviews.music"]),
        (["2024.01.csv", "2024.02.csv"], ["2024.01", "2024.02"]),
        (["books/rows.csv", "music/rows.csv"], ["books/rows", "music/rows"]),
        (["shop.CSV", "shop.parquet"], ["shop", "shop (2)"]),
        ([".csv", "shop"], [".csv", "shop"]),
    ],
)
def test_each_file_is_a_scenario_of_its_own_name(files: list[str], expected: list[str]) -> None:
    assert scenario_names(files) == expected

"""What is counted once for a catalogue and a dataset: tags, titles as a search compares them, items by popularity."""

from __future__ import annotations

import pytest

from recsys.data.dataset import Catalogue
from recsys.data.ids import IdMap
from tests.models.small import dataset_of

CATALOGUE = Catalogue(
    ("", "ＡＢＣ", " Straße "), ("",) * 3, ((), ("RPG", "ＲＰＧ", "walks", "walks"), ("walks",)), ("",) * 3
)


def test_tags_are_counted_by_item_and_sorted() -> None:
    assert CATALOGUE.tag_counts == {"RPG": 1, "ＲＰＧ": 1, "walks": 2}
    assert CATALOGUE.tag_names == ("RPG", "walks", "ＲＰＧ")


def test_forms_of_a_tag_are_one_column_and_an_item_has_it_once() -> None:
    matrix, names = CATALOGUE.tag_matrix
    assert names == ("RPG", "walks")
    assert matrix.toarray().tolist() == [[0, 0], [1, 1], [0, 1]]


def test_titles_and_ids_are_folded_in_their_order() -> None:
    assert CATALOGUE.folded_titles == ("", "abc", "strasse")
    assert IdMap(["Ann", "ＢＯＢ"], first=0).folded == ("ann", "bob")


def test_the_most_popular_items_come_first_and_equal_ones_by_index() -> None:
    order = dataset_of([[2, 4, 4], [2, 1]], 5).by_popularity
    assert order.tolist() == [2, 4, 1, 3, 5]
    with pytest.raises(ValueError, match="read-only"):
        order.sort()

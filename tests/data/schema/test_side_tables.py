"""Cells of side tables: tags in every separator that is in use."""

from __future__ import annotations

import pytest

from recsys.data.schema.side_tables import split_tags


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("Crime|Drama|Crime", ("Crime", "Drama")),
        ("Drama, set in Rome; Crime", ("Drama, set in Rome", "Crime")),
        ('["a, b", "c"]', ("a, b", "c")),
        ("户外、山径、户外", ("户外", "山径")),
        ("户外，山径", ("户外", "山径")),
        ("户外、山径；厨房｜美食", ("户外、山径", "厨房", "美食")),
        ("none", ()),
    ],
)
def test_tags_of_a_cell(cell: str, tags: tuple[str, ...]) -> None:
    assert split_tags(cell) == tags

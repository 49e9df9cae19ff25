"""The figures of the data have the right numbers, and text from the data stays text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.charts import data as charts
from recsys.charts.style import alternative_of
from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap
from tests.conftest import planted_dataset

HOSTILE = "<script>alert(1)</script>" * 4


def tiny() -> Dataset:
    return Dataset(
        users=IdMap(["<b>ann</b>", "bob"], first=0),
        items=IdMap(["a", "b"]),
        offsets=np.array([0, 3, 4]),
        sequence=np.array([1, 2, 1, 2], dtype=np.int32),
        timestamps=np.array([0.0, 86_400.0, 14 * 86_400.0, 14 * 86_400.0]),
        catalogue=Catalogue(("", HOSTILE, "b"), ("", "", ""), ((), (), ()), ("", "<i>x</i>", "y")),
    )


def test_the_flow_counts_every_row_and_draws_small_flows_visibly() -> None:
    figure = charts.flow(1000, 990, {"exact duplicate": 9, "missing id": 1, "unused": 0})
    assert figure.layout.title.text == "990 of 1,000 rows are kept (99%); 10 are dropped"
    sankey = figure.data[0]
    assert list(sankey.node.label) == ["read · 1,000", "kept · 990", "exact duplicate · 9", "missing id · 1"]
    assert list(sankey.link.value) == [990, 12, 12]
    assert "9 exact duplicate, 1 missing id" in alternative_of(figure)
    assert charts.flow(5, 5, {}).layout.title.text == "All 5 rows are kept"


def test_the_corner_shows_the_most_active_users_and_most_popular_items_first() -> None:
    figure = charts.corner(tiny())
    np.testing.assert_array_equal(figure.data[0].z, [[2, 1], [0, 1]])
    assert "25% of the cells are empty" in figure.layout.title.text.replace("<br>", " ")
    assert "<script" not in str(figure.data[0].customdata) and "<b>ann" not in str(figure.data[0].customdata)


def test_the_density_map_holds_every_row_once() -> None:
    planted = planted_dataset()
    figure = charts.density(planted)
    cells = planted.n_users * planted.n_items / figure.data[0].z.size
    assert np.sum(figure.data[0].customdata) * cells / 1000 == pytest.approx(planted.n_interactions)
    pairs = len({*zip(planted.user_of.tolist(), planted.sequence.tolist(), strict=True)})
    share = 100 * pairs / (planted.n_users * planted.n_items)
    assert figure.layout.title.text == f"{share:.0f}% of the user–item pairs have an interaction"


def test_the_density_counts_a_pair_once_however_often_it_occurs() -> None:
    often = replace(tiny(), offsets=np.array([0, 20, 20]), sequence=np.ones(20, dtype=np.int32), timestamps=None)
    assert charts.density(often).layout.title.text.startswith("25% of the user–item pairs")
    rare = replace(often, items=IdMap([f"i{n}" for n in range(50)]), catalogue=Catalogue.bare(list("i" * 50)))
    assert charts.density(rare).layout.title.text == "One user–item pair in 100 has an interaction"


def test_the_long_tail_names_the_share_that_holds_half() -> None:
    figure = charts.long_tail(tiny())
    assert figure.layout.title.text == "Half of all interactions go to 50% of the items"
    assert list(figure.data[1].y) == [0, 50, 100]


def test_activity_counts_weeks_without_gaps_and_has_a_title_without_times() -> None:
    figure = charts.activity(tiny())
    assert list(figure.data[0].y) == [2, 0, 2]
    assert figure.layout.title.text == "The busiest week, from 1969-12-29, has 2 interactions"
    assert figure.layout.xaxis.title.text == "3 weeks"
    assert "no times" in charts.activity(replace(tiny(), timestamps=None)).layout.title.text


def test_history_lengths_are_counted_in_doubling_bins() -> None:
    figure = charts.history_lengths(tiny())
    assert list(figure.data[0].x) == ["1", "2–3"]
    assert list(figure.data[0].y) == [1, 1]
    assert (
        figure.layout.title.text.replace("<br>", " ")
        == "The median history has 2 interactions; 2 users have fewer than 5"
    )


def test_overlap_shows_shares_of_users_and_falls_back_to_item_counts() -> None:
    figure = charts.overlap(tiny())
    np.testing.assert_allclose(figure.data[0].z, [[1, 1], [0.5, 1]])  # Ann is in both, Bob in y only
    assert "At least 50%" in figure.layout.title.text
    assert "<i>" not in str(figure.data[0].x)
    single = replace(tiny(), catalogue=Catalogue.bare(["a", "b"]))
    assert charts.overlap(single).layout.title.text == "2 of 2 items have fewer than 5 interactions"


@pytest.mark.parametrize("name", charts.SHAPES)
def test_every_figure_has_a_title_and_a_text_alternative(name: str) -> None:
    for dataset in (tiny(), planted_dataset()):
        figure = charts.SHAPES[name](dataset)
        assert len(figure.layout.title.text) > 15
        assert alternative_of(figure)

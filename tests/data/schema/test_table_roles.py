"""The roles of the tables of an archive: public layouts, and chosen tables."""

from __future__ import annotations

import pytest

from recsys.data import load
from recsys.errors import InputError
from tests.data import files
from tests.data.layouts import COLLECTIONS, ITEMS, lines


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_tables_of_a_public_layout_get_the_right_roles(name: str) -> None:
    expected = COLLECTIONS[name]
    loaded = load(expected.zipped(), name="some.zip")
    taken = {table.role: table.name for table in loaded.tables if table.role}
    wanted = {"interactions": expected.interactions, "items": expected.items, "users": expected.users}
    assert taken == {role: member for role, member in wanted.items() if member}
    assert loaded.report.rows_read == loaded.report.rows_kept == expected.rows
    assert loaded.dataset.n_users > 2 and loaded.dataset.n_items == ITEMS
    assert all(table.reason for table in loaded.tables if table.role)
    if expected.title:
        assert loaded.dataset.catalogue.titles[loaded.dataset.items.index(expected.item)] == expected.title
    assert loaded.dataset.cleaning is not None and loaded.dataset.cleaning.tables == taken


def test_a_table_with_repeated_users_wins_over_a_larger_one_without() -> None:
    user_table = b"".join(b"u%d,city %d,%d\n" % (n, n % 90, n) for n in range(5_000))
    given = files.zipped({"a.txt": user_table, "b.txt": b"u1,x,1\nu2,x,2\nu1,y,3\nu2,y,1\nu3,z,2\n"})
    assert load(given).report.rows_kept == 5


@pytest.mark.parametrize("tagged", ["neither", "once", "again", "both"])
@pytest.mark.parametrize("names", [("ratings.csv", "extra_info.csv"), ("a.csv", "b.csv")])
def test_a_table_with_repeated_users_wins_whatever_its_names_and_columns(tagged: str, names: tuple[str, str]) -> None:
    """Named columns, a better file name, more rows and a rating indicate the first table; a tag is against either."""
    tags = {name: tagged in (name, "both") for name in ("once", "again")}
    once = ["user,item,rating,text" + ",tag" * tags["once"]]
    once += [f"u{n},i{n % 40},{n % 5},some words about it{',fun' * tags['once']}" for n in range(400)]
    again = ["user,item" + ",tag" * tags["again"]]
    again += [f"u{n % 9},i{n % 13}{f',tag {n % 4}' * tags['again']}" for n in range(60)]
    given = dict(zip(names, ("\n".join(once), "\n".join(again)), strict=True))
    loaded = load(files.zipped(given), name="x.zip")
    assert {table.role: table.name for table in loaded.tables}["interactions"] == names[1]
    assert loaded.dataset.n_users == 9


def test_a_chosen_table_replaces_the_detected_one() -> None:
    given = COLLECTIONS["books under two ids"].zipped()
    loaded = load(given, name="x.zip", tables={"interactions": "to_read.csv", "items": ""})
    assert loaded.report.rows_read == 200 and loaded.dataset.catalogue.titles[1] == loaded.dataset.items.ids[0]
    assert {t.role: t.name for t in loaded.tables if t.role} == {"interactions": "to_read.csv"}
    assert next(table.reason for table in loaded.tables if table.role) == "you chose it"
    tags = load(given, name="x.zip", tables={"items": "tags.csv"}).dataset.catalogue
    assert tags.titles[1].startswith("tag-")


@pytest.mark.parametrize(
    ("choice", "rule"),
    [({"interactions": "gone.csv"}, "must be in the file"), ({"interactions": ""}, "must name the interactions"),
     ({"films": "tags.csv"}, "must name the interactions")],
)  # fmt: skip
def test_an_unknown_table_is_refused(choice: dict[str, str], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        load(COLLECTIONS["books under two ids"].zipped(), tables=choice)


def test_every_sheet_of_a_workbook_is_a_table() -> None:
    sheets = {
        "Read me": [["Exported from", "the shop"], ["by", "Ann"]],
        "Products": [["product", "title"], ["a", "Apple"], ["b", "Bread"]],
        "Orders 2024": [["customer", "product"], ["ann", "a"], ["ann", "b"], ["bob", "a"]],
    }
    loaded = load(files.workbook_bytes(sheets), name="shop.xlsx")
    taken = {table.role: table.name for table in loaded.tables if table.role}
    assert taken == {"interactions": "Orders 2024", "items": "Products"}
    assert loaded.report.rows_kept == 3 and loaded.dataset.catalogue.titles == ("", "Apple", "Bread")


def test_tables_given_separately_are_not_listed_as_tables_of_the_file() -> None:
    loaded = load(b"user,item\na,x\na,y\nb,x\n", name="rows.csv", items=b"item,title\nx,Tea\n")
    assert loaded.dataset.cleaning is not None and dict(loaded.dataset.cleaning.tables) == {"interactions": "rows.csv"}
    given = files.zipped({"items.csv": "item,title\nx,Old\n", "rows.csv": "user,item\na,x\na,y\nb,x\n"})
    loaded = load(given, name="given.zip", items=b"item,title\nx,Tea\n")
    assert loaded.dataset.catalogue.titles[1] == "Tea"
    assert {table.name: table.role for table in loaded.tables} == {"items.csv": "", "rows.csv": "interactions"}


def test_one_row_per_user_gives_a_warning() -> None:
    warnings = load(b"user,item\na,x\nb,y\nc,x\n").report.warnings
    assert any("one row only" in warning for warning in warnings)


def test_nested_cells_are_read_and_never_a_key() -> None:
    rows = [{"user": f"u{n % 3}", "item": f"i{n % 4}", "more": {"a": [n]}} for n in range(12)]
    things = [{"id": f"i{n}", "title": f"Thing {n}", "more": [n]} for n in range(4)]
    loaded = load(files.zipped({"items.json": lines(things), "events.json": lines(rows)}))
    assert loaded.report.rows_kept == 12 and loaded.dataset.catalogue.titles[1] == "Thing 0"

"""Rows of orders whose user is in the table of orders: public layouts, choices, and tables that are no orders."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from recsys.data import Loaded, load
from recsys.errors import InputError
from tests.data import files
from tests.data.layouts import ITEMS, ROWS, USERS, day, events, table

Members = dict[str, bytes]


def instacart() -> Members:
    """Two parts of the rows, the orders of users with a number instead of a date, and what is in which aisle."""
    orders = [(1_000 + (u * 7 + n) % 997, u, "prior", n, n % 7, 10 + n % 9, "" if n == 1 else f"{n}.0")
              for u in range(1, USERS + 1) for n in range(1, 5)]  # fmt: skip
    order_of = {(row[1], row[3]): row[0] for row in orders}
    rows = sorted((order_of[u, 1 + n % 4], i, 1 + n % 3, n % 2) for n, (u, i, _, _) in enumerate(events()))
    head = "order_id,product_id,add_to_cart_order,reordered"
    return {
        "aisles.csv": table([(n, f"aisle {n}") for n in range(1, 20)], "aisle_id,aisle"),
        "departments.csv": table([(n, f"department {n}") for n in range(1, 9)], "department_id,department"),
        "order_products__prior.csv": table(rows, head),
        "order_products__train.csv": table(rows[:60], head),
        "orders.csv": table(orders, "order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,"
                            "days_since_prior_order"),
        "products.csv": table([(n, f"Fruit {n}", n % 19, n % 8) for n in range(1, 900)],
                              "product_id,product_name,aisle_id,department_id"),
    }  # fmt: skip


def northwind() -> Members:
    """Orders with customer, employee and date beside their rows; keys as the database exports them."""
    orders = [(10_248 + n, f"CUST{n % USERS:02d}", 1 + n % 9, day(n), f"Street {n % 40}") for n in range(120)]
    rows = [(10_248 + (u - 1) + USERS * (n % 4), i, "14.00", r, "0") for n, (u, i, r, _) in enumerate(events())]
    return {
        "Customers.csv": table([(f"CUST{n:02d}", f"House {n}", "Berlin") for n in range(USERS)],
                               "CustomerID,CompanyName,City"),
        "Employees.csv": table([(n, "Ann", day(n)) for n in range(1, 10)], "EmployeeID,FirstName,HireDate"),
        "Order Details.csv": table(rows, "OrderID,ProductID,UnitPrice,Quantity,Discount"),
        "Orders.csv": table(orders, "OrderID,CustomerID,EmployeeID,OrderDate,ShipAddress"),
        "Products.csv": table([(n, f"Chai {n}", 1 + n % 5) for n in range(1, ITEMS + 1)],
                              "ProductID,ProductName,SupplierID"),
    }  # fmt: skip


def roles_of(loaded: Loaded) -> Mapping[str, str]:
    return {one.role: one.name for one in loaded.tables if one.role}


def test_rows_of_instacart_have_the_users_and_the_sequence_of_their_orders() -> None:
    loaded = load(files.zipped(instacart()), name="instacart.zip")
    assert roles_of(loaded) == {
        "interactions": "order_products__prior.csv", "items": "products.csv", "orders": "orders.csv"
    }  # fmt: skip
    data = loaded.dataset
    assert (data.n_users, data.n_items, loaded.report.rows_kept) == (USERS, ITEMS, ROWS)
    assert dict(loaded.columns) | {"rating": ""} == {
        "user_id": "user_id", "item_id": "product_id", "timestamp": "step", "order_id": "order_id", "rating": ""
    }  # fmt: skip
    assert not data.dated and set(data.timestamps) == {1, 2, 3, 4}
    for user in range(data.n_users):
        assert np.all(np.diff(data.timestamps[data.offsets[user] : data.offsets[user + 1]]) >= 0)
    numbers = {(u, i): 1 + n % 4 for n, (u, i, _, _) in enumerate(events())}
    first = {data.items.ids[index - 1]: time for index, time in zip(data.history(0), data.timestamps, strict=False)}
    assert first == {str(i): numbers[int(data.users.ids[0]), i] for u, i in numbers if str(u) == data.users.ids[0]}


def test_rows_of_northwind_have_the_customers_and_dates_of_their_orders() -> None:
    loaded = load(files.zipped(northwind()), name="northwind.zip")
    assert roles_of(loaded) == {
        "interactions": "Order Details.csv", "items": "Products.csv", "users": "Customers.csv", "orders": "Orders.csv"
    }  # fmt: skip
    data = loaded.dataset
    assert (data.n_users, data.n_items, data.dated) == (USERS, ITEMS, True)
    assert loaded.columns["user_id"] == "CustomerID" and loaded.columns["timestamp"] == "OrderDate"
    customer = data.users.index("CUST07")
    bought = {data.items.ids[index - 1] for index in data.history(customer)}
    assert bought == {str(i) for u, i, _, _ in events() if u == 8}
    assert data.user_table["CompanyName"][customer] == "House 7"
    assert data.cleaning is not None and data.cleaning.tables["orders"] == "Orders.csv"


def test_rows_of_an_unknown_order_have_no_user_and_are_counted() -> None:
    given = northwind()
    lines = given["Orders.csv"].splitlines(keepends=True)
    loaded = load(files.zipped(given | {"Orders.csv": b"".join([lines[0], *lines[2:]])}), name="northwind.zip")
    lost = sum(n % 4 == 0 for n, (u, _, _, _) in enumerate(events()) if u == 1)
    assert lost and loaded.report.rows_read - loaded.report.rows_kept == lost


def test_another_column_may_be_chosen_as_the_user() -> None:
    baskets = load(files.zipped(instacart()), name="i.zip", columns={"user_id": "order_id", "timestamp": None}).dataset
    assert baskets.n_users == len({order for order, *_ in _rows(instacart()["order_products__prior.csv"])})


def test_a_chosen_table_of_users_is_not_taken_for_orders() -> None:
    loaded = load(files.zipped(instacart()), name="i.zip", tables={"users": "orders.csv"})
    assert roles_of(loaded)["users"] == "orders.csv" and "orders" not in roles_of(loaded)


@pytest.mark.parametrize(
    ("key", "user", "first"),
    [
        ("number", "u{repeated}", 0),  # no column of the rows has this name
        ("order_id", "u{n}", 0),  # every user occurs once: it describes users
        ("order_id", "u{repeated}", 5_000),  # none of the rows has its order there
    ],
)
def test_a_table_without_the_users_of_the_rows_is_no_table_of_orders(key: str, user: str, first: int) -> None:
    rows = table([(n // 4, i, r) for n, (_, i, r, _) in enumerate(events())], "order_id,item_id,rating")
    others = [(first + n, user.format(n=n, repeated=n % 9)) for n in range(200)]
    given = files.zipped({"rows.csv": rows, "others.csv": table(others, f"{key},user_id")})
    with pytest.raises(InputError, match="must have a column for the user"):
        load(given, name="x.zip", tables={"interactions": "rows.csv"})


def test_tables_that_share_another_column_are_not_joined() -> None:
    """An item table with shops that belong to users, and one with the time of its rows, as frameworks write it."""
    items = [(i, f"Tea {i}", i % 6, "2020-01-01") for i in range(1, ITEMS + 1)]
    shops = [(n, f"owner {n % 3}", "Rome") for n in range(6)]
    rated = [(n, u, i, r, day(n)) for n, (u, i, r, _) in enumerate(events())]
    given = {
        "items.csv": table(items, "item_id,title,shop_id,created_at"),
        "ratings.csv": table(rated, "id,user_id,item_id,rating,created_at"),
        "shops.csv": table(shops, "shop_id,account_id,city"),
    }
    loaded = load(files.zipped(given), name="shop.zip")
    assert roles_of(loaded) == {"interactions": "ratings.csv", "items": "items.csv"}
    assert loaded.dataset.catalogue.titles[1].startswith("Tea")
    assert not [warning for warning in loaded.report.warnings if "look like interactions" in warning]


def test_a_column_named_step_and_rows_without_an_order_are_read() -> None:
    """The rows have a column of the name under which the number of an order is added; an empty order is no order."""
    given = instacart()
    head, *lines = given["order_products__prior.csv"].decode().splitlines()
    lines = [f",{line.partition(',')[2]}" if n % 10 == 0 else line for n, line in enumerate(lines)]
    orders = given["orders.csv"] + b",9999,prior,7,1,1,\n"
    stepped = "\n".join([f"{head},step", *(f"{line},{'pay' if n % 2 else 'ship'}" for n, line in enumerate(lines))])
    loaded = load(files.zipped(given | {"order_products__prior.csv": stepped.encode(), "orders.csv": orders}))
    assert loaded.report.rows_kept == sum(n % 10 > 0 for n in range(ROWS)) and "9999" not in loaded.dataset.users
    assert loaded.dataset.timestamps is None


def test_orders_that_are_not_needed_are_not_read() -> None:
    """They may be damaged, or too large."""
    given = instacart() | {"orders.csv": instacart()["orders.csv"] * 4_000 + b"1,2\n" * 9_000_000}
    rated = {"ratings.csv": table([row[:3] for row in events()], "user_id,product_id,rating")}
    loaded = load(files.zipped(rated | given), name="i.zip", tables={"interactions": "ratings.csv"})
    assert loaded.dataset.n_users == USERS and "orders" not in roles_of(loaded)


@pytest.mark.parametrize("numbers", [True, False])
def test_keys_are_compared_as_texts_whatever_type_each_table_gives_them(numbers: bool) -> None:
    """Parquet keeps whole numbers, or, where ids are missing, floats."""
    frames = {name: pd.read_csv(io.BytesIO(content)) for name, content in northwind().items()}
    if numbers:
        frames["Order Details.csv"]["OrderID"] = frames["Order Details.csv"]["OrderID"].astype("float64")
    else:
        frames["Orders.csv"]["OrderID"] = frames["Orders.csv"]["OrderID"].astype(str)
    packed = {name.replace(".csv", ".parquet"): frame.to_parquet() for name, frame in frames.items()}
    data = load(files.zipped(packed), name="northwind.zip").dataset
    assert (data.n_users, data.n_items, data.n_interactions) == (USERS, ITEMS, ROWS)


def test_many_small_tables_are_looked_at_in_a_moment() -> None:
    given = {f"{n}.csv": table([(n % 3, n) for n in range(9)], "order_id,item_id") for n in range(150)}
    begin = time.process_time()
    with contextlib.suppress(InputError):
        load(files.zipped(given), name="many.zip")
    assert time.process_time() - begin < 10


def _rows(content: bytes) -> list[list[str]]:
    return [line.split(",") for line in content.decode().splitlines()[1:]]

"""Rows of orders whose user stands in the table of orders: public layouts, choices, and tables that are no orders."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from recsys.data import Loaded, load
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


@pytest.mark.parametrize("key", ["number", "id"])
def test_a_table_without_a_shared_key_is_no_table_of_orders(key: str) -> None:
    """Also not one in which every user occurs once: it describes users."""
    rows = table([(n // 4, i, r) for n, (_, i, r, _) in enumerate(events())], "id,item_id,rating")
    users = [(n, f"u{n if key == 'id' else n % 9}") for n in range(200)]
    loaded = load(files.zipped({"rows.csv": rows, "people.csv": table(users, f"{key},user_id")}), name="x.zip")
    assert loaded.columns["user_id"] == "id" and "orders" not in roles_of(loaded)


def _rows(content: bytes) -> list[list[str]]:
    return [line.split(",") for line in content.decode().splitlines()[1:]]

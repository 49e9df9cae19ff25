"""The arguments of the commands that read data, and the data that they name."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recsys.data import Loaded


def add_data_arguments(step: argparse.ArgumentParser) -> None:
    """Adds what names the data: a file or a query, side tables, and a cleaning plan."""
    step.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a file, a zip, a folder or a database file")
    step.add_argument("--sql", metavar="QUERY", help="read what one SELECT statement answers")
    step.add_argument("--url", help="of a database server; without it and FILE, the one in the variable DATABASE_URL")
    step.add_argument("--rows", type=int, default=5_000_000, help="of the query, at most (default 5,000,000)")
    step.add_argument("--items", type=Path, metavar="FILE", help="item table")
    step.add_argument("--users", type=Path, metavar="FILE", help="user table")
    step.add_argument("--plan", type=Path, metavar="FILE", help="a saved cleaning plan (JSON)")


def load_named_data(chosen: argparse.Namespace) -> Loaded:
    """The data that the arguments name. Raises InputError, see `load` and `load_query`; OSError for the plan."""
    from recsys.data import CleaningPlan, load
    from recsys.data.query_loading import load_query

    plan = CleaningPlan.from_json(chosen.plan.read_text("utf-8")) if chosen.plan else None
    if chosen.sql is None and chosen.url is None and chosen.file is not None:
        return load(chosen.file, items=chosen.items, users=chosen.users, plan=plan)
    tables = {"items": chosen.items, "users": chosen.users, "plan": plan}
    return load_query(chosen.sql, chosen.file, chosen.url, rows=chosen.rows, **tables)

"""Arguments that say which data are read, and which items may be recommended, and what they name."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from recsys.errors import InputError
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.data import Loaded
    from recsys.data.dataset import Dataset
    from recsys.data.repeats import RepeatRule
    from recsys.transfer.candidates import CandidateRules

_OWN_DATA = ("file", "sql", "url", "items", "users", "plan")  # arguments that name data of one's own


def add_data_arguments(step: argparse.ArgumentParser) -> None:
    """Adds what names the data: a file or a query, side tables, and a cleaning plan."""
    step.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a file, a zip, a folder or a database file")
    step.add_argument(
        "--sql", metavar="QUERY", help="read what one SELECT statement answers; Parquet is the table data"
    )
    step.add_argument("--url", help="of a database server; without it and FILE, the one in the variable DATABASE_URL")
    step.add_argument("--rows", type=int, default=5_000_000, help="of the query, at most (default 5,000,000)")
    step.add_argument("--items", type=Path, metavar="FILE", help="item table")
    step.add_argument("--users", type=Path, metavar="FILE", help="user table")
    step.add_argument("--plan", type=Path, metavar="FILE", help="a saved cleaning plan (JSON)")
    step.add_argument("--sample", metavar="NAME", help="the sample, in place of FILE: all, social, shop, …")
    step.add_argument("--language", default="en", help="of the sample's texts: en (default) or zh")


def load_named_data(chosen: argparse.Namespace) -> Loaded:
    """The data that the arguments name.

    Raises:
        InputError: see `load`, `load_query` and `load_sample`; or a sample together with a file or a query.
        OSError: the plan can't be read.
    """
    from recsys.data import CleaningPlan, load
    from recsys.data.query_loading import load_query
    from recsys.data.readers.encodings import read_text

    if chosen.sample is not None:
        others = {name: value for name, value in vars(chosen).items() if name in _OWN_DATA and value is not None}
        if others:
            rule = Message("must be given without {arguments}", arguments=", ".join(_OWN_DATA))
            raise InputError("--sample", rule, ", ".join(others))
        from recsys.data.samples import load_sample

        return load_sample(chosen.sample, chosen.language)
    plan = CleaningPlan.from_json(read_text(chosen.plan)) if chosen.plan else None
    if chosen.sql is None and chosen.url is None and chosen.file is not None:
        return load(chosen.file, items=chosen.items, users=chosen.users, plan=plan)
    tables = {"items": chosen.items, "users": chosen.users, "plan": plan}
    return load_query(chosen.sql, chosen.file, chosen.url, rows=chosen.rows, **tables)


def add_candidate_arguments(step: argparse.ArgumentParser) -> None:
    """Adds the rules about single items, as the page Transfer has them."""
    step.add_argument("--only", type=Path, metavar="FILE", help="only the items of a list: ids in the first column")
    step.add_argument("--block", type=Path, metavar="FILE", help="without the items of a list")
    step.add_argument("--numbers", default="", metavar="COLUMN:LOW..HIGH", help="only items in a range: price:10..50")
    step.add_argument("--period", default="", metavar="FIRST..LAST", help="only items first chosen in it: 2024-01-01..")
    step.add_argument("--pin", action="append", default=[], metavar="ID", help="first in the list (not with --path)")
    step.add_argument("--per-tag", type=int, default=0, metavar="N", help="at most N of each tag (not with --path)")


def named_candidates(chosen: argparse.Namespace) -> CandidateRules:
    """The rules that the arguments name. Raises InputError for a list that is empty or too long; OSError."""
    from recsys.transfer.candidates import CandidateRules

    only, block = (_listed_items(chosen, name) for name in ("only", "block"))
    return CandidateRules(only, block, chosen.numbers, chosen.period)


def _listed_items(chosen: argparse.Namespace, name: str) -> str:
    """The items of the list that an argument names, as the text of a rule; "" without the argument."""
    from recsys.data.readers.encodings import read_text
    from recsys.transfer.candidates import pasted_items, write_items

    file: Path | None = getattr(chosen, name)
    if file is None:
        return ""
    if not (items := write_items(pasted_items(read_text(file)))):
        raise InputError(f"--{name}", "must name at least one item", file.name, "Fill the list, or leave it out.")
    return items


def add_training_arguments(step: argparse.ArgumentParser, holdout: bool = True) -> None:
    """Adds how a model is trained, and the rule for items that a user has already chosen.

    Args:
        holdout: whether it may be chosen if items are held out.
    """
    step.add_argument("--seed", type=int, help="the same seed gives the same model (default 0)")
    device = "auto (default: a CUDA GPU if there is one, else the CPU), cpu, cuda or mps"
    step.add_argument("--device", default="auto", metavar="NAME", help=device)
    ratings = "what ratings mean (default ignore)"
    step.add_argument("--ratings", choices=["ignore", "weigh", "dislikes"], help=ratings)
    if holdout:
        step.add_argument("--holdout", choices=["none", "last-one"], default="none")
    rules = "leave-out (default), allow, '30 days' or 2024-01-31 (only new since), or auto: as the data proposes"
    step.add_argument("--repeats", metavar="RULE", help=f"already chosen items in lists: {rules}")


def named_repeats(chosen: argparse.Namespace, dataset: Dataset) -> RepeatRule:
    """The rule that the argument names; without it, to leave them out. Raises InputError."""
    from recsys.data.repeats import LEAVE_OUT, RepeatRule

    if chosen.repeats is None:
        return LEAVE_OUT
    rule = proposed_repeats(dataset)[0] if chosen.repeats == "auto" else RepeatRule.parse(chosen.repeats)
    demand_dates(rule, dataset)
    return rule


def demand_dates(rule: RepeatRule, dataset: Dataset) -> None:
    """Raises InputError for a rule about days where the data has step numbers in place of dates."""
    if rule.needs_times and not dataset.calendar:
        required = Message("must have dates for a rule about the last choice")
        got = Message("step numbers, which only give the order")
        raise InputError("the data", required, got, "Leave already chosen items out, or allow them.")


def proposed_repeats(dataset: Dataset) -> tuple[RepeatRule, str]:
    """The rule that suits the data, and the reason."""
    from recsys.data.quality import repeat_share
    from recsys.data.repeats import propose_repeats

    return propose_repeats(repeat_share(dataset))

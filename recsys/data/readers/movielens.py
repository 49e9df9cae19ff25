"""The files of MovieLens 100k and 1M, which have no header: recognised by their layout."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from recsys.data.readers.dialects import Dialect

_GENRES = (
    "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir|Horror|Musical|"
    "Mystery|Romance|Sci-Fi|Thriller|War|Western"
)
_RATINGS = ("user_id", "item_id", "rating", "timestamp")
_RATING_ROLES = {name: name for name in _RATINGS}
_ITEM_ROLES = {"item_id": "item_id", "title": "title"}
_USER_ROLES = {"user_id": "user_id"}
_ITEMS_100K = ("item_id", "title", "release_date", "video_date", "url", *(f"genre:{g}" for g in _GENRES.split("|")))

# pattern of a line, separator, column names, role -> column, format
_LAYOUTS: tuple[tuple[str, str, tuple[str, ...], Mapping[str, str], str], ...] = (
    (r"^\d+\t\d+\t[1-5]\t\d{9}\s*$", "\t", _RATINGS, _RATING_ROLES, "movielens-100k"),
    (r"^\d+\|[^|]*\|[^|]*\|[^|]*\|[^|]*(\|[01]){19}\s*$", "|", _ITEMS_100K, _ITEM_ROLES, "movielens-100k"),
    (
        r"^\d+\|\d+\|[MF]\|[^|]+\|[^|]+\s*$",
        "|",
        ("user_id", "age", "gender", "occupation", "zip_code"),
        _USER_ROLES,
        "movielens-100k",
    ),
    (r"^\d+::\d+::[\d.]+::\d{9,10}\s*$", "::", _RATINGS, _RATING_ROLES, "movielens-1m"),
    (
        r"^\d+::[MF]::\d+::\d+::[^:]+\s*$",
        "::",
        ("user_id", "gender", "age", "occupation", "zip_code"),
        _USER_ROLES,
        "movielens-1m",
    ),
    (
        r"^\d+::.+::[A-Z(][\w'|()\- ]*\s*$",
        "::",
        ("item_id", "title", "genres"),
        _ITEM_ROLES | {"tags": "genres"},
        "movielens-1m",
    ),
)


def with_movielens_columns(dialect: Dialect, start: str) -> Dialect:
    """The dialect with MovieLens' column names and roles if the lines have one of its layouts, else as it is.

    Args:
        start: the first complete lines of the text.
    """
    lines = [line for line in start.split("\n")[:40] if line.strip()]
    for pattern, delimiter, names, roles, label in _LAYOUTS:
        if dialect.delimiter == delimiter and all(re.match(pattern, line) for line in lines[:-1] or lines):
            return replace(
                dialect,
                names=names,
                has_header=False,
                format=label,
                roles=roles,
                quoted=dialect.quoted and label != "movielens-100k",
                multiline_cells=False,
            )
    return dialect

"""The files of MovieLens that have no header: recognised by their shape, so that they open as they are published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from recsys.data.readers.dialects import Dialect

_GENRES = (
    "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir|Horror|Musical|"
    "Mystery|Romance|Sci-Fi|Thriller|War|Western"
)
GENRES_100K = tuple(_GENRES.split("|"))
_RATING_TAB = re.compile(r"^\d+\t\d+\t[1-5]\t\d{9}\s*$")
_ITEM_100K = re.compile(r"^\d+\|[^|]*\|[^|]*\|[^|]*\|[^|]*(\|[01]){19}\s*$")
_USER_100K = re.compile(r"^\d+\|\d+\|[MF]\|[^|]+\|[^|]+\s*$")
_RATING_DAT = re.compile(r"^\d+::\d+::[\d.]+::\d{9,10}\s*$")
_MOVIE_DAT = re.compile(r"^\d+::.+::[A-Z(][\w'|()\- ]*\s*$")
_USER_DAT = re.compile(r"^\d+::[MF]::\d+::\d+::[^:]+\s*$")
_RATING = {"user_id": "user_id", "item_id": "item_id", "rating": "rating", "timestamp": "timestamp"}
_FILM = {"item_id": "item_id", "title": "title"}
_PERSON = {"user_id": "user_id"}

_LAYOUTS: tuple[tuple[re.Pattern[str], str, tuple[str, ...], Mapping[str, str], str], ...] = (
    (_RATING_TAB, "\t", ("user_id", "item_id", "rating", "timestamp"), _RATING, "movielens-100k"),
    (
        _ITEM_100K,
        "|",
        ("item_id", "title", "release_date", "video_date", "url", *(f"genre:{genre}" for genre in GENRES_100K)),
        _FILM,
        "movielens-100k",
    ),
    (_USER_100K, "|", ("user_id", "age", "gender", "occupation", "zip_code"), _PERSON, "movielens-100k"),
    (_RATING_DAT, "::", ("user_id", "item_id", "rating", "timestamp"), _RATING, "movielens-1m"),
    (_USER_DAT, "::", ("user_id", "gender", "age", "occupation", "zip_code"), _PERSON, "movielens-1m"),
    (_MOVIE_DAT, "::", ("item_id", "title", "genres"), _FILM | {"tags": "genres"}, "movielens-1m"),
)


def recognise(dialect: Dialect, text: str, name: str) -> tuple[Dialect, Mapping[str, str], str]:
    """The dialect with real column names, the roles they have, and the format's word — or all as it was, {} and ""."""
    lines = [line.rstrip("\r") for line in text.split("\n")[:40] if line.strip()]
    for pattern, delimiter, names, roles, label in _LAYOUTS:
        if dialect.delimiter == delimiter and all(pattern.match(line) for line in lines[:-1] or lines):
            quoted = dialect.quoted and label != "movielens-100k"
            named = replace(dialect, names=names, has_header=False, quoted=quoted, newlines=False)
            return named, roles, label
    return dialect, {}, ""

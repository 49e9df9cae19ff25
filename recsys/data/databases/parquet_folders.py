"""Parquet files that are queried as one table: a single one, or those of a folder."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from recsys.data.readers.archives import folder_files
from recsys.errors import InputError
from recsys.wording import Message

PARQUET = b"PAR1"  # a file begins so


def parquet_files(folder: Path) -> tuple[str, ...]:
    """The Parquet files of a folder and its folders, as paths from it. Other files are left out.

    Raises:
        InputError: none, too many, a damaged one, or files of different tables.
    """
    found = [name for name, path in folder_files(folder).files if isinstance(path, Path) and _is_parquet(path)]
    if not found:
        fix = Message("Load it without a query, or save its tables as Parquet.")
        raise InputError(folder.name, "must have Parquet files to be queried", fix=fix)
    schemas = []
    for name in found:
        try:
            schemas.append(parquet.read_schema(folder / name))
        except (pa.ArrowException, OSError, ValueError) as error:
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(name, "must be an undamaged Parquet file", text, "Write it again.") from None
        if set(schemas[-1].names) != set(schemas[0].names):
            raise _different(folder, name)
    try:
        pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowException as error:
        raise _different(folder, str(error).splitlines()[0]) from None
    return tuple(found)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(PARQUET)) == PARQUET


def _different(folder: Path, got: str) -> InputError:
    fix = Message("Name the folder of one table, or a single file.")
    return InputError(folder.name, "must have Parquet files with the same columns to be queried", got, fix)

"""What cleaning did, in numbers and sentences: the part of a cleaning report that is saved with the dataset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

from recsys.errors import InputError
from recsys.wording import Message

MAX_WARNINGS = 50
MAX_TEXT = 600  # characters of one warning or name
_REASON = re.compile(r"[a-z][a-z_]{0,39}")


@dataclass(frozen=True)
class CleaningSummary:
    """How the rows of a file became the rows of a dataset.

    Args:
        rows_read, rows_kept: rows_read = rows_kept + sum(dropped.values()), always.
        dropped: reason (a key of `REASONS`) -> rows.
        warnings: sentences about rows that were kept.
        format: "csv", "movielens-1m", "parquet", …
        tables: "interactions", "items", "users" or "orders" -> the file, archive member or sheet with this role.

    Raises:
        InputError: the rows don't add up, or a reason isn't in lower case.
    """

    rows_read: int
    rows_kept: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    format: str = ""
    tables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dropped", MappingProxyType(dict(self.dropped)))
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))
        object.__setattr__(self, "warnings", tuple(text[:MAX_TEXT] for text in self.warnings[:MAX_WARNINGS]))
        counts = (self.rows_read, self.rows_kept, *self.dropped.values())
        if any(count < 0 for count in counts) or self.rows_read != self.rows_kept + sum(self.dropped.values()):
            raise InputError(
                "rows read",
                "must be rows kept + rows dropped",
                Message("{read:,} and {kept:,}", read=self.rows_read, kept=self.rows_kept),
            )
        if not all(_REASON.fullmatch(reason) for reason in self.dropped):
            raise InputError("a reason for dropping", "must be lower-case letters and _", ", ".join(self.dropped))

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "rows_read": self.rows_read,
            "rows_kept": self.rows_kept,
            "dropped": dict(self.dropped),
            "warnings": list(self.warnings),
            "format": self.format,
            "tables": dict(self.tables),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The summary that `to_json` wrote. Raises InputError, KeyError, TypeError or ValueError for anything else."""
        return cls(
            rows_read=int(content["rows_read"]),
            rows_kept=int(content["rows_kept"]),
            dropped={str(reason): int(count) for reason, count in dict(content["dropped"]).items()},
            warnings=tuple(str(text) for text in list(content["warnings"])),
            format=str(content["format"])[:MAX_TEXT],
            tables={str(role): str(name)[:MAX_TEXT] for role, name in dict(content["tables"]).items()},
        )

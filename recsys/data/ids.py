"""The one place where external ids become integers, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from recsys.data.name_search import folded
from recsys.errors import InputError, UnknownIdError
from recsys.wording import Message

PADDING = 0  # the item index of an empty position


@dataclass(frozen=True, eq=False)
class IdMap:
    """External ids (text, unique) to consecutive ints and back.

    Items start at 1, because 0 is padding everywhere; users start at 0 (`first=0`).

    Args:
        ids: the external ids, in index order.
        first: the index of `ids[0]`: 1 for items, 0 for users.
        subject: the name of such an id, for messages.

    Raises:
        InputError: two ids are equal.
    """

    ids: Sequence[str]
    first: int = 1
    subject: str = field(default="item_id")

    def __post_init__(self) -> None:
        ids = tuple(self.ids)
        object.__setattr__(self, "ids", ids)
        if len(set(ids)) != len(ids):
            raise InputError(self.subject, "must be unique in an id map", fix="Remove the repeated ids.")

    @cached_property
    def _index(self) -> dict[str, int]:
        return {external: i for i, external in enumerate(self.ids, self.first)}

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The ids as a search compares them (`recsys.data.name_search.folded`)."""
        return tuple(map(folded, self.ids))

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, external: object) -> bool:
        return external in self._index

    def index(self, external: str) -> int:
        """The integer of one id. Raises UnknownIdError."""
        try:
            return self._index[external]
        except KeyError:
            examples = ", ".join(self.ids[:3])
            raise UnknownIdError(
                self.subject,
                "must be in the data",
                external,
                Message("It has {n:,} ids, such as {examples}.", n=len(self), examples=examples),
            ) from None

    def indexes(self, externals: Iterable[str]) -> np.ndarray:
        """The integers of several ids: int32 (n,). Raises UnknownIdError at the first unknown one."""
        return np.fromiter((self.index(external) for external in externals), dtype=np.int32)

    def external(self, index: int) -> str:
        """The id of one integer. Raises IndexError outside `first … first + len − 1`."""
        if index < self.first:
            raise IndexError(index)
        return self.ids[index - self.first]

    def externals(self, indexes: Iterable[int]) -> list[str]:
        """The ids of several integers."""
        return [self.external(int(index)) for index in indexes]

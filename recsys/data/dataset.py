"""Dataset: interactions in integer ids, grouped into histories, with the catalogue; what every later step reads."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.data.cleaning_summary import CleaningSummary
from recsys.data.ids import PADDING, IdMap
from recsys.data.name_search import folded
from recsys.data.repeats import LEAVE_OUT, RepeatRule
from recsys.errors import InputError
from recsys.wording import Message

MOST_TAGS = 512
"""Tags by which items are compared at most, the most frequent ones."""
History = np.ndarray  # int32 (length,): item indexes, oldest first, no padding


def read_only(array: np.ndarray) -> np.ndarray:
    """A read-only view of the array."""
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, eq=False)
class Catalogue:
    """What is known about each item. Every sequence has `n_items + 1` entries; entry 0 is the padding item.

    Args:
        titles: never empty (an item without a title has its id). Untrusted text: show it as text only.
        texts: one-line descriptions, "" where unknown.
        tags: tags or genres of each item.
        scenarios: the scenario of each item, "" where unknown.
        vectors: embeddings of other modalities, name -> float32 (n_items + 1, dim); NaN where an item has none.
        numbers: numeric columns of the item table, name -> float64 (n_items + 1,); NaN where it is not known.
    """

    titles: tuple[str, ...]
    texts: tuple[str, ...]
    tags: tuple[tuple[str, ...], ...]
    scenarios: tuple[str, ...]
    vectors: Mapping[str, np.ndarray] = field(default_factory=dict)
    numbers: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {len(self.titles), len(self.texts), len(self.tags), len(self.scenarios)}
        sizes |= {len(v) for v in (*self.vectors.values(), *self.numbers.values())}
        if len(sizes) != 1:
            raise InputError("the catalogue", "must have one entry per item in every column", sorted(sizes))

    @classmethod
    def bare(cls, ids: Sequence[str], scenarios: Sequence[str] | None = None) -> Catalogue:
        """A catalogue without titles.

        Args:
            ids, scenarios: of the items, without the padding entry.
        """
        n = len(ids) + 1
        return cls(("", *ids), ("",) * n, ((),) * n, ("", *scenarios) if scenarios else ("",) * n)

    @cached_property
    def scenario_names(self) -> tuple[str, ...]:
        """The scenarios that occur, sorted; empty when none is known."""
        return tuple(sorted(set(self.scenarios[1:]) - {""}))

    @cached_property
    def tag_vectors(self) -> csr_matrix:
        """Items by the most frequent tags, rare ones with a larger weight: float32 CSR (n_items + 1, tags).

        Rows have length 1; that of an item without such a tag, as of the padding item, is zero.
        """
        counts = self.tag_counts
        frequent = sorted(counts, key=lambda tag: (-counts[tag], tag))[:MOST_TAGS]
        column = {tag: number for number, tag in enumerate(frequent)}
        columns = [[column[tag] for tag in dict.fromkeys(tags) if tag in column] for tags in self.tags]
        starts = np.cumsum([0, *map(len, columns)])
        indexes = np.fromiter(chain.from_iterable(columns), dtype=np.int32, count=starts[-1])
        weights = np.log1p(len(self.tags) / np.array([counts[tag] for tag in frequent]))[indexes]
        squares = np.bincount(np.repeat(np.arange(len(columns)), np.diff(starts)), weights**2, minlength=len(columns))
        weights /= np.sqrt(np.repeat(squares, np.diff(starts)))
        return csr_matrix((weights.astype(np.float32), indexes, starts), shape=(len(columns), max(len(frequent), 1)))

    @cached_property
    def folded_titles(self) -> tuple[str, ...]:
        """The titles as a search compares them (`folded`)."""
        return tuple(map(folded, self.titles))

    @cached_property
    def tag_counts(self) -> Mapping[str, int]:
        """How many items have each tag."""
        return Counter(tag for tags in self.tags for tag in set(tags))

    @cached_property
    def tag_names(self) -> tuple[str, ...]:
        """The tags that occur, sorted."""
        return tuple(sorted(self.tag_counts))

    @cached_property
    def tag_matrix(self) -> tuple[csr_matrix, tuple[str, ...]]:
        """Which item has which tag: csr float64 (n_items + 1, tags), and the tags' names, sorted.

        Tags that differ by full-width or half-width forms alone (Unicode's NFKC: ＲＰＧ and RPG) are one.
        """
        forms = {tag: unicodedata.normalize("NFKC", tag).strip() or tag for tag in self.tag_counts}
        names = sorted(set(forms.values()))
        column = {name: i for i, name in enumerate(names)}
        pairs = [
            (item, place)
            for item, tags in enumerate(self.tags)
            for place in sorted({column[forms[tag]] for tag in tags})
        ]
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        shape = (len(self.tags), len(names))
        return csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=shape), tuple(names)

    def in_scenario(self, scenario: str) -> np.ndarray:
        """Which items belong to the scenario: bool (n_items + 1,)."""
        return np.fromiter((s == scenario for s in self.scenarios), dtype=bool)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Interactions in integer ids, grouped by user, oldest first; ties in file order.

    Args:
        users: user ids, indexes 0 … n_users − 1.
        items: item ids, indexes 1 … n_items (0 is padding).
        offsets: int64 (n_users + 1,): the history of user u is `sequence[offsets[u]:offsets[u + 1]]`.
        sequence: int32 (n,): item indexes.
        timestamps: float64 (n,) unix seconds in the order of `sequence` (or steps, see `calendar`), or None when the
            data has no times.
        ratings: float32 (n,) in the order of `sequence`, or None.
        catalogue: what is known about the items.
        user_table: the user table, one row per user in index order (columns such as age band, or none).
        name: shown name.
        cleaning: how the rows of the file became these rows; None where it is not known (data made in code, parts of a
            dataset, data saved by older versions).
        repeats: whether already chosen items may be recommended again; not part of the fingerprint, and not saved with
            a dataset but with each run.
        sessions: whether each history is a session of a visitor who is not known, in place of a user.
        calendar: False where timestamps are step numbers, which only give the order; not part of the fingerprint.

    Raises:
        InputError: lengths, ids or the number of rows are inconsistent.
    """

    users: IdMap
    items: IdMap
    offsets: np.ndarray
    sequence: np.ndarray
    catalogue: Catalogue
    timestamps: np.ndarray | None = None
    ratings: np.ndarray | None = None
    user_table: pd.DataFrame = field(default_factory=pd.DataFrame)
    name: str = "data"
    cleaning: CleaningSummary | None = None
    repeats: RepeatRule = LEAVE_OUT
    sessions: bool = False
    calendar: bool = True

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.users) + 1 or self.offsets[-1] != len(self.sequence):
            raise InputError("offsets", "must have one entry per user and end at the number of interactions")
        if len(self.sequence) and not PADDING < self.sequence.min() <= self.sequence.max() <= len(self.items):
            raise InputError("sequence", Message("must hold item indexes from 1 to {n}", n=len(self.items)))
        if len(self.catalogue.titles) != len(self.items) + 1:
            raise InputError("the catalogue", "must have one entry per item and one for padding")
        if len(self.user_table.columns) and len(self.user_table) != len(self.users):
            raise InputError("the user table", "must have one row per user", len(self.user_table))
        if self.cleaning is not None and self.cleaning.rows_kept != len(self.sequence):
            raise InputError(
                "the cleaning summary",
                Message("must keep {n:,} rows, as the data does", n=len(self.sequence)),
                self.cleaning.rows_kept,
            )
        if self.repeats.needs_times and self.timestamps is None:
            rule = Message("must have times for a rule about the last choice")
            raise InputError("the data", rule, fix="Leave already chosen items out, or allow them.")
        for name in ("timestamps", "ratings"):
            column = getattr(self, name)
            if column is not None and len(column) != len(self.sequence):
                raise InputError(name, "must have one value per interaction", len(column))
            object.__setattr__(self, name, None if column is None else read_only(column))
        object.__setattr__(self, "offsets", read_only(self.offsets))
        object.__setattr__(self, "sequence", read_only(self.sequence))

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def unit(self) -> str:
        """What a history is of, as a word: "user" or "session"."""
        return "session" if self.sessions else "user"

    @property
    def dated(self) -> bool:
        """Whether timestamps are dates: whether days can be shown and rules about days applied."""
        return self.timestamps is not None and self.calendar

    @property
    def n_items(self) -> int:
        return len(self.items)

    @property
    def n_interactions(self) -> int:
        return len(self.sequence)

    @cached_property
    def n_pairs(self) -> int:
        """How many pairs of user and item occur, repeated or not. `np.unique` would take 20 times as long."""
        if not self.n_interactions:
            return 0
        pairs = self.user_of.astype(np.int64)
        pairs *= self.n_items + 1
        pairs += self.sequence
        pairs.sort()
        return 1 + int(np.count_nonzero(pairs[1:] != pairs[:-1]))

    @cached_property
    def lengths(self) -> np.ndarray:
        """Interactions of each user: int64 (n_users,)."""
        return np.diff(self.offsets)

    @cached_property
    def item_counts(self) -> np.ndarray:
        """Interactions of each item: int64 (n_items + 1,), [0] = 0."""
        return np.bincount(self.sequence, minlength=self.n_items + 1)

    @cached_property
    def by_popularity(self) -> np.ndarray:
        """All items, those with most interactions first, ties to the lower index: int64 (n_items,)."""
        return read_only(np.argsort(-self.item_counts[1:], kind="stable") + 1)

    @cached_property
    def user_of(self) -> np.ndarray:
        """The user index of each entry of `sequence`: int32 (n,)."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), self.lengths)

    def history(self, user: int) -> History:
        """One user's items, oldest first (a read-only view)."""
        return self.sequence[self.offsets[user] : self.offsets[user + 1]]

    def histories(self, users: Sequence[int] | np.ndarray | None = None) -> list[History]:
        """The histories of some users, or of all."""
        return [self.history(int(u)) for u in (range(self.n_users) if users is None else users)]

    @cached_property
    def end(self) -> float:
        """The timestamp of the last interaction; infinity where the data has no times or no rows."""
        return np.inf if self.timestamps is None or not len(self.timestamps) else float(self.timestamps.max())

    def left_out(self, user: int, length: int | None = None, now: float | None = None) -> History:
        """What `repeats` leaves out of a user's ranking: int32 (m,), a part of the history.

        Args:
            length: how many of the user's first items are known; by default all.
            now: unix seconds at which is recommended; by default when the next item was chosen, after the last item at
                the end of the data.
        """
        first, last = int(self.offsets[user]), int(self.offsets[user + 1])
        known = last if length is None else min(first + length, last)
        if self.timestamps is None:
            return self.repeats.left_out(self.sequence[first:known])
        moment = float(self.timestamps[known]) if known < last else self.end
        times = self.timestamps[first:known]
        return self.repeats.left_out(self.sequence[first:known], times, moment if now is None else now)

    def matrix(self) -> csr_matrix:
        """The user–item matrix: float32 counts (n_users, n_items + 1); column 0 is empty."""
        ones = np.ones(self.n_interactions, dtype=np.float32)
        matrix = csr_matrix((ones, self.sequence.copy(), self.offsets), shape=(self.n_users, self.n_items + 1))
        matrix.sum_duplicates()
        return matrix

    def with_rows(self, keep: np.ndarray) -> Dataset:
        """The same users and items with only the interactions where `keep` (bool (n,)) is true."""
        kept = np.bincount(self.user_of[keep], minlength=self.n_users)
        return replace(
            self,
            offsets=np.concatenate([[0], np.cumsum(kept)]),
            sequence=self.sequence[keep],
            timestamps=None if self.timestamps is None else self.timestamps[keep],
            ratings=None if self.ratings is None else self.ratings[keep],
            cleaning=None,
        )

    @cached_property
    def fingerprint(self) -> str:
        """32 hex digits that change with everything a result can depend on: rows and their order, ids, times, ratings,
        catalogue, user table; not with the name and the cleaning summary. The key of caches and saved runs.
        """
        digest = hashlib.blake2b(digest_size=16)
        for part in (self.offsets, self.sequence, self.timestamps, self.ratings):
            _add_array(digest, part)
        catalogue = self.catalogue
        for texts in (self.users.ids, self.items.ids, catalogue.titles, catalogue.texts, catalogue.scenarios):
            _add_texts(digest, texts)
        _add_texts(digest, [str(len(tags)) for tags in catalogue.tags])
        _add_texts(digest, [tag for tags in catalogue.tags for tag in tags])
        for name, vectors in catalogue.vectors.items():
            _add_texts(digest, [name, str(vectors.shape)])
            _add_array(digest, vectors.astype(np.float32))
        for name, numbers in catalogue.numbers.items():
            _add_texts(digest, [name])
            _add_array(digest, numbers)
        for column in self.user_table.columns:
            _add_texts(digest, [str(column)])
            _add_texts(digest, ["" if pd.isna(cell) else f"={cell}" for cell in self.user_table[column]])
        return digest.hexdigest()

    @cached_property
    def rows_fingerprint(self) -> str:
        """16 hex digits of rows and ids alone, which older versions saved as the fingerprint."""
        digest = hashlib.blake2b(digest_size=8)
        for part in (self.offsets, self.sequence, self.timestamps, self.ratings):
            digest.update(b"-" if part is None else np.ascontiguousarray(part).tobytes())
        digest.update("\0".join([*self.users.ids, "\1", *self.items.ids]).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def matches(self, fingerprint: str) -> bool:
        """Whether a saved fingerprint is of this data. One of 16 digits is of an older version."""
        return fingerprint == (self.rows_fingerprint if len(fingerprint) == 16 else self.fingerprint)


def _add_array(digest: hashlib.blake2b, part: np.ndarray | None) -> None:
    if part is None:
        digest.update(b"none;")
        return
    digest.update(f"{part.dtype.str}{part.shape};".encode())
    digest.update(np.ascontiguousarray(part).tobytes())


def _add_texts(digest: hashlib.blake2b, texts: Sequence[str]) -> None:
    """Adds the lengths, then the texts, so that different lists never give the same bytes."""
    digest.update((",".join(str(len(text)) for text in texts) + ";").encode())
    digest.update("".join(texts).encode("utf-8", "surrogatepass") + b";")

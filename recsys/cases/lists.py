"""The list of a case by a run, and two lists compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from recsys.cases.case import Case, ListedItem, SavedCase
from recsys.cases.parties import read_pair
from recsys.cases.party_names import party_words
from recsys.cases.run_parts import RunParts
from recsys.cases.scoring import applicable_rules, ranked_list, score_pair
from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.transfer import Recommendations
from recsys.wording import Message, listed
from recsys.workspace.names import known_name


def list_of_case(parts: RunParts, case: Case) -> tuple[ListedItem, ...]:
    """The list that a case leads to under a run, best first.

    Args:
        parts: from `open_run`.
        case: from `Case.from_link`, or made of its values.

    Returns:
        At most `case.k` items.

    Raises:
        UnknownIdError: the data has no such user, group or item.
        InputError: the run can't follow a rule, or the source is protected.
    """
    pair = read_pair(parts, case.target, case.source)
    scored = score_pair(parts, pair, case.rules)
    return listed_items(ranked_list(parts, scored, case.rules, case.alpha, case.k), parts.dataset)


def listed_items(found: Recommendations, dataset: Dataset) -> tuple[ListedItem, ...]:
    """A ranked list with ids and titles."""
    return tuple(
        ListedItem(
            dataset.items.external(int(item)),
            dataset.catalogue.titles[item],
            *(float(values[rank]) for values in (found.scores, found.target_part, found.source_part)),
        )
        for rank, item in enumerate(found.items)
    )


def list_under_another_run(parts: RunParts, case: Case) -> tuple[tuple[ListedItem, ...], tuple[Message, ...]]:
    """The list of a case by a run that it was not saved under, and a sentence for each rule that this run can't follow.

    Raises:
        UnknownIdError: the data has no such user, group or item.
        InputError: the case names a cluster or interests by a number, which means something else under another run.
    """
    if number := case.needs_its_run:
        fix = Message("Save the group on Embeddings and choose it by its name, or transfer all interests.")
        raise InputError("the case", "must not name a group by a number of its own run", number, fix)
    rules, problems = applicable_rules(parts, case.rules)
    return list_of_case(parts, replace(case, rules=rules)), problems


@dataclass(frozen=True)
class ListComparison:
    """Two lists.

    Attributes:
        first, second: the lists, best first.
        shared: ids of the items in both, in the order of the first list.
        only_first, only_second: ids of the others.
    """

    first: tuple[ListedItem, ...]
    second: tuple[ListedItem, ...]
    shared: tuple[str, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]

    @property
    def overlap(self) -> float:
        """Share of the longer list that both have, 0 … 1."""
        return len(self.shared) / max(len(self.first), len(self.second), 1)

    @property
    def moves(self) -> dict[str, int]:
        """For each shared item, how many places higher it is in the second list (negative: lower)."""
        ranks = [{item.item_id: rank for rank, item in enumerate(items)} for items in (self.first, self.second)]
        return {item: ranks[0][item] - ranks[1][item] for item in self.shared}

    @property
    def sentence(self) -> Message:
        """What is the same and what is not."""
        moved = sum(places != 0 for places in self.moves.values())
        n = max(len(self.first), len(self.second))
        if not moved and len(self.shared) == n:
            return Message("Both lists are the same, in the same order.")
        return Message(
            "{shared} of {n} items are in both lists ({overlap:.0%}), {moved} of them at another rank.",
            shared=len(self.shared),
            n=n,
            overlap=self.overlap,
            moved=moved,
        )


def compare_lists(first: Sequence[ListedItem], second: Sequence[ListedItem]) -> ListComparison:
    """Which items two lists share, and how their ranks differ.

    Args:
        first, second: best first.

    Returns:
        The items in both and in one only.
    """
    ids = [[item.item_id for item in items] for items in (first, second)]
    shared, only_first = ([one for one in ids[0] if (one in ids[1]) == both] for both in (True, False))
    only_second = [one for one in ids[1] if one not in ids[0]]
    return ListComparison(tuple(first), tuple(second), tuple(shared), tuple(only_first), tuple(only_second))


def differing_settings(first: SavedCase, second: SavedCase) -> list[tuple[Message, str, str]]:
    """What differs between two cases: a label, and the value in each."""
    columns = ([*_settings(one).values()] for one in (first, second))
    rows = zip(_settings(first), *columns, strict=True)
    return [(label, a, b) for label, a, b in rows if a != b or (label == _MODEL and first.run != second.run)]


_MODEL = Message("Model")


def _settings(saved: SavedCase) -> dict[Message, str]:
    """What a case depends on, by its label."""
    return {
        Message("Target"): party_words(saved.target),
        Message("Source"): party_words(saved.source),
        Message("α"): f"{saved.case.alpha:.3f}",
        Message("Length of the list"): str(saved.case.k),
        Message("Rules"): rules_in_words(saved),
        _MODEL: known_name(saved.run_name),
        Message("Data"): known_name(saved.data),
    }


def rules_in_words(saved: SavedCase) -> str:
    """The rules of a case as one message; "none" without any."""
    words = saved.case.rules.words()
    return listed(words) if words else Message("none")

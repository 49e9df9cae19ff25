"""Are new items found? A study whose held-out items have no interaction in the training data at all.

Some candidates are drawn, all their rows are taken out of the training data of one fold, and a model is trained without
them. The cold users of that fold whose next item is one of them are evaluated: it must be found among the new items by
what their texts say. Nothing else is known of a new item, so popularity gives them a random order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.evaluation.study.alpha_curves import choose_alpha
from recsys.evaluation.study.evaluate_fold import Progress, evaluate_fold, fold_quality
from recsys.evaluation.study.fold_scorer import FoldScorer
from recsys.evaluation.study.methods import ALONE, TRANSFER, Method
from recsys.evaluation.study.parts import FoldInfo, StudyParts
from recsys.evaluation.study.plan import FEWEST_USERS, ColdUsers, Fold, StudyPlan
from recsys.evaluation.study.statistics import MethodQuality
from recsys.evaluation.study.text_items import TextItems
from recsys.metrics.accuracy import discounted_gain
from recsys.metrics.uncertainty import Estimate, estimate_ratio
from recsys.models.item_text import has_item_text, item_text_vectors
from recsys.models.recommender import Encoder
from recsys.wording import Message, in_a_row, listed

SHARE = 0.2  # of the candidates that are new
TEXT_ALONE, TEXT_POPULARITY, SHUFFLED_TITLES, POPULARITY = (
    ALONE, Message("popularity of similar texts"), Message("shuffled titles"), Message("popularity"),
)  # fmt: skip
BASELINES = (POPULARITY, TEXT_POPULARITY, SHUFFLED_TITLES)
Train = Callable[[Dataset, Path | None, Progress], tuple[Encoder, dict[str, Any]]]


@dataclass(frozen=True)
class NewItems:
    """The result.

    Attributes:
        items: new items; users, pairs: evaluated users, and users with a number of known items.
        reader: the text model, as a sentence.
        alphas: chosen for the first half of the users, and for the second.
        methods: NDCG@10 among the new items, by method, with intervals over users.
        differences: of the transfer by texts to each other method, paired over users.
    """

    items: int
    users: int
    pairs: int
    reader: str
    alphas: tuple[float, float]
    methods: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]

    @property
    def helps(self) -> bool:
        """Whether texts are shown to be better than popularity, than popularity of similar texts, and than shuffled
        titles: all three intervals are above 0."""
        return all(self.differences[name].low > 0 for name in BASELINES)

    @property
    def sentence(self) -> str:
        """The result in words, a message."""
        verdict = Message(
            "By their texts new items are found: NDCG@10 {found} among {items:,} items that no training row holds, "
            "{others} ({users:,} users)."
            if self.helps
            else "It is not shown that texts find new items: NDCG@10 {found} among {items:,} items that no training "
            "row holds, {others} ({users:,} users).",
            found=self.methods[TRANSFER].text,
            items=self.items,
            others=listed(
                [Message("{value:.3f} by {method}", value=self.methods[name].value, method=name) for name in BASELINES]
            ),
            users=self.users,
        )
        if not self.helps:
            return verdict
        gain = self.differences[TEXT_ALONE]
        if gain.low > 0:
            return in_a_row([verdict, Message("The source adds {gain}.", gain=gain.signed(3))])
        return in_a_row([verdict, Message("The source is not shown to add to this.")])

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> NewItems:
        """What `to_json` wrote. Raises KeyError, TypeError where fields are missing."""
        methods, differences = (
            {name: Estimate(**one) for name, one in content[part].items()} for part in ("methods", "differences")
        )
        first, second = content["alphas"]
        numbers = (content["items"], content["users"], content["pairs"])
        return cls(*numbers, content["reader"], (first, second), methods, differences)

    def to_json(self) -> dict[str, Any]:
        return {
            "items": self.items,
            "users": self.users,
            "pairs": self.pairs,
            "reader": self.reader,
            "alphas": list(self.alphas),
            "methods": {name: estimate.to_json() for name, estimate in self.methods.items()},
            "differences": {name: estimate.to_json() for name, estimate in self.differences.items()},
            "helps": self.helps,
            "sentence": self.sentence,
        }


def saved_sentence(content: Mapping[str, Any]) -> str:
    """The sentence of a saved result as a message, made from its numbers; its text where it was worded otherwise."""
    text = str(content["sentence"])
    try:
        made = NewItems.from_json(content).sentence
    except (KeyError, TypeError, ValueError):  # of an earlier version, or damaged
        return text
    return made if made == text else text


def study_new_items(
    dataset: Dataset, plan: StudyPlan, parts: StudyParts, seed: int, train: Train, progress: Progress
) -> NewItems | None:
    """The study of new items on the users of the plan's first fold; None where too few of them can be evaluated.

    Args:
        train: trains a model on some rows, with the folder of its checkpoint and its progress.
    """
    new = draw_new_items(dataset, plan, seed)
    fold = without_items(plan.folds[0], new)
    half = plan.half[np.unique(np.concatenate([np.zeros(0, np.int64), *(cold.users for cold in fold.cold)]))]
    if min((half == 0).sum(), (half == 1).sum()) < FEWEST_USERS / 2:
        return None
    number, texts = len(plan.folds), item_text_vectors(dataset.catalogue, ids=dataset.items.ids)
    cut = replace(plan, candidates=new, folds=(fold,))
    info = parts.info(number)
    qualities = None if info is None else fold_quality([n for n, ok in info.applies.items() if ok], number, fold, parts)
    if qualities is None:
        model, recorded = train(fold.train, parts.checkpoint(number, "training"), progress)
        shuffled = shuffled_texts(texts.vectors, seed)
        names: list[str] = []
        for vectors, rows in ((texts.vectors, _rows()), (shuffled, (_row(SHUFFLED_TITLES),))):
            scorer = FoldScorer(TextItems(model, fold.train, vectors), cut, fold, seed, _no_training)
            applying = [row for row in rows if row.applies(scorer)]
            evaluate_fold(scorer, applying, number, fold, parts, lambda f, *a, **more: progress(1.0, *a, **more))
            names += [row.name for row in applying]
        parts.finish(
            number, FoldInfo(model.name, int((fold.train.lengths > 0).sum()), recorded, dict.fromkeys(names, True))
        )
        qualities = fold_quality(names, number, fold, parts)
        assert qualities is not None
    return _result(int(new.sum()), texts.reader, qualities, fold, cut, seed)


def draw_new_items(dataset: Dataset, plan: StudyPlan, seed: int) -> np.ndarray:
    """A fifth of the candidates with a text, drawn: bool (n_items + 1,); none where no item has a text."""
    new = np.zeros(dataset.n_items + 1, dtype=bool)
    if has_item_text(dataset.catalogue, dataset.items.ids):
        able = np.flatnonzero(plan.candidates & (dataset.item_counts > 0))
        new[np.random.default_rng([seed, 47]).permutation(able)[: int(SHARE * len(able))]] = True
    return new


def without_items(fold: Fold, new: np.ndarray) -> Fold:
    """The fold whose training rows and sources hold no new item, with the users whose next item is one."""
    train = fold.train.with_rows(~new[fold.train.sequence])
    return Fold(train, tuple(_without(cold, new) for cold in fold.cold))


def _without(cold: ColdUsers, new: np.ndarray) -> ColdUsers:
    rows = np.flatnonzero(new[cold.positives]).tolist()

    def known(histories: Sequence[History]) -> tuple[History, ...]:
        return tuple(histories[row][~new[histories[row]]] for row in rows)

    seen, left_out = (tuple(of_user[row] for row in rows) for of_user in (cold.history, cold.left_out))
    return ColdUsers(
        cold.observed, cold.users[rows], known(cold.target), known(cold.source), seen, left_out,
        cold.positives[rows], cold.times[rows],
    )  # fmt: skip


def shuffled_texts(vectors: np.ndarray, seed: int) -> np.ndarray:
    """The texts in another order among the items that have one; the control."""
    shuffled, known = vectors.copy(), np.flatnonzero(np.isfinite(vectors).all(axis=1))
    shuffled[known] = vectors[np.random.default_rng([seed, 53]).permutation(known)]
    return shuffled


def _row(name: str) -> Method:
    return Method(name, name, "control", "chosen", lambda b: b.source)


def _rows() -> tuple[Method, ...]:
    """What is compared with the true texts."""

    def text_popularity(scorer: FoldScorer) -> np.ndarray:
        assert isinstance(scorer.model, TextItems)
        return scorer.model.popularity[scorer.columns]

    return (
        Method(TRANSFER, "Texts of the items", "transfer", "chosen", lambda b: b.source),
        Method("text bridge", "Text bridge", "learned", "chosen", lambda b: b.learned("text_bridge").source,
               applies=lambda fold: fold.learned("text_bridge") is not None),
        Method(TEXT_ALONE, "Texts, target alone", "no transfer", "none", lambda b: b.target),
        Method(TEXT_POPULARITY, "Popularity of similar texts", "prior", "none",
               lambda b: b.same_for_all(text_popularity(b.fold))),
    )  # fmt: skip


def _no_training(rows: Dataset) -> Encoder:
    raise AssertionError("no further model is trained for new items")


def _result(
    items: int, reader: str, qualities: Sequence[MethodQuality], fold: Fold, plan: StudyPlan, seed: int
) -> NewItems:
    users = np.concatenate([quality.users for quality in qualities])
    row = np.unique(users, return_inverse=True)[1]
    values, alphas = {}, (0.0, 0.0)
    for name in qualities[0].ndcg:
        table = np.concatenate([quality.ndcg[name] for quality in qualities])
        if table.ndim == 2:
            table, chosen = choose_alpha(table, plan.half[users])
            alphas = chosen if name == TRANSFER else alphas
        values[name] = table
    values[POPULARITY] = _by_chance(fold, plan.candidates)
    counts = np.bincount(row)

    def mean(one: np.ndarray) -> Estimate:
        return estimate_ratio(np.bincount(row, one), counts, seed=seed)

    differences = {name: mean(values[TRANSFER] - one) for name, one in values.items() if name != TRANSFER}
    means = {name: mean(one) for name, one in values.items()}
    return NewItems(items, len(counts), len(users), reader, alphas, means, differences)


def _by_chance(fold: Fold, new: np.ndarray) -> np.ndarray:
    """The expected NDCG@10 of a random order of the new items that are not left out: float64 (pairs,)."""
    items = int(new.sum())
    left = np.array([items - len(np.unique(h[new[h]])) for cold in fold.cold for h in cold.left_out])
    gains = np.cumsum(discounted_gain(np.arange(1, 11), 10))
    expected: np.ndarray = gains[np.minimum(left, 10) - 1] / left
    return expected

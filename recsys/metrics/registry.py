"""The table of metrics. Evaluation, shell, HTML report, charts and the page Evaluate are built from `METRICS`.

To add a metric, add a line. A function per user returns float64 (n,), NaN for users it is not defined for; means and
intervals leave these users out, and a metric that is defined for no user is left out of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys.errors import InputError
from recsys.metrics import accuracy, beyond_accuracy, item_content
from recsys.metrics.evaluated import ModelOutput
from recsys.metrics.uncertainty import Estimate, estimate_ratio
from recsys.wording import Message

Direction = Literal["higher", "lower", "neither"]


@dataclass(frozen=True)
class Metric:
    """One metric.

    Args:
        name: its key in JSON and URLs, "@k" follows where it has a list length ("ndcg@10").
        label: its name on screen.
        better: which values are better.
        low, high: range of its values.
        k: list length it is shown at by default; None if it is measured on the whole ranking.
        formula: in one line.
        paper: where it was defined; "" for textbook metrics.
        help: what a value means, in one sentence.
        per_user: gets (output, k), k = 0 on the whole ranking; returns float64 (n,).
        of_lists: instead of `per_user`, for metrics that only all lists together have; None where not defined.
    """

    name: str
    label: Message
    better: Direction
    low: float
    high: float
    k: int | None
    formula: Message
    paper: str
    help: Message
    per_user: Callable[[ModelOutput, int], np.ndarray] | None = None
    of_lists: Callable[[ModelOutput, int], Estimate | None] | None = None

    def keys(self, ks: Iterable[int]) -> Iterator[tuple[str, int]]:
        """(key, k) at each list length; (name, 0) on the whole ranking."""
        return iter([(self.name, 0)] if self.k is None else [(f"{self.name}@{k}", k) for k in ks])

    def to_json(self) -> dict[str, str]:
        return {"label": self.label, "better": self.better, "formula": self.formula, "paper": self.paper}

    def default_key(self, ks: Iterable[int], otherwise: int) -> str:
        """The key shown by default where lists of lengths `ks` were measured: at its own k, else at another."""
        return self.name if self.k is None else f"{self.name}@{self.k if self.k in ks else otherwise}"


def _calibration(output: ModelOutput, k: int) -> np.ndarray:
    if output.data.categories is None:
        return np.full(len(output.lists), np.nan)
    return item_content.calibration(output.lists[:, :k], output.data.history_shares, output.data.categories)


def _popularity(output: ModelOutput, k: int) -> np.ndarray:
    top = output.lists[:, :k]
    return beyond_accuracy.list_mean(top, output.data.dataset.item_counts[top])


def _popularity_lift(output: ModelOutput, k: int) -> Estimate | None:
    recommended, chosen = _popularity(output, k), output.data.history_popularity
    known = np.isfinite(recommended) & np.isfinite(chosen)
    if not known.any():
        return None
    ratio = estimate_ratio(recommended[known], chosen[known], seed=output.data.seed)
    return Estimate(ratio.value - 1, ratio.low - 1, ratio.high - 1)


METRICS: tuple[Metric, ...] = (
    Metric("ndcg", Message("NDCG"), "higher", 0, 1, 10,
           Message(
               "Σ 1 / log₂(rank + 1) over the held-out items among the first k, divided by the highest possible sum"),
           "Järvelin & Kekäläinen 2002",
           Message("1 if the held-out item is first, 0.63 if second, 0.29 if tenth, 0 below; mean over users."),
           per_user=lambda o, k: accuracy.ndcg(o.ranks, k)),
    Metric("hr", Message("Hit rate"), "higher", 0, 1, 10,
           Message("1 if a held-out item is among the first k, else 0"), "",
           Message("Share of users with a held-out item among the first k."),
           per_user=lambda o, k: accuracy.hit_rate(o.ranks, k)),
    Metric("mrr", Message("MRR"), "higher", 0, 1, None,
           Message("1 / best rank of a held-out item"), "Voorhees 1999",
           Message("Mean of 1 / rank of the held-out item: 1 if first, 0.5 if second."),
           per_user=lambda o, k: accuracy.reciprocal_rank(o.ranks)),
    Metric("mrr", Message("MRR"), "higher", 0, 1, 10,
           Message("1 / best rank of a held-out item among the first k, else 0"), "Voorhees 1999",
           Message("Mean of 1 / rank of the held-out item, 0 if it is not among the first k."),
           per_user=lambda o, k: accuracy.reciprocal_rank(o.ranks, k)),
    Metric("recall", Message("Recall"), "higher", 0, 1, 20,
           Message("held-out items among the first k / held-out items"), "",
           Message("Share of the held-out items that are among the first k."),
           per_user=lambda o, k: accuracy.recall(o.ranks, k)),
    Metric("precision", Message("Precision"), "higher", 0, 1, 10,
           Message("held-out items among the first k / k"), "",
           Message("Share of the list that was held out; with one held-out item per user at most 1 / k."),
           per_user=lambda o, k: accuracy.precision(o.ranks, k)),
    Metric("map", Message("MAP"), "higher", 0, 1, 10,
           Message("Σ precision at each hit among the first k / held-out items"), "",
           Message("Mean of the average precision of each user."),
           per_user=lambda o, k: accuracy.average_precision(o.ranks, k)),
    Metric("auc", Message("AUC"), "higher", 0, 1, None,
           Message("share of the user's other candidates that score below the held-out item, ties half"),
           "Rendle et al. 2009",
           Message("Chance that the held-out item scores above a random other candidate; guessing reaches 0.5."),
           per_user=lambda o, k: accuracy.auc(o.ranks)),
    Metric("balanced_accuracy", Message("Like / not-like accuracy"), "higher", 0, 1, None,
           Message("(share of held-out items called liked + share of other candidates called not liked) / 2"), "",
           Message("How often the held-out item and a random other candidate are told apart; guessing reaches 0.5."),
           per_user=lambda o, k: o.calls.balanced_accuracy),
    Metric("coverage", Message("Coverage"), "higher", 0, 1, 10,
           Message("items in at least one list / items"), "Ge et al. 2010",
           Message("Share of the catalogue that is recommended to at least one user."),
           of_lists=lambda o, k: beyond_accuracy.estimate_coverage(o.lists[:, :k], o.data.dataset.n_items)),
    Metric("gini", Message("Exposure Gini"), "lower", 0, 1, 10,
           Message("Σ (2i − n − 1) · xᵢ / (n · Σ x), x = how often each item is recommended, ascending"), "",
           Message("How unequally items are recommended: 0 = all equally often, 1 = always the same ones."),
           of_lists=lambda o, k: beyond_accuracy.estimate_gini(o.lists[:, :k], o.data.dataset.n_items)),
    Metric("long_tail", Message("Long-tail exposure"), "higher", 0, 1, 10,
           Message("share of the list that belongs to the items behind the last 20% of interactions"),
           "Abdollahpouri et al. 2019",
           Message("Share of the recommended places that go to the least popular items."),
           per_user=lambda o, k: beyond_accuracy.list_mean(o.lists[:, :k], o.data.bands[o.lists[:, :k]] == 2)),
    Metric("arp", Message("Average popularity"), "lower", 0, np.inf, 10,
           Message("mean number of interactions of the items in the list"), "Yin et al. 2012",
           Message("How popular the recommended items are, in interactions per item."),
           per_user=_popularity),
    Metric("popularity_lift", Message("Popularity lift"), "lower", -1, np.inf, 10,
           Message("mean popularity of the lists / mean popularity of the histories − 1"), "Abdollahpouri et al. 2020",
           Message("How much more popular the recommended items are than those users chose: 1 = twice as popular."),
           of_lists=_popularity_lift),
    Metric("novelty", Message("Novelty"), "higher", 0, np.inf, 10,
           Message("mean of −log₂((users of the item + 1) / (users + 1)) over the list"), "Zhou et al. 2010",
           Message("How rare the recommended items are, in bits: one more means half as popular."),
           per_user=lambda o, k: beyond_accuracy.novelty(
               o.lists[:, :k], o.data.users_of_item, o.data.dataset.n_users)),
    Metric("unexpectedness", Message("Unexpectedness"), "neither", 0, 1, 10,
           Message("share of the list that is not among the user's most popular candidates"),
           "Adamopoulos & Tuzhilin 2014",
           Message("Share of the list that a list of the most popular items would not have held."),
           per_user=lambda o, k: beyond_accuracy.unexpectedness(o.lists[:, :k], o.data.popular_lists[:, :k])),
    Metric("serendipity", Message("Serendipity"), "higher", 0, 1, 10,
           Message("share of the list that was held out and is not among the user's most popular candidates"),
           "Ge et al. 2010",
           Message("Share of the list that is right and that a list of the most popular items would not have held."),
           per_user=lambda o, k: beyond_accuracy.serendipity(
               o.lists[:, :k], o.data.holdout.positives, o.data.popular_lists[:, :k])),
    Metric("diversity", Message("Diversity"), "higher", 0, 1, 10,
           Message("1 − mean cosine between the items of the list"), "Ziegler et al. 2005",
           Message("How unlike the items of a list are: by their tags, or by who chose them."),
           per_user=lambda o, k: item_content.diversity(o.lists[:, :k], o.data.features)),
    Metric("calibration", Message("Calibration error"), "lower", 0, float(np.log(1 / item_content.SMOOTHING)), 10,
           Message("Σ p ln(p / (0.99 q + 0.01 p)), p and q = distribution of tags or scenarios in history and list"),
           "Steck 2018",
           Message("How far the list's mix of tags (or scenarios) is from the user's history: 0 = the same mix."),
           per_user=_calibration),
)  # fmt: skip


def find_metric(key: str) -> Metric:
    """The metric of a key such as "ndcg@10" or "auc". Raises InputError."""
    name, at, _ = key.partition("@")
    for metric in METRICS:
        if metric.name == name and (metric.k is not None) == bool(at):
            return metric
    names = ", ".join(metric.name for metric in METRICS)
    raise InputError("the metric", Message("must be one of {names}", names=names), key)


def metric_label(key: str) -> str:
    """The name of a key on screen: "ndcg@10" → "NDCG@10"."""
    label, (_, at, k) = find_metric(key).label, key.partition("@")
    return Message("{metric}@{k}", metric=label, k=k) if at else label

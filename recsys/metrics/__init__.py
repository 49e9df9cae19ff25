"""One definition of every rank and of every accuracy metric, used by training, validation and test alike."""

from recsys.metrics.accuracy import accuracy_at, reciprocal_rank
from recsys.metrics.ranking import MISSED, Ranks, count_at_least, place, ranks, unseen
from recsys.metrics.repeats import Repeats, repeats_of

__all__ = [
    "MISSED",
    "Ranks",
    "Repeats",
    "accuracy_at",
    "count_at_least",
    "place",
    "ranks",
    "reciprocal_rank",
    "repeats_of",
    "unseen",
]

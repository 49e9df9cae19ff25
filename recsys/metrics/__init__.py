"""One definition of ranks and of every metric, for training, validation and test. `registry.METRICS` is the table."""

from recsys.metrics.accuracy import hit_rate, ndcg, reciprocal_rank
from recsys.metrics.ranking import MISSED, Ranks, mask_seen, rank_masked, ranks
from recsys.metrics.repeats import RepeatStatistics, repeat_statistics

__all__ = [
    "MISSED",
    "Ranks",
    "RepeatStatistics",
    "hit_rate",
    "mask_seen",
    "ndcg",
    "rank_masked",
    "ranks",
    "reciprocal_rank",
    "repeat_statistics",
]

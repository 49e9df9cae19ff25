"""Step 4: whose taste is blended with whose, the exact path over α, what is recommended, whether α helps, privacy."""

from recsys.transfer.blend import WAYS, Transfer, blend_ways, had_by_half, interpolate, merged_taste, transfer
from recsys.transfer.path import AlphaPath, Change, Step, alpha_path
from recsys.transfer.recommend import Recommendations, collaborative, content, recommend
from recsys.transfer.tastes import (
    MINIMUM_GROUP,
    Taste,
    average_taste,
    blend_sentence,
    composed_taste,
    group_taste,
    medoid_taste,
    neighbours_taste,
    scenario_taste,
    taste_scores,
    taste_vector,
    time_tastes,
    user_taste,
)

__all__ = [
    "MINIMUM_GROUP",
    "WAYS",
    "AlphaPath",
    "Change",
    "Recommendations",
    "Step",
    "Taste",
    "Transfer",
    "alpha_path",
    "average_taste",
    "blend_sentence",
    "blend_ways",
    "collaborative",
    "composed_taste",
    "content",
    "group_taste",
    "had_by_half",
    "interpolate",
    "medoid_taste",
    "merged_taste",
    "neighbours_taste",
    "recommend",
    "scenario_taste",
    "taste_scores",
    "taste_vector",
    "time_tastes",
    "transfer",
    "user_taste",
]

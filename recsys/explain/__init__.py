"""Step 6: explain a recommendation. Influence of history items, counterfactuals, parts of a score, attention."""

from recsys.explain.attention import AttentionMap, DeletionStudy, attention_map, deletion_study, trained_head
from recsys.explain.counterfactual import Counterfactual, smallest_removal
from recsys.explain.history_influence import Influence, blended_scorer, influence, unseen_items
from recsys.explain.score_parts import main_shared_tag, shared_tags, similar_items, source_and_target

__all__ = [
    "AttentionMap",
    "Counterfactual",
    "DeletionStudy",
    "Influence",
    "attention_map",
    "blended_scorer",
    "deletion_study",
    "influence",
    "main_shared_tag",
    "shared_tags",
    "similar_items",
    "smallest_removal",
    "source_and_target",
    "trained_head",
    "unseen_items",
]

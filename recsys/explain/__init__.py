"""Step 6: why this item. Influence of history items, counterfactuals, parts of a score, attention and its limits."""

from recsys.explain.attention import AttentionMap, DeletionStudy, attention_map, deletion_study, trained_head
from recsys.explain.counterfactual import Counterfactual, smallest_removal
from recsys.explain.history_influence import Influence, blended, influence, unseen_items
from recsys.explain.score_parts import alike_items, shared_tags, source_and_target

__all__ = [
    "AttentionMap",
    "Counterfactual",
    "DeletionStudy",
    "Influence",
    "alike_items",
    "attention_map",
    "blended",
    "deletion_study",
    "influence",
    "shared_tags",
    "smallest_removal",
    "source_and_target",
    "trained_head",
    "unseen_items",
]

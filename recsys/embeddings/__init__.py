"""Step 3: from a model to embeddings, their projection, groups, and a measure of how far the projection is true."""

from recsys.embeddings.clusters import Clusters, cluster
from recsys.embeddings.extraction import Embeddings, extract
from recsys.embeddings.group_names import name_item_groups, name_next_choices, name_user_groups
from recsys.embeddings.group_profile import GroupProfile, OverRepresented, profile_group
from recsys.embeddings.neighbours import nearest
from recsys.embeddings.projection import Projection, align, pca, project
from recsys.embeddings.projection_quality import Quality, measure_quality

__all__ = [
    "Clusters",
    "Embeddings",
    "GroupProfile",
    "OverRepresented",
    "Projection",
    "Quality",
    "align",
    "cluster",
    "extract",
    "measure_quality",
    "name_item_groups",
    "name_next_choices",
    "name_user_groups",
    "nearest",
    "pca",
    "profile_group",
    "project",
]

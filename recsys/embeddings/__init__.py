"""Step 3: a model becomes representations, a picture of them, groups in it, and an honest measure of the picture."""

from recsys.embeddings.clusters import Clusters, cluster
from recsys.embeddings.extraction import Embeddings, extract
from recsys.embeddings.group_profile import GroupProfile, Typical, name_clusters, profile_group
from recsys.embeddings.neighbours import nearest
from recsys.embeddings.projection import Projection, align, pca, project, warm_up
from recsys.embeddings.projection_quality import Quality, measure_quality

__all__ = [
    "Clusters",
    "Embeddings",
    "GroupProfile",
    "Projection",
    "Quality",
    "Typical",
    "align",
    "cluster",
    "extract",
    "measure_quality",
    "name_clusters",
    "nearest",
    "pca",
    "profile_group",
    "project",
    "warm_up",
]

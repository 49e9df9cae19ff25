"""Step 3: a model becomes representations, a picture of them, groups in it, and an honest measure of the picture."""

from recsys.embeddings.clusters import Clusters, cluster
from recsys.embeddings.extraction import Embeddings, extract
from recsys.embeddings.neighbours import nearest
from recsys.embeddings.portrait import Portrait, Typical, name_clusters, portrait
from recsys.embeddings.projection import Projection, align, pca, project, warm_up
from recsys.embeddings.quality import Quality, picture_quality

__all__ = [
    "Clusters",
    "Embeddings",
    "Portrait",
    "Projection",
    "Quality",
    "Typical",
    "align",
    "cluster",
    "extract",
    "name_clusters",
    "nearest",
    "pca",
    "picture_quality",
    "portrait",
    "project",
    "warm_up",
]

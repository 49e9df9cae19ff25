"""Step 1: a file becomes interactions, and interactions a dataset."""

from recsys.data.cleaning import CleaningPlan, CleaningReport
from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap
from recsys.data.interactions import Interactions
from recsys.data.loading import Loaded, load
from recsys.data.splits import Holdout, Split, leave_one_out

__all__ = [
    "Catalogue",
    "CleaningPlan",
    "CleaningReport",
    "Dataset",
    "Holdout",
    "IdMap",
    "Interactions",
    "Loaded",
    "Split",
    "leave_one_out",
    "load",
]

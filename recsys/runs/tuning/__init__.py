"""A search over the settings of a training: on validation users only, resumable, the winner tested once."""

from recsys.runs.tuning.plan import SearchPlan, search_seconds
from recsys.runs.tuning.result import SearchResult, conclude, read_search
from recsys.runs.tuning.search import independent_parts, run_part, search_settings
from recsys.runs.tuning.trials import (
    SEARCH_TRIALS,
    KeptTrials,
    Trial,
    Unfinished,
    best_of,
    finish,
    search_folder,
    unfinished_searches,
)

__all__ = [
    "SEARCH_TRIALS",
    "KeptTrials",
    "SearchPlan",
    "SearchResult",
    "Trial",
    "Unfinished",
    "best_of",
    "conclude",
    "finish",
    "independent_parts",
    "read_search",
    "run_part",
    "search_folder",
    "search_seconds",
    "search_settings",
    "unfinished_searches",
]

"""Step 5, Dataset × models -> Report: metrics, protocols, intervals and tests, segments, the transfer study."""

from recsys.evaluation.evaluate import Report, evaluate_models

__all__ = ["Report", "evaluate_models"]

"""Step 5, Dataset × models -> Report: metrics, protocols, intervals and tests, segments, the transfer study."""

from recsys.evaluation.evaluate import evaluate_models
from recsys.evaluation.report import Report

__all__ = ["Report", "evaluate_models"]

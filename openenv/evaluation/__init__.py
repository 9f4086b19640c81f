"""Measures policies: many episodes of each, on the same seeds, with intervals."""

from openenv.evaluation.play import ResetRefusedError
from openenv.evaluation.report import Comparison, Report, Summary
from openenv.evaluation.run import Progress, evaluate
from openenv.evaluation.statistics import Estimate

__all__ = ["Comparison", "Estimate", "Progress", "Report", "ResetRefusedError", "Summary", "evaluate"]

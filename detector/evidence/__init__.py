"""Clusters to measured facts, each against a stated chance."""

from detector.evidence.dormancy import SPAN_DAYS_MIN as DORMANCY_DAYS_MIN
from detector.evidence.measure import Measured, measure

__all__ = ["DORMANCY_DAYS_MIN", "Measured", "measure"]

"""Clusters to measured facts, each against a stated chance."""

from detector.evidence.measure import Measured, measure

__all__ = ["Measured", "measure"]

"""Measured facts to scores, tiers and sentences."""

from detector.judge.score import Judged, judge

__all__ = ["Judged", "judge"]

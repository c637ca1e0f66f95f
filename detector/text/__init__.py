"""COMMENTS to clusters of near copies, in vectorised numpy."""

from detector.text.allowed import find_allowed
from detector.text.cluster import Clustered, cluster_comments

__all__ = ["Clustered", "cluster_comments", "find_allowed"]

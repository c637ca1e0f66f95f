"""COMMENTS to clusters of near copies, in vectorised numpy."""

from detector.text.allowed import find_allowed
from detector.text.cluster import Clustered, cluster_comments
from detector.text.near import cluster_texts

__all__ = ["Clustered", "cluster_comments", "cluster_texts", "find_allowed"]

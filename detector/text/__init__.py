"""COMMENTS to clusters of near copies, in vectorised numpy."""

"""Bytes to COMMENTS and REJECTS: every line is judged, skipped by reason or quarantined."""

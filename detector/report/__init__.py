"""Frames to files and pages that people read."""

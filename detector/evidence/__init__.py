"""Clusters to measured facts, each against a stated chance."""

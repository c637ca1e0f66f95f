"""Measured facts to scores, tiers and sentences."""

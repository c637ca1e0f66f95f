"""Measurements of the whole command on generated comments: what a reader of the README can repeat."""

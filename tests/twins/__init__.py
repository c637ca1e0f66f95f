"""Slow twins: what the fast code computes, written as its definition reads. For tests only."""

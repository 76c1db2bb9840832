"""Levels that any executable evaluates: JSON in, JSON out, no Python needed."""

"""Figures of a comparison: curves, distributions, archives side by side."""

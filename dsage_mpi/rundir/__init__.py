"""The run directory: what a run writes about itself, and what reads it back."""

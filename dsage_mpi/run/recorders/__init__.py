"""Recorders: what writes down or shows what a run does; the search depends on none of them."""

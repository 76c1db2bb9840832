"""Checkpoints: trees of arrays in HDF5 files, written atomically, verified when read."""

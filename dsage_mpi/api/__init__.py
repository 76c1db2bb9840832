"""What stands behind the Python API; import its names from ``dsage_mpi`` itself (docs/api.md)."""

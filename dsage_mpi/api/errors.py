"""Errors of the Python API that are no error of the configuration."""

from __future__ import annotations


class RunError(Exception):
    """A run could not be finished; the message says why and how to go on."""

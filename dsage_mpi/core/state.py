"""State trees: what components hand to the checkpoint writer.

A tree is a nested ``dict`` with string keys whose leaves are NumPy arrays, ints, floats, bools,
strings or lists of strings. Nothing else is allowed, so that a checkpoint never holds a pickle.
"""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]


class CheckpointError(Exception):
    """A checkpoint cannot be written, found or trusted; the message says which and why."""


class UnreadableError(CheckpointError):
    """A checkpoint cannot be read here and now, which says nothing about whether it is whole."""

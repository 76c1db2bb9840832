"""Writes platform levels by rules: the corpus that the shipped generator is trained on.

The rules are our own (rhythm groups after Smith et al. 2011: short beats of one challenge each
between stretches of rest); no level of any game is copied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.records import HEIGHT, WIDTH
from dsage_mpi.training.mario_generator.author.canvas import Canvas
from dsage_mpi.training.mario_generator.author.styles import STYLES


def write_level(rng: np.random.Generator) -> NDArray[np.int8]:
    """One level, (16, 56) tile indices, of a style drawn by its share."""
    shares = [share for _, share in STYLES]
    style = STYLES[int(rng.choice(len(STYLES), p=shares))][0]
    canvas = Canvas()
    style(canvas, rng)
    return canvas.level.copy()


def write_levels(rng: np.random.Generator, count: int) -> NDArray[np.int8]:
    """``count`` levels, (count, 16, 56); about a millisecond each."""
    levels = np.empty((count, HEIGHT, WIDTH), dtype=np.int8)
    for number in range(count):
        levels[number] = write_level(rng)
    return levels

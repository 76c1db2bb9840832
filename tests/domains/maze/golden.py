"""The recordings in tests/data/maze, and the published checkpoint where it is at hand."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dsage_mpi.domains.maze.agent import TENSORS, AgentWeights, load_agent

_REPOSITORY = Path(__file__).parents[3]
_DATA = _REPOSITORY / "tests" / "data" / "maze"
_BESIDE = _REPOSITORY.parent / "shared" / "assets" / "accel_seed_1_model_20000.tar"

#: Tile kind (0 empty, 1 wall, 2 goal) of the type code in an observation.
KIND = np.array([9, 0, 1, 9, 9, 9, 9, 9, 2], np.uint8)


@functools.cache
def load(name: str) -> dict[str, NDArray[Any]]:
    with np.load(_DATA / f"{name}.npz") as file:
        return dict(file)


def levels() -> NDArray[np.uint8]:
    return load("levels")["level"]


def playable() -> NDArray[np.bool_]:
    return load("levels")["start"][:, 0] >= 0


def checkpoint() -> Path:
    """Path of the published checkpoint; skips the test where there is none."""
    given = os.environ.get("DSAGE_ACCEL_CHECKPOINT")
    path = Path(given) if given else _BESIDE
    if not path.is_file():
        pytest.skip(f"needs the published maze agent (no {path}; set DSAGE_ACCEL_CHECKPOINT)")
    return path


@functools.cache
def _published(path: Path) -> AgentWeights:
    return load_agent(str(path))


def published_weights() -> AgentWeights:
    return _published(checkpoint())


def random_weights(seed: int, gain: float = 1.0) -> AgentWeights:
    """A network that nobody trained, decisive enough to move about."""
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in TENSORS.items():
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 16
        weights[name] = (gain * rng.normal(size=shape) / np.sqrt(fan_in)).astype(np.float32)
    weights["actor.1.linear.bias"][2] += 1.0
    return weights


def random_levels(seed: int, count: int) -> NDArray[np.uint8]:
    """Mazes of wall densities 0.05 to 0.65."""
    rng = np.random.default_rng(seed)
    density = rng.uniform(0.05, 0.65, (count, 1, 1))
    return (rng.random((count, 16, 16)) < density).astype(np.uint8)


def narrow_levels(seed: int, count: int) -> NDArray[np.uint8]:
    """Mazes three cells wide, in which even an untrained agent often arrives."""
    levels = random_levels(seed, count)
    levels[:, :, 3:] = 1
    return levels

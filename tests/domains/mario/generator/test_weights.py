"""The generator that the package ships: small, recorded, and good at levels."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.mario.generator import Generator, load_generator
from dsage_mpi.domains.mario.generator.load import BUILTIN
from dsage_mpi.domains.mario.jvm.jar import find_jar
from dsage_mpi.domains.mario.records import WIN, task_dtype
from dsage_mpi.domains.mario.settings import MarioSettings
from dsage_mpi.domains.mario.simulator import MarioSimulator
from dsage_mpi.training.mario_generator.quality import pipe_tiles, sky_tiles, tile_entropy
from tests.domains.mario.generator.conftest import latents


@pytest.fixture(scope="module")
def levels() -> NDArray[np.int8]:
    """Levels of latents that nobody looked at before."""
    return Generator(load_generator("builtin")).decode(latents(2000, seed=41))


def test_shipped_weights_are_small_and_half_precision() -> None:
    assert BUILTIN.stat().st_size <= 12_000_000
    with np.load(BUILTIN) as file:
        assert {file[name].dtype for name in file.files} == {np.dtype(np.float16)}


def test_the_record_says_how_they_came_about() -> None:
    record = json.loads((BUILTIN.parent / "generator.json").read_text(encoding="utf-8"))
    for key in ("commands", "seed", "steps", "wall_hours", "date", "commits", "sha256", "scores"):
        assert record[key], key
    assert hashlib.sha256(BUILTIN.read_bytes()).hexdigest() == record["sha256"]


def test_pipes_are_complete(levels: NDArray[np.int8]) -> None:
    complete, pipes = pipe_tiles(levels)
    assert pipes > len(levels)
    assert complete / pipes >= 0.95


def test_levels_vary(levels: NDArray[np.int8]) -> None:
    assert len(np.unique(levels.reshape(len(levels), -1), axis=0)) > 0.99 * len(levels)
    low, high = np.percentile(sky_tiles(levels), (5, 95))
    assert low < 10
    assert high > 80
    assert tile_entropy(levels) > 1.0


@pytest.mark.parametrize("sigma", [0.2, 3.0, 10.0])
def test_levels_vary_wherever_the_search_goes(sigma: float) -> None:
    some = Generator(load_generator("builtin")).decode(latents(300, seed=32, sigma=sigma))
    assert len(np.unique(some.reshape(len(some), -1), axis=0)) > 150
    assert np.ptp(sky_tiles(some)) > 30


def test_most_levels_can_be_completed(levels: NDArray[np.int8]) -> None:
    try:
        find_jar()
    except DomainError as error:
        pytest.skip(str(error))
    tasks = np.zeros(60, task_dtype(1))
    tasks["level"] = levels[:60]
    tasks["budget"] = 1000
    with MarioSimulator(MarioSettings(name="mario", rollouts=1)) as simulator:
        results = simulator(tasks)
    assert (results["rollout"]["status"] == WIN).mean() >= 0.6

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ribs.archives import GridArchive

from dsage_mpi.report.export import ArchiveTable

MEASURES = ("num_blocks", "agent_path_length")
METADATA = ("agent_path_length", "optimal_path_length")


def make_archive(count: int, seed: int = 1, dims: tuple[int, int] = (32, 18)) -> Any:
    """A real GridArchive as the outer loop makes it, filled with ``count`` synthetic mazes."""
    rng = np.random.default_rng(seed)
    archive = GridArchive(
        solution_dim=256,
        dims=dims,
        ranges=[(0, 256), (0, 648)],
        solution_dtype=np.int8,
        extra_fields={
            "level": ((16, 16), np.int8),
            "metadata": ((2,), np.float64),
            "evaluation": ((), np.int64),
        },
    )
    if count:
        solutions = (rng.random((count, 256)) < rng.uniform(0, 0.7, (count, 1))).astype(np.int8)
        levels = solutions.reshape(count, 16, 16).copy()
        levels[:, 0, 0], levels[:, 15, 15] = 2, 3
        length = rng.uniform(0, 648, count)
        archive.add(
            solutions,
            rng.random(count),
            np.stack([solutions.sum(axis=1), length], axis=1),
            level=levels,
            metadata=np.stack([length, length / 2], axis=1),
            evaluation=np.arange(count),
        )
    return archive


@pytest.fixture
def archive() -> Any:
    return make_archive(200)


@pytest.fixture
def table(archive: Any) -> ArchiveTable:
    return ArchiveTable.of(archive, MEASURES, METADATA)


@pytest.fixture
def metric_row() -> Callable[..., dict[str, Any]]:
    """Makes a row of the metrics as the outer loop makes it."""

    def make(iteration: int, **more: Any) -> dict[str, Any]:
        row = {
            "iteration": iteration,
            "evaluations": 100 * iteration,
            "archive_size": 50 * iteration,
            "coverage": 0.01 * iteration,
            "qd_score": 49.5 * iteration,
            "evaluate_s": 1.5,
            "total_s": 2.0,
            "idle_share": 0.25,
        }
        if iteration > 1:
            row |= {"objective_mae": 0.1 / iteration, "agent_path_length_mae": 90 / iteration}
            row |= {"num_blocks_mae": 2.5, "occupancy_mae": 0.3, "train_s": 0.25, "inner_s": 0.1}
        return row | more

    return make

"""Rollouts that are played again are the ones that were simulated."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.maze.domain import MazeDomain
from dsage_mpi.domains.maze.levels import analyse
from dsage_mpi.domains.maze.settings import MazeSettings

MEASURES = ("num_blocks", "agent_path_length")


def made(**settings: object) -> MazeDomain:
    return MazeDomain(MazeSettings.model_validate({"name": "maze", **settings}), MEASURES)


@pytest.mark.parametrize("protocol", ["independent", "dsage"])
def test_ways_are_those_of_the_simulator(protocol: Literal["independent", "dsage"]) -> None:
    domain = made(protocol=protocol, rollouts=12)
    rng = np.random.default_rng(0)
    solutions = (rng.random((4, 256)) < 0.3).astype(np.uint8)
    solutions[2] = 1  # no agent fits in
    tasks = domain.tasks(solutions, np.arange(4, dtype=np.uint64))
    results = domain.make_simulator(domain.simulator_payload())(tasks)
    ways = domain.paths(tasks, 12)
    assert ways[2] == []
    start, walls = analyse(tasks["level"]).start, tasks["level"]
    for k in (0, 1, 3):
        visits = np.zeros((16, 16), np.int64)
        for way, length, success in zip(
            ways[k], results["length"][k], results["success"][k], strict=True
        ):
            assert len(way) == length + success
            assert way[0].tolist() == list(divmod(int(start[k]), 16))
            assert (np.abs(np.diff(way, axis=0)).sum(axis=1) <= 1).all()
            assert not walls[k][tuple(way.T)].any()
            np.add.at(visits, tuple(way[:length].T), 1)
        if protocol == "independent":  # the other one counts unfinished episodes, too
            np.testing.assert_array_equal(visits, results["occupancy"][k])
    few = domain.paths(tasks, 2)
    assert [len(of_one) for of_one in few] == [2, 2, 0, 2]
    np.testing.assert_array_equal(few[3][1], ways[3][1])


def test_results_are_the_same_with_and_without_a_trace() -> None:
    domain = made(rollouts=5)
    tasks = domain.tasks(np.zeros((1, 256), np.uint8), np.zeros(1, np.uint64))
    before = domain.make_simulator(domain.simulator_payload())(tasks)
    domain.paths(tasks, 5)
    after = domain.make_simulator(domain.simulator_payload())(tasks)
    assert before.tobytes() == after.tobytes()


def test_without_an_agent_there_is_no_way() -> None:
    domain = made(objective="none")
    tasks = domain.tasks(np.zeros((1, 256), np.uint8), np.zeros(1, np.uint64))
    with pytest.raises(DomainError, match="no agent is run"):
        domain.paths(tasks, 1)
    full = made().tasks(np.ones((1, 256), np.uint8), np.zeros(1, np.uint64))
    with pytest.raises(DomainError, match="has no two free cells"):
        made().film(full, 0)

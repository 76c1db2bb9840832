"""What the native functions refuse: each of these crashed, hung or gave wrong numbers once."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.settings import MazeSettings
from dsage_mpi.domains.maze.simulator import TASK_DTYPE, MazeSimulator
from tests.domains.maze import golden

_LEVELS = golden.random_levels(31, 2)
_SEEDS = np.arange(2, dtype=np.uint64)


def _agent(**options):
    return _native.Agent(golden.random_weights(2), **options)


@pytest.mark.parametrize(
    "change",
    [
        lambda weight: weight.astype(np.float64),
        lambda weight: (100 * weight).astype(np.int64),
        np.asfortranarray,
        lambda weight: weight[:, ::-1],
        lambda weight: None,
    ],
    ids=["float64", "int64", "fortran", "reversed", "none"],
)
def test_weights_that_would_have_to_be_converted_are_refused(change):
    """The converted array was freed before the network read it."""
    weights = golden.random_weights(2)
    name = "rnn.rnn.weight_hh_l0"
    with pytest.raises(ValueError, match=f"{name} is no contiguous array of float32"):
        _native.Agent(weights | {name: change(weights[name])})


def test_a_missing_weight_is_named():
    weights = golden.random_weights(2)
    del weights["actor.0.0.bias"]
    with pytest.raises(ValueError, match=r"actor\.0\.0\.bias is missing"):
        _native.Agent(weights)


def _odd(values):
    """The same numbers at an odd address."""
    memory = np.zeros(values.nbytes + 1, np.uint8)
    memory[1:] = values.reshape(-1).view(np.uint8)
    return memory[1:].view(values.dtype).reshape(values.shape)


def test_odd_addresses_are_refused():
    weights = golden.random_weights(2)
    name = "actor.0.0.bias"
    with pytest.raises(ValueError, match=f"{name} is no contiguous array"):
        _native.Agent(weights | {name: _odd(weights[name])})
    with pytest.raises(ValueError, match="seeds must be aligned"):
        _agent().rollouts(_LEVELS, _odd(_SEEDS), 2)
    with pytest.raises(ValueError, match="states must be aligned"):
        _native.views(_LEVELS[0], _odd(np.arange(2, dtype=np.int16)))
    with pytest.raises(ValueError, match="cells must be aligned"):
        _native.depth_first(_LEVELS, _odd(np.zeros(2, np.int16)))


def test_a_task_at_an_odd_address_is_simulated():
    settings = MazeSettings(name="maze", rollouts=3)
    simulator = MazeSimulator(settings, golden.random_weights(2))
    tasks = np.zeros(1, TASK_DTYPE)
    tasks["level"], tasks["seed"] = _LEVELS[0], 5
    odd = np.frombuffer(b"x" + tasks.tobytes(), TASK_DTYPE, 1, 1)
    np.testing.assert_array_equal(simulator(odd), simulator(tasks))


def test_weights_of_another_shape_are_refused():
    weights = golden.random_weights(2)
    turned = np.ascontiguousarray(weights["rnn.rnn.weight_hh_l0"].T)
    with pytest.raises(ValueError, match=r"weight_hh_l0 has another shape: \(256, 1024\)"):
        _native.Agent(weights | {"rnn.rnn.weight_hh_l0": turned})


@pytest.mark.parametrize("run", ["rollouts", "original"])
def test_numbers_that_would_have_to_be_converted_are_refused(run):
    """Conversion made 256 an empty tile, 0.5 as well, and seed -1 another seed."""
    call = getattr(_agent(), run)
    for levels, seeds in (
        (_LEVELS.astype(np.int64) + 256, _SEEDS),
        (_LEVELS + 0.5, _SEEDS),
        (_LEVELS, np.array([-1, -2])),
        (_LEVELS, np.array([0.5, 1e30])),
    ):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            call(levels, seeds, 2)


@pytest.mark.parametrize(
    ("run", "options"),
    [
        ("rollouts", {"rows": 0}),
        ("rollouts", {"rows": -5}),
        ("rollouts", {"levels_in_flight": 0}),
        ("rollouts", {"episodes": 30_000, "levels_in_flight": 100}),
        ("original", {"rows": 0}),
        ("original", {"rows": 2**31 - 1}),
    ],
)
def test_impossible_schedules_are_refused(run, options):
    """No row in flight: rollouts never returned, and original returned zeros."""
    options = {"episodes": 2} | options
    levels, seeds = np.zeros((40, 16, 16), np.uint8), np.zeros(40, np.uint64)
    with pytest.raises(ValueError, match=r"rows|levels_in_flight"):
        getattr(_agent(), run)(levels, seeds, **options)


@pytest.mark.parametrize("views", [-1, 0, 2**30, 2**31 - 1])
def test_impossible_tables_of_views_are_refused(views):
    with pytest.raises(ValueError, match="cached_views must be 1 to"):
        _agent(cached_views=views)


def test_cells_that_fit_no_level_are_refused():
    """A goal of -1 was read as a row before the table."""
    level = np.zeros((1, 16, 16), np.uint8)

    def cells(cell):
        return np.array([cell], np.int16)

    with pytest.raises(ValueError, match="both a start and a goal"):
        _native.marked_paths(level, cells(0), cells(-1))
    for bad in (-2, -32768, 256):
        with pytest.raises(ValueError, match="cell ids are 0 to 255"):
            _native.marked_paths(level, cells(0), cells(bad))
        with pytest.raises(ValueError, match="cell ids are 0 to 255"):
            _native.depth_first(level, cells(bad))
    with pytest.raises(TypeError, match="incompatible"):
        _native.depth_first(level, np.array([65536]))


def test_levels_of_other_tiles_are_refused_everywhere():
    strange, cell = np.full((1, 16, 16), 6, np.uint8), np.zeros(1, np.int16)
    for call in (
        lambda: _native.marked_paths(strange, cell, cell + 5),
        lambda: _native.depth_first(strange, cell),
    ):
        with pytest.raises(ValueError, match="level 0 holds something else"):
            call()


def test_unknown_actions_and_directions_are_refused():
    level = np.zeros((16, 16), np.uint8)
    with pytest.raises(ValueError, match="actions are 0 to 6"):
        _native.replay(level, 0, np.array([2, 7], np.uint8))
    with pytest.raises(ValueError, match="actions are 0 to 6"):
        _agent().replay_original(level, 1, np.full((648, 10), 7, np.uint8))
    with pytest.raises(ValueError, match="directions are 0 to 3"):
        _native.replay(level, 4, np.zeros(1, np.uint8))
    with pytest.raises(ValueError, match="episodes must be 1 to"):
        _agent().replay_original(level, 2**31 - 1, np.zeros((1, 10), np.uint8))


@pytest.mark.parametrize("run", ["rollouts", "original"])
def test_threads_that_share_an_agent_take_turns(run):
    """They wrote into one table of views at a time, freed under each other's hands."""
    levels, seeds = golden.narrow_levels(32, 12), np.arange(12, dtype=np.uint64)
    expected = getattr(_agent(), run)(levels, seeds, 4)["length"]
    shared, wrong = _agent(cached_views=300), []

    def play():
        for _ in range(4):
            if not np.array_equal(getattr(shared, run)(levels, seeds, 4)["length"], expected):
                wrong.append(run)

    threads = [threading.Thread(target=play) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("isa", _native.supported_isas().split(", "))
def test_no_levels_have_no_results(isa):
    agent, none = _agent(isa=isa), np.zeros((0, 16, 16), np.uint8)
    for run in (agent.rollouts, agent.original):
        assert run(none, np.zeros(0, np.uint64), 2)["length"].shape == (0, 2)

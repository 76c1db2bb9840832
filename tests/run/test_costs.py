"""What a balanced budget measures, and leaves alone."""

from __future__ import annotations

import pytest

from dsage_mpi.config.load import load_config
from dsage_mpi.core.domain import DomainError
from dsage_mpi.run.costs import with_costs
from dsage_mpi.run.estimate import estimate
from tests.support import REPOSITORY

TINY = REPOSITORY / "inputs/maze_tiny.toml"
BALANCED = ("inner_loop.iterations=balanced", "surrogate.max_steps=balanced")


def test_costs_that_are_set_stay_and_the_others_are_measured():
    config = load_config(TINY, overrides=[*BALANCED, "balance.simulation_seconds=123.0"])
    found = with_costs(config)
    assert found.balance.simulation_seconds == 123.0
    assert found.balance.costs is not None
    assert all(1e-7 < seconds < 10 for seconds in found.balance.costs[1:])
    assert with_costs(found) is found
    # Nothing else has changed.
    assert found.model_copy(update={"balance": config.balance}) == config


def test_the_costs_of_an_ensemble_can_be_measured():
    own = ["surrogate.members=2", "balance.simulation_seconds=1", "balance.training_seconds=1"]
    alone, ensemble = (load_config(TINY, overrides=[*BALANCED, *own[n:]]) for n in (1, 0))
    costs = [with_costs(config).balance.prediction_seconds for config in (alone, ensemble)]
    assert 0 < costs[0] < 2 * costs[1]


def test_nothing_is_measured_where_nothing_is_balanced():
    config = load_config(TINY)
    assert with_costs(config) is config
    config = load_config(TINY, overrides=[*BALANCED, "algorithm.method=map_elites"])
    assert with_costs(config) is config


def test_simulations_that_all_fail_cannot_be_timed():
    config = load_config(
        REPOSITORY / "examples/command/rooms.toml",
        overrides=[*BALANCED, 'domain.command=["false"]'],
    )
    with pytest.raises(DomainError, match=r"none can be timed .*balance\.simulation_seconds"):
        with_costs(config)


def test_an_estimate_follows_the_costs():
    set_costs = ["balance.simulation_seconds=1", "balance.prediction_seconds=1e-3"]
    set_costs += ["balance.training_seconds=2e-3", "surrogate.epochs=1000"]
    cost = estimate(load_config(TINY, overrides=[*BALANCED, *set_costs]))
    assert cost.work is not None
    assert cost.simulation_seconds == cost.evaluations
    # As much for the surrogate as for the simulations, but for those of the first batch.
    spent = cost.prediction_seconds + cost.training_seconds
    assert 0.5 * cost.simulation_seconds < spent < 1.1 * cost.simulation_seconds
    assert cost.prediction_seconds == pytest.approx(cost.training_seconds, rel=0.3)
    # Before anything is measured it goes by what is known of the development machine.
    rough = estimate(load_config(TINY, overrides=list(BALANCED)))
    assert rough.work is not None
    assert rough.basis != cost.basis == "balance.simulation_seconds"

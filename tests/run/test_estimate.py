"""The cost estimate where it can be counted by hand."""

from __future__ import annotations

import pytest

from dsage_mpi.config.load import load_config
from dsage_mpi.core.cost_facts import CostFacts
from dsage_mpi.run.estimate import FIXED_SECONDS, Estimate, estimate, prediction_macs
from tests.config.conftest import Writer

FACTS = CostFacts(
    seconds=1.0, level_shape=(16, 16), tile_count=4, solution_bytes=256, basis="a test"
)


def test_multiply_adds_of_the_published_networks(write: Writer) -> None:
    config = load_config(write())
    ancillary = 256 * 9 * (4 * 64 + 4 * 64 * 64) + 256 * 64
    predictor = 64 * 16 * 5 * 64 + 16 * 16 * 64 * 128 + 2048 * 3
    assert prediction_macs(config, FACTS) == ancillary + predictor


def test_multiply_adds_without_ancillary_network(write: Writer) -> None:
    config = load_config(write(), overrides=["surrogate.ancillary=false"])
    assert prediction_macs(config, FACTS) == 64 * 16 * 4 * 64 + 16 * 16 * 64 * 128 + 2048 * 3


def test_counts_of_a_fixed_selection(write: Writer) -> None:
    overrides = [
        "algorithm.max_evaluations=1000",
        "algorithm.initial_solutions=100",
        "selection.kind=random",
        "selection.count=300",
        "inner_loop.iterations=1000",
        "surrogate.epochs=2",
        "surrogate.recent_samples=500",
    ]
    cost = estimate(load_config(write(), overrides=overrides))
    assert (cost.evaluations, cost.per_iteration, cost.outer_iterations) == (1000, 300, 4)
    assert cost.predictions == 3 * 1000 * 5 * 30
    assert cost.training_samples == 2 * (100 + 400 + 500)


def test_counts_of_a_selection_that_grows(write: Writer) -> None:
    """100 initial, 150 at a time up to 1 500 evaluations, from there a tenth of what is known."""
    overrides = [
        "algorithm.max_evaluations=5000",
        "selection.kind=random",
        "selection.count=150",
        "selection.share=0.1",
        "inner_loop.iterations=1000",
        "surrogate.epochs=2",
    ]
    cost = estimate(load_config(write(), overrides=overrides))
    known, trainings, samples = 100, 0, 0
    while known < 5000:
        trainings, samples = trainings + 1, samples + known
        known += max(150, known // 10)
    assert trainings > 20
    assert cost.outer_iterations == 1 + trainings
    assert cost.training_samples == 2 * samples


def test_a_share_counts_only_where_a_number_is_picked(write: Writer) -> None:
    overrides = ["selection.kind=downsample", "selection.coarse_dims=[32,27]"]
    plain, shared = (
        estimate(load_config(write(), overrides=[*overrides, f"selection.share={share}"]))
        for share in (0.0, 0.5)
    )
    assert plain == shared


def test_direct_methods_have_no_surrogate(write: Writer) -> None:
    overrides = ["algorithm.method=map_elites", "algorithm.max_evaluations=1000"]
    cost = estimate(load_config(write(), overrides=overrides))
    assert (cost.predictions, cost.training_samples, cost.outer_iterations) == (0, 0, 7)


def test_wall_time_is_that_of_what_cannot_be_done_at_the_same_time(write: Writer) -> None:
    def cost(*overrides: str) -> Estimate:
        return estimate(load_config(write(), overrides=["surrogate.members=4", *overrides]))

    alone = cost("surrogate.threads=1")
    learning = alone.prediction_seconds + alone.training_seconds
    both = alone.simulation_seconds / 8 + learning
    assert alone.seconds(8, 8) == pytest.approx(FIXED_SECONDS + both)
    overlapped = cost("surrogate.threads=1", "outer_loop.mode=overlapped")
    longest = max(alone.simulation_seconds / 8, learning)
    assert overlapped.seconds(8, 8) == pytest.approx(FIXED_SECONDS + longest)
    shared = cost("surrogate.threads=1", "farm.compute=ranks")
    saved = alone.seconds(8, 8) - shared.seconds(8, 8)
    assert saved == pytest.approx(alone.training_seconds * 3 / 4)
    assert alone.seconds(2, 2) - shared.seconds(2, 2) == pytest.approx(alone.training_seconds / 2)
    assert cost("surrogate.threads=8").seconds(8, 8) < alone.seconds(8, 8)
    assert cost("farm.compute=ranks").trained_at_once == 1

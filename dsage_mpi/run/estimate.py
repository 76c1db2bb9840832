"""What a run will cost, to an order of magnitude, before it starts (``--dry-run``)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsage_mpi.archives import ARCHIVES
from dsage_mpi.config.balance import Costs
from dsage_mpi.config.schema import Config
from dsage_mpi.core.cost_facts import CostFacts
from dsage_mpi.core.levels import LevelSpace, Planes
from dsage_mpi.domains import domain_settings
from dsage_mpi.outer.balance import Work, levels_per_iteration, planned_work

#: Multiply-add pairs per second that the surrogate reaches on one CPU core (fp32, convolutions of
#: batches of levels; one Zen 4 core of the development machine, see docs/surrogate.md).
CORE_MACS_PER_SECOND = 25e9
#: A training step's work in units of a prediction: forward, and backward twice that.
TRAINING_FACTOR = 3
#: Part of the surrogate's work that more threads do not speed up: they wait for each other after
#: every kernel, and batches are small. Assumed; two threads predict 1.9 times as fast as one.
SERIAL_SHARE = 0.05
#: Start of the program and drawing of the figures, on any number of cores.
FIXED_SECONDS = 8.0
#: Share of the surrogate archive that a long inner loop fills (Bhatt et al. 2022 pick 432 elites
#: for the random-sample ablation, half of the coarse cells).
ARCHIVE_SHARE = 0.5
#: A short inner loop finds a new elite about once in so many predictions (seen with
#: inputs/maze_quick.toml: 200 to 600 elites after 30 000 predictions).
PREDICTIONS_PER_ELITE = 75
#: A smaller ``selection.share`` is left out of the estimate.
_SMALLEST_SHARE = 1e-3


@dataclass(frozen=True)
class Estimate:
    """Rough cost of a run; counts are exact where they follow from the configuration alone.

    Attributes:
        evaluations: Real evaluations (exact: the budget).
        per_iteration: Evaluations per outer iteration (rough).
        outer_iterations: Outer iterations (rough).
        predictions: Levels that the surrogate predicts in inner loops (rough).
        training_samples: Levels that training passes over, each counted once per epoch (rough).
        memory_bytes: Evaluation record, data set and archives on rank 0 (rough).
        simulation_seconds: CPU time of all simulations on one core.
        prediction_seconds: CPU time of all predictions on one core.
        training_seconds: CPU time of all training on one core.
        basis: Where the time of one evaluation comes from.
        work: What a "balanced" surrogate does in an outer iteration in the middle of the run;
            None where nothing is balanced.
        overlapped: Whether the surrogate is busy while levels are simulated.
        threads: Most threads of the surrogate; None: as many as there are cores.
        trained_at_once: Members of an ensemble that other ranks train at the same time, at most.
    """

    evaluations: int
    per_iteration: int
    outer_iterations: int
    predictions: int
    training_samples: int
    memory_bytes: int
    simulation_seconds: float
    prediction_seconds: float
    training_seconds: float
    basis: str
    work: Work | None = None
    overlapped: bool = False
    threads: int | None = None
    trained_at_once: int = 1

    def seconds(
        self, simulating_cores: int, surrogate_cores: int | None, crowding: float = 1.0
    ) -> float:
        """Wall time with so many cores.

        Surrogate and simulation take turns, or go on side by side (``overlapped``).

        Args:
            simulating_cores: Cores that simulate.
            surrogate_cores: Cores of the surrogate; None leaves its time out (a GPU).
            crowding: Threads for each of the surrogate's cores.
        """
        simulating = self.simulation_seconds / simulating_cores
        if surrogate_cores is None:
            return FIXED_SECONDS + simulating
        cores = min(surrogate_cores, self.threads or surrogate_cores)
        share = SERIAL_SHARE + (1 - SERIAL_SHARE) / cores
        training = self.training_seconds / min(self.trained_at_once, simulating_cores)
        learning = crowding * share * (self.prediction_seconds + training)
        both = max(simulating, learning) if self.overlapped else simulating + learning
        return FIXED_SECONDS + both


def estimate(config: Config) -> Estimate:
    """Rough cost of the run that ``config`` describes."""
    facts: CostFacts = domain_settings(config.domain_name).cost_facts(config.domain)
    if config.uses_surrogate:
        return _with_surrogate(config, facts)
    budget = config.algorithm.max_evaluations
    per_iteration = min(levels_per_iteration(config), budget)
    return Estimate(
        evaluations=budget,
        per_iteration=per_iteration,
        outer_iterations=math.ceil(budget / per_iteration),
        predictions=0,
        training_samples=0,
        memory_bytes=_memory(config, facts),
        simulation_seconds=budget * facts.seconds,
        prediction_seconds=0.0,
        training_seconds=0.0,
        basis=facts.basis,
    )


def _with_surrogate(config: Config, facts: CostFacts) -> Estimate:
    budget = config.algorithm.max_evaluations
    costs, basis = _assumed_costs(config, facts), facts.basis
    if config.balances and config.balance.costs is not None:
        costs, basis = config.balance.costs, "balance.simulation_seconds"
    named = {f"{name}_seconds": seconds for name, seconds in costs._asdict().items()}
    balance = config.balance.model_copy(update=named)
    config = config.model_copy(update={"balance": balance})
    initial = min(config.algorithm.initial_solutions, budget)
    emitted = levels_per_iteration(config)
    # How many are picked may depend on how long is searched, which may depend on how many are.
    iterations = planned_work(config, initial, initial, initial).iterations
    recent = config.surrogate.recent_samples
    window = budget if recent == "all" else recent
    trainings, samples = _trainings(config, emitted * iterations, window)
    per_iteration = max(1, round((budget - initial) / max(1, trainings)))
    middle = max(per_iteration, budget // 2)
    work = planned_work(config, per_iteration, middle, per_iteration)
    counted = config.balances or config.surrogate.replay is not None
    training_samples = trainings * work.samples if counted else config.surrogate.epochs * samples
    if isinstance(most := config.surrogate.max_steps, int):
        training_samples = min(training_samples, trainings * most * config.surrogate.batch_size)
    predictions = trainings * emitted * work.iterations
    return Estimate(
        evaluations=budget,
        per_iteration=per_iteration,
        outer_iterations=1 + trainings,
        predictions=predictions,
        training_samples=training_samples,
        memory_bytes=_memory(config, facts),
        simulation_seconds=budget * costs.simulation,
        prediction_seconds=predictions * costs.prediction,
        training_seconds=training_samples * costs.training,
        basis=basis,
        work=work if config.balances else None,
        **_layout(config),
    )


def _layout(config: Config) -> dict[str, Any]:
    """What decides which of the work can be done at the same time."""
    settings = config.surrogate
    shared = config.farm.compute == "ranks" and settings.threads == 1
    return {
        "overlapped": config.outer_loop.mode == "overlapped",
        "threads": None if settings.threads == "auto" else settings.threads,
        "trained_at_once": settings.members if shared else 1,
    }


def _assumed_costs(config: Config, facts: CostFacts) -> Costs:
    """What things cost on the development machine."""
    per_level = prediction_macs(config, facts) / CORE_MACS_PER_SECOND
    return Costs(facts.seconds, per_level, TRAINING_FACTOR * per_level)


def _trainings(config: Config, predictions: int, window: int) -> tuple[int, int]:
    """How often the surrogate is trained, and on how many samples altogether.

    Args:
        config: The run.
        predictions: Predictions per outer iteration.
        window: Most samples that a training uses.
    """
    budget = config.algorithm.max_evaluations
    done = min(config.algorithm.initial_solutions, budget)
    selection = config.selection
    counted = selection is not None and selection.kind not in ("all", "downsample")
    share = selection.share if selection is not None and counted else 0.0
    fixed = _selected(config, predictions)
    # Until a share of what is known is more than the fixed number.
    end = budget if share < _SMALLEST_SHARE else min(budget, max(done, math.ceil(fixed / share)))
    trainings = math.ceil((end - done) / fixed)
    samples = _samples(done, fixed, window, trainings)
    done = min(budget, done + trainings * fixed)
    while done < budget:
        trainings, samples = trainings + 1, samples + min(done, window)
        done += max(fixed, int(share * done))
    return trainings, samples


def _samples(initial: int, per_iteration: int, window: int, trainings: int) -> int:
    """Sum of min(initial + k * per_iteration, window) over the trainings k = 0, 1, ..."""
    growing = min(trainings, max(0, -(-(window - initial) // per_iteration)))
    ramp = growing * initial + per_iteration * growing * (growing - 1) // 2
    return ramp + (trainings - growing) * window


def prediction_macs(config: Config, facts: CostFacts) -> int:
    """Multiply-add pairs of predicting one level, which the network itself tells."""
    from dsage_mpi.surrogate.demand import demand  # loads torch

    planes = None
    if config.surrogate.planes and facts.planes:
        planes = Planes(("",) * facts.planes, lambda levels: np.empty(0, np.float32))
    space = LevelSpace(facts.level_shape, facts.tile_count, planes=planes)
    return demand(config.surrogate, space, 1 + len(config.archive.measures)).multiply_adds


def _selected(config: Config, predictions: int) -> int:
    """Evaluations per outer iteration."""
    cells = config.archive.cell_count
    elites = max(1, min(round(ARCHIVE_SHARE * cells), predictions // PREDICTIONS_PER_ELITE))
    selection = config.selection
    if selection is None:
        return elites
    found = elites
    if selection.kind == "downsample":
        coarse: int = ARCHIVES.load(config.archive.kind).coarse_count(selection)
        found = round(elites * coarse / cells)
    elif selection.kind != "all":
        found = min(selection.count or elites, elites)
    least = min(selection.at_least, selection.count or selection.at_least)
    return max(1, found, least)


def _memory(config: Config, facts: CostFacts) -> int:
    """Bytes of the record (solution, level, occupancy, numbers), the data set and two archives."""
    space = LevelSpace(facts.level_shape)
    level = math.prod(space.shape) * space.dtype.itemsize + 4 * math.prod(space.grid_shape)
    numbers = 8 * (len(config.archive.measures) + 8)
    evaluation = facts.solution_bytes + level + numbers
    data_set = level + numbers if config.uses_surrogate else 0
    archives = (2 if config.uses_surrogate else 1) * config.archive.cell_count
    return config.algorithm.max_evaluations * (evaluation + data_set) + archives * evaluation

"""What simulating, predicting and training cost on this machine, for a balanced budget.

Measured once, before a run begins, by doing a little of each. The figures become keys of the run's
configuration: whoever has its config.toml has the run, on any machine.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.archives import build_archives
from dsage_mpi.core.domain import Domain, DomainError
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.core.seeding import Purpose, evaluation_seeds, generator, integer_seed
from dsage_mpi.domains import build_domain
from dsage_mpi.domains.isolated import make_simulator

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Array
    from dsage_mpi.search.inner_loop import Predicted
    from dsage_mpi.surrogate.dataset import DataSet
    from dsage_mpi.surrogate.model import Surrogate

_log = logging.getLogger("dsage_mpi.outer")

#: Evaluations that are timed, and seconds after which no further one is begun.
_EVALUATIONS, _ENOUGH_SECONDS = 24, 4.0
#: Repeats of a measurement whose least result counts: other programs only make it longer.
_REPEATS = 3
#: Optimizer steps and inner iterations of each.
_STEPS, _ITERATIONS = 2, 3


def with_costs(config: Config) -> Config:
    """The configuration with all costs that it needs; those that it lacks are measured here.

    Raises:
        DomainError: No simulation succeeds.
    """
    if not config.balances or config.balance.costs is not None:
        return config
    domain = build_domain(config.domain, config.archive.measures)
    _log.info("measuring what simulation and surrogate cost, for a balanced budget")
    measure: dict[str, Callable[[], float]] = {
        "simulation_seconds": lambda: _simulation(config, domain),
        "prediction_seconds": lambda: _prediction(config, domain),
        "training_seconds": lambda: _training(config, domain),
    }
    found = {
        key: _rounded(seconds())
        for key, seconds in measure.items()
        if getattr(config.balance, key) is None
    }
    return config.model_copy(update={"balance": config.balance.model_copy(update=found)})


def _rounded(seconds: float) -> float:
    """Three digits: more would be noise in everybody's config.toml."""
    return float(f"{max(seconds, 1e-9):.3g}")


def _simulation(config: Config, domain: Domain) -> float:
    """Seconds per evaluation, of those that the run begins with; one at a time, the first left out.

    A failed one costs what it took.
    """
    solutions = _solutions(config, domain, _EVALUATIONS + 1)
    tasks = domain.tasks(solutions, evaluation_seeds(config.seed, 0, len(solutions)))
    simulator = make_simulator(
        domain, domain.simulator_payload(), config.domain, config.archive.measures, config.farm
    )
    seconds: list[float] = []
    failure = ""
    succeeded = 0
    try:
        for k in range(len(tasks)):
            start = time.perf_counter()
            try:
                simulator(tasks[k : k + 1])
                succeeded += 1
            except Exception as error:  # whatever a simulator raises; in the run that is recorded
                failure = f"{type(error).__name__}: {error}"
            seconds.append(time.perf_counter() - start)
            if sum(seconds) > _ENOUGH_SECONDS and len(seconds) > 1:
                break
    finally:
        getattr(simulator, "close", lambda: None)()
    if succeeded == 0:
        raise DomainError(
            f"no simulation succeeds, so that none can be timed ({failure}): mend that, or set "
            "balance.simulation_seconds"
        )
    return math.fsum(seconds[1:]) / len(seconds[1:])


def _prediction(config: Config, domain: Domain) -> float:
    """Seconds per level of a real inner loop, whose surrogate has been trained on nothing real."""
    from dsage_mpi.outer.balance import levels_per_iteration
    from dsage_mpi.outer.beliefs import Beliefs
    from dsage_mpi.search.archive import ground_truth_archive
    from dsage_mpi.search.inner_loop import inner_loop
    from dsage_mpi.search.problem import Problem

    surrogate, _ = _surrogate(config, domain)
    beliefs = Beliefs(config, domain, surrogate, ranks=1)
    archives = build_archives(config.archive, config.seed)
    empty = ground_truth_archive(archives, domain, integer_seed(config.seed, Purpose.EMITTER, 0))
    problem = Problem(config, domain, archives, empty)
    low, high = archives.ranges
    rng = generator(config.seed, Purpose.INNER_LOOP, 0, 2)

    def predict(solutions: Array) -> Predicted:
        believed = beliefs.of(solutions)
        # An untrained surrogate would put all into one cell.
        measures = rng.uniform(low, high, (len(solutions), len(low)))
        return believed._replace(measures=measures)

    def seconds() -> float:
        start = time.perf_counter()
        inner_loop(problem, predict, 0, steps=_ITERATIONS)
        return time.perf_counter() - start

    return _least(seconds) / (_ITERATIONS * levels_per_iteration(config))


def _training(config: Config, domain: Domain) -> float:
    """Seconds per level and optimizer step."""
    surrogate, data = _surrogate(config, domain)

    def seconds() -> float:
        return surrogate.train(data, 1, max_steps=_STEPS).seconds

    return _least(seconds) / (_STEPS * config.surrogate.batch_size)


def _least(seconds: Callable[[], float]) -> float:
    seconds()  # the first takes longer
    return min(seconds() for _ in range(_REPEATS))


def _surrogate(config: Config, domain: Domain) -> tuple[Surrogate, DataSet]:
    """A surrogate, and evaluations that it is timed on: real levels, results of no meaning."""
    from dsage_mpi.outer.balance import levels_per_iteration
    from dsage_mpi.surrogate.dataset import DataSet
    from dsage_mpi.surrogate.model import Surrogate

    plain: dict[str, Any] = {"exact_statistics": False, "patience": None, "replay": None}
    settings = config.surrogate.model_copy(update=plain | {"epochs": _STEPS})
    space = LevelSpace.of(domain, settings.planes)
    measures = config.archive.measures
    usual = levels_per_iteration(config)
    surrogate = Surrogate(settings, space, measures, run_seed=config.seed, usual_batch=usual)
    domain.predict_on(str(surrogate.device))
    count = _STEPS * settings.batch_size
    rng = generator(config.seed, Purpose.INITIAL_SOLUTIONS, 1)
    data = DataSet(count, space, surrogate.device, measure_count=len(measures))
    data.add(
        domain.levels(domain.initial_solutions(rng, count)),
        rng.random(count),
        rng.random((count, len(measures))),
        rng.random((count, *space.grid_shape), dtype=np.float32),
    )
    return surrogate, data


def _solutions(config: Config, domain: Domain, count: int) -> Array:
    rng = generator(config.seed, Purpose.INITIAL_SOLUTIONS, 0)
    return domain.initial_solutions(rng, count)

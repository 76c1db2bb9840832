"""How long the surrogate is trained and searched in an outer iteration, where costs decide it.

Everything is counted: evaluations of the last batch, levels per inner iteration and per optimizer
step, each times a cost that the configuration holds. No clock runs here, so that a restart and any
number of ranks do the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsage_mpi.surrogate.steps import rows_per_epoch, steps_of_epochs

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config

#: More than anybody can wait for, for costs that were set wrong.
_MOST = 10**9


@dataclass(frozen=True)
class Work:
    """What the surrogate does in one outer iteration.

    Attributes:
        iterations: Inner iterations.
        steps: Most optimizer steps; early stopping may end a training before.
        samples: Levels that these steps see, each as often as it is seen.
    """

    iterations: int
    steps: int
    samples: int


def planned_work(config: Config, batch: int, known: int, newest: int) -> Work:
    """What the surrogate is to do now.

    Training gets its share of the budget in whole optimizer steps, but no more than its epochs;
    the inner loop gets what is left, in whole iterations. Both do at least one.

    Args:
        config: The run; its costs are known if anything in it is "balanced".
        batch: Evaluations of the last batch, failed ones included.
        known: Evaluations in the data set.
        newest: Those of them that are of the last batch.
    """
    settings, iterations = config.surrogate, config.inner_loop.iterations
    window = known if settings.recent_samples == "all" else min(known, settings.recent_samples)
    rows = rows_per_epoch(settings, window, min(newest, window))
    most = settings.max_steps
    if not config.balances:
        assert iterations != "balanced"
        assert most != "balanced"
        return _work(config, iterations, rows, most)
    balance, costs = config.balance, config.balance.costs
    if costs is None:  # who runs it has ``run.costs.with_costs`` find them
        raise ValueError("the costs in [balance] are neither set nor measured")
    budget = balance.ratio * costs.simulation * batch
    per_step = costs.training * settings.batch_size
    per_iteration = costs.prediction * levels_per_iteration(config)
    if most == "balanced":
        part = balance.training_share * budget
        if iterations != "balanced":
            part = budget - iterations * per_iteration
        most = _whole(part / per_step)
    work = _work(config, 1, rows, most)
    if iterations == "balanced":
        iterations = _whole((budget - work.steps * per_step) / per_iteration)
    return Work(iterations, work.steps, work.samples)


def levels_per_iteration(config: Config) -> int:
    """Levels that an inner iteration predicts."""
    return config.emitters.count * config.emitters.batch_size


def _work(config: Config, iterations: int, rows: int, most: int | None) -> Work:
    epochs = steps_of_epochs(config.surrogate, rows, most)
    whole = epochs[0]
    last = min(rows, epochs[-1] * config.surrogate.batch_size)
    samples = (len(epochs) - 1) * rows + last
    return Work(iterations, (len(epochs) - 1) * whole + epochs[-1], samples)


def _whole(number: float) -> int:
    return max(1, int(min(number, _MOST)))

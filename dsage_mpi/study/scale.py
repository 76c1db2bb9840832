"""The same study at a part of its cost: a smaller budget, and less effort for each part of it."""

from __future__ import annotations

import math
from typing import Any

from dsage_mpi.config.schema import Config

#: Outer iterations of a whole run with a surrogate.
_MOST_ITERATIONS = 200
#: Fewer would be no search.
_FEWEST_INITIAL, _FEWEST_ROLLOUTS, _FEWEST_FEATURES = 10, 2, 8


def scaled(config: Config, scale: float) -> Config:
    """Returns a run of about ``scale`` of the budget, whose parts are cheaper, too.

    Budget and inner loop shrink by ``scale``; initial solutions, rollouts, epochs and the width of
    the networks by its square root. So that short inner loops of small networks, which propose
    little, do not make more outer iterations of it, these are at most 200 times the root. The
    archive stays, so that coverage keeps its meaning. Scores at two scales cannot be compared.

    Args:
        config: The run.
        scale: More than 0, at most 1.
    """
    if scale == 1.0:
        return config
    root = math.sqrt(scale)
    algorithm, surrogate = config.algorithm, config.surrogate
    changes: dict[str, Any] = {
        "algorithm": _with(
            algorithm,
            max_evaluations=_part(algorithm.max_evaluations, scale),
            initial_solutions=_part(algorithm.initial_solutions, root, _FEWEST_INITIAL),
        ),
        "emitters": _with(
            config.emitters,
            initial_population=_part(config.emitters.initial_population, root, _FEWEST_INITIAL),
        ),
        "inner_loop": _with(config.inner_loop, iterations=_scaled_iterations(config, scale)),
        "surrogate": _with(
            surrogate,
            epochs=_part(surrogate.epochs, root),
            features=_part(surrogate.features, root, _FEWEST_FEATURES),
        ),
    }
    if (selection := config.selection) is not None:
        least = math.ceil(root * algorithm.max_evaluations / _MOST_ITERATIONS)
        changes["selection"] = _with(
            selection,
            at_least=max(selection.at_least, least),
            count=None if selection.count is None else _part(selection.count, root),
        )
    if (rollouts := getattr(config.domain, "rollouts", None)) is not None:
        fewer = _part(int(rollouts), root, _FEWEST_ROLLOUTS)
        changes["domain"] = _with(config.domain, rollouts=fewer)
    return config.model_copy(update=changes)


def _scaled_iterations(config: Config, scale: float) -> int | str:
    """A balanced inner loop shrinks by itself, with the batches that it is balanced with."""
    iterations = config.inner_loop.iterations
    return iterations if iterations == "balanced" else _part(iterations, scale)


def _part(number: int, share: float, fewest: int = 1) -> int:
    """``share`` of a number, but not less than ``fewest`` (or than the number itself)."""
    return max(min(number, fewest), round(share * number))


def _with(table: Any, **values: Any) -> Any:
    return table.model_copy(update=values)

"""What is believed of solutions: the surrogate's predictions, but for what levels tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from dsage_mpi.core.component_failures import failures_of
from dsage_mpi.core.domain import Array, DomainError, known_objective
from dsage_mpi.core.tensor_levels import TensorLevels, tensor_levels, tensor_problems
from dsage_mpi.search.inner_loop import Predicted
from dsage_mpi.search.tensor_loop import TensorPredict, TensorPredicted
from dsage_mpi.surrogate.model import Surrogate

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.surrogate.accuracy import Prediction
    from dsage_mpi.surrogate.on_device import DevicePrediction
    from dsage_mpi.surrogate.settings import SurrogateSettings

#: Predictions between two points at which a run can be stopped: seconds on a slow core. With the
#: published inner batches these are whole passes, so that none has to be filled up.
_PIECE = 600


class Beliefs:
    """Levels of solutions, and what is believed of them.

    Args:
        config: Uses ``surrogate`` and ``inner_loop``.
        domain: Makes levels, and knows what they tell.
        surrogate: Predicts the rest.
        ranks: How many predict at the same time.

    Raises:
        DomainError: ``inner_loop.archive = "tensors"``, and the domain makes no such levels.
    """

    def __init__(self, config: Config, domain: Domain, surrogate: Surrogate, ranks: int) -> None:
        self._settings, self._domain, self._surrogate = config.surrogate, domain, surrogate
        self._piece = _PIECE * ranks
        self._bare = config.surrogate.inputs == "published"
        self._tensors: TensorLevels | None = None
        if config.inner_loop.archive == "tensors":
            #: Which outputs are taken from the level where it tells them ((1 + k,) bool).
            told = [self._settings.known_objective]
            told += [self._settings.known_measures] * len(config.archive.measures)
            self._told = torch.tensor(told, device=surrogate.device)
            self._level_dtype = torch.from_numpy(np.empty(0, surrogate.space.dtype)).dtype
            self._tensors = levels_on_device(domain, config.surrogate, surrogate.device)

    def levels(self, solutions: Array) -> Array:
        """Levels ((n, H, W) or (n, d)) as the search shows them to the surrogate."""
        return (self._domain.bare_levels if self._bare else self._domain.levels)(solutions)

    def of(self, solutions: Array, safe_point: Callable[[], None] = lambda: None) -> Predicted:
        """Predicts piece by piece: a level's prediction is the same in any company.

        Args:
            solutions: (n, solution_dim).
            safe_point: Called between two pieces; may raise.
        """
        parts: list[Predicted] = []
        for first in range(0, max(1, len(solutions)), self._piece):
            if first:
                safe_point()
            levels = self.levels(solutions[first : first + self._piece])
            parts.append(self.given(levels, self._surrogate.predict(levels, occupancy=False)))
        if len(parts) == 1:
            return parts[0]
        return Predicted(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def given(self, levels: Array, prediction: Prediction) -> Predicted:
        """The prediction, but for what the levels tell by themselves."""
        believed = np.column_stack([prediction.objective, prediction.measures])
        known = np.full_like(believed, np.nan)
        if self._settings.known_measures:
            known[:, 1:] = self._domain.known_measures(levels)
        if self._settings.known_objective:
            known[:, 0] = known_objective(self._domain, levels)
        if np.isinf(known).any():
            raise DomainError(
                f"known_measures or known_objective of the {self._domain.name} domain gives an "
                "infinite number: expected finite ones, NaN for what only a simulation tells"
            )
        certain = ~np.isnan(known)
        values = np.where(certain, known, believed)
        spread = prediction.spread
        spread = np.where(certain, 0.0, spread) if spread.size else spread
        return Predicted(values[:, 0], values[:, 1:], levels, spread)

    @contextmanager
    def on_tensors(self) -> Iterator[TensorPredict | None]:
        """A block in which what it gives predicts as ``of`` does, on the surrogate's device.

        None unless ``inner_loop.archive = "tensors"``.
        """
        if (made := self._tensors) is None:
            yield None
            return
        with self._surrogate.on_device() as predict:
            yield TensorPredict(
                self._surrogate.device,
                self._settings,
                lambda solutions: self._of_tensors(solutions, made, predict),
            )

    def _of_tensors(
        self, solutions: Tensor, made: TensorLevels, predict: DevicePrediction
    ) -> TensorPredicted:
        levels = made.levels(solutions)
        _require("levels", levels, (len(solutions), *self._domain.level_shape), self._level_dtype)
        values, spread = predict(levels, made.planes(levels) if self._settings.planes else None)
        if self._settings.known_objective or self._settings.known_measures:
            known = made.known(levels)
            _require("known", known, tuple(values.shape), torch.float64)
            certain = self._told & ~known.isnan()
            values = torch.where(certain, known, values)
            spread = torch.where(certain, 0.0, spread) if spread.shape[1] else spread
        return TensorPredicted(values[:, 0], values[:, 1:], levels, spread)


def _require(method: str, given: Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    """Looks at what the host knows of a tensor, without any word with the device."""
    if tuple(given.shape) != shape or given.dtype != dtype:
        raise DomainError(
            f"{method}() of what tensor_levels() returned gives {given.dtype} of shape "
            f"{tuple(given.shape)}: expected {dtype} of shape {shape}"
        )


def levels_on_device(
    domain: Domain, settings: SurrogateSettings, device: torch.device
) -> TensorLevels:
    """What makes the levels that the surrogate wants as tensors, tried with two solutions.

    Raises:
        DomainError: ``domain`` makes no such levels, or others than its other methods.
    """
    bare = settings.inputs == "published"
    with failures_of(f"{domain.name}.tensor_levels()", DomainError):
        made = tensor_levels(domain, str(device), bare=bare, planes=settings.planes)
    if made is None:
        raise DomainError(f'inner_loop.archive = "tensors": {_lacking(domain, settings)}')
    solutions = domain.initial_solutions(np.random.default_rng(0), 2)
    with failures_of(f"{domain.name}: what its tensor_levels() returned", DomainError):
        problems = tensor_problems(
            made, domain, solutions, str(device), bare=bare, planes=settings.planes
        )
        if problem := next(problems, None):
            raise DomainError(f"{domain.name}, what its tensor_levels() returned: {problem}")
    return made


def _lacking(domain: Domain, settings: SurrogateSettings) -> str:
    """Why there are no levels as tensors, and what to do."""
    otherwise = 'or inner_loop.archive = "native"'
    if not hasattr(domain, "tensor_levels"):
        return (
            f"the {domain.name} domain has no method tensor_levels (docs/extending.md); "
            f"expected one, {otherwise}"
        )
    return (
        f"the {domain.name} domain makes no such levels as tensors with surrogate.inputs = "
        f'"{settings.inputs}", surrogate.planes = {str(settings.planes).lower()} and these '
        f"measures; expected others, {otherwise}"
    )

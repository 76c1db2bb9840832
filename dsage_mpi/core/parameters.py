"""Parameters of mixed kinds, by name: what solutions of a domain are made of.

class Lander(DomainBase):
    PARAMETERS = {
        "gravity": Real(-12, -2),
        "craters": Integer(0, 5),
        "wind": Choice("none", "gusts", "storm"),
    }

A solution has one float64 per parameter: the number itself, or the position of the choice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError
from dsage_mpi.core.positions import CHOICE, INTEGER, REAL, Positions


@dataclass(frozen=True)
class Real:
    """A parameter that is a real number from ``low`` to ``high``.

    Attributes:
        low: Smallest value.
        high: Largest value.
    """

    low: float
    high: float


@dataclass(frozen=True)
class Integer:
    """A parameter that is a whole number from ``low`` to ``high``, both included.

    Attributes:
        low: Smallest value.
        high: Largest value.
    """

    low: int
    high: int


@dataclass(frozen=True, init=False)
class Choice:
    """A parameter that is one of several values without order.

    Attributes:
        options: The values: texts, numbers, truth values.
    """

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        object.__setattr__(self, "options", options)


Parameter = Real | Integer | Choice
_KINDS = {Real: REAL, Integer: INTEGER, Choice: CHOICE}


class Parameters:
    """All parameters of a domain, in order.

    Args:
        declared: Name -> what it can be.

    Raises:
        DomainError: One of them cannot be; says which and what is expected.
    """

    def __init__(self, declared: Mapping[str, Parameter]) -> None:
        if not isinstance(declared, Mapping):
            raise DomainError(
                f"PARAMETERS is a {type(declared).__name__}: expected names -> what each can be, "
                'such as {"slope": Real(-1, 1)}'
            )
        for name, parameter in declared.items():
            _check(name, parameter)
        self._declared = dict(declared)
        self.names = tuple(declared)
        limits = [_limits(parameter) for parameter in declared.values()]
        low, high = np.array(limits, np.float64).T
        kinds = np.array([_KINDS[type(p)] for p in declared.values()], np.int8)
        #: What the positions of a solution are.
        self.positions = Positions(kinds, low, high)
        #: (low, high) of each number in the default level.
        self.level_bounds = tuple(pair for p in declared.values() for pair in _level_limits(p))

    def __len__(self) -> int:
        return len(self.names)

    def sample(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """A uniform random solution ((d,))."""
        return np.array([_drawn(p, rng) for p in self._declared.values()], np.float64)

    def solution(self, values: Mapping[str, Any]) -> NDArray[np.float64]:
        """The solution ((d,)) in which each parameter has the given value.

        Raises:
            DomainError: A name is missing or unknown, or a value is none that it can have.
        """
        if set(values) != set(self.names):
            odd = ", ".join(sorted(set(values) ^ set(self.names)))
            raise DomainError(f"expected values of {', '.join(self.names)}: differs in {odd}")
        return np.array([_coded(n, p, values[n]) for n, p in self._declared.items()], np.float64)

    def values(self, solution: NDArray[Any]) -> dict[str, Any]:
        """Name -> value of a solution ((d,)): a float, an int, or what was declared as a choice."""
        numbers = (float(number) for number in solution)
        return {
            name: _value(parameter, number)
            for (name, parameter), number in zip(self._declared.items(), numbers, strict=True)
        }

    def levels(self, solutions: NDArray[Any]) -> NDArray[np.float64]:
        """Vectors ((n, width)) of solutions ((n, d)): numbers, and one 0 or 1 for each choice."""
        columns: list[NDArray[np.float64]] = []
        for parameter, column in zip(self._declared.values(), solutions.T, strict=True):
            if isinstance(parameter, Choice):
                codes = np.arange(len(parameter.options))
                columns += list((np.asarray(column)[:, None] == codes).T.astype(np.float64))
            else:
                columns.append(np.asarray(column, np.float64))
        return np.stack(columns, axis=1)

    def values_of_level(self, level: NDArray[Any]) -> dict[str, Any]:
        """As ``values``, of a vector ((width,)) that ``levels`` gave."""
        numbers, place = [], 0
        for parameter in self._declared.values():
            width = len(_level_limits(parameter))
            part = level[place : place + width]
            numbers.append(float(part.argmax()) if isinstance(parameter, Choice) else part[0])
            place += width
        return self.values(np.array(numbers, np.float64))


def _check(name: str, parameter: Any) -> None:
    where = f'PARAMETERS["{name}"] = {parameter}'
    if isinstance(parameter, Choice):
        options = [repr(option) for option in parameter.options]
        if not options or len(set(options)) < len(options):
            raise DomainError(f"{where}: expected different choices, at least one")
    elif isinstance(parameter, Real | Integer):
        if not (math.isfinite(parameter.low + parameter.high) and parameter.low < parameter.high):
            raise DomainError(f"{where}: expected low < high, both finite")
        if isinstance(parameter, Integer) and any(
            bound != int(bound) for bound in (parameter.low, parameter.high)
        ):
            raise DomainError(f"{where}: expected whole numbers, or Real(low, high)")
    else:
        raise DomainError(
            f"{where}: expected Real(low, high), Integer(low, high) or Choice(value, value, ...)"
        )


def _limits(parameter: Parameter) -> tuple[float, float]:
    if isinstance(parameter, Choice):
        return 0.0, len(parameter.options) - 1.0
    return float(parameter.low), float(parameter.high)


def _level_limits(parameter: Parameter) -> list[tuple[float, float]]:
    if isinstance(parameter, Choice):
        return [(0.0, 1.0)] * len(parameter.options)
    return [_limits(parameter)]


def _drawn(parameter: Parameter, rng: np.random.Generator) -> float:
    if isinstance(parameter, Choice):
        return float(rng.integers(len(parameter.options)))
    if isinstance(parameter, Integer):
        return float(rng.integers(parameter.low, parameter.high, endpoint=True))
    return float(rng.uniform(parameter.low, parameter.high))


def _value(parameter: Parameter, number: float) -> Any:
    if isinstance(parameter, Choice):
        return parameter.options[round(number)]
    return round(number) if isinstance(parameter, Integer) else number


def _coded(name: str, parameter: Parameter, value: Any) -> float:
    if isinstance(parameter, Choice) and value in parameter.options:
        return float(parameter.options.index(value))
    if isinstance(parameter, Real | Integer) and parameter.low <= value <= parameter.high:
        return float(value)
    raise DomainError(f"{name} = {value!r}: expected what {parameter} can be")

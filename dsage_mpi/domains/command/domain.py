"""The command domain as rank 0 sees it (contract: ``core/domain.py``)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array, DomainError, TasksFailedError
from dsage_mpi.core.domain_base import DomainBase
from dsage_mpi.domains.command.process import CommandFailedError, answer_of
from dsage_mpi.domains.command.settings import CommandSettings
from dsage_mpi.domains.command.settings import measures as measures_of


class CommandDomain(DomainBase):
    """Grids of tile codes; an executable says what one is worth.

    Args:
        settings: The table ``[domain]``.
        measures: Names (keys of ``settings.measures``) that the archive spans, in order.
    """

    own_process: Literal[True] = True

    def __init__(self, settings: CommandSettings, measures: tuple[str, ...]) -> None:
        self.settings = settings
        self.MEASURES = measures_of(settings) or {}  # type: ignore[misc]  # of this input
        self.VALUES = settings.values  # type: ignore[misc]
        super().__init__(settings, measures)
        self.name = "command"  # type: ignore[misc]

    def sample(self, rng: np.random.Generator) -> Array:
        """A level whose tiles are all independent and equally likely."""
        return np.asarray(rng.integers(self.VALUES, size=self.settings.shape))

    def make_simulator(self, payload: Mapping[str, Array]) -> CommandSimulator:  # type: ignore[override]
        """Starts a process per task, one after the other."""
        return CommandSimulator(self.settings, self.result_dtype)

    def try_simulator(self) -> None:
        """Looks for the program, before anything else of a run begins.

        Raises:
            DomainError: There is none.
        """
        program = self.settings.command[0]
        if shutil.which(program) is None:
            raise DomainError(
                f'domain.command[0] = "{program}": no such program, or it may not be executed '
                "(chmod +x); expected an executable on PATH, or the path of one"
            )

    def impossible(self, results: Array) -> Mapping[int, str]:
        """What lies outside of the declared range of its measure."""
        found: dict[int, str] = {}
        for name, measure in self.MEASURES.items():
            values = results[name]
            for row in np.flatnonzero((values < measure.low) | (values > measure.high)):
                found.setdefault(
                    int(row),
                    f"{name} = {values[row]:g}: expected {measure.low:g} to {measure.high:g}, "
                    f"as domain.measures.{name} says",
                )
        return found


class CommandSimulator:
    """Runs the command once per task."""

    def __init__(self, settings: CommandSettings, result_dtype: np.dtype[Any]) -> None:
        self._settings, self._dtype = settings, result_dtype
        self._on_wait: Callable[[], None] = lambda: None

    def call_while_waiting(self, on_wait: Callable[[], None]) -> None:
        """Has ``on_wait`` called while a process runs."""
        self._on_wait = on_wait

    def __call__(self, tasks: Array) -> NDArray[Any]:
        """Results ((n,) of the result dtype) of tasks ((n,)).

        Raises:
            TasksFailedError: Some of them failed.
        """
        results, failed = np.zeros(len(tasks), self._dtype), {}
        for row, task in enumerate(tasks):
            question = {"level": task["level"].tolist(), "seed": int(task["seed"])}
            try:
                answer = answer_of(
                    self._settings.command,
                    question,
                    self._settings.deadline_seconds,
                    self._on_wait,
                )
                for name in self._dtype.names or ():
                    results[name][row] = _number(answer, name)
            except CommandFailedError as error:
                failed[row] = str(error)
        if failed:
            raise TasksFailedError(results, failed)
        return results


def _number(answer: Mapping[str, Any], name: str) -> float:
    value = answer.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        has = "nothing" if value is None else repr(value)[:100]
        raise CommandFailedError(f'the answer has {has} for "{name}": expected a number')
    try:
        return float(value)
    except OverflowError:
        raise CommandFailedError(f'the answer has too large a number for "{name}"') from None


def build(settings: CommandSettings, measures: tuple[str, ...]) -> CommandDomain:
    """Builds the domain.

    Raises:
        DomainError: It cannot be set up.
    """
    return CommandDomain(settings, measures)

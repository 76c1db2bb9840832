"""Simulates tasks on a worker: owns the child process with the JVM."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array
from dsage_mpi.domains.mario.jvm.jar import find_jar
from dsage_mpi.domains.mario.records import result_dtype, task_dtype
from dsage_mpi.domains.mario.settings import MarioSettings
from dsage_mpi.isolation import Factory, IsolatedSimulator

#: What the child needs to know of ``[domain.simulator]``.
_OPTIONS = {"agent", "planner", "timer_seconds", "start_state", "heap_mb"}


class MarioSimulator:
    """Runs tasks in a JVM of its own, in a child process that the first task starts.

    A crash, a hang, an exception or exhausted memory costs one task at most.

    Args:
        settings: The table ``[domain]``.

    Raises:
        DomainError: if the jar is not there.
    """

    def __init__(self, settings: MarioSettings) -> None:
        jar = find_jar(settings.simulator.jar)
        options = settings.simulator.model_dump(include=_OPTIONS)
        self._child = IsolatedSimulator(
            Factory(
                "dsage_mpi.domains.mario.jvm:MarioJvm",
                {"jar": str(jar), "rollouts": settings.rollouts, **options},
            ),
            task_dtype(settings.rollouts),
            result_dtype(settings.rollouts),
            deadline_seconds=settings.simulator.deadline_seconds,
        )

    def __call__(self, tasks: Array) -> Array:
        """Plays ``tasks`` ((n,) of ``records.task_dtype``); returns (n,) results.

        Raises:
            TasksFailedError: Some failed, also when they were tried again; says which and why.
            SimulatorLostError: The JVM cannot be started.
        """
        return self._child(tasks)

    def call_while_waiting(self, on_wait: Callable[[], None]) -> None:
        """See ``Simulator``."""
        self._child.call_while_waiting(on_wait)

    def replay(self, level: NDArray[np.int8], budget: int) -> dict[str, Array]:
        """Plays one game and returns what was where after every tick (``MarioJvm.replay``).

        Raises:
            RuntimeError: The game failed; says how.
            SimulatorLostError: The JVM cannot be started.
        """
        return self._child.call("replay", level=level, budget=np.array(budget, np.int32))

    def java(self) -> str:
        """Which Java the child runs: version and library.

        Raises:
            SimulatorLostError: The JVM cannot be started.
        """
        return str(self._child.call("java")["java"])

    @property
    def pid(self) -> int | None:
        """Process number of the child, if there is one now."""
        return self._child.pid

    def close(self) -> None:
        """Ends the child; the next task would start another one."""
        self._child.close()

    def __enter__(self) -> MarioSimulator:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

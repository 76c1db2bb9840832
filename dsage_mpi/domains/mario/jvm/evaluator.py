"""Mario games in the JVM of this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.domains.mario.jvm.start import start_jvm
from dsage_mpi.domains.mario.records import result_dtype, task_dtype


class Player(Protocol):
    """Plays levels, with our engine or a user's."""

    def play(self, tasks: Array) -> Array:
        """Results ((n,) of ``result_dtype``) of tasks ((n,) of ``task_dtype``)."""
        ...

    def replay(self, level: Array, budget: int) -> dict[str, Array]:
        """One game, tick by tick."""
        ...


class MarioJvm:
    """Starts the JVM and plays in it (contract: ``isolation.Contained``).

    Args:
        options: ``rollouts`` and keys of ``[domain.simulator]``: ``jar`` (a path here), ``agent``
            (None: the jar is ours), ``planner``, ``timer_seconds``, ``start_state``, ``heap_mb``.

    Raises:
        DomainError: Java or the jar is missing or unfit; says what to do.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.task_dtype = task_dtype(options["rollouts"])
        self.result_dtype = result_dtype(options["rollouts"])
        start_jvm(options["jar"], options["heap_mb"])
        self._player = _player(options)

    def __call__(self, tasks: Array) -> Array:
        """See ``evaluate``."""
        return self.evaluate(tasks)

    def evaluate(self, tasks: Array) -> Array:
        """Plays all rollouts of ``tasks`` ((n,) of ``task_dtype``).

        Returns:
            (n,) of ``result_dtype``.

        Raises:
            JavaError: The engine or the agent threw something.
        """
        import jpype

        from dsage_mpi.domains.mario.jvm.calls import JavaError

        try:
            return self._player.play(tasks)
        except jpype.JException as error:
            raise JavaError(str(error.stacktrace())) from None

    def replay(self, level: Array, budget: Array) -> dict[str, Array]:
        """Plays one game and returns what was where after every tick.

        Args:
            level: (16, 56) int8 tile indices.
            budget: () int32, of the planner.

        Returns:
            n ticks: ``x``, ``y`` ((n,) float32, pixels, of Mario), ``mode``, ``action``,
            ``status``, ``camera_x`` ((n,) int32), ``tiles`` ((n, 16, 56) int32 tile ids of the
            engine), ``sprite_offset`` ((n + 1,) int32) and, from one offset to the next, the
            sprites of a tick: ``sprite_type``, ``sprite_facing``, ``sprite_x``, ``sprite_y``. A
            jar of the user's own gives only the first five.

        Raises:
            JavaError: The engine or the agent threw something.
        """
        import jpype

        from dsage_mpi.domains.mario.jvm.calls import JavaError

        try:
            return self._player.replay(level, int(budget))
        except jpype.JException as error:
            raise JavaError(str(error.stacktrace())) from None

    def java(self) -> dict[str, Array]:
        """Version and library of this JVM, as text."""
        import jpype

        version = ".".join(map(str, jpype.getJVMVersion()))
        return {"java": np.array(f"JVM {version}, {jpype.getDefaultJVMPath()}")}


def _player(options: Mapping[str, Any]) -> Player:
    if options["agent"] is None:
        from dsage_mpi.domains.mario.jvm.engine import OwnPlayer

        return OwnPlayer(options)
    from dsage_mpi.domains.mario.jvm.foreign import ForeignPlayer

    return ForeignPlayer(options)

"""What a domain may have besides: rollouts that can be watched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Array


class Film(Protocol):
    """One rollout as pictures; all are (h, w, 3) uint8."""

    #: Seconds that each frame stands for.
    frame_seconds: float

    def still(self) -> NDArray[np.uint8]:
        """The whole level with the agent's path on it."""
        ...

    def frames(self, whole: bool) -> Iterator[NDArray[np.uint8]]:
        """One picture per tick: the whole level, or the part around the agent."""
        ...


class Filmed(Protocol):
    """What a domain may have besides: rollouts that can be watched (``render``).

    One that has ``films_together = True`` shows all rollouts at once where ``rollout`` is None. A
    film may have ``svg()``, which gives it as one SVG text.
    """

    #: How many an evaluation has.
    rollouts: int

    def film(self, tasks: Array, rollout: int) -> Film:
        """Plays rollout number ``rollout`` of a task ((1,) of ``task_dtype``) again.

        Raises:
            DomainError: if this simulator cannot show what it does.
        """
        ...

    def level_from_text(self, text: str) -> NDArray[np.int8]:
        """Reads a level ((H, w) tile codes) as people write it.

        It may have another size than ``level_shape``, and is then drawn but not played.

        Raises:
            DomainError: if it is no level; says where.
        """
        ...

    def level_task(self, level: NDArray[np.int8]) -> Array:
        """A task ((1,) of ``task_dtype``) that plays ``level`` ((H, W) tile codes)."""
        ...

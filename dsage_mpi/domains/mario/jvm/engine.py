"""Our own engine and agent: one call per batch, records in memory that Java and NumPy share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jpype
import jpype.nio
import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.domains.mario.records import HEIGHT, WIDTH, result_dtype

#: Fields of the Java class Replay -> names here.
_REPLAY = {
    "x": "x",
    "y": "y",
    "mode": "mode",
    "action": "action",
    "status": "status",
    "cameraX": "camera_x",
    "tiles": "tiles",
    "spriteOffset": "sprite_offset",
    "spriteType": "sprite_type",
    "spriteFacing": "sprite_facing",
    "spriteX": "sprite_x",
    "spriteY": "sprite_y",
}


class OwnPlayer:
    """Calls ``dsage.mario.Evaluator``; the JVM runs already.

    Args:
        options: As in ``MarioJvm``.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._result_dtype = result_dtype(options["rollouts"])
        self._evaluator = jpype.JClass("dsage.mario.Evaluator")(
            options["rollouts"],
            options["planner"] == "wallclock",
            options["timer_seconds"],
            options["start_state"],
        )

    def play(self, tasks: Array) -> Array:
        """See ``MarioJvm.evaluate``."""
        tasks = np.ascontiguousarray(tasks)
        results = np.zeros(len(tasks), self._result_dtype)
        self._evaluator.evaluate(_shared(tasks), len(tasks), _shared(results))
        return results

    def replay(self, level: Array, budget: int) -> dict[str, Array]:
        """See ``MarioJvm.replay``."""
        tiles = jpype.JArray(jpype.JByte)(np.ascontiguousarray(level, np.int8).reshape(-1))
        replay = self._evaluator.replay(tiles, budget)
        arrays = {name: np.array(getattr(replay, field)) for field, name in _REPLAY.items()}
        arrays["tiles"] = arrays["tiles"].reshape(-1, HEIGHT, WIDTH)
        return arrays


def _shared(records: Array) -> Any:
    """A direct ByteBuffer onto the memory of ``records``, which must outlive it."""
    return jpype.nio.convertToDirectBuffer(records.view(np.int8).data)

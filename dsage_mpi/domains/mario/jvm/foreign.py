"""A user's own jar with the public interface of the Mario AI Framework (2019, 10th anniversary).

Used of it: ``engine.core.MarioGame.runGame(agent, level, timer, state, visuals)``, an agent
``agents.NAME.Agent`` and the getters of ``engine.core.MarioResult`` and ``MarioAgentEvent``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jpype
import numpy as np

from dsage_mpi.core.domain import Array, DomainError
from dsage_mpi.domains.mario.jvm.calls import SafeMethod
from dsage_mpi.domains.mario.records import HEIGHT, LOSE, TIME_OUT, WIDTH, WIN, result_dtype
from dsage_mpi.domains.mario.tiles import to_text

_STATUS = {"WIN": WIN, "LOSE": LOSE, "TIME_OUT": TIME_OUT}
#: Field of a rollout's record -> getter of MarioResult.
_GETTERS = {
    "jumps": "getNumJumps",
    "kills": "getKillsTotal",
    "kills_stomp": "getKillsByStomp",
    "kills_fire": "getKillsByFire",
    "kills_shell": "getKillsByShell",
    "kills_fall": "getKillsByFall",
    "mushrooms": "getNumCollectedMushrooms",
    "flowers": "getNumCollectedFireflower",
    "coins": "getCurrentCoins",
    "tile_coins": "getNumCollectedTileCoins",
    "bricks": "getNumDestroyedBricks",
    "hurts": "getMarioNumHurts",
    "lives": "getCurrentLives",
    "mode": "getMarioMode",
    "remaining_time": "getRemainingTime",
    "max_x_jump": "getMaxXJump",
    "max_air_time": "getMaxJumpAirTime",
}
_FIRST_TYPE, _LAST_TYPE = 2, 16
_TILE = 16  # pixels


class ForeignPlayer:
    """Plays with the user's engine and agent; the JVM runs already.

    Both are made anew for every game. They have their own 40 ms per tick, so the budget of a task
    does not matter and nodes are not counted.

    Args:
        options: As in ``MarioJvm``.

    Raises:
        DomainError: The jar has no such classes.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._rollouts = options["rollouts"]
        self._timer, self._state = options["timer_seconds"], options["start_state"]
        self._game = _java_class("engine.core.MarioGame", options["jar"], "jar")
        self._run_game = _game_method(self._game, options["jar"])
        name = options["agent"]
        name = name if "." in name else f"agents.{name}.Agent"
        self._agent = _java_class(name, options["jar"], "agent")
        _require_getters(options["jar"])

    def play(self, tasks: Array) -> Array:
        """See ``MarioJvm.evaluate``."""
        results = np.zeros(len(tasks), result_dtype(self._rollouts))
        for task, result in zip(tasks, results, strict=True):
            text = jpype.JString(to_text(task["level"]))
            for rollout in range(self._rollouts):
                game = self._run(text)
                events = list(game.getAgentEvents())
                _read_rollout(result["rollout"][rollout], game, len(events))
                _count_visits(result["occupancy"], events)
        return results

    def replay(self, level: Array, budget: int) -> dict[str, Array]:
        """See ``MarioJvm.replay``; the engine does not say where its sprites and tiles were."""
        game = self._run(jpype.JString(to_text(level)))
        events = list(game.getAgentEvents())
        status = np.zeros(len(events), np.int32)
        status[-1:] = _status(game)
        return {
            "x": np.array([event.getMarioX() for event in events], np.float32),
            "y": np.array([event.getMarioY() for event in events], np.float32),
            "mode": np.array([event.getMarioState() for event in events], np.int32),
            "action": np.array([_buttons(event) for event in events], np.int32),
            "status": status,
        }

    def _run(self, level: Any) -> Any:
        numbers = (jpype.JObject(n, jpype.JInt) for n in (self._timer, self._state))
        visuals = jpype.JObject(False, jpype.JBoolean)
        return self._run_game(self._game(), self._agent(), level, *numbers, visuals)


def _java_class(name: str, jar: str, key: str) -> Any:
    try:
        return jpype.JClass(name)
    except TypeError:
        raise DomainError(
            f"domain.simulator.{key}: {jar} has no class {name}; expected a jar with the public "
            "interface of the Mario AI Framework: engine.core.MarioGame and agents.NAME.Agent"
        ) from None
    except jpype.JException as error:  # for a newer Java, for instance
        raise DomainError(f"domain.simulator.{key}: {jar}: {name} does not load: {error}") from None


def _game_method(game: Any, jar: str) -> SafeMethod:
    try:
        return SafeMethod(game, "runGame", ("String", "int", "int", "boolean"))
    except LookupError:
        raise DomainError(
            f"domain.simulator.jar: {jar}: engine.core.MarioGame has no runGame(agent, level, "
            "timer, state, visuals); expected the Mario AI Framework of 2019 or newer"
        ) from None


def _require_getters(jar: str) -> None:
    result = _java_class("engine.core.MarioResult", jar, "jar")
    needed = [*_GETTERS.values(), "getCompletionPercentage", "getGameStatus", "getMarioNumKills"]
    missing = [name for name in [*needed, "getAgentEvents"] if not hasattr(result, name)]
    if missing:
        raise DomainError(
            f"domain.simulator.jar: {jar}: engine.core.MarioResult has no {', '.join(missing)}; "
            "expected the Mario AI Framework of 2019 or newer"
        )


def _read_rollout(record: Any, game: Any, ticks: int) -> None:
    completion = float(game.getCompletionPercentage())
    record["status"] = _status(game)
    record["ticks"] = ticks
    # 0/0: the exit is in column 0, so the game was won before it began.
    record["completion"] = 1.0 if math.isnan(completion) else completion
    for field, getter in _GETTERS.items():
        record[field] = getattr(game, getter)()
    for kind in range(_FIRST_TYPE, _LAST_TYPE + 1):
        record["kills_by_type"][kind - _FIRST_TYPE] = game.getMarioNumKills(kind)


def _status(game: Any) -> int:
    return _STATUS.get(str(game.getGameStatus().name()), 0)


def _count_visits(occupancy: Array, events: list[Any]) -> None:
    """Counts the tile of every agent event inside the level (mario.md section 12)."""
    for event in events:
        row, column = int(event.getMarioY() / _TILE), int(event.getMarioX() / _TILE)
        if 0 <= row < HEIGHT and 0 <= column < WIDTH:
            occupancy[row, column] += 1


def _buttons(event: Any) -> int:
    """Pressed buttons as bits: LEFT 1, RIGHT 2, DOWN 4, SPEED 8, JUMP 16."""
    return sum(1 << bit for bit, pressed in enumerate(event.getActions()) if pressed)

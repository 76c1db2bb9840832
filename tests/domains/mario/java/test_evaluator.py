"""The Evaluator: records in, records out, replays, refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dsage_mpi.domains.mario.records import (
    HEIGHT,
    ROLLOUT_DTYPE,
    TIME_OUT,
    WIDTH,
    result_dtype,
    task_dtype,
)
from dsage_mpi.domains.mario.tiles import TILES
from tests.domains.mario import levels
from tests.domains.mario.java import programs, recordings
from tests.domains.mario.java.recordings import METRICS

BUDGETS = (100, 500, 100)
REPLAY_BUDGET = 100

#: Fields of a rollout, by the names of the recorded metrics.
FIELDS = {
    "status": "status",
    "n_agent_events": "ticks",
    "completion": "completion",
    "remaining_time": "remaining_time",
    "mario_mode": "mode",
    "kills_total": "kills",
    "kills_fire": "kills_fire",
    "kills_stomp": "kills_stomp",
    "kills_shell": "kills_shell",
    "kills_fall": "kills_fall",
    "hurts": "hurts",
    "jumps": "jumps",
    "max_x_jump": "max_x_jump",
    "max_air_time": "max_air_time",
    "lives": "lives",
    "coins": "coins",
    "mushrooms": "mushrooms",
    "fireflowers": "flowers",
    "destroyed_bricks": "bricks",
}


@dataclass
class Request:
    """One use of an Evaluator; ``tasks`` is a level if ``count`` is -1 (a replay)."""

    tasks: NDArray[Any]
    count: int = 1
    rollouts: int = 1
    wallclock: int = 0
    timer: int = 20
    start: int = 0
    result_bytes: int | None = None

    def encoded(self) -> bytes:
        given, room = self.tasks.tobytes(), self.result_bytes
        if room is None:
            room = max(self.count, 0) * result_dtype(max(self.rollouts, 1)).itemsize
        head = (self.rollouts, self.wallclock, self.timer, self.start, self.count, len(given), room)
        return b"".join(map(programs.java_int, head)) + given


def _tasks(tiles: list[NDArray[np.int8]], *budgets: int) -> NDArray[Any]:
    tasks = np.zeros(len(tiles), task_dtype(len(budgets)))
    tasks["level"], tasks["budget"] = tiles, budgets
    return tasks


def _indices(name: str) -> NDArray[np.int8]:
    rows = recordings.levels()[name]["text"].split("\n")[:HEIGHT]
    return np.array([[TILES.index(tile) for tile in row] for row in rows], np.int8)


def _is_plain(name: str) -> bool:
    """Whether a recorded level can be written in the 17 symbols."""
    level = recordings.levels()[name]
    return set(level["text"]) <= {*TILES, "\n"} and level["agent_start_state"] == 0


PLAIN = [name for name in recordings.levels() if _is_plain(name)][:20]


def _level_with(tile: int, row: int = 3, column: int = 5) -> NDArray[np.int8]:
    level = levels.flat()
    level[row, column] = tile
    return level


def _walled() -> NDArray[np.int8]:
    """A level that cannot be won, nor lost."""
    level = levels.flat()
    level[:, 9] = TILES.index("X")
    return level


FLAT = _tasks([levels.flat()], 50)
REQUESTS = {
    "recorded": Request(
        _tasks([_indices(name) for name in PLAIN], *BUDGETS), len(PLAIN), len(BUDGETS)
    ),
    "alike": Request(_tasks([_indices(name) for name in PLAIN], *[100] * 3), len(PLAIN), 3),
    "wall clock": Request(_tasks([levels.flat()], 2, 2), rollouts=2, wallclock=1),
    "timer": Request(_tasks([_walled()], 5), timer=3),
    "fire": Request(FLAT, start=2),
    "exit in column 0": Request(_tasks([_level_with(TILES.index("F"), 13, 0)], 50)),
    "nothing": Request(FLAT[:0], count=0),
    "some of the tasks": Request(np.concatenate([FLAT, FLAT]), count=1),
    "tile 17": Request(_tasks([levels.flat(), _level_with(17)], 50), count=2),
    "tile -1": Request(_tasks([_level_with(-1)], 50)),
    "no nodes": Request(_tasks([levels.flat()], 0)),
    "negative count": Request(FLAT, count=-2),
    "too few tasks": Request(FLAT, count=2),
    "too little room": Request(FLAT, result_bytes=100),
    "no rollouts": Request(FLAT, rollouts=0),
    "no timer": Request(FLAT, timer=0),
    "no such state": Request(FLAT, start=3),
    "replay of a level too short": Request(levels.flat()[:15], count=-1),
    **{f"replay of {name}": Request(_indices(name), count=-1) for name in PLAIN},
    "replay of no tick": Request(_level_with(TILES.index("F"), 13, 0), count=-1),
}
REFUSALS = {
    "tile 17": "task 1: tile index 17 at row 3, column 5; expected 0 to 16",
    "tile -1": "task 0: tile index -1 at row 3, column 5; expected 0 to 16",
    "no nodes": "task 0: a budget of 0 nodes; expected 1 or more",
    "negative count": "count is -2; expected 0 or more",
    "too few tasks": "tasks has 900 bytes; expected at least 2 records of 900",
    "too little room": "results has 100 bytes; expected at least 1 records of 3732",
    "no rollouts": "rollouts is 0; expected 1 or more",
    "no timer": "timerSeconds is 0; expected 1 to 1000",
    "no such state": "startState is 3; expected 0 to 2",
    "replay of a level too short": "a level has 896 tiles (16 x 56), not 840",
}
ANSWERS = [name for name in REQUESTS if name not in REFUSALS and not name.startswith("replay of ")]


@dataclass
class Answers:
    folder: Path
    numbers: dict[str, int] = field(
        default_factory=lambda: {name: n for n, name in enumerate(REQUESTS)}
    )

    def error(self, name: str) -> str:
        return (self.folder / f"error_{self.numbers[name]}").read_text()

    def results(self, name: str) -> NDArray[Any]:
        dtype = result_dtype(REQUESTS[name].rollouts)
        return np.fromfile(self.folder / f"results_{self.numbers[name]}", dtype)

    def replay(self, name: str, array: str, dtype: type = np.int32) -> NDArray[Any]:
        prefix = f"replay_{self.numbers[f'replay of {name}']}_"
        return programs.ints(self.folder, prefix + array).view(dtype)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    given = programs.java_int(len(REQUESTS))
    given += b"".join(request.encoded() for request in REQUESTS.values())
    return Answers(programs.run("Evaluate", given, tmp_path_factory.mktemp("evaluator")))


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name: str, answers: Answers) -> None:
    assert answers.error(name) == REFUSALS[name]


@pytest.mark.parametrize("name", ANSWERS)
def test_everything_else_is_answered(name: str, answers: Answers) -> None:
    assert len(answers.results(name)) == REQUESTS[name].count


@pytest.mark.parametrize("name", PLAIN)
def test_records_equal_recordings(name: str, answers: Answers) -> None:
    rollouts = answers.results("recorded")["rollout"][PLAIN.index(name)]
    for budget, rollout in zip(BUDGETS, rollouts, strict=True):
        game = recordings.games()[name, budget]
        values = recordings.metric_values(game["metrics"])
        recorded = dict(zip(METRICS, values, strict=True))
        for metric, ours in FIELDS.items():
            assert rollout[ours].view(np.int32) == recorded[metric], metric
        assert rollout["kills_by_type"].tolist() == game["metrics"]["kills_by_type"]
        assert (rollout["nodes"], rollout["nodes_max"]) == (game["nodes_total"], game["nodes_max"])
        assert rollout["tile_coins"] == 0


def test_the_recorded_games_differ_by_budget(answers: Answers) -> None:
    """Else the test above could not tell one rollout from another."""
    rollouts = answers.results("recorded")["rollout"]
    assert (rollouts[:, 0] != rollouts[:, 1]).any()
    np.testing.assert_array_equal(rollouts[:, 0], rollouts[:, 2])


@pytest.mark.parametrize("name", PLAIN)
def test_occupancy_counts_every_event_of_every_rollout(name: str, answers: Answers) -> None:
    once = np.zeros((HEIGHT, WIDTH), np.int64)
    for x, y in zip(*(answers.replay(name, axis, np.float32) for axis in "xy"), strict=True):
        row, column = int(y / 16), int(x / 16)
        if 0 <= row < HEIGHT and 0 <= column < WIDTH:
            once[row, column] += 1
    alike = answers.results("alike")[PLAIN.index(name)]
    np.testing.assert_array_equal(alike["occupancy"], 3 * once)
    # Rollouts 0 and 2 are the replayed game; rollout 1 has a budget of its own.
    result = answers.results("recorded")[PLAIN.index(name)]
    rest = result["occupancy"] - 2 * once
    assert (rest >= 0).all()
    assert rest.sum() <= result["rollout"]["ticks"][1]
    assert rest.any() == once.any()


@pytest.mark.parametrize("name", PLAIN)
def test_replay(name: str, answers: Answers) -> None:
    game = recordings.games()[name, REPLAY_BUDGET]
    ticks, metrics = game["ticks"], game["metrics"]
    action = answers.replay(name, "action")
    assert "".join(chr(65 + mask) for mask in action) == game["tape"]
    final = answers.results("recorded")["rollout"][PLAIN.index(name), 0]
    assert answers.replay(name, "status").tolist() == ([0] * ticks)[1:] + [final["status"]][:ticks]
    assert answers.replay(name, "mode")[-1:].tolist() == [metrics["mario_mode"]][:ticks]
    for array in ("mode", "camera_x", "x", "y"):
        assert len(answers.replay(name, array)) == ticks
    camera, x = answers.replay(name, "camera_x"), answers.replay(name, "x", np.float32)
    assert (
        (camera >= 0) & (camera <= 16 * WIDTH - 256) & (camera <= x) & (x <= camera + 272)
    ).all()
    tiles = answers.replay(name, "tiles").reshape(ticks, HEIGHT, WIDTH)
    assert ((tiles[:1] == 1) <= (_indices(name) == TILES.index("X"))).all()
    offset = answers.replay(name, "sprite_offset")
    assert len(offset) == ticks + 1
    assert offset[0] == 0
    assert (np.diff(offset) >= 0).all()
    for array in ("sprite_type", "sprite_facing", "sprite_x", "sprite_y"):
        assert len(answers.replay(name, array)) == offset[-1]


def test_replay_of_a_game_without_ticks(answers: Answers) -> None:
    for array in ("x", "y", "mode", "action", "status", "tiles", "camera_x", "sprite_type"):
        assert len(answers.replay("no tick", array)) == 0
    assert answers.replay("no tick", "sprite_offset").tolist() == [0]


def test_exit_in_column_0_is_a_win(answers: Answers) -> None:
    result = answers.results("exit in column 0")[0]
    assert result["rollout"]["completion"] == 1
    assert result["rollout"]["status"] == 1
    assert result["rollout"]["ticks"] == 0
    assert result["occupancy"].sum() == 0


def test_timer(answers: Answers) -> None:
    rollout = answers.results("timer")["rollout"][0, 0]
    # 3000 ms are 100 ticks of 30 ms: the first is not recorded, the last one times out.
    assert (rollout["status"], rollout["ticks"], rollout["remaining_time"]) == (TIME_OUT, 99, 0)
    assert rollout["completion"] < 0.2


def test_start_state(answers: Answers) -> None:
    assert answers.results("fire")["rollout"]["mode"][0, 0] == 2
    assert answers.results("some of the tasks")["rollout"]["mode"][0, 0] == 0


def test_wall_clock(answers: Answers) -> None:
    rollouts = answers.results("wall clock")["rollout"][0]
    assert (rollouts["status"] == 1).all()
    assert (rollouts["nodes"] > 0).all()


def test_a_rollout_has_four_bytes_per_field() -> None:
    assert ROLLOUT_DTYPE.itemsize == 4 * (len(ROLLOUT_DTYPE.names or ()) - 1 + 15)

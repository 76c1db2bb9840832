"""The maze domain as rank 0 sees it (contract: ``core/domain.py``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array, DomainError, Evaluations
from dsage_mpi.core.films import Film
from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.agent import load_agent
from dsage_mpi.domains.maze.draw import draw_level, draw_occupancy
from dsage_mpi.domains.maze.levels import (
    CELLS,
    EMPTY,
    GOAL,
    SIDE,
    WALL,
    LevelGeometry,
    analyse,
    as_levels,
    from_text,
    mark_endpoints,
)
from dsage_mpi.domains.maze.planes import PLANES, planes
from dsage_mpi.domains.maze.results import Reading
from dsage_mpi.domains.maze.settings import MEASURES, SOLUTION_KIND, MazeSettings
from dsage_mpi.domains.maze.simulator import TASK_DTYPE, MazeSimulator, result_dtype
from dsage_mpi.domains.maze.ways import Tracer, cells_of

if TYPE_CHECKING:
    from dsage_mpi.core.tensor_levels import TensorLevels

#: Predicted measures that say how long an evaluation takes, best first.
_COST_MEASURES = ("agent_path_length", "n_repeated_cells")
#: Objectives that a level tells without any rollout.
_BY_LEVEL_ALONE = ("accel_none", "none")


class MazeDomain:
    """16x16 mazes: a solution is the 256 tiles (0 empty, 1 wall) in row-major order.

    Args:
        settings: The table ``[domain]``.
        measures: Names (keys of ``MEASURES``) that the archive spans, in order.

    Raises:
        DomainError: if a measure does not exist.
    """

    name: ClassVar[str] = "maze"
    solution_kind: ClassVar[Literal["discrete", "continuous"]] = SOLUTION_KIND
    solution_dim = CELLS
    solution_dtype: np.dtype[Any] = np.dtype(np.uint8)
    solution_values = 2
    level_shape = (SIDE, SIDE)
    tile_count = 4
    empty_tile = EMPTY
    metadata_names: tuple[str, ...] = (*MEASURES, "n_reachable", "start", "goal")
    films_together = True
    task_dtype: np.dtype[Any] = TASK_DTYPE
    PLANES: ClassVar[tuple[str, ...]] = PLANES

    def __init__(self, settings: MazeSettings, measures: tuple[str, ...]) -> None:
        unknown = [name for name in measures if name not in MEASURES]
        if unknown:
            raise DomainError(
                f"mazes have no measure {', '.join(map(repr, unknown))}; "
                f"expected some of {', '.join(MEASURES)}"
            )
        self.settings = settings
        self.measures = measures
        self.rollouts = settings.rollouts
        self.result_dtype: np.dtype[Any] = result_dtype(settings)

    def initial_solutions(self, rng: np.random.Generator, count: int) -> Array:
        """Uniform 0/1 tiles ((count, 256) uint8), as in all published experiments."""
        return rng.integers(2, size=(count, CELLS), dtype=np.uint8)

    def levels(self, solutions: Array) -> NDArray[np.int8]:
        """Tile codes ((n, 16, 16) int8) with start (2) and goal (3) marked."""
        checked = as_levels(solutions)
        return mark_endpoints(checked, analyse(checked))

    def bare_levels(self, solutions: Array) -> NDArray[np.int8]:
        """Tile codes without marks ((n, 16, 16) int8)."""
        return as_levels(solutions).astype(np.int8)

    def planes(self, levels: NDArray[np.int8]) -> NDArray[np.float32]:
        """What the tiles ((n, 16, 16)) imply about ways ((n, 4, 16, 16))."""
        return planes(levels)

    def predict_on(self, device: str) -> None:
        """Mazes are their own solutions: there is nothing to compute anywhere."""

    def tasks(self, solutions: Array, seeds: NDArray[np.uint64]) -> Array:
        """Tasks ((n,) of ``task_dtype``)."""
        tasks = np.zeros(len(solutions), TASK_DTYPE)
        tasks["level"] = as_levels(solutions)
        tasks["seed"] = seeds
        return tasks

    def simulator_payload(self) -> Mapping[str, Array]:
        """The agent's weights; nothing where the objective needs no rollouts.

        Raises:
            DomainError: if the agent cannot be loaded or this CPU lacks bf16 although it is asked
                for.
        """
        if not self.settings.runs_agent:
            return {}
        if self.settings.precision == "bf16" and "bf16" not in _native.supported_isas():
            raise DomainError(
                'domain.precision = "bf16" needs a CPU with AVX512_BF16; this one has '
                f'{_native.supported_isas()}. Use precision = "fp32"'
            )
        return load_agent(self.settings.agent)

    def make_simulator(self, payload: Mapping[str, Array]) -> MazeSimulator:
        """This rank's simulator."""
        return MazeSimulator(self.settings, payload)

    def interpret(self, tasks: Array, results: Array) -> Evaluations:
        """Objective, measures, occupancy and metadata (maze.md section 7)."""
        reading = Reading(self.settings, tasks, results)
        fields = reading.fields()
        columns = fields | {
            name: results[name].astype(np.float64) for name in ("n_reachable", "start", "goal")
        }
        return Evaluations(
            objective=reading.objective(),
            measures=_columns(fields, self.measures, len(tasks)),
            levels=mark_endpoints(tasks["level"], _endpoints(results)),
            occupancy=reading.occupancy(),
            metadata=_columns(columns, self.metadata_names, len(tasks)),
        )

    def known_measures(self, levels: NDArray[np.int8]) -> NDArray[np.float64]:
        """(n, k): the walls; NaN for the others."""
        known = np.full((len(levels), len(self.measures)), np.nan)
        if "num_blocks" in self.measures:
            walls = (levels == WALL).reshape(len(levels), CELLS)
            # Sums of 16 bits are several times as fast, and hold up to 256.
            known[:, self.measures.index("num_blocks")] = walls.sum(axis=1, dtype=np.int16)
        return known

    def tensor_levels(self, device: str, *, bare: bool, planes: bool) -> TensorLevels:
        """Levels without marks: start and goal are looked for on the host alone.

        Raises:
            DomainError: Marks or planes are wanted.
        """
        from dsage_mpi.domains.maze.tensors import MazeTensors

        if planes or not bare:
            raise DomainError(
                "mazes have neither start and goal nor planes as tensors; expected "
                'surrogate.inputs = "published" and surrogate.planes = false, or '
                'inner_loop.archive = "native"'
            )
        return MazeTensors(self.measures, self.settings.objective in _BY_LEVEL_ALONE)

    def known_objective(self, levels: NDArray[np.int8]) -> NDArray[np.float64]:
        """(n,): whether the agent can be put into the maze, where that is all that counts."""
        if self.settings.objective not in _BY_LEVEL_ALONE:
            return np.full(len(levels), np.nan)
        playable = (levels == GOAL).any(axis=(1, 2))
        bare = ~playable  # not marked, or nothing to mark
        if bare.any():
            playable[bare] = analyse((levels[bare] == WALL).astype(np.uint8)).solvable
        return np.asarray(playable, np.float64)

    def predicted_cost(
        self, measures: NDArray[np.float64], occupancy: NDArray[np.float32] | None
    ) -> NDArray[np.float64] | None:
        """Predicted steps per rollout: an evaluation takes about proportionally long."""
        for name in _COST_MEASURES:
            if name in self.measures:
                return np.asarray(np.maximum(measures[:, self.measures.index(name)], 0.0))
        if occupancy is None:
            return None
        return np.asarray(np.maximum(occupancy.sum(axis=(1, 2), dtype=np.float64), 0.0))

    def render(self, level: NDArray[np.int8]) -> NDArray[np.uint8]:
        """Draws tile codes ((16, 16), with or without marks) as (288, 288, 3) uint8."""
        return draw_level(level)

    def render_occupancy(
        self, level: NDArray[np.int8], occupancy: NDArray[np.float32]
    ) -> NDArray[np.uint8]:
        """As ``render``, with the tiles coloured by the agent's visits ((16, 16))."""
        return draw_occupancy(level, occupancy)

    def paths(self, tasks: Array, rollouts: int) -> list[Sequence[NDArray[np.int16]]]:
        """Row and column of each step of the first rollouts (``core/tile_sheets.py``)."""
        ways = self._tracer.ways(tasks, rollouts)
        return [[cells_of(way) for way in of_one] for of_one in ways]

    def film(self, tasks: Array, rollout: int | None) -> Film:
        """Plays a rollout of a task ((1,) of ``task_dtype``) again; all of them if None.

        Raises:
            DomainError: if there is no such rollout.
        """
        from dsage_mpi.domains.maze.film import MazeFilm

        played = self._tracer.ways(tasks, self.rollouts if rollout is None else rollout + 1)[0]
        shown = played if rollout is None else played[rollout : rollout + 1]
        if not shown:
            why = "has no two free cells side by side" if not played else "has not as many rollouts"
            raise DomainError(f"no rollout can be shown: the maze {why}")
        levels = mark_endpoints(tasks["level"], analyse(tasks["level"]))
        states, goals = zip(*shown, strict=True)
        return MazeFilm(levels[0], states, goals, rollout or 0)

    def level_from_text(self, text: str) -> NDArray[np.int8]:
        """Reads 16 rows of 16 characters: ``#``, ``X`` or ``1`` for walls, others are free.

        Raises:
            DomainError: if it is no maze; says where.
        """
        try:
            return np.asarray(self.levels(from_text(text))[0])
        except ValueError as error:
            raise DomainError(f"no maze: {error}") from None

    def level_task(self, level: NDArray[np.int8]) -> Array:
        """A task ((1,) of ``task_dtype``) that plays ``level`` with seed 0."""
        walls = (np.asarray(level) == WALL).astype(np.uint8)
        return self.tasks(walls[None], np.zeros(1, np.uint64))

    @cached_property
    def _tracer(self) -> Tracer:
        if not self.settings.runs_agent:
            raise DomainError(
                f'with domain.objective = "{self.settings.objective}" no agent is run, so that '
                "there is no way of one"
            )
        return Tracer(self.settings, self.simulator_payload())


def build(settings: MazeSettings, measures: tuple[str, ...]) -> MazeDomain:
    """The domain for these settings."""
    return MazeDomain(settings, measures)


def _endpoints(results: Array) -> LevelGeometry:
    # Only the endpoints are needed for the marks, and the simulator has reported them.
    return LevelGeometry(
        start=results["start"],
        goal=results["goal"],
        optimal_path_length=results["optimal_path_length"],
        n_reachable=results["n_reachable"],
        reachable=np.zeros((len(results), SIDE, SIDE), np.bool_),
    )


def _columns(
    fields: Mapping[str, NDArray[np.float64]], names: tuple[str, ...], rows: int
) -> NDArray[np.float64]:
    return np.column_stack([fields[name] for name in names]) if rows else np.empty((0, len(names)))

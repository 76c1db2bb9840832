"""The Mario domain as rank 0 sees it (contract: ``core/domain.py``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array, DomainError, Evaluations, SimulatorLostError
from dsage_mpi.core.films import Film
from dsage_mpi.domains.mario.budgets import draw_budgets
from dsage_mpi.domains.mario.draw import draw_level
from dsage_mpi.domains.mario.planes import PLANES, planes
from dsage_mpi.domains.mario.records import HEIGHT, WIDTH, result_dtype, task_dtype
from dsage_mpi.domains.mario.results import LEVEL_MEASURES, METADATA_NAMES, Reading, impossible
from dsage_mpi.domains.mario.settings import (
    LATENTS,
    MEASURES,
    SOLUTION_KIND,
    MarioSettings,
)
from dsage_mpi.domains.mario.tiles import EMPTY, TILES, from_text

if TYPE_CHECKING:
    from dsage_mpi.core.tensor_levels import TensorLevels
    from dsage_mpi.core.tile_sheets import TileSheet
    from dsage_mpi.domains.mario.generator import Generator
    from dsage_mpi.domains.mario.simulator import MarioSimulator

#: Standard deviation of the initial latents (dsage.md, settings).
INITIAL_SPREAD = 0.2


class MarioDomain:
    """16x56 levels: a solution is the latent vector that the generator makes a level of.

    Args:
        settings: The table ``[domain]``.
        measures: Names (keys of ``MEASURES``) that the archive spans, in order.

    Raises:
        DomainError: if a measure does not exist.
    """

    name: ClassVar[str] = "mario"
    solution_kind: ClassVar[Literal["discrete", "continuous"]] = SOLUTION_KIND
    solution_dim = LATENTS
    solution_dtype: np.dtype[Any] = np.dtype(np.float64)
    solution_values = 0
    level_shape = (HEIGHT, WIDTH)
    tile_count = len(TILES)
    empty_tile = EMPTY
    metadata_names: tuple[str, ...] = METADATA_NAMES
    own_process: Literal[True] = True
    PLANES: ClassVar[tuple[str, ...]] = PLANES

    def __init__(self, settings: MarioSettings, measures: tuple[str, ...]) -> None:
        unknown = [name for name in measures if name not in MEASURES]
        if unknown:
            raise DomainError(
                f"Mario levels have no measure {', '.join(map(repr, unknown))}; "
                f"expected some of {', '.join(MEASURES)}"
            )
        self.settings = settings
        self.measures = measures
        self.rollouts = settings.rollouts
        self.task_dtype: np.dtype[Any] = task_dtype(settings.rollouts)
        self.result_dtype: np.dtype[Any] = result_dtype(settings.rollouts)
        self._device = "cpu"
        self._generators: dict[str, Generator] = {}

    def initial_solutions(self, rng: np.random.Generator, count: int) -> Array:
        """Latents ((count, 32) float64) from N(0, 0.2² I), as in all published experiments."""
        return rng.normal(0.0, INITIAL_SPREAD, size=(count, LATENTS))

    def levels(self, solutions: Array) -> NDArray[np.int8]:
        """Tile indices ((n, 16, 56) int8), generated where the surrogate predicts."""
        return self._generator(self._device).decode(solutions)

    def bare_levels(self, solutions: Array) -> NDArray[np.int8]:
        """Tile indices ((n, 16, 56) int8) as they are simulated: generated on the CPU.

        A GPU adds in another order, so that of two tiles that are as good as equally likely it
        may choose the other one. For predictions that does not matter.
        """
        return self._generator("cpu").decode(solutions)

    def predict_on(self, device: str) -> None:
        """Has ``levels`` generate on ``device``."""
        self._device = device

    def tasks(self, solutions: Array, seeds: NDArray[np.uint64]) -> Array:
        """Tasks ((n,) of ``task_dtype``)."""
        tasks = np.zeros(len(solutions), self.task_dtype)
        tasks["level"] = self.bare_levels(solutions)
        tasks["budget"] = draw_budgets(self.settings.simulator, seeds, self.settings.rollouts)
        return tasks

    def simulator_payload(self) -> Mapping[str, Array]:
        """Nothing: engine and agent are files of the package. Checks that all parts are there.

        Raises:
            DomainError: if generator, engine or Java cannot be loaded.
        """
        from dsage_mpi.domains.mario.jvm.start import find_jvm

        find_jvm()
        self.make_simulator({}).close()
        self._generator("cpu")
        return {}

    def make_simulator(self, payload: Mapping[str, Array]) -> MarioSimulator:
        """This rank's simulator; its Java process starts with the first task."""
        from dsage_mpi.domains.mario.simulator import MarioSimulator

        return MarioSimulator(self.settings)

    def try_simulator(self) -> None:
        """Starts a Java process: jar, agent and heap are only then known to fit.

        Raises:
            DomainError: It does not start, or the jar lacks a class; says what to do.
        """
        with self.make_simulator({}) as simulator:
            try:
                simulator.java()
            except (SimulatorLostError, RuntimeError) as error:
                raise DomainError(str(error)) from None

    def impossible(self, results: Array) -> Mapping[int, str]:
        """Games that cannot have been: completed beyond the end, or with -1 jumps."""
        return impossible(results)

    def interpret(self, tasks: Array, results: Array) -> Evaluations:
        """Objective, measures, occupancy and metadata (mario.md section 12)."""
        reading = Reading(tasks, results)
        fields = reading.fields()
        return Evaluations(
            objective=reading.objective(),
            measures=np.stack([fields[name] for name in self.measures], axis=1),
            levels=np.ascontiguousarray(tasks["level"]),
            occupancy=reading.occupancy(),
            metadata=np.stack([fields[name] for name in self.metadata_names], axis=1),
        )

    def planes(self, levels: NDArray[np.int8]) -> NDArray[np.float32]:
        """What the tiles ((n, 16, 56)) imply about a walk ((n, 4, 16, 56))."""
        return planes(levels)

    def known_measures(self, levels: NDArray[np.int8]) -> NDArray[np.float64]:
        """(n, k): sky tiles, enemies in the level and divergences; NaN for the others."""
        known = np.full((len(levels), len(self.measures)), np.nan)
        for column, name in enumerate(self.measures):
            if name in LEVEL_MEASURES:
                known[:, column] = LEVEL_MEASURES[name](levels)
        return known

    def tensor_levels(self, device: str, *, bare: bool, planes: bool) -> TensorLevels:
        """Levels that are generated, and looked at, on ``device``.

        Raises:
            DomainError: Bare ones are wanted, which are generated on the CPU alone, or divergences.
        """
        from dsage_mpi.domains.mario.tensors import COUNTED, MarioTensors

        uncounted = (set(LEVEL_MEASURES) & set(self.measures)) - set(COUNTED)
        if (bare and device != "cpu") or uncounted:
            what = ", ".join(sorted(uncounted)) or 'levels for surrogate.inputs = "published"'
            raise DomainError(
                f'Mario has no {what} as tensors; expected others, or inner_loop.archive = "native"'
            )
        return MarioTensors(self._generator(device), self.measures)

    def predicted_cost(
        self, measures: NDArray[np.float64], occupancy: NDArray[np.float32] | None
    ) -> NDArray[np.float64] | None:
        """Predicted ticks per rollout: levels in which the agent is stuck take longest by far."""
        if occupancy is not None:
            return np.asarray(np.maximum(occupancy.sum(axis=(1, 2), dtype=np.float64), 0.0))
        for name in ("ticks", "jumps"):  # a stuck agent jumps again and again
            if name in self.measures:
                return np.asarray(np.maximum(measures[:, self.measures.index(name)], 0.0))
        return None

    def render(self, level: NDArray[np.int8]) -> NDArray[np.uint8]:
        """Draws tile indices ((16, 56)) as (256, 896, 3) uint8."""
        return draw_level(level)

    def tile_sheet(self) -> TileSheet:
        """How the tiles of ``sheet_codes`` look (``core/tile_sheets.py``)."""
        from dsage_mpi.domains.mario.sheet import tile_sheet

        return tile_sheet()

    def sheet_codes(self, levels: NDArray[np.int8]) -> NDArray[np.uint8]:
        """Codes ((n, 16, 56)) of the sheet that draw levels ((n, 16, 56) tile indices)."""
        from dsage_mpi.domains.mario.sheet import sheet_codes

        return sheet_codes(levels)

    def film(self, tasks: Array, rollout: int) -> Film:
        """Plays rollout number ``rollout`` of a task ((1,) of ``task_dtype``) again.

        Raises:
            DomainError: if there is no such rollout or the game fails.
        """
        from dsage_mpi.domains.mario.film import MarioFilm

        if rollout >= self.settings.rollouts:
            raise DomainError(
                f"there is no rollout {rollout}: an evaluation has {self.settings.rollouts}, "
                "numbered from 0"
            )
        level, budget = tasks["level"][0], int(tasks["budget"][0, rollout])
        with self.make_simulator({}) as simulator:
            try:
                return MarioFilm(level, simulator.replay(level, budget))
            except (RuntimeError, SimulatorLostError) as error:
                raise DomainError(f"the game cannot be played again: {error}") from error

    def level_from_text(self, text: str) -> NDArray[np.int8]:
        """Reads 14 to 16 rows of characters (mario.md section 2.2), which may be of any width.

        Raises:
            DomainError: if it is no level; says where.
        """
        try:
            return from_text(text)
        except ValueError as error:
            raise DomainError(f"no Mario level: {error}") from None

    def level_task(self, level: NDArray[np.int8]) -> Array:
        """A task ((1,) of ``task_dtype``) that plays ``level`` with the budget of seed 0."""
        tasks = np.zeros(1, self.task_dtype)
        tasks["level"] = level
        seeds = np.zeros(1, np.uint64)
        tasks["budget"] = draw_budgets(self.settings.simulator, seeds, self.settings.rollouts)
        return tasks

    def _generator(self, device: str) -> Generator:
        """The generator on ``device``, made when first needed."""
        from dsage_mpi.domains.mario.generator import Generator, load_generator

        if device not in self._generators:
            weights = load_generator(self.settings.generator)
            self._generators[device] = Generator(weights, device=device)
        return self._generators[device]


def build(settings: MarioSettings, measures: tuple[str, ...]) -> MarioDomain:
    """The domain for these settings."""
    return MarioDomain(settings, measures)

"""A base class for domains: all that can have a default has one.

    class Dots(DomainBase):
        MEASURES = {"dots": Measure(0, 64), "rows": Measure(0, 8)}

        def sample(self, rng):
            return rng.integers(2, size=(8, 8))

        def simulate(self, level, seed):
            return {"objective": 1.0, "dots": level.sum(), "rows": level.any(axis=1).sum()}

See docs/extending.md for the rest, and ``core/domain.py`` for the contract that this fulfils.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from dsage_mpi.core.component_failures import told
from dsage_mpi.core.domain import Array, DomainError, Evaluations, Measure
from dsage_mpi.core.one_by_one import OneByOne
from dsage_mpi.core.pictures import picture_problem
from dsage_mpi.core.settings import Settings as BaseSettings

#: Side of a tile in default pictures, in pixels.
_TILE = 16


class DomainBase:
    """A domain that is described by one solution, one level and one evaluation at a time.

    Args:
        settings: The table ``[domain]``: an object of the nested class ``Settings``.
        measures: Names (keys of ``MEASURES``) that the archive spans, in order.

    Raises:
        DomainError: ``sample`` or ``level`` give what cannot be worked with; says what is expected.
    """

    #: Keys of ``[domain]`` beside ``name``; override with fields of your own.
    class Settings(BaseSettings):
        """No settings."""

    #: Numbers that ``simulate`` gives and an archive can be spanned by.
    MEASURES: ClassVar[Mapping[str, Measure]] = {}
    #: Further numbers that ``simulate`` gives, which are recorded with every evaluation.
    METADATA: ClassVar[tuple[str, ...]] = ()
    #: Discrete solutions: how many values a position can take (0 .. VALUES - 1).
    VALUES: ClassVar[int] = 2
    #: Number of tile codes in levels; None: as many as ``VALUES``.
    TILES: ClassVar[int | None] = None
    #: Tile code that stands for nothing.
    EMPTY: ClassVar[int] = 0
    #: Whether ``simulate`` also gives "occupancy", (H, W) mean visits of the agent to each tile.
    OCCUPANCY: ClassVar[bool] = False
    #: Rough CPU time of one evaluation, for estimates before a run.
    SECONDS: ClassVar[float] = 0.01
    #: Other names of measures -> their names.
    MEASURE_ALIASES: ClassVar[Mapping[str, str]] = {}
    #: Settings that a restart may change.
    CHANGEABLE: ClassVar[tuple[str, ...]] = ()

    name: ClassVar[str] = ""
    solution_kind: Literal["discrete", "continuous"]

    def __init__(self, settings: BaseModel, measures: tuple[str, ...]) -> None:
        self.settings: Any = settings
        self.measures = measures
        sample = self._checked_sample()
        self.solution_shape = sample.shape
        self.solution_dim = int(sample.size)
        discrete = sample.dtype.kind in "bui"
        self.solution_kind = "discrete" if discrete else "continuous"
        code = np.min_scalar_type(max(self.VALUES - 1, 0))
        self.solution_dtype: np.dtype[Any] = code if discrete else np.dtype(np.float64)
        self.solution_values = self.VALUES if discrete else 0
        self.tile_count = self.TILES or self.VALUES
        self.empty_tile = self.EMPTY
        self.level_shape = self._checked_level(sample).shape
        self.metadata_names = (*self.MEASURES, *self.METADATA)
        self.task_dtype = np.dtype(
            [
                ("solution", self.solution_dtype, (self.solution_dim,)),
                ("level", "i1", self.level_shape),
                ("seed", "u8"),
            ]
        )
        grid: list[Any] = [("occupancy", "f4", self.level_shape)] if self.OCCUPANCY else []
        numbers = [(name, "f8") for name in ("objective", *self.metadata_names)]
        self.result_dtype = np.dtype([*numbers, *grid])

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls.name = cls.__name__

    # What a domain is.

    def sample(self, rng: np.random.Generator) -> Array:
        """One random solution: integers (discrete) or real numbers, of any shape."""
        raise NotImplementedError(f"{type(self).__name__} needs a method sample(self, rng)")

    def simulate(self, level: NDArray[np.int8], seed: int) -> Mapping[str, Any]:
        """Evaluates one level: numbers for "objective" and all of ``MEASURES`` and ``METADATA``.

        The same level and seed must give the same numbers: take random numbers from
        ``numpy.random.default_rng(seed)``. An exception makes this evaluation a failed one.
        """
        raise NotImplementedError(
            f"{type(self).__name__} needs a method simulate(self, level, seed)"
        )

    def level(self, solution: Array) -> Array:
        """The level ((H, W) tile codes) of one solution, of the shape that ``sample`` gives."""
        return solution

    def draw(self, level: NDArray[np.int8]) -> NDArray[np.uint8]:
        """A picture ((h, w, 3) uint8) of one level: a square in the colour of each tile code."""
        colours = np.rint(255 * np.asarray([_colour(k, self) for k in range(self.tile_count)]))
        picture = colours.astype(np.uint8)[np.asarray(level)]
        return np.asarray(picture.repeat(_TILE, axis=0).repeat(_TILE, axis=1))

    def prepare(self) -> None:
        """Loads what simulations need (an engine, weights); called on every simulating rank."""

    # What the search asks for (``core/domain.py``).

    def initial_solutions(self, rng: np.random.Generator, count: int) -> Array:
        """Random solutions ((count, solution_dim))."""
        rows = [self._sampled(rng).reshape(-1) for _ in range(count)]
        return np.asarray(rows, self.solution_dtype).reshape(count, self.solution_dim)

    def _sampled(self, rng: np.random.Generator) -> Array:
        try:
            return np.asarray(self.sample(rng))
        except Exception as error:  # whatever somebody's method raises
            where = f"{type(self).__name__}.sample(rng)"
            raise DomainError(f"{where} failed: {told(error)}") from None

    def levels(self, solutions: Array) -> NDArray[np.int8]:
        """Levels ((n, H, W) int8) of solutions ((n, solution_dim))."""
        levels = np.empty((len(solutions), *self.level_shape), np.int8)
        for row, solution in enumerate(np.asarray(solutions)):
            levels[row] = self._level_of(solution.reshape(self.solution_shape))
        return levels

    def _level_of(self, solution: Array) -> Array:
        """The level of one solution, or one sentence about why there is none."""
        where = f"{type(self).__name__}.level(solution)"
        try:
            level = np.asarray(self.level(solution))
        except Exception as error:  # whatever somebody's method raises
            text = " ".join(str(error).split())
            raise DomainError(
                f"{where} raised {type(error).__name__}: {text}; expected a level for every "
                f"solution, here for {_shown(solution)}"
            ) from error
        if level.shape != self.level_shape:
            raise DomainError(
                f"{where} gives shape {level.shape} for {_shown(solution)}: expected "
                f"{self.level_shape}, as for the first sample"
            )
        return level

    def bare_levels(self, solutions: Array) -> NDArray[np.int8]:
        """As ``levels``: the simulator adds nothing."""
        return self.levels(solutions)

    def predict_on(self, device: str) -> None:
        """Levels are computed on the CPU."""

    def tasks(self, solutions: Array, seeds: NDArray[np.uint64]) -> Array:
        """Tasks ((n,) of ``task_dtype``)."""
        tasks = np.zeros(len(solutions), self.task_dtype)
        tasks["solution"], tasks["seed"] = solutions, seeds
        tasks["level"] = self.levels(solutions)
        return tasks

    def simulator_payload(self) -> Mapping[str, Array]:
        """Nothing: every rank has the domain itself."""
        return {}

    def make_simulator(self, payload: Mapping[str, Array]) -> OneByOne:
        """This rank's simulator, after ``prepare``."""
        self.prepare()
        return OneByOne(self.simulate, self.result_dtype)

    def interpret(self, tasks: Array, results: Array) -> Evaluations:
        """Objective, measures and metadata as ``simulate`` gave them."""
        count = len(results)
        none = np.zeros((count, *self.level_shape), np.float32)
        return Evaluations(
            objective=results["objective"].astype(np.float64),
            measures=_columns(results, self.measures),
            levels=tasks["level"].astype(np.int8),
            occupancy=results["occupancy"].astype(np.float32) if self.OCCUPANCY else none,
            metadata=_columns(results, self.metadata_names),
        )

    def known_measures(self, levels: NDArray[np.int8]) -> NDArray[np.float64]:
        """Nothing is known without a simulation."""
        return np.full((len(levels), len(self.measures)), np.nan)

    def predicted_cost(
        self, measures: NDArray[np.float64], occupancy: NDArray[np.float32] | None
    ) -> NDArray[np.float64] | None:
        """Nothing is known of run times."""
        return None

    def render(self, level: NDArray[np.int8]) -> NDArray[np.uint8]:
        """The picture that ``draw`` gives.

        Raises:
            DomainError: It gives none.
        """
        where = f"{type(self).__name__}.draw(level)"
        try:
            picture = np.asarray(self.draw(level))
        except Exception as error:  # whatever somebody's method raises
            raise DomainError(f"{where} failed: {told(error)}") from None
        if problem := picture_problem(picture):
            raise DomainError(f"{where} {problem}")
        return picture.astype(np.uint8)

    def _checked_sample(self) -> Array:
        """A sample that solutions can be like."""
        sample = np.asarray(self.sample(np.random.default_rng(0)))
        where = f"{type(self).__name__}.sample(rng)"
        if sample.dtype.kind not in "buif" or not sample.size:
            raise DomainError(
                f"{where} gives {sample.dtype} of shape {sample.shape}: expected an array of "
                "integers (discrete solutions) or of real numbers (continuous ones)"
            )
        if sample.dtype.kind in "bui" and not 0 <= sample.min() <= sample.max() < self.VALUES:
            raise DomainError(
                f"{where} gives numbers from {sample.min()} to {sample.max()}: expected 0 to "
                f"{self.VALUES - 1}; raise VALUES, the number of values that a position can take"
            )
        return sample

    def _checked_level(self, sample: Array) -> NDArray[np.int8]:
        """The level of ``sample``, which levels are like."""
        level = np.asarray(self.level(sample))
        where, tiles = f"{type(self).__name__}.level(solution)", self.tile_count
        if level.ndim != 2 or level.dtype.kind not in "bui":
            raise DomainError(
                f"{where} gives {level.dtype} of shape {level.shape}: expected integers (tile "
                "codes) in two dimensions. Have sample give such a solution, or override level"
            )
        if not 0 <= level.min() <= level.max() < min(tiles, 128):
            raise DomainError(
                f"{where} gives tile codes from {level.min()} to {level.max()}: expected 0 to "
                f"{min(tiles, 128) - 1}; TILES is the number of tile codes, at most 128"
            )
        return level.astype(np.int8)


def _shown(solution: Array) -> str:
    return np.array2string(solution, threshold=20, precision=4).replace("\n", "")


def _columns(results: Array, names: tuple[str, ...]) -> NDArray[np.float64]:
    columns = [results[name].astype(np.float64) for name in names]
    return np.stack(columns, axis=1) if columns else np.empty((len(results), 0))


def _colour(code: int, domain: DomainBase) -> tuple[float, float, float]:
    """Near white for nothing, dark for the first tile, hues for others."""
    if code == domain.empty_tile:
        return 0.96, 0.96, 0.94
    if code == (0 if domain.empty_tile else 1):
        return 0.2, 0.22, 0.27
    return colorsys.hsv_to_rgb((0.08 + 0.618 * code) % 1.0, 0.6, 0.8)

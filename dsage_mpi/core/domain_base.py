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

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from dsage_mpi.core.component_failures import failures_of
from dsage_mpi.core.domain import Array, DomainError, Evaluations, Measure, SolutionKind
from dsage_mpi.core.levels import grid_shape, level_dtype, level_kind
from dsage_mpi.core.one_by_one import OneByOne
from dsage_mpi.core.parameters import Parameter, Parameters
from dsage_mpi.core.pictures import picture_problem
from dsage_mpi.core.settings import Settings as BaseSettings
from dsage_mpi.core.solution_checks import check_level, check_sample, shown
from dsage_mpi.core.tile_colours import coloured


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
    #: Mixed solutions: name -> Real(low, high), Integer(low, high) or Choice(value, value, ...).
    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {}
    #: Discrete solutions: how many values a position can take (0 .. VALUES - 1).
    VALUES: ClassVar[int] = 2
    #: Number of tile codes in levels; None: as many as ``VALUES``.
    TILES: ClassVar[int | None] = None
    #: Tile code that stands for nothing.
    EMPTY: ClassVar[int] = 0
    #: Whether ``simulate`` also gives "occupancy", (H, W) mean visits of the agent to each tile.
    OCCUPANCY: ClassVar[bool] = False
    #: What the images show that a method ``planes`` computes for networks (``KnowsPlanes``).
    PLANES: ClassVar[tuple[str, ...]] = ()
    #: Rough CPU time of one evaluation, for estimates before a run.
    SECONDS: ClassVar[float] = 0.01
    #: Other names of measures -> their names.
    MEASURE_ALIASES: ClassVar[Mapping[str, str]] = {}
    #: Settings that a restart may change.
    CHANGEABLE: ClassVar[tuple[str, ...]] = ()

    name: ClassVar[str] = ""
    solution_kind: SolutionKind

    def __init__(self, settings: BaseModel, measures: tuple[str, ...]) -> None:
        self.settings: Any = settings
        self.measures = measures
        self.parameters = Parameters(self.PARAMETERS) if self.PARAMETERS else None
        sample = self._first_sample()
        self.solution_shape = sample.shape
        self.solution_dim = int(sample.size)
        self._set_solution_kind(sample.dtype)
        self._set_level_kind(sample)
        self.metadata_names = (*self.MEASURES, *self.METADATA)
        self.task_dtype = np.dtype(
            [
                ("solution", self.solution_dtype, (self.solution_dim,)),
                ("level", self.level_dtype, self.level_shape),
                ("seed", "u8"),
            ]
        )
        grid: list[Any] = [("occupancy", "f4", self.level_shape)] if self.OCCUPANCY else []
        numbers = [(name, "f8") for name in ("objective", *self.metadata_names)]
        self.result_dtype = np.dtype([*numbers, *grid])

    def _first_sample(self) -> Array:
        sample = self._solution(self.sample(np.random.default_rng(0)))
        count = None if self.parameters is None else len(self.parameters)
        check_sample(type(self).__name__, sample, self.VALUES, count)
        return sample if count is None else sample.astype(np.float64)

    def _set_solution_kind(self, dtype: np.dtype[Any]) -> None:
        discrete = dtype.kind in "bui"
        self.solution_kind = "discrete" if discrete else "continuous"
        if self.parameters is not None:
            self.solution_kind = "mixed"
        code = np.min_scalar_type(max(self.VALUES - 1, 0))
        self.solution_dtype: np.dtype[Any] = code if discrete else np.dtype(np.float64)
        self.solution_values = self.VALUES if discrete else 0

    def _set_level_kind(self, sample: Array) -> None:
        self.tile_count, self.empty_tile = self.TILES or self.VALUES, self.EMPTY
        level = np.asarray(self.level(self._given(sample)))
        check_level(type(self).__name__, level, self.tile_count, self.OCCUPANCY)
        self.level_shape: tuple[int, ...] = level.shape
        self.level_dtype = level_dtype(level.shape)
        self._whole_numbers = level.dtype.kind in "bui"
        own_level = type(self).level is not DomainBase.level
        #: Whether ``simulate`` and ``draw`` are given the parameters by name.
        self._named = self.parameters is not None and not own_level
        self.level_bounds: tuple[tuple[float, float], ...] = ()
        if level_kind(level.shape) == "vectors":
            self.tile_count = self.empty_tile = 0
            if self._named and self.parameters is not None:
                self.level_bounds = self.parameters.level_bounds
        #: Whether levels can be drawn.
        self.draws_levels = level.ndim == 2 or type(self).draw is not DomainBase.draw

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls.name = cls.__name__

    # What a domain is.

    def sample(self, rng: np.random.Generator) -> Array:
        """One random solution: integers (discrete) or real numbers, of any shape.

        With ``PARAMETERS`` all are drawn uniformly; an override gives name -> value.
        """
        if self.parameters is None:
            raise NotImplementedError(f"{type(self).__name__} needs a method sample(self, rng)")
        return self.parameters.sample(rng)

    def simulate(self, level: Any, seed: int) -> Mapping[str, Any]:
        """Evaluates one level: numbers for "objective" and all of ``MEASURES`` and ``METADATA``.

        With ``PARAMETERS``, and unless ``level`` is overridden, it is given name -> value instead.
        The same level and seed must give the same numbers: take random numbers from
        ``numpy.random.default_rng(seed)``. An exception makes this evaluation a failed one.
        """
        raise NotImplementedError(
            f"{type(self).__name__} needs a method simulate(self, level, seed)"
        )

    def level(self, solution: Any) -> Array:
        """The level of one solution: (H, W) tile codes, or a vector ((d,)) of numbers.

        Args:
            solution: Of the shape that ``sample`` gives; with ``PARAMETERS`` name -> value.
        """
        if self.parameters is None:
            return np.asarray(solution)
        return np.asarray(self.parameters.levels(self.parameters.solution(solution)[None])[0])

    def draw(self, level: Any) -> NDArray[np.uint8]:
        """A picture ((h, w, 3) uint8) of one level: a square in the colour of each tile code."""
        if np.ndim(level) != 2:
            raise DomainError(
                f"levels of {type(self).__name__} are vectors, of which there are no pictures: "
                "give the class a method draw(self, level)"
            )
        return coloured(np.asarray(level), self.tile_count, self.empty_tile)

    def prepare(self) -> None:
        """Loads what simulations need (an engine, weights); called on every simulating rank."""

    # What the search asks for (``core/domain.py``).

    def initial_solutions(self, rng: np.random.Generator, count: int) -> Array:
        """Random solutions ((count, solution_dim))."""
        rows = [self._sampled(rng).reshape(-1) for _ in range(count)]
        return np.asarray(rows, self.solution_dtype).reshape(count, self.solution_dim)

    def levels(self, solutions: Array) -> Array:
        """Levels ((n, H, W) int8, (n, d) float64) of solutions ((n, solution_dim))."""
        if self._named and self.parameters is not None:
            return self.parameters.levels(np.asarray(solutions))
        levels = np.empty((len(solutions), *self.level_shape), self.level_dtype)
        for row, solution in enumerate(np.asarray(solutions)):
            levels[row] = self._level_of(self._given(solution.reshape(self.solution_shape)))
        return levels

    def _sampled(self, rng: np.random.Generator) -> Array:
        with failures_of(f"{type(self).__name__}.sample(rng)", DomainError):
            return self._solution(self.sample(rng))

    def _solution(self, sample: Any) -> Array:
        """What ``sample`` gave, as an array."""
        if self.parameters is not None and isinstance(sample, Mapping):
            return self.parameters.solution(sample)
        return np.asarray(sample)

    def _given(self, solution: Array) -> Any:
        """What ``level`` is given of a solution."""
        return solution if self.parameters is None else self.parameters.values(solution)

    def _level_of(self, solution: Any) -> Array:
        """The level of one solution, or one sentence about why there is none."""
        where = f"{type(self).__name__}.level(solution)"
        try:
            level = np.asarray(self.level(solution))
        except Exception as error:  # whatever somebody's method raises
            text = " ".join(str(error).split())
            raise DomainError(
                f"{where} raised {type(error).__name__}: {text}; expected a level for every "
                f"solution, here for {shown(solution)}"
            ) from error
        if level.shape != self.level_shape:
            raise DomainError(
                f"{where} gives shape {level.shape} for {shown(solution)}: expected "
                f"{self.level_shape}, as for the first sample"
            )
        return level

    def bare_levels(self, solutions: Array) -> Array:
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
        return OneByOne(self._simulated, self.result_dtype)

    def _simulated(self, task: Any) -> Mapping[str, Any]:
        """What ``simulate`` gives for one task."""
        level = task["level"].copy()
        if self._named and self.parameters is not None:
            return self.simulate(self.parameters.values(task["solution"]), int(task["seed"]))
        if level.ndim == 1 and self._whole_numbers:
            level = level.astype(np.int64)
        return self.simulate(level, int(task["seed"]))

    def interpret(self, tasks: Array, results: Array) -> Evaluations:
        """Objective, measures and metadata as ``simulate`` gave them."""
        count = len(results)
        none = np.zeros((count, *grid_shape(self.level_shape)), np.float32)
        return Evaluations(
            objective=results["objective"].astype(np.float64),
            measures=_columns(results, self.measures),
            levels=tasks["level"].astype(self.level_dtype),
            occupancy=results["occupancy"].astype(np.float32) if self.OCCUPANCY else none,
            metadata=_columns(results, self.metadata_names),
        )

    def known_measures(self, levels: Array) -> NDArray[np.float64]:
        """Nothing is known without a simulation."""
        return np.full((len(levels), len(self.measures)), np.nan)

    def predicted_cost(
        self, measures: NDArray[np.float64], occupancy: NDArray[np.float32] | None
    ) -> NDArray[np.float64] | None:
        """Nothing is known of run times."""
        return None

    def render(self, level: Array) -> NDArray[np.uint8]:
        """The picture that ``draw`` gives.

        Raises:
            DomainError: Levels are vectors and there is no ``draw``, or it gives no picture.
        """
        given: Any = level
        if self.draws_levels and self._named and self.parameters is not None:
            given = self.parameters.values_of_level(level)
        where = f"{type(self).__name__}.draw(level)"
        with failures_of(where, DomainError):
            picture = np.asarray(self.draw(given))
        if problem := picture_problem(picture):
            raise DomainError(f"{where} {problem}")
        return picture.astype(np.uint8)


def _columns(results: Array, names: tuple[str, ...]) -> NDArray[np.float64]:
    columns = [results[name].astype(np.float64) for name in names]
    return np.stack(columns, axis=1) if columns else np.empty((len(results), 0))

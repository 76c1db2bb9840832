"""What a domain is: the contract between the search and an environment with its agent.

A domain turns *solutions* into *levels*, levels into simulator *tasks*, and simulator *results*
into objective, measures and occupancy grids. It knows nothing of MPI, archives or checkpoints.

Tasks and results are NumPy structured arrays of fixed item size, so that the farm can ship them
as plain buffers without knowing what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SolutionKind = Literal["discrete", "continuous", "mixed"]


class DomainError(Exception):
    """A domain cannot be set up (no agent, wrong weights, ...); the message says what to do."""


class TasksFailedError(Exception):
    """Some tasks of a batch failed, the others did not: a simulator may raise this.

    Attributes:
        results: (n,) of the result dtype, one for each task; meaningless where it failed.
        reasons: Position in the batch -> why that task failed. The same task should give the same
            text each time (no process numbers, no times), as texts are part of a run's record.
    """

    def __init__(self, results: Array, reasons: Mapping[int, str]) -> None:
        super().__init__(f"{len(reasons)} of {len(results)} tasks failed")
        self.results = results
        self.reasons = reasons


class SimulatorLostError(Exception):
    """No task can be simulated on this rank, whichever it is; the message says what to do.

    Instead of failing every task, a simulator that raises this is asked no more; other ranks go
    on, and the run ends in good order when there are none.
    """


@dataclass(frozen=True)
class Measure:
    """A quantity that an archive can be spanned by.

    Attributes:
        low: Smallest value that can occur.
        high: Largest value that can occur.
        unit: What the number counts, for axis labels ("tiles", "steps", ...).
        description: One line for humans.
    """

    low: float
    high: float
    unit: str = ""
    description: str = ""


@dataclass(frozen=True)
class Evaluations:
    """Interpreted results of ``n`` real evaluations, in evaluation order.

    Attributes:
        objective: (n,) float64.
        measures: (n, k) float64, columns in the configured order.
        levels: As the surrogate sees them: (n, H, W) int8 tile codes, or (n, d) float64 vectors.
        occupancy: (n, H, W) float32, mean visits per episode and tile; (n, 0) with vectors.
        metadata: (n, m) float64, columns named by ``Domain.metadata_names``.
    """

    objective: NDArray[np.float64]
    measures: NDArray[np.float64]
    levels: NDArray[Any]
    occupancy: NDArray[np.float32]
    metadata: NDArray[np.float64]


class Simulator(Protocol):
    """Runs tasks on a worker; created once per worker by ``Domain.make_simulator``.

    The result of a task depends on that task alone (never on its batch, the rank, the order or
    the clock). May raise: the farm then finds the guilty task and records a failed evaluation
    (``TasksFailedError`` names the guilty ones at once).

    It may have two methods more:

    * ``close()`` is called when its rank has no more tasks.
    * ``call_while_waiting(on_wait)``, for one that waits for another process: it calls
      ``on_wait()`` every 0.5 s or more often while it waits, and lets through what that raises (a
      user stops the run), ready for other tasks.
    """

    def __call__(self, tasks: Array) -> Array:
        """Simulates ``tasks`` ((n,) of ``task_dtype``) and returns (n,) of ``result_dtype``."""
        ...


class HasOwnProcess(Protocol):
    """What a domain may have besides: simulators that run in processes of their own anyway."""

    own_process: Literal[True]


class KnowsPlanes(Protocol):
    """What a domain may have besides: images that tell a network more than the tiles do.

    They should be cheap: they are computed for every level that is predicted.
    """

    #: What each plane shows.
    PLANES: ClassVar[tuple[str, ...]]

    def planes(self, levels: NDArray[np.int8]) -> NDArray[np.float32]:
        """Planes ((n, P, H, W), numbers of about 1) of levels ((n, H, W) tile codes)."""
        ...


class KnowsObjective(Protocol):
    """What a domain may have besides: objectives that a level tells by itself."""

    def known_objective(self, levels: NDArray[np.int8]) -> NDArray[np.float64]:
        """The objective ((n,)) of levels ((n, H, W)); NaN where only a simulation tells."""
        ...


class KnowsLimits(Protocol):
    """What a domain may have besides, if its simulator may be anybody's: what cannot be."""

    def impossible(self, results: Array) -> Mapping[int, str]:
        """Position in ``results`` ((n,) of ``result_dtype``) -> what is impossible about it.

        Such an evaluation is recorded as failed. Texts are as in ``TasksFailedError``.
        """
        ...


def impossible(domain: Domain, results: Array) -> Mapping[int, str]:
    """Which results ``domain`` knows to be impossible, and why."""
    if hasattr(domain, "impossible"):
        found: Mapping[int, str] = domain.impossible(results)
        return found
    return {}


class Tried(Protocol):
    """What a domain may have besides, if its simulator may lack what only its start shows."""

    def try_simulator(self) -> None:
        """Starts a simulator and ends it, before anything else of a run begins.

        Raises:
            DomainError: It does not start; says what to do.
        """
        ...


def try_simulator(domain: Domain) -> None:
    """Has ``domain`` try its simulator, if that can tell anything.

    Raises:
        DomainError: It does not start.
    """
    if hasattr(domain, "try_simulator"):
        domain.try_simulator()


def known_objective(domain: Domain, levels: NDArray[np.int8]) -> NDArray[np.float64]:
    """What ``domain`` knows of the levels' objectives ((n,)); NaN where only a simulation tells."""
    if hasattr(domain, "known_objective"):
        known: NDArray[np.float64] = domain.known_objective(levels)
        return known
    return np.full(len(levels), np.nan)


def renderer(domain: Domain) -> Callable[[Array], NDArray[np.uint8]] | None:
    """What draws levels of ``domain``; None if they cannot be drawn (``draws_levels``)."""
    return domain.render if getattr(domain, "draws_levels", True) else None


class Domain(Protocol):
    """An environment family with its agent, seen from rank 0."""

    name: ClassVar[str]
    solution_kind: ClassVar[SolutionKind]
    solution_dim: int
    solution_dtype: np.dtype[Any]
    #: Discrete domains: the values that one position can take (0 .. solution_values - 1).
    solution_values: int
    #: (H, W) of a level, before padding; (d,) if levels are vectors.
    level_shape: tuple[int, ...]
    #: Number of tile codes in ``levels`` (channels of the one-hot image); vectors: 0.
    tile_count: int
    #: Code that pads levels to the surrogate's square input; vectors: 0.
    empty_tile: int
    metadata_names: tuple[str, ...]
    task_dtype: np.dtype[Any]
    result_dtype: np.dtype[Any]

    def initial_solutions(self, rng: np.random.Generator, count: int) -> Array:
        """Random solutions ((count, solution_dim)) of the published initial distribution."""
        ...

    def levels(self, solutions: Array) -> Array:
        """What the surrogate is trained on and asked about.

        Images, (n, H, W) int8 tile codes, or vectors, (n, d) float64.
        """
        ...

    def bare_levels(self, solutions: Array) -> Array:
        """As ``levels``, but without what the simulator adds (start and goal marks in mazes).

        The published system predicts on these although it trains on ``levels``.
        """
        ...

    def predict_on(self, device: str) -> None:
        """Says on which device ("cpu", "cuda", ...) the surrogate wants the levels to predict."""
        ...

    def tasks(self, solutions: Array, seeds: NDArray[np.uint64]) -> Array:
        """Simulator tasks ((n,) of ``task_dtype``), one per solution and evaluation seed."""
        ...

    def simulator_payload(self) -> Mapping[str, Array]:
        """Arrays (network weights and the like) that every worker needs, sent to each once."""
        ...

    def make_simulator(self, payload: Mapping[str, Array]) -> Simulator:
        """Builds this rank's simulator; called on every simulating rank, heavy work goes here."""
        ...

    def interpret(self, tasks: Array, results: Array) -> Evaluations:
        """Turns raw results into objective, measures, occupancy and metadata."""
        ...

    def known_measures(self, levels: Array) -> NDArray[np.float64]:
        """What of the measures ((n, k)) the levels tell by themselves.

        NaN where only a simulation tells. Surrogates need not guess what is known.
        """
        ...

    def predicted_cost(
        self, measures: NDArray[np.float64], occupancy: NDArray[np.float32] | None
    ) -> NDArray[np.float64] | None:
        """Relative run time ((n,)) that surrogate predictions suggest, or None if they do not."""
        ...

    def render(self, level: Array) -> NDArray[np.uint8]:
        """Draws one level as an RGB image ((h, w, 3) uint8)."""
        ...

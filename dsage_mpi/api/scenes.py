"""One evaluated level of a run, found by cell, measures or number, as a picture or a film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.core.domain import DomainError, renderer
from dsage_mpi.core.seeding import evaluation_seeds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dsage_mpi.archives import Archives
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Array
    from dsage_mpi.report.export import ArchiveTable
    from dsage_mpi.run.load_run import Stored


class RenderError(Exception):
    """What is to be drawn is not there; the message says what is."""


def check_film(path: Path) -> None:
    """Checks that a film can be written to ``path``.

    Raises:
        RenderError: Its name is not that of a film.
        MovieError: It cannot be written there.
    """
    from dsage_mpi.report.movie import FILMS, check_target

    if path.suffix not in FILMS:
        raise RenderError(f"{path}: expected a name that ends in {' or '.join(FILMS)}")
    check_target(path)


@dataclass(frozen=True)
class Scene:
    """What is to be drawn.

    Attributes:
        domain: Whose level it is.
        level: (H, W) int8 tile codes, or (d,) float64.
        task: (1,) of the domain's ``task_dtype``; plays the level. None if its size does not fit.
        what: One line that says which level it is.
    """

    domain: Any
    level: Array
    task: Array | None
    what: str

    @property
    def why_not_drawn(self) -> str:
        """Why there is no picture of the level; empty if there is one."""
        if renderer(self.domain) is not None:
            return ""
        parameters = getattr(self.domain, "parameters", None)
        numbers = self.level.tolist()
        shown = numbers if parameters is None else parameters.values_of_level(self.level)
        return f"levels of the {self.domain.name} domain are vectors; this one is {shown}"

    @property
    def why_not_played(self) -> str:
        """Why no rollout of the level can be shown; empty if one can."""
        if not hasattr(self.domain, "film"):
            name = self.domain.name
            return f"the {name} domain's simulator keeps no record of what the agent does"
        if self.task is None:
            (height, width), (rows, columns) = self.level.shape, self.domain.level_shape
            size = f"{height} x {width} tiles"
            return f"the level has {size}, and games are played in {rows} x {columns}"
        return ""

    def check_rollout(self, rollout: int) -> None:
        """Checks that there is such a rollout.

        Raises:
            RenderError: There is not.
        """
        if not 0 <= rollout < self.domain.rollouts:
            count = self.domain.rollouts
            raise RenderError(
                f"no rollout {rollout}: an evaluation has {count} here, numbered from 0"
            )

    def write_film(self, path: Path, rollout: int, whole: bool, scale: int) -> None:
        """Writes a film of a rollout.

        Raises:
            RenderError: There is none to be shown.
            MovieError: The file cannot be written.
        """
        from dsage_mpi.report.movie import write_film

        if why := self.why_not_played:
            raise RenderError(f"{why}, so there is no film of it; render draws the level")
        self.check_rollout(rollout)
        film = self.domain.film(self.task, rollout)
        write_film(path, film.frames(whole), film.frame_seconds, scale)

    def still(self, rollout: int | None, warn: Callable[[str], None]) -> NDArray[np.uint8]:
        """Draws the level ((h, w, 3) uint8), with the agent's path where it can be played again.

        Args:
            rollout: Whose path; None for no path.
            warn: Told why there is no path, if it was wanted.
        """
        if rollout is not None:
            try:
                return self.domain.film(self.task, rollout).still()  # type: ignore[no-any-return]
            except DomainError as error:
                warn(f"the level is drawn without the agent's path: {error}")
        return self.domain.render(self.level)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Wanted:
    """Which level is to be drawn: at most one of these is given; none: the best elite.

    Attributes:
        cell: The numbers that name a cell of the archive.
        measures: Values of the measures, for the cell that they fall into.
        evaluation: Number of an evaluation, from 0.
    """

    cell: Sequence[int] | None = None
    measures: Sequence[float] | None = None
    evaluation: int | None = None


def find_scene(stored: Stored, config: Config, domain: Any, wanted: Wanted) -> Scene:
    """Finds the elite of a cell, an evaluation, or else the best elite.

    Args:
        stored: The run.
        config: Its configuration.
        domain: Its domain.
        wanted: Which.

    Raises:
        RenderError: There is none.
        ValueError: Both cell and evaluation are given.
    """
    given = {name: value for name, value in vars(wanted).items() if value is not None}
    if len(given) > 1:
        told = " and ".join(f"{name}={value}" for name, value in given.items())
        raise ValueError(f"{told} are both given: expected one")
    number, what = _evaluation(stored, config, wanted)
    solution = stored.tree["record"]["solution"][number : number + 1]
    task = domain.tasks(solution, evaluation_seeds(config.seed, number, 1))
    return Scene(domain, domain.levels(solution)[0], task, what)


def _evaluation(stored: Stored, config: Config, wanted: Wanted) -> tuple[int, str]:
    """Number of the evaluation to show, and one line about it."""
    record, evaluation = stored.tree["record"], wanted.evaluation
    if evaluation is not None:
        count = len(record["failed"])
        if not 0 <= evaluation < count:
            raise RenderError(f"no evaluation {evaluation}: the run has {count}, numbered from 0")
        if record["failed"][evaluation]:
            return evaluation, f"evaluation {evaluation}, which failed"
        return evaluation, _describe(evaluation, record, config)
    table = stored.table(config)
    if not len(table):
        raise RenderError(f"{stored.checkpoint} has no elites yet")
    cell = wanted.cell
    if wanted.measures is not None:
        cell = cell_of_measures(stored.archives(config), table, wanted.measures)
    if cell is not None:
        row = _row_of(_flat(tuple(cell), table), table)
    else:
        row = int(table.objective.argmax())
    number = int(table.evaluation[row])
    return number, f"cell {_name(table, table.index[row])}: {_describe(number, record, config)}"


def cell_of_measures(
    archives: Archives, table: ArchiveTable, measures: Sequence[float]
) -> tuple[int, ...]:
    """The numbers that name the cell that the measures fall into.

    Raises:
        RenderError: They are not one finite number per measure.
    """
    count = len(table.measure_names)
    if len(measures) != count or not np.isfinite(measures).all():
        names = ", ".join(table.measure_names)
        raise RenderError(f"measures {tuple(measures)}: expected {count} finite numbers: {names}")
    return _name(table, archives.cell_of(np.asarray(measures, np.float64)))


def _flat(cell: tuple[int, ...], table: ArchiveTable) -> int:
    """Flat index of the cell that the numbers name."""
    dims = tuple(int(k) for k in table.dims)
    if len(cell) != len(dims) or any(not 0 <= k < size for k, size in zip(cell, dims, strict=True)):
        sizes, first = " x ".join(map(str, dims)), (0,) * len(dims)
        raise RenderError(f"no cell {cell}: the archive has {sizes}, from {first}")
    return int(np.ravel_multi_index(cell, dims))


def _row_of(index: int, table: ArchiveTable) -> int:
    """Row of the elite in a cell."""
    rows = np.flatnonzero(table.index == index)
    if not len(rows):
        near = table.index[_distances(index, table).argmin()]
        raise RenderError(
            f"cell {_name(table, index)} is empty; the nearest with an elite is "
            f"cell {' '.join(map(str, _name(table, near)))}"
        )
    return int(rows[0])


def _distances(index: int, table: ArchiveTable) -> NDArray[np.float64]:
    """How far the cell of each elite is ((n,)): in cells of a grid, else in ranges."""
    if len(table.centroids):
        places = table.centroids / (table.upper_bounds - table.lower_bounds)
        return np.asarray(np.square(places[table.index] - places[index]).sum(axis=1))
    dims = tuple(table.dims)
    cells = np.stack(np.unravel_index(table.index, dims), axis=1)
    return np.asarray(np.abs(cells - np.array(np.unravel_index(index, dims))).sum(axis=1))


def _name(table: ArchiveTable, index: Any) -> tuple[int, ...]:
    """The numbers that name a cell."""
    return tuple(int(k) for k in np.unravel_index(index, tuple(table.dims)))


def _describe(number: int, record: Any, config: Config) -> str:
    measures = zip(config.archive.measures, record["measures"][number], strict=True)
    values = ", ".join(f"{name} {value:.4g}" for name, value in measures)
    return f"evaluation {number}, objective {record['objective'][number]:.4g}, {values}"

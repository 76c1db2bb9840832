"""One evaluated level of a run, found by cell, measures or number, as a picture or a film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.api.cells import RenderError as RenderError
from dsage_mpi.api.cells import best_row, cell_of_measures, name_of_cell, row_of_cell
from dsage_mpi.core.domain import DomainError, renderer
from dsage_mpi.core.seeding import evaluation_seeds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Array
    from dsage_mpi.core.films import Film
    from dsage_mpi.report.export import ArchiveTable
    from dsage_mpi.run.load_run import Stored


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


#: Largest number of pixels per pixel: a level of Mario is then 14 000 of them wide.
MOST_SCALE = 16
#: Number that stands for all rollouts of a level.
ALL_ROLLOUTS = -1


@dataclass(frozen=True)
class Scene:
    """What is to be drawn.

    Attributes:
        domain: Whose level it is.
        level: (H, W) int8 tile codes, or (d,) float64.
        task: (1,) of the domain's ``task_dtype``; plays the level. None if its size does not fit.
        what: One line that says which level it is.
        occupancy: (H, W) float32 mean visits; None if they are not recorded.
    """

    domain: Any
    level: Array
    task: Array | None
    what: str
    occupancy: NDArray[np.float32] | None = None

    @property
    def why_not_drawn(self) -> str:
        """Why there is no picture of the level; empty if there is one."""
        if renderer(self.domain) is not None:
            return ""
        parameters = getattr(self.domain, "parameters", None)
        shown: Any = [_short(number) for number in self.level.tolist()]
        given = "level"
        if parameters is not None:
            values = parameters.values_of_level(self.level)
            shown, given = {name: _short(value) for name, value in values.items()}, "given"
        return (
            f"levels of the {self.domain.name} domain are vectors, and it has no method "
            f"draw(self, {given}); this one is {shown}"
        )

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

    def check_drawn(self) -> None:
        """Raises ``RenderError`` where there is no picture of the level."""
        if self.why_not_drawn:
            raise RenderError(f"there is no picture of {self.what}: {self.why_not_drawn}")

    def check_rollout(self, rollout: int) -> None:
        """Checks that there is such a rollout.

        Raises:
            RenderError: There is not.
        """
        if rollout == ALL_ROLLOUTS:
            if not getattr(self.domain, "films_together", False):
                name = self.domain.name
                raise RenderError(f"the {name} domain shows its rollouts one by one: choose one")
        elif not 0 <= rollout < self.domain.rollouts:
            count = self.domain.rollouts
            raise RenderError(
                f"no rollout {rollout}: an evaluation has {count} here, numbered from 0"
            )

    def film(self, rollout: int) -> Film:
        """Plays a rollout again, or all.

        Raises:
            DomainError: if the simulator cannot show it.
        """
        number = None if rollout == ALL_ROLLOUTS else rollout
        found: Film = self.domain.film(self.task, number)
        return found

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
        film = self.film(rollout)
        write_film(path, film.frames(whole), film.frame_seconds, scale)

    def still(self, rollout: int | None, warn: Callable[[str], None]) -> NDArray[np.uint8]:
        """Draws the level ((h, w, 3) uint8), with the agent's path where it can be played again.

        Args:
            rollout: Whose path; None for no path.
            warn: Told why there is no path, if it was wanted.

        Raises:
            RenderError: Levels are vectors that the domain does not draw.
        """
        self.check_drawn()
        if rollout is not None:
            try:
                return self.film(rollout).still()
            except DomainError as error:
                warn(f"the level is drawn without the agent's path: {error}")
        return self.domain.render(self.level)  # type: ignore[no-any-return]

    def visits(self) -> NDArray[np.uint8]:
        """Draws the level ((h, w, 3) uint8) with the agent's visits, all rollouts together.

        Raises:
            RenderError: They are not known.
        """
        if self.occupancy is None or not self.occupancy.any():
            raise RenderError("where the agent was is not recorded: there are no visits to show")
        if hasattr(self.domain, "render_occupancy"):
            return self.domain.render_occupancy(self.level, self.occupancy)  # type: ignore[no-any-return]
        from dsage_mpi.report.figures.agent import with_visits

        return with_visits(self.domain.render(self.level), self.occupancy)


@dataclass(frozen=True)
class Wanted:
    """Which level is to be drawn: at most one of the first three is given; none: the best elite.

    Attributes:
        cell: The numbers that name a cell of the archive.
        measures: Values of the measures, for the cell that they fall into.
        evaluation: Number of an evaluation, from 0.
        scale: Pixels per pixel.

    Raises:
        RenderError: No picture can have that scale.
    """

    cell: Sequence[int] | None = None
    measures: Sequence[float] | None = None
    evaluation: int | None = None
    scale: int = 1

    def __post_init__(self) -> None:
        number = isinstance(self.scale, int | np.integer) and not isinstance(self.scale, bool)
        if not number or not 1 <= self.scale <= MOST_SCALE:
            raise RenderError(f"scale = {self.scale!r}: expected a whole number, 1 to {MOST_SCALE}")


def find_scene(
    stored: Stored, config: Config, domain: Any, wanted: Wanted, by: str = "objective"
) -> Scene:
    """Finds the elite of a cell, an evaluation, or else the best elite.

    Args:
        stored: The run.
        config: Its configuration.
        domain: Its domain.
        wanted: Which.
        by: What the best has most of: the objective, a measure or a column of the metadata.

    Raises:
        RenderError: There is none.
        ValueError: Both cell and evaluation are given.
    """
    named = {name: value for name, value in vars(wanted).items() if name != "scale"}
    given = {name: value for name, value in named.items() if value is not None}
    if len(given) > 1:
        told = " and ".join(f"{name}={value}" for name, value in given.items())
        raise ValueError(f"{told} are both given: expected one")
    record, evaluation = stored.tree["record"], wanted.evaluation
    if evaluation is not None:
        count = len(record["failed"])
        if not 0 <= evaluation < count:
            raise RenderError(f"no evaluation {evaluation}: the run has {count}, numbered from 0")
        what = f"evaluation {evaluation}, which failed"
        if not record["failed"][evaluation]:
            what = _describe(evaluation, record, config)
        return _scene(stored, config, domain, evaluation, what)
    table = elites_of(stored, config)
    cell = wanted.cell
    if wanted.measures is not None:
        cell = cell_of_measures(stored.archives(config), table, wanted.measures)
    row = best_row(table, by) if cell is None else row_of_cell(tuple(cell), table)
    return elite_scene(stored, config, domain, table, row)


def elites_of(stored: Stored, config: Config) -> ArchiveTable:
    """The archive's elites, at least one.

    Raises:
        RenderError: There are none.
    """
    table = stored.table(config, stored.tree["names"]["metadata"])
    if not len(table):
        raise RenderError(f"{stored.checkpoint} has no elites yet")
    return table


def elite_scene(
    stored: Stored, config: Config, domain: Any, table: ArchiveTable, row: int
) -> Scene:
    """The elite in one row of the table."""
    number = int(table.evaluation[row])
    told = _describe(number, stored.tree["record"], config)
    what = f"cell {name_of_cell(table, table.index[row])}: {told}"
    return _scene(stored, config, domain, number, what)


def _scene(stored: Stored, config: Config, domain: Any, number: int, what: str) -> Scene:
    record = stored.tree["record"]
    rows = slice(number, number + 1)
    task = domain.tasks(record["solution"][rows], evaluation_seeds(config.seed, number, 1))
    occupancy = None
    if not record["failed"][number]:
        occupancy = domain.interpret(task, record["result"][rows]).occupancy[0]
    return Scene(domain, domain.levels(record["solution"][rows])[0], task, what, occupancy)


def _describe(number: int, record: Any, config: Config) -> str:
    measures = zip(config.archive.measures, record["measures"][number], strict=True)
    values = ", ".join(f"{name} {value:.4g}" for name, value in measures)
    return f"evaluation {number}, objective {record['objective'][number]:.4g}, {values}"


def _short(value: Any) -> Any:
    """A number with as many digits as messages have; other values as they are."""
    return float(f"{value:.4g}") if isinstance(value, float) else value

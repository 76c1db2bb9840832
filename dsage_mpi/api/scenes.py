"""One evaluated level of a run, found by its cell or number, as a picture or a film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.core.domain import DomainError, renderer
from dsage_mpi.core.seeding import evaluation_seeds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Array
    from dsage_mpi.report.export import ArchiveTable
    from dsage_mpi.run.load_run import Stored


class RenderError(Exception):
    """What is to be drawn is not there; the message says what is."""


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


def find_scene(
    stored: Stored,
    config: Config,
    domain: Any,
    cell: Sequence[int] | None = None,
    evaluation: int | None = None,
) -> Scene:
    """Finds the elite of a cell, an evaluation, or else the best elite.

    Args:
        stored: The run.
        config: Its configuration.
        domain: Its domain.
        cell: Index of an archive cell in each dimension.
        evaluation: Number of an evaluation, from 0.

    Raises:
        RenderError: There is none.
    """
    number, what = _evaluation(stored, config, cell, evaluation)
    solution = stored.tree["record"]["solution"][number : number + 1]
    task = domain.tasks(solution, evaluation_seeds(config.seed, number, 1))
    return Scene(domain, domain.levels(solution)[0], task, what)


def _evaluation(
    stored: Stored, config: Config, cell: Sequence[int] | None, evaluation: int | None
) -> tuple[int, str]:
    """Number of the evaluation to show, and one line about it."""
    record = stored.tree["record"]
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
    row = int(table.objective.argmax()) if cell is None else _row_of(tuple(cell), table)
    found = tuple(int(k) for k in np.unravel_index(table.index[row], tuple(table.dims)))
    number = int(table.evaluation[row])
    return number, f"cell {found}: {_describe(number, record, config)}"


def _row_of(cell: tuple[int, ...], table: ArchiveTable) -> int:
    dims = tuple(int(k) for k in table.dims)
    if len(cell) != len(dims) or any(not 0 <= k < size for k, size in zip(cell, dims, strict=True)):
        sizes = " x ".join(map(str, dims))
        raise RenderError(f"no cell {cell}: the archive has {sizes}, from (0, 0)")
    rows = np.flatnonzero(table.index == np.ravel_multi_index(cell, dims))
    if not len(rows):
        cells = np.stack(np.unravel_index(table.index, dims), axis=1)
        near = cells[np.abs(cells - cell).sum(axis=1).argmin()]
        raise RenderError(
            f"cell {cell} is empty; the nearest with an elite is "
            f"cell {' '.join(map(str, near.tolist()))}"
        )
    return int(rows[0])


def _describe(number: int, record: Any, config: Config) -> str:
    measures = zip(config.archive.measures, record["measures"][number], strict=True)
    values = ", ".join(f"{name} {value:.4g}" for name, value in measures)
    return f"evaluation {number}, objective {record['objective'][number]:.4g}, {values}"

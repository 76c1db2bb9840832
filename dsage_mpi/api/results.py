"""What a run has found: pandas tables, a pyribs archive, its surrogate, pictures."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.state import CheckpointError
from dsage_mpi.core.wording import python_wording
from dsage_mpi.run.load_run import Stored, find_stored
from dsage_mpi.rundir.lock import is_held
from dsage_mpi.rundir.status import ENDED, RUNNING, read_status

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image
    from ribs.archives import ArchiveBase

    from dsage_mpi.api.scenes import Scene, Wanted
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Array, Domain
    from dsage_mpi.report.export import ArchiveTable
    from dsage_mpi.surrogate.model import Surrogate

#: State of a run whose program was killed, and of a checkpoint that lies in no run directory.
_DEAD, _UNKNOWN = "dead", "unknown"


def open_run(path: str | os.PathLike[str]) -> Run:
    """Opens a run, finished or not, to look at; changes nothing in it.

    Args:
        path: A run directory, also one that a program works in (then this is its newest
            checkpoint), or one checkpoint (``*.h5``).

    Raises:
        RunDirectoryError: There is nothing at ``path``, or it is no run directory.
        CheckpointError: There is no valid checkpoint (yet).
        ConfigError: This version cannot read its configuration any more.

    Example:
        >>> run = dm.open_run("runs/a")
        >>> run.elites().sort_values("objective").tail()
    """
    with python_wording():
        return Run(find_stored(Path(path)))


class Run:
    """A run as its newest checkpoint has it; made by ``illuminate`` and ``open_run``.

    What is not said to be a table is a NumPy array; evaluations are numbered from 0 in the order in
    which they were asked for: ``run.levels[run.elites().index]`` are the elites' levels.
    """

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._config = stored.load_config()

    @property
    def checkpoint(self) -> Path:
        """The checkpoint that was read."""
        return self._stored.checkpoint

    @property
    def path(self) -> Path | None:
        """The run directory; None for a checkpoint that lies elsewhere."""
        return None if self._stored.directory is None else self._stored.directory.path

    @property
    def config(self) -> Config:
        """The run's effective configuration."""
        return self._config

    @property
    def state(self) -> str:
        """``running``, ``done``, ``stopped``, ``failed``, ``dead`` (killed) or ``unknown``."""
        directory = self._stored.directory
        if directory is None:
            return _UNKNOWN
        state = read_status(directory.status).get("state", _UNKNOWN)
        if state in (*ENDED, _UNKNOWN):
            return str(state)
        return RUNNING if is_held(directory) else _DEAD

    @property
    def digest(self) -> str:
        """SHA-256 of archive and evaluations, the same as ``inspect --digest`` prints."""
        from dsage_mpi.report.digest import digest

        return digest(self._stored.tree["archive"], self._stored.tree["record"])

    @cached_property
    def domain(self) -> Domain:
        """The environment family, as the run's configuration has it.

        Raises:
            DomainError: What it needs is missing on this machine.
        """
        from dsage_mpi.domains import build_domain

        return build_domain(self.config.domain, self.config.archive.measures)

    @cached_property
    def archive(self) -> ArchiveBase:
        """A copy of the ground-truth archive (pyribs); ``ribs.visualize`` can draw it.

        A ``GridArchive``, or a ``CVTArchive`` with ``archive.kind = "cvt"``, whose distances are
        taken in ranges, not in units: ``figures/archive.png`` shows its cells as they are.

        Besides pyribs' own fields every elite has ``level``, ``metadata`` and ``evaluation``.
        """
        from dsage_mpi.search.archive import ground_truth_archive

        archives = self._stored.archives(self.config)
        made = ground_truth_archive(archives, self.domain, self.config.seed)
        elites = {k: np.asarray(a) for k, a in self._stored.tree["archive"].items()}
        del elites["index"]
        if len(elites["objective"]):
            made.add(**elites)
        return made

    @property
    def levels(self) -> Array:
        """All levels: (n, H, W) int8 tile codes, or (n, d) float64 vectors."""
        return np.asarray(self._stored.tree["record"]["level"])

    @property
    def solutions(self) -> Array:
        """(n, solution_dim) solutions of all evaluations."""
        return np.asarray(self._stored.tree["record"]["solution"])

    def elites(self) -> pd.DataFrame:
        """Returns the elites, one row each, in the order of their cells.

        The index is the evaluation that found the elite; columns are ``cell`` (a tuple of ints, as
        ``render`` takes it), ``objective``, the measures and the domain's metadata.
        """
        from dsage_mpi.api.tables import elites_table

        return elites_table(self._table(), self._stored.tree["names"])

    def evaluations(self) -> pd.DataFrame:
        """Returns all real evaluations, one row each; the index is their number.

        Columns are ``iteration`` (from 1, as in metrics.csv), ``failed``, ``objective``, the
        measures and the domain's metadata; NaN where the evaluation failed.
        """
        from dsage_mpi.api.tables import evaluations_table

        return evaluations_table(self._stored.tree["record"], self._stored.tree["names"])

    def metrics(self) -> pd.DataFrame:
        """Returns metrics.csv, one row per outer iteration, as docs/outputs.md describes it.

        The index is the iteration, from 1; NaN where a quantity does not exist.
        """
        from dsage_mpi.api.tables import metrics_table

        return metrics_table(self._stored.rows())

    @cached_property
    def surrogate(self) -> Surrogate | None:
        """The surrogate as it was trained last; None if the method has none.

        ``run.surrogate.predict(levels)`` of levels as in ``run.levels`` has ``objective`` ((n,)),
        ``measures`` ((n, k)) and ``occupancy`` ((n, H, W), or None if it predicts none).
        """
        if not self.config.uses_surrogate:
            return None
        from dsage_mpi.api.surrogates import load_surrogate

        return load_surrogate(self._stored.tree, self.config, self.domain)

    def cell_of(self, measures: Sequence[float]) -> tuple[int, ...]:
        """Returns the cell that some values of the measures fall into, as ``render`` takes it.

        Args:
            measures: One number per measure, e.g. ``(120, 33.5)``.

        Raises:
            RenderError: They are not one finite number per measure.
        """
        from dsage_mpi.api.cells import cell_of_measures

        return cell_of_measures(self._stored.archives(self.config), self._table(), measures)

    def render(
        self,
        cell: Sequence[int] | None = None,
        *,
        evaluation: int | None = None,
        rollout: int | None = 0,
        scale: int = 1,
    ) -> Image:
        """Draws a level, with the agent's path where the domain can play it again.

        Args:
            cell: A cell of the archive: its index in each dimension of a grid, e.g. ``(30, 8)``,
                its number in other archives, ``(17,)``. The best elite if nothing is given.
            evaluation: Number of an evaluation instead.
            rollout: Whose path, from 0; None for the level alone.
            scale: Pixels per pixel.

        Returns:
            A Pillow image, which a notebook shows and ``save`` writes.

        Raises:
            RenderError: The cell is empty (says which near it is not), or cell or scale cannot be.
            ValueError: Both ``cell`` and ``evaluation`` are given.
            DomainError: What the domain needs is missing on this machine.
        """
        from PIL import Image

        from dsage_mpi.api.scenes import Wanted
        from dsage_mpi.report.movie import scaled

        scene = self._scene(Wanted(cell=cell, evaluation=evaluation, scale=scale))
        played = None if scene.why_not_played else rollout
        if played is not None:
            scene.check_rollout(played)
        picture = scene.still(played, lambda text: warnings.warn(text, stacklevel=3))
        return Image.fromarray(next(scaled([picture], scale)))

    def film(
        self,
        path: str | os.PathLike[str],
        cell: Sequence[int] | None = None,
        *,
        evaluation: int | None = None,
        rollout: int = 0,
        whole: bool = False,
        scale: int = 1,
    ) -> Path:
        """Films a rollout, for domains that can play a level again.

        Args:
            path: ``*.gif`` or ``*.mp4`` to write.
            cell: As for ``render``.
            evaluation: As for ``render``.
            rollout: Which rollout, from 0.
            whole: Show the whole level, not the part around the agent.
            scale: Pixels per pixel.

        Returns:
            ``path``.

        Raises:
            RenderError: There is no such level or rollout, or the domain cannot show one.
            MovieError: The file cannot be written, or there is no encoder.
            DomainError: What the domain needs is missing on this machine.
        """
        from dsage_mpi.api.scenes import Wanted, check_film

        path = Path(path)
        check_film(path)
        scene = self._scene(Wanted(cell=cell, evaluation=evaluation, scale=scale))
        scene.write_film(path, rollout, whole, scale)
        return path

    def reload(self) -> Run:
        """Returns the run as it is by now, if a program still works on it.

        Raises:
            CheckpointError: It has no run directory, or no valid checkpoint any more.
        """
        if self.path is None:
            raise CheckpointError(f"{self.checkpoint} is in no run directory: nothing to reload")
        return open_run(self.path)

    def __repr__(self) -> str:
        return (
            f"<Run {self.path or self.checkpoint}: {self.config.algorithm.method} on "
            f"{self.config.domain_name}, seed {self.config.seed}, {self.state}, "
            f"{len(self.solutions)} evaluations, {len(self._table())} elites>"
        )

    def _repr_html_(self) -> str:
        from dsage_mpi.api.html import run_html

        facts = {"run": str(self.path or self.checkpoint), "state": self.state}
        failed = self._stored.tree["record"]["failed"]
        # The domain is built when the first level is drawn: a machine may lack what it needs.
        return run_html(
            self.config, facts, self._table(), failed, lambda level: self.domain.render(level)
        )

    def _table(self) -> ArchiveTable:
        return self._stored.table(self.config, self._stored.tree["names"]["metadata"])

    def _scene(self, wanted: Wanted) -> Scene:
        from dsage_mpi.api.scenes import find_scene

        return find_scene(self._stored, self.config, self.domain, wanted)

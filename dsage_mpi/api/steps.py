"""What callbacks and ``iterate`` tell of one outer iteration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsage_mpi.outer.statistics import iteration_results
from dsage_mpi.rundir.metric_columns import TIMING_COLUMNS, columns_of

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.core.domain import Array
    from dsage_mpi.outer.loop import OuterLoop
    from dsage_mpi.outer.loop import Step as OuterStep


@dataclass(frozen=True)
class Step:
    """One outer iteration: solutions were proposed, simulated and added to the archive.

    Attributes:
        iteration: Its number, from 1.
        evaluations: Real evaluations so far, failed ones included.
        archive: The ground-truth archive (pyribs) after it. It is the search's own, and changes
            with the next iteration: look, copy, but add nothing.
        metrics: The columns of metrics.csv that are results, e.g. ``metrics["qd_score"]``; None
            where there is no value.
        proposal: (n, solution_dim) solutions that were simulated, in evaluation order.
        levels: their levels, (n, H, W) int8 tile codes or (n, d) float64 vectors.
        failed: (n,) bool, whose simulation failed.
    """

    iteration: int
    evaluations: int
    archive: ArchiveBase
    metrics: Mapping[str, int | float | None]
    proposal: Array
    levels: Array
    failed: Array
    _loop: OuterLoop = field(repr=False, compare=False)

    def _repr_html_(self) -> str:
        """Numbers, archive and six levels, as a notebook shows them."""
        from dsage_mpi.api.html import run_html
        from dsage_mpi.report.export import ArchiveTable

        loop = self._loop
        table = ArchiveTable.of(self.archive, loop.config.archive.measures)
        facts = {"iteration": str(self.iteration)}
        failed = loop.record["failed"][: self.evaluations]
        return run_html(loop.config, facts, table, failed, loop.domain.render)

    def __repr__(self) -> str:
        return (
            f"Step(iteration={self.iteration}, evaluations={self.evaluations}, "
            f"elites={self.metrics['archive_size']}, qd_score={self.metrics['qd_score']:.6g})"
        )


def describe_step(loop: OuterLoop, step: OuterStep) -> Step:
    """Returns the public view of the iteration that ``loop`` has just finished."""
    return Step(
        iteration=loop.iteration,
        evaluations=len(loop.record),
        archive=loop.archive,
        metrics=_metrics(loop, step),
        proposal=step.batch.solutions,
        levels=step.batch.levels,
        failed=step.batch.failed,
        _loop=loop,
    )


def _metrics(loop: OuterLoop, step: OuterStep) -> dict[str, int | float | None]:
    """Every column but those of the clock; NaN means the same as None."""
    found = {k: v for k, v in iteration_results(loop, step).items() if v == v}
    names = [column.name for column in columns_of(loop.config.archive.measures)]
    return {name: found.get(name) for name in names if name not in TIMING_COLUMNS}

"""The end of a run: archive export, figures, and what the user reads last."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from dsage_mpi.domains import measures_of
from dsage_mpi.report.export import export_archive
from dsage_mpi.report.figures.run import draw_run
from dsage_mpi.report.ranks import write_ranks
from dsage_mpi.report.summary import run_summary

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.farm import Farm
    from dsage_mpi.outer.loop import OuterLoop
    from dsage_mpi.run.observer import Observer
    from dsage_mpi.rundir.run_directory import RunDirectory


def close_run(loop: OuterLoop, observer: Observer, farm: Farm, directory: RunDirectory) -> str:
    """Writes exports and figures and returns the closing summary."""
    config, domain = loop.config, loop.domain
    rows = observer.metrics.rows
    table = export_archive(directory, loop.archive, config.archive.measures, domain.metadata_names)
    if config.report.figures:
        draw_run(
            directory.figures,
            table,
            rows,
            domain.render,
            units(config),
            run_title(config),
            levels=config.report.levels,
        )
    ranks = farm.stats()
    write_ranks(directory.ranks, ranks)
    summary = run_summary(
        directory,
        rows,
        title=run_title(config),
        max_evaluations=config.algorithm.max_evaluations,
        cells=int(loop.archive.cells),
        ranks=ranks,
    )
    world = 1 + max((usage.rank for usage in ranks), default=0)
    return summary + comparison(config, loop.domain.solution_kind, directory, world)


#: Solution kind -> what DSAGE is compared with, and what its input has to change for that.
_BASELINES = {
    "discrete": ("MAP-Elites", ("algorithm.method=map_elites",)),
    "continuous": (
        "CMA-ME",
        ("algorithm.method=cma_me", "emitters.kind=cma_me", "emitters.count=5"),
    ),
}


def comparison(config: Config, solutions: str, directory: RunDirectory, ranks: int) -> str:
    """How to see whether the surrogate was worth it; nothing for methods without one."""
    if not config.uses_surrogate:
        return ""
    name, overrides = _BASELINES[solutions]
    program = f"mpirun -n {ranks} python" if ranks > 1 else "python"
    command = [program, "-m dsage_mpi", shlex.quote(os.path.relpath(directory.config))]
    command += [f"--set {override}" for override in overrides]
    return f"\n\nCompare with {name} on the same budget:\n  {' '.join(command)}"


def run_title(config: Config) -> str:
    """Heading of figures and summary: what was run, and the input's title beside it.

    An input's title stays when ``--set`` makes something else of it, so it cannot stand alone.
    """
    what = f"{config.algorithm.method} on {config.domain_name}, seed {config.seed}"
    return f"{what} ({config.title})" if config.title else what


def units(config: Config) -> list[str]:
    """Units of the archive's measures."""
    known = measures_of(config.domain) or {}
    return [known[name].unit for name in config.archive.measures]

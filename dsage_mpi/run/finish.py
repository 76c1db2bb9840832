"""The end of a run: archive export, figures, and what the user reads last."""

from __future__ import annotations

import logging
import os
import shlex
import traceback
from typing import TYPE_CHECKING

from dsage_mpi.archives import ARCHIVES
from dsage_mpi.config.components import EMITTERS
from dsage_mpi.core import exit_codes
from dsage_mpi.core.printable import printable
from dsage_mpi.core.registry import load
from dsage_mpi.domains import measures_of
from dsage_mpi.report.export import ArchiveTable, export_archive
from dsage_mpi.report.figures.gallery import Render
from dsage_mpi.report.figures.played import elite_renderer
from dsage_mpi.report.figures.predictions import Checked
from dsage_mpi.report.figures.run import Look, draw_run
from dsage_mpi.report.ranks import write_ranks
from dsage_mpi.report.summary import run_summary
from dsage_mpi.rundir.failures import headline
from dsage_mpi.rundir.logging import FILE_ONLY

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.outer.record import EvaluationRecord
    from dsage_mpi.run.parts import Parts
    from dsage_mpi.rundir.run_directory import RunDirectory

_log = logging.getLogger("dsage_mpi.outer")

_NOT_EXPORTED = (
    "the run is over and whole in its last checkpoint, but its exports or figures could not be "
    "written (%s: %s); --restart %s does that alone once the cause is gone"
)
_ALL_FAILED = (
    "not one of the %d evaluations succeeded, so that there is no result; the first failed with: "
    "%s (all of them: %s)"
)


def finish(parts: Parts) -> int:
    """Writes exports, figures and summary of a run that is over; returns the exit code."""
    directory = parts.directory
    try:
        summary = write_results(parts)
    except Exception as error:
        _log.error(_NOT_EXPORTED, type(error).__name__, error, directory.path)
        _log.info("where: %s", traceback.format_exc(), extra=FILE_ONLY)
        return exit_codes.FAILED
    try:
        print(printable(summary), flush=True)
    except (OSError, ValueError) as error:  # nobody can read it; the run is none the worse
        reason = getattr(error, "strerror", None) or error
        _log.warning("cannot show the summary (%s); inspect %s does", reason, directory.path)
    return _judge(parts.loop.record, directory)


def _judge(record: EvaluationRecord, directory: RunDirectory) -> int:
    """A run of failures alone has done what it was to do, and yet is none."""
    if len(record) == 0 or not record["failed"].all():
        return exit_codes.DONE
    first = headline(record.reasons[min(record.reasons)])
    _log.error(_ALL_FAILED, len(record), first, directory.failures)
    return exit_codes.FAILED


def write_results(parts: Parts) -> str:
    """Writes exports and figures of a run that is over, and returns its summary."""
    config, loop, directory = parts.config, parts.loop, parts.directory
    domain, rows = loop.domain, parts.metrics.rows
    made = ArchiveTable.of(
        loop.archive, config.archive.measures, domain.metadata_names, loop.archives
    )
    table = export_archive(directory, made)
    if config.report.figures:
        kept = loop.method.state().get("surrogate", {})
        checked = Checked.of(kept, config.archive.measures)
        drawn = elite_renderer(domain, table, config.seed)
        draw_run(directory.figures, table, rows, look(config, drawn), checked)
    ranks = parts.resources.farm.stats()
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
    return summary + comparison(config, domain.solution_kind, directory, world)


#: Solution kind -> what DSAGE is compared with, and what its input has to change for that.
_BASELINES = {
    "discrete": ("MAP-Elites", ("algorithm.method=map_elites",)),
    "mixed": ("MAP-Elites", ("algorithm.method=map_elites",)),
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
    if not EMITTERS.is_own(config.emitters.kind) and name == "MAP-Elites":
        overrides = (*overrides, "emitters.kind=map_elites")  # somebody's would be another method
        if config.emitters.settings:
            overrides = (*overrides, "emitters.settings={}")
    overrides = (*overrides, *_small_batches(config))
    command += [f"--set {shlex.quote(override)}" for override in overrides]
    return f"\n\nCompare with {name} on the same budget:\n  {' '.join(command)}"


def _small_batches(config: Config) -> list[str]:
    """What keeps emitters for inner loops, which cost next to nothing, from using up the budget."""
    emitters, budget = config.emitters, config.algorithm.max_evaluations
    changes = []
    if emitters.count * emitters.initial_population > budget // 4:
        share = max(1, budget // (10 * emitters.count))
        changes.append(f"emitters.initial_population={share}")
    if emitters.count * emitters.batch_size > budget // 10:
        changes.append(f"emitters.batch_size={max(1, budget // (20 * emitters.count))}")
    return changes


def run_title(config: Config) -> str:
    """Heading of figures and summary: what was run, and the input's title beside it.

    An input's title stays when ``--set`` makes something else of it, so it cannot stand alone.
    """
    what = f"{config.algorithm.method} on {config.domain_name}, seed {config.seed}"
    return f"{what} ({config.title})" if config.title else what


def look(config: Config, render: Render | None) -> Look:
    """What the figures of a run are drawn with; ``render`` draws one level, if any can be."""
    heatmap = load(ARCHIVES.load(config.archive.kind).HEATMAP)
    return Look(render, units(config), run_title(config), config.report.levels, heatmap)


def units(config: Config) -> list[str]:
    """Units of the archive's measures."""
    known = measures_of(config.domain) or {}
    return [known[name].unit for name in config.archive.measures]

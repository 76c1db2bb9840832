"""``plot``: draws the figures of a run, at any time."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import EXIT_CODES, Parser, add_run, describe, some_path
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

if TYPE_CHECKING:
    from dsage_mpi.run.load_run import Stored

EPILOG = f"""figures: archive.png (objective over measure space), discovery.png (when each elite was
found), levels.png (some elites), curves.png (QD-score, coverage, surrogate errors, times),
predictions.png (what the surrogate expected of its last proposals, and what they gave)

where: a run's newest state in figures/ of its run directory; one checkpoint in a folder of its
own, figures/checkpoint-000012/ there, or beside it if it lies elsewhere; or where --output says

examples:
  python -m dsage_mpi plot runs/maze-0001
  python -m dsage_mpi plot runs/maze-0001/checkpoints/checkpoint-000012.h5 --output pictures

{EXIT_CODES}
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``plot``."""
    describe(
        parser,
        "Draws the figures of a run from its newest valid checkpoint, or from the one given.",
        EPILOG,
    )
    add_run(parser)
    parser.add_argument(
        "--output",
        type=some_path,
        metavar="DIR",
        help="where to draw (default: see below)",
    )


def main(arguments: argparse.Namespace) -> int:
    """Draws; returns the exit code."""
    from dsage_mpi.config.load import ConfigError
    from dsage_mpi.core.domain import DomainError
    from dsage_mpi.core.state import CheckpointError
    from dsage_mpi.run.load_run import find_stored
    from dsage_mpi.rundir.run_directory import RunDirectoryError

    try:
        stored = find_stored(arguments.run)
        output = arguments.output or _default_folder(stored, arguments.run)
        drawn = _draw(stored, output)
    except (ConfigError, CheckpointError, RunDirectoryError, DomainError) as error:
        complain(error)
        return exit_codes.BAD_INPUT
    except OSError as error:
        complain(f"cannot draw in {output}: {error.strerror or error}; choose another --output")
        return exit_codes.FAILED
    for path in drawn:
        print(path)
    return exit_codes.DONE if drawn else exit_codes.FAILED


def _default_folder(stored: Stored, asked: Path) -> Path:
    """Where nothing else is: figures/ itself has those of the run's newest state."""
    if stored.directory is None:
        return stored.checkpoint.parent / stored.checkpoint.stem
    if asked.is_dir():
        return stored.directory.figures
    return stored.directory.figures / stored.checkpoint.stem


def _draw(stored: Stored, folder: Path) -> list[Path]:
    from dsage_mpi.core.domain import DomainError
    from dsage_mpi.domains import build_domain
    from dsage_mpi.report.figures.played import elite_renderer
    from dsage_mpi.report.figures.predictions import Checked
    from dsage_mpi.report.figures.run import draw_run
    from dsage_mpi.run.finish import look

    config = stored.load_config()
    table = stored.table(config, stored.tree["names"]["metadata"])
    try:
        domain = build_domain(config.domain, config.archive.measures)
        render = elite_renderer(domain, table, config.seed)
    except DomainError as error:  # all but the levels can be drawn without
        complain(f"levels.png is not drawn: {error}")
        render = None
    checked = Checked.of(stored.tree.get("surrogate", {}), config.archive.measures)
    return draw_run(folder, table, stored.rows(), look(config, render), checked)

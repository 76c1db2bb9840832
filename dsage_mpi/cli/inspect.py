"""``inspect``: what a run has found so far, or one hash of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import EXIT_CODES, Parser, add_run, describe
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

if TYPE_CHECKING:
    from dsage_mpi.run.load_run import Stored

EPILOG = f"""examples:
  python -m dsage_mpi inspect runs/maze-0001
  python -m dsage_mpi inspect runs/maze-0001/checkpoints/checkpoint-000012.h5
  python -m dsage_mpi inspect runs/maze-0001 --digest     two runs with the same digest have the
                                                          same archive and the same evaluations

{EXIT_CODES}
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``inspect``."""
    describe(
        parser,
        "Summarises a run from its newest valid checkpoint, or from the one given.",
        EPILOG,
    )
    add_run(parser)
    parser.add_argument(
        "--digest",
        action="store_true",
        help="print only the SHA-256 of archive and evaluation record",
    )


def main(arguments: argparse.Namespace) -> int:
    """Prints the summary or the digest; returns the exit code."""
    from dsage_mpi.config.load import ConfigError
    from dsage_mpi.core.state import CheckpointError
    from dsage_mpi.report.digest import digest
    from dsage_mpi.run.load_run import find_stored
    from dsage_mpi.rundir.run_directory import RunDirectoryError

    try:
        stored = find_stored(arguments.run)
        # Without the texts of failures: a traceback may name a host or an address.
        found = digest(stored.tree["archive"], stored.tree["record"])
        print(found if arguments.digest else f"{_summary(stored)}\ndigest {found}")
    except (ConfigError, CheckpointError, RunDirectoryError) as error:
        complain(error)
        return exit_codes.BAD_INPUT
    return exit_codes.DONE


def _summary(stored: Stored) -> str:
    from dsage_mpi.checkpoint.hdf5 import read_attributes
    from dsage_mpi.config.load import config_hash
    from dsage_mpi.report.summary import run_summary
    from dsage_mpi.run.finish import run_title
    from dsage_mpi.rundir.run_directory import RunDirectory

    config, wrote = stored.load_config(), read_attributes(stored.checkpoint)
    text = run_summary(
        stored.directory or RunDirectory(stored.checkpoint.parent),
        stored.rows(),
        title=run_title(config),
        max_evaluations=config.algorithm.max_evaluations,
        cells=config.archive.cell_count,
    )
    facts = [
        f"method {config.algorithm.method}, domain {config.domain_name}, seed {config.seed}",
        f"checkpoint {stored.checkpoint}",
        f"written {wrote['time']} by {wrote['program']} on {wrote['world_size']} rank(s)",
        f"configuration {config_hash(config)}",
    ]
    return "\n".join([text, "", *facts])

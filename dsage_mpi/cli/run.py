"""``run`` (also the command without a name): the main job, on all ranks.

Arguments are parsed and the configuration is checked on rank 0 alone; then either every rank gets
the request, or rank 0 says what is wrong and every rank leaves with exit code 2.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import EXIT_CODES, Parser, add_overrides, some_path
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain
from dsage_mpi.core.version import __version__

if TYPE_CHECKING:
    from dsage_mpi.run.request import RunRequest

USAGE = """dsage_mpi [run] INPUT.toml [options]
       dsage_mpi --restart RUN_DIR|CHECKPOINT [options]"""
DESCRIPTION = """Illuminates an archive of environments with DSAGE (Bhatt et al., NeurIPS 2022),
one of its ablations, MAP-Elites, CMA-ME or domain randomization, as INPUT says. Under mpirun or
srun, rank 0 searches and the other ranks simulate; without a launcher, one process does both.
The result does not depend on the number of ranks."""

EXAMPLES = """examples:
  python -m dsage_mpi inputs/maze_tiny.toml                    a first look, seconds
  mpirun -n 4 python -m dsage_mpi inputs/maze_quick.toml       minutes on a laptop
  srun python -m dsage_mpi inputs/maze.toml --seed 7           the paper's scale on a cluster
  python -m dsage_mpi inputs/maze.toml --dry-run               check, show everything, estimate
  python -m dsage_mpi inputs/maze.toml --set inner_loop.iterations=1000 --set surrogate.device=cpu
  mpirun -n 4 python -m dsage_mpi --restart runs/maze-0001     go on where a run stopped
  ... --restart runs/maze-0001 --set algorithm.max_evaluations=200000      and let it run longer
  ... --restart CHECKPOINT.h5 --run-dir runs/again             go on in a new run directory

results: in the run directory, runs/INPUT-NNNN unless --run-dir names another: config.toml (the
effective configuration), log.txt, metrics.csv, archive.npz and .csv, figures/, checkpoints/.
Inputs, their keys and defaults: docs/configuration.md."""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``run``."""
    parser.usage = USAGE
    parser.add_argument("input", metavar="INPUT.toml", type=Path, nargs="?", help="what to run")
    configure_program(parser)


def configure_program(parser: Parser) -> None:
    """Adds what the help of the program says, too: description, options, examples."""
    parser.description = DESCRIPTION
    parser.epilog = f"{_components()}\n\n{EXAMPLES}\n\n{EXIT_CODES}\n"
    add = parser.add_argument_group("options of a run").add_argument
    add(
        "--restart",
        metavar="RUN_DIR|CHECKPOINT",
        type=some_path,
        help="continue a run from its newest valid checkpoint, or from this one",
    )
    add_overrides(add)
    add("--seed", type=int, metavar="N", help="run seed, instead of the input's")
    add(
        "--time-limit",
        metavar="TIME",
        help="stop in time, resumable, after 3h, 90m or 04:00:00 (a Slurm job's end is heeded too)",
    )
    add(
        "--run-dir",
        type=some_path,
        metavar="DIR",
        help="a new or empty folder for the results; with --restart, the run goes on there and the "
        "old run directory stays as it is",
    )
    add(
        "--dry-run",
        action="store_true",
        help="check the input and what it needs here (agent, Java, GPU), print the effective "
        "configuration and a cost estimate, run nothing",
    )
    add("--verbose", action="store_true", help="log details as well")
    add("--version", action="version", version=f"dsage_mpi {__version__}")


def _components() -> str:
    """What inputs choose by name, of each kind."""
    from dsage_mpi.config.keys import registries
    from dsage_mpi.config.schema import Config

    lines = [f"  {key:<18}{', '.join(names)}" for key, names in registries(Config).items()]
    first = 'components, by name or as "module:NAME" of your own (docs/extending.md):'
    return "\n".join([first, *lines])


def main_on_all_ranks(parse: Callable[[], argparse.Namespace]) -> int:
    """Runs the job; returns the exit code, the same on all ranks.

    Args:
        parse: Returns the arguments, or ends the program with a message.
    """
    from dsage_mpi.farm.launch import open_world

    world = open_world()
    with contextlib.ExitStack() as held:
        request = world.bcast(_prepare(parse, held) if world.is_root else None)
        if isinstance(request, int):
            return request
        from dsage_mpi.run.main import run_job

        return run_job(world, request)


def _prepare(
    parse: Callable[[], argparse.Namespace], held: contextlib.ExitStack
) -> RunRequest | int:
    """The checked request, or the exit code if there is nothing to run; ``held`` gets the lock."""
    try:
        arguments = _checked(parse())
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else exit_codes.BAD_INPUT
    from dsage_mpi.cli.resolve_run import make_request

    return make_request(arguments, held)


def _checked(arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments, all overrides in one list; ends the program if they do not go together."""
    if arguments.time_limit is not None:
        from dsage_mpi.config.document import Override

        limit = f"run.time_limit={json.dumps(arguments.time_limit)}"
        arguments.overrides.append(Override(limit, "--time-limit"))
    if arguments.restart is None and arguments.input is None:
        arguments.error(
            "nothing to run: expected INPUT.toml, e.g. inputs/maze_tiny.toml, or --restart"
        )
    if arguments.restart is not None:
        for name, option in (("input", "INPUT.toml"), ("seed", "--seed")):
            if getattr(arguments, name) is not None:
                arguments.error(f"--restart continues a run as it was: {option} cannot go with it")
    return arguments


def main(arguments: argparse.Namespace) -> int:
    """Says what would run (``--dry-run``); returns the exit code."""
    from dsage_mpi.cli.dry_run import describe
    from dsage_mpi.cli.planned_job import planned_job
    from dsage_mpi.cli.resolve_run import checked
    from dsage_mpi.core.slurm import job_layout
    from dsage_mpi.run.resolve_run import UNUSABLE

    _checked(arguments)
    try:
        config = checked(arguments)
        job = planned_job(os.environ) or job_layout(os.environ)
    except UNUSABLE as error:
        complain(error)
        return exit_codes.BAD_INPUT
    print(describe(config, str(arguments.restart or arguments.input), job))
    return 0

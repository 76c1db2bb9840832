"""``run`` (also the command without a name): the main job, on all ranks.

Arguments are parsed and the configuration is checked on rank 0 alone; then either every rank gets
the request, or rank 0 says what is wrong and every rank leaves with exit code 2.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import EXIT_CODES, Formatter, Parser, add_overrides, some_path
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain
from dsage_mpi.core.version import __version__

if TYPE_CHECKING:
    from dsage_mpi.run.request import RunRequest

DESCRIPTION = """Illuminates an archive of environments with DSAGE (Bhatt et al., NeurIPS 2022),
one of its ablations, MAP-Elites, CMA-ME or domain randomization, as INPUT says. Under mpirun or
srun, rank 0 searches and the other ranks simulate; without a launcher, one process does both.
The result does not depend on the number of ranks."""

EPILOG = f"""other commands (each has its own --help):
  inspect RUN_DIR|CHECKPOINT   what a run has found so far; --digest to compare two runs
  verify RUN_DIR|CHECKPOINT    are its checkpoints whole?
  diff ONE OTHER               the first item in which two checkpoints differ
  plot RUN_DIR|CHECKPOINT      draw the figures of a run again
  render RUN_DIR|CHECKPOINT    a picture of one level, or a film of Mario playing it
  status RUN_DIR...            how far runs are, one line each
  cancel RUN_DIR...            stop running runs cleanly
  init FOLDER                  copy the inputs and job scripts that come with the program
  doctor                       what this installation has, what is missing, how to get it
  train-agent INPUT.toml       train a maze agent of your own
  train-generator INPUT.toml   train a Mario level generator of your own

examples:
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
Inputs, their keys and defaults: docs/configuration.md.

{EXIT_CODES}
"""


def parser() -> argparse.ArgumentParser:
    """The parser of ``run``, which is also the program's main help."""
    made = Parser(
        prog="dsage_mpi",
        usage="dsage_mpi [run] INPUT.toml [options]\n"
        "       dsage_mpi --restart RUN_DIR|CHECKPOINT [options]\n"
        "       dsage_mpi {inspect,verify,diff,plot,render,status,cancel,init,doctor,train-agent,"
        "train-generator} ...",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    made.add_argument("input", metavar="INPUT.toml", type=Path, nargs="?", help="what to run")
    made.add_argument(
        "--restart",
        metavar="RUN_DIR|CHECKPOINT",
        type=some_path,
        help="continue a run from its newest valid checkpoint, or from this one",
    )
    add_overrides(made)
    made.add_argument("--seed", type=int, metavar="N", help="run seed, instead of the input's")
    made.add_argument(
        "--time-limit",
        metavar="TIME",
        help="stop in time, resumable, after 3h, 90m or 04:00:00 (a Slurm job's end is heeded too)",
    )
    made.add_argument(
        "--run-dir",
        type=some_path,
        metavar="DIR",
        help="a new or empty folder for the results; with --restart, the run goes on there and the "
        "old run directory stays as it is",
    )
    made.add_argument(
        "--dry-run",
        action="store_true",
        help="check the input and what it needs here (agent, Java, GPU), print the effective "
        "configuration and a cost estimate, run nothing",
    )
    made.add_argument("--verbose", action="store_true", help="log details as well")
    made.add_argument("--version", action="version", version=f"dsage_mpi {__version__}")
    return made


def main(argv: list[str]) -> int:
    """Runs the job on all ranks; returns the exit code (the same on each)."""
    if "--dry-run" in argv:
        return _dry_run(argv)
    from dsage_mpi.farm.launch import open_world

    world = open_world()
    with contextlib.ExitStack() as held:
        request = world.bcast(_prepare(argv, held) if world.is_root else None)
        if isinstance(request, int):
            return request
        from dsage_mpi.run.main import run_job

        return run_job(world, request)


def _prepare(argv: list[str], held: contextlib.ExitStack) -> RunRequest | int:
    """The checked request, or the exit code if there is nothing to run; ``held`` gets the lock."""
    try:
        arguments = _parse(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else exit_codes.BAD_INPUT
    from dsage_mpi.cli.resolve_run import make_request

    return make_request(arguments, held)


def _parse(argv: list[str]) -> argparse.Namespace:
    made = parser()
    arguments = made.parse_args(argv)
    if arguments.time_limit is not None:
        from dsage_mpi.config.document import Override

        limit = f"run.time_limit={json.dumps(arguments.time_limit)}"
        arguments.overrides.append(Override(limit, "--time-limit"))
    if arguments.restart is None and arguments.input is None:
        made.error("nothing to run: expected INPUT.toml, e.g. inputs/maze_tiny.toml, or --restart")
    if arguments.restart is not None:
        for name, option in (("input", "INPUT.toml"), ("seed", "--seed")):
            if getattr(arguments, name) is not None:
                made.error(f"--restart continues a run as it was: {option} cannot go with it")
    return arguments


def _dry_run(argv: list[str]) -> int:
    from dsage_mpi.cli.dry_run import describe
    from dsage_mpi.cli.planned_job import planned_job
    from dsage_mpi.cli.resolve_run import checked
    from dsage_mpi.core.slurm import job_layout
    from dsage_mpi.run.resolve_run import UNUSABLE

    arguments = _parse(argv)
    try:
        config = checked(arguments)
        job = planned_job(os.environ) or job_layout(os.environ)
    except UNUSABLE as error:
        complain(error)
        return exit_codes.BAD_INPUT
    print(describe(config, str(arguments.restart or arguments.input), job))
    return 0

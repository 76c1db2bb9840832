"""Makes the runs of a study under one launcher: all ranks make one run after another."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsage_mpi.core import exit_codes
from dsage_mpi.rundir.logging import close_logging
from dsage_mpi.rundir.status import DONE, RUNNING
from dsage_mpi.study.folder import has_begun
from dsage_mpi.study.plan import PlannedRun
from dsage_mpi.study.states import state_of

if TYPE_CHECKING:
    from dsage_mpi.farm.launch import World
    from dsage_mpi.run.request import RunRequest

_log = logging.getLogger("dsage_mpi.outer")


def make_together(world: World, runs: Sequence[PlannedRun]) -> int:
    """Makes runs with all ranks; every rank calls this.

    Args:
        world: The ranks.
        runs: What is to be made; of rank 0 alone.

    Returns:
        The exit code of the whole, the same on each rank.
    """
    waiting, codes = list(runs), [exit_codes.DONE]
    while exit_codes.RESUMABLE not in codes:
        with contextlib.ExitStack() as held:
            request = world.bcast(_next(waiting, held) if world.is_root else None)
            if request is None:
                break
            codes.append(request if isinstance(request, int) else _make(world, request))
    if exit_codes.RESUMABLE in codes:
        return exit_codes.RESUMABLE
    return exit_codes.FAILED if any(codes) else exit_codes.DONE


def _make(world: World, request: RunRequest) -> int:
    from dsage_mpi.run.main import run_job

    try:
        return run_job(world, request)
    finally:
        close_logging()


def _next(waiting: list[PlannedRun], held: contextlib.ExitStack) -> RunRequest | int | None:
    """The request of the next run, the exit code of one that cannot be made, None after all."""
    from dsage_mpi.run.resolve_run import UNUSABLE, Asked, resolve

    while waiting:
        run = waiting.pop(0)
        if (state := state_of(run)) == DONE:
            continue
        if state == RUNNING:
            _log.warning("%s: another program works on it; sweep again after that", run.name)
            return exit_codes.FAILED
        _log.info("== %s", run.name)
        asked = (
            Asked(restart=run.path)
            if has_begun(run.path)
            else Asked(run.config, str(run.input), run.row, run_dir=run.path)
        )
        try:
            return resolve(asked, held)
        except UNUSABLE as error:
            _log.error("%s: %s", run.name, error)
            return exit_codes.FAILED
    return None

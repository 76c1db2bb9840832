"""Rank 0's part of the main job. Imported by no other rank: what it needs takes seconds to load."""

from __future__ import annotations

import logging
import os
import time
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.checkpoint.files import checkpoints, set_aside_newer
from dsage_mpi.checkpoint.hdf5 import read_tree
from dsage_mpi.config.schema import Config
from dsage_mpi.config.warnings import advice
from dsage_mpi.core import exit_codes
from dsage_mpi.core.printable import printable
from dsage_mpi.core.slurm import job_layout
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.core.write_errors import remedy
from dsage_mpi.farm import FarmError
from dsage_mpi.outer.loop import OuterLoop
from dsage_mpi.outer.phases import Phases
from dsage_mpi.run.checkpoint_header import write_header
from dsage_mpi.run.finish import close_run
from dsage_mpi.run.job_plan import plan
from dsage_mpi.run.memory import largest, shortage
from dsage_mpi.run.observer import Observer
from dsage_mpi.run.progress import Progress
from dsage_mpi.run.request import RunRequest
from dsage_mpi.run.restart_parts import MISFIT
from dsage_mpi.run.stop import Requests, StopRequested
from dsage_mpi.rundir.journal import Journal, journal_key
from dsage_mpi.rundir.journaled_farm import JournaledFarm
from dsage_mpi.rundir.logging import FILE_ONLY
from dsage_mpi.rundir.run_directory import RunDirectory
from dsage_mpi.rundir.status import RUNNING, STOPPED, StatusFile
from dsage_mpi.rundir.version_changes import drift
from dsage_mpi.surrogate.errors import SurrogateError

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.farm import Farm
    from dsage_mpi.farm.launch import World

_log = logging.getLogger("dsage_mpi.outer")

_OUT_OF_MEMORY = (
    "rank 0 is out of memory (%s). Most of it is for %s: lower what is too much in a new run, or "
    "give this one more (--mem-per-cpu under Slurm, fewer ranks on its node); --restart %s goes on "
    "%s"
)
_NOT_SAVED = "the run is over, but its last checkpoint could not be written: %s, then --restart %s"
_NOT_EXPORTED = (
    "the run is over and whole in its last checkpoint, but its exports or figures could not be "
    "written (%s: %s); --restart %s does that alone once the cause is gone"
)
_ALL_FAILED = (
    "not one of the %d evaluations succeeded, so that there is no result; the first failed with: "
    "%s (all of them: %s)"
)
_UNFIT = (
    "%s holds what does not fit together (%s: %s): was it edited, or written by another version? "
    "Go on from an older checkpoint"
)
_DRIFT = (
    "not what this run was started with, so that its result may differ from an uninterrupted "
    "run's: %s"
)
#: Seconds that workers have for the chunks that they simulate when the run is to stop.
_STOP_SECONDS = 10.0


def lead(
    world: World,
    order: RunRequest,
    domain: Domain,
    farm: Farm,
    directory: RunDirectory,
    requests: Requests,
    status: StatusFile,
) -> int:
    """Rank 0's part: search, report, and a clear message for whatever can go wrong."""
    journal = Journal(directory.journal, journal_key(order.config))
    config = order.config
    try:
        config = _resolve(config)
        with Progress(True, config.algorithm.max_evaluations) as progress:
            phases = Phases(progress, partial(_safe_point, requests, status))
            journaled = JournaledFarm(farm, journal, domain.result_dtype)
            loop = OuterLoop(config, domain, journaled, phases)
            header = write_header(config, domain, directory, world.size, order)
            observer = Observer(
                loop, farm, directory, progress, phases, header, journal, requests.deadline, status
            )
            _begin(order, loop, observer, directory, str(header.tree["versions"]))
            journaled.next_evaluation = len(loop.record)
            loop.listeners = order.listeners
            loop.on_milestone, requests.save = observer.milestone, observer.save_now
            progress.evaluations(len(loop.record))
            _announce(world, loop, directory, order, journal.beyond(len(loop.record)))
            status.write(state=RUNNING, first_evaluation=len(loop.record), search_began=time.time())
            code = _search(loop, observer, farm, directory, status)
    except (SurrogateError, CheckpointError) as error:
        _log.error("%s", error)
        return exit_codes.FAILED
    except OSError as error:
        _log.error("%s; once the cause is gone, --restart %s", error, directory.path)
        _log.info("where: %s", traceback.format_exc(), extra=FILE_ONLY)
        return exit_codes.FAILED
    except MemoryError as error:
        kept = "from its last checkpoint" if checkpoints(directory.path) else "from its beginning"
        _log.error(_OUT_OF_MEMORY, error, largest(config, domain), directory.path, kept)
        return exit_codes.FAILED
    finally:
        journal.close()
    return code or _close(loop, observer, farm, directory)


def _begin(
    order: RunRequest, loop: OuterLoop, observer: Observer, directory: RunDirectory, versions: str
) -> None:
    """Goes to the checkpoint that the order names, if any, and keeps what the order changes."""
    if order.checkpoint is None:
        return
    tree = read_tree(order.checkpoint)
    if changed := drift(str(tree.get("versions", "")), versions):
        _log.warning(_DRIFT, "; ".join(changed))
    try:
        loop.load_state(tree)
        observer.load_state(tree)
    except MISFIT as error:  # whoever made it: ``needs`` has found nothing wrong with it
        _log.info("where: %s", traceback.format_exc(), extra=FILE_ONLY)
        raise CheckpointError(_UNFIT % (order.checkpoint, type(error).__name__, error)) from error
    _set_aside_newer(directory, order.checkpoint)
    if order.changes and order.origin is None:
        observer.save_now()  # or a restart after a kill would know nothing of it


def _search(
    loop: OuterLoop,
    observer: Observer,
    farm: Farm,
    directory: RunDirectory,
    status: StatusFile,
) -> int:
    """Runs the outer loop to its end, a stop, or the loss of all simulators."""
    try:
        loop.run(observer.after_iteration)
    except StopRequested as stop:
        return _stop(stop, loop, observer, farm, directory, status)
    except FarmError:
        observer.final()
        raise
    if observer.checkpoint():
        return exit_codes.DONE
    _log.error(_NOT_SAVED, remedy(observer.obstacle), directory.path)
    return exit_codes.FAILED


def _close(loop: OuterLoop, observer: Observer, farm: Farm, directory: RunDirectory) -> int:
    """Exports, figures and summary of a run that is over."""
    try:
        summary = close_run(loop, observer, farm, directory)
    except Exception as error:
        _log.error(_NOT_EXPORTED, type(error).__name__, error, directory.path)
        _log.info("where: %s", traceback.format_exc(), extra=FILE_ONLY)
        return exit_codes.FAILED
    try:
        print(printable(summary), flush=True)
    except (OSError, ValueError) as error:  # nobody can read it; the run is none the worse
        reason = getattr(error, "strerror", None) or error
        _log.warning("cannot show the summary (%s); inspect %s does", reason, directory.path)
    return _judge(loop, directory)


def _judge(loop: OuterLoop, directory: RunDirectory) -> int:
    """A run of failures alone has done what it was to do, and yet is none."""
    record = loop.record
    if len(record) == 0 or not record["failed"].all():
        return exit_codes.DONE
    # A traceback says at its end what it is about; but for Java's, whose stack comes after that.
    lines = record.reasons[min(record.reasons)].splitlines()
    told = [line for line in lines if line.strip() and not line.startswith((" ", "\t"))]
    first = told[-1] if told else "no reason is known"
    _log.error(_ALL_FAILED, len(record), first, directory.failures)
    return exit_codes.FAILED


def _set_aside_newer(directory: RunDirectory, checkpoint: Path) -> None:
    try:
        moved = set_aside_newer(directory.path, checkpoint)
    except OSError as error:
        raise CheckpointError(
            f"cannot move the checkpoints that are newer than {checkpoint} out of the way: {error}"
        ) from error
    if moved:
        names = ", ".join(path.name for path in moved)
        _log.info("newer checkpoints (%s) are in %s now", names, moved[0].parent)


def _safe_point(requests: Requests, status: StatusFile, phase: str, done: int, total: int) -> None:
    status.update(phase=phase, phase_done=done, phase_total=total)
    requests.check()


def _stop(
    stop: StopRequested,
    loop: OuterLoop,
    observer: Observer,
    farm: Farm,
    directory: RunDirectory,
    status: StatusFile,
) -> int:
    """Saves the run; workers finish what they simulate meanwhile, the journal takes it in."""
    observer.final()
    status.write(state=STOPPED, reason=str(stop))  # before the farm may abort all ranks
    _log.info(
        "stopped after %d evaluations (%s); continue with --restart %s",
        len(loop.record),
        stop,
        directory.path,
    )
    farm.close(_STOP_SECONDS, abort_code=exit_codes.RESUMABLE)
    return exit_codes.RESUMABLE


def _resolve(config: Config) -> Config:
    """Fixes every "auto" that can change a result, so that a restart uses the same."""
    if not config.uses_surrogate:
        return config
    from dsage_mpi.surrogate.device import choose_device, resolve_threads

    surrogate = config.surrogate.model_copy(
        update={
            "device": choose_device(config.surrogate.device).type,
            "threads": resolve_threads(config.surrogate),
        }
    )
    return config.model_copy(update={"surrogate": surrogate})


def _announce(
    world: World, loop: OuterLoop, directory: RunDirectory, order: RunRequest, journaled: int
) -> None:
    config = loop.config
    _log.info(
        "%s: %s on %s, %d evaluations, seed %d, %d rank(s); results in %s",
        "continuing" if order.checkpoint else "starting",
        config.algorithm.method,
        config.domain_name,
        config.algorithm.max_evaluations,
        config.seed,
        world.size,
        directory.path,
    )
    if order.checkpoint:
        _log.info("continuing after %d evaluations from %s", len(loop.record), order.checkpoint)
    if journaled:
        _log.info("%d more evaluations are known from the journal", journaled)
    for line in (*advice(config), *filter(None, [shortage(config, loop.domain)])):
        _log.warning("%s", line)
    if not order.checkpoint:
        _announce_job(config, world.size)
    for change in order.changes:
        _log.info("changed at this restart: %s", change)


def _announce_job(config: Config, ranks: int) -> None:
    """How long it will take in this batch job, and whether that is long enough."""
    job = job_layout(os.environ, ranks)
    if job is None:
        return
    text, warnings = plan(config, job)
    _log.info("estimated for this job (orders of magnitude): %s", text)
    for line in warnings:
        _log.warning("%s", line)

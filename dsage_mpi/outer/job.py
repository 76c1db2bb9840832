"""The main job: every rank comes through here; rank 0 leads, the others simulate."""

from __future__ import annotations

import contextlib
import logging
import time
import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsage_mpi.checkpoint.files import set_aside_newer
from dsage_mpi.checkpoint.hdf5 import read_tree
from dsage_mpi.checkpoint.parallel import Partner
from dsage_mpi.checkpoint.tree import CheckpointError
from dsage_mpi.checkpoint.writer import CALL
from dsage_mpi.config.schema import Config
from dsage_mpi.domains import build_domain
from dsage_mpi.domains.base import DomainError
from dsage_mpi.outer.deadline import find_deadline
from dsage_mpi.outer.header import write_header
from dsage_mpi.outer.journal import Journal, journal_key
from dsage_mpi.outer.stop import Requests, StopRequested, ignore_stop_signals
from dsage_mpi.report.log import FILE_ONLY, setup_logging
from dsage_mpi.report.run_directory import RunDirectory
from dsage_mpi.report.status import DONE, FAILED, RUNNING, STOPPED, StatusFile

if TYPE_CHECKING:
    from dsage_mpi.domains.base import Domain
    from dsage_mpi.farm import Farm
    from dsage_mpi.farm.launch import World
    from dsage_mpi.outer.loop import OuterLoop
    from dsage_mpi.outer.observer import Observer

_log = logging.getLogger("dsage_mpi.outer")

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_RESUMABLE = 3
_STATES = {EXIT_DONE: DONE, EXIT_FAILED: FAILED, EXIT_RESUMABLE: STOPPED}
_OUT_OF_MEMORY = (
    "rank 0 is out of memory (%s). Give it more (--mem-per-cpu under Slurm, fewer ranks on its "
    "node), or lower surrogate.recent_samples, surrogate.batch_size or emitters.batch_size in a "
    "new run; this one goes on from its last checkpoint with --restart %s"
)
_NOT_EXPORTED = (
    "the run is over and whole in its last checkpoint, but its exports or figures could not be "
    "written (%s: %s); --restart %s does that alone once the cause is gone"
)
#: Seconds that workers have for the chunks that they simulate when the run is to stop.
_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Order:
    """What to run; made and checked on rank 0, then broadcast.

    Attributes:
        config: Effective configuration.
        run_dir: An existing run directory: fresh, or that of the run to continue.
        checkpoint: Checkpoint to continue from, or None.
        verbose: Whether to log DEBUG lines.
        changes: What this restart has changed of the configuration, one text per key.
        moved: Whether the run goes on in another run directory than the checkpoint's.
    """

    config: Config
    run_dir: Path
    checkpoint: Path | None = None
    verbose: bool = False
    changes: tuple[str, ...] = ()
    moved: bool = False


def run_job(world: World, order: Order) -> int:
    """Runs one order on all ranks and returns the exit code (the same on each)."""
    if not world.is_root:
        ignore_stop_signals()
        return _run_job(world, order, None)
    requests = Requests(order.run_dir, find_deadline(order.config.run.limit_seconds))
    requests.listen()
    code = _run_job(world, order, requests)
    ignore_stop_signals()
    return code


def _run_job(world: World, order: Order, requests: Requests | None) -> int:
    directory = RunDirectory(order.run_dir)
    setup_logging(directory, world.rank, order.verbose)
    domain = build_domain(order.config.domain, order.config.archive.measures)
    payload, problem = world.bcast(_load_payload(domain) if world.is_root else None)
    if problem:
        if world.is_root:
            _log.error("%s", problem)
        return EXIT_BAD_INPUT
    simulator = partial(domain.make_simulator, payload)
    farm_arguments = (world, simulator, domain.task_dtype, domain.result_dtype, order.config.farm)
    if requests is None:
        from dsage_mpi.farm import serve

        serve(*farm_arguments, calls={CALL: Partner()})
        return int(world.bcast(None))

    from dsage_mpi.farm import FarmError, open_farm

    status = _status(world, order, directory)
    try:
        with open_farm(*farm_arguments) as farm:
            code = _lead(world, order, domain, farm, directory, requests, status)
    except FarmError as error:
        _log.error("%s", error)
        code = EXIT_FAILED
    except Exception as error:  # a bug: all ranks are aborted by the hook that prints it
        _log.critical("unexpected error:\n%s", traceback.format_exc(), extra=FILE_ONLY)
        status.write(state=FAILED, reason=f"{type(error).__name__}: {error}")
        raise
    status.write(state=_STATES[code])
    return int(world.bcast(code))


def _status(world: World, order: Order, directory: RunDirectory) -> StatusFile:
    return StatusFile(
        directory.status,
        method=order.config.algorithm.method,
        domain=order.config.domain_name,
        seed=order.config.seed,
        max_evaluations=order.config.algorithm.max_evaluations,
        ranks=world.size,
    )


def _load_payload(domain: Domain) -> tuple[Any, str]:
    try:
        return domain.simulator_payload(), ""
    except DomainError as error:
        return None, str(error)


def _lead(
    world: World,
    order: Order,
    domain: Domain,
    farm: Farm,
    directory: RunDirectory,
    requests: Requests,
    status: StatusFile,
) -> int:
    """Rank 0's part: search, report, and a clear message for whatever can go wrong."""
    began = time.perf_counter()  # before the imports below, which take seconds
    from dsage_mpi.farm import FarmError
    from dsage_mpi.outer.closing import close_run
    from dsage_mpi.outer.loop import OuterLoop
    from dsage_mpi.outer.observer import Observer
    from dsage_mpi.outer.phases import Phases
    from dsage_mpi.report.progress import Progress
    from dsage_mpi.surrogate.errors import SurrogateError

    journal = Journal(directory.journal, journal_key(order.config))
    try:
        config = _resolve(order.config)
        with Progress(True, config.algorithm.max_evaluations) as progress:
            phases = Phases(progress, partial(_safe_point, requests, status))
            loop = OuterLoop(config, domain, farm, phases, journal)
            header = write_header(config, domain, directory, world.size, order.changes)
            observer = Observer(
                loop, farm, directory, progress, phases, header, journal, requests.deadline, status
            )
            if order.checkpoint is not None:
                _load(order.checkpoint, loop, observer)
                _set_aside_newer(directory, order.checkpoint)
                progress.evaluations(len(loop.record))
            loop.on_milestone, requests.save = observer.milestone, observer.save_now
            _announce(world, loop, directory, order, journal.beyond(len(loop.record)))
            status.write(state=RUNNING, first_evaluation=len(loop.record), search_began=time.time())
            if order.changes or order.moved:
                observer.save_now()  # or a restart after a kill would know nothing of it
            try:
                loop.run(observer.after_iteration)
            except StopRequested as stop:
                return _stop(stop, loop, observer, farm, directory, status)
            except FarmError:
                observer.final()
                raise
            if not observer.checkpoint():
                _log.error(
                    "the run is over, but its last checkpoint could not be written: make room, "
                    "then --restart %s",
                    directory.path,
                )
                return EXIT_FAILED
    except (SurrogateError, CheckpointError) as error:
        _log.error("%s", error)
        return EXIT_FAILED
    except OSError as error:
        _log.error("cannot write into %s: %s; make room, then --restart it", directory.path, error)
        return EXIT_FAILED
    except MemoryError as error:
        _log.error(_OUT_OF_MEMORY, error, directory.path)
        return EXIT_FAILED
    finally:
        journal.close()
    try:
        summary = close_run(loop, observer, farm, directory, time.perf_counter() - began)
    except Exception as error:
        _log.error(_NOT_EXPORTED, type(error).__name__, error, directory.path)
        _log.info("where: %s", traceback.format_exc(), extra=FILE_ONLY)
        return EXIT_FAILED
    with contextlib.suppress(OSError, ValueError):  # nobody is there to read it any more
        print(summary, flush=True)
    return EXIT_DONE


def _load(checkpoint: Path, loop: OuterLoop, observer: Observer) -> None:
    """Goes to the checkpoint's state; its contents, as large as the run, are let go with it."""
    tree = read_tree(checkpoint)
    loop.load_state(tree)
    observer.load_state(tree)


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
    farm.close(_STOP_SECONDS, abort_code=EXIT_RESUMABLE)
    return EXIT_RESUMABLE


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
    world: World, loop: OuterLoop, directory: RunDirectory, order: Order, journaled: int
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
    for change in order.changes:
        _log.info("changed at this restart: %s", change)

"""The main job: every rank comes through here; rank 0 searches, the others simulate."""

from __future__ import annotations

import logging
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any

from dsage_mpi.checkpoint.parallel import Partner
from dsage_mpi.checkpoint.writer import CALL
from dsage_mpi.config.components import foreign_components
from dsage_mpi.core import exit_codes
from dsage_mpi.core.component_failures import ComponentFailedError, told
from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains import build_domain
from dsage_mpi.domains.isolated import make_simulator
from dsage_mpi.isolation.crash_reports import crash_reports_in
from dsage_mpi.run.request import RunRequest
from dsage_mpi.run.service import make_service
from dsage_mpi.run.stop import Requests, StopRequested, ignore_stop_signals
from dsage_mpi.run.time_limit import find_deadline
from dsage_mpi.rundir.logging import FILE_ONLY, setup_logging
from dsage_mpi.rundir.run_directory import RunDirectory
from dsage_mpi.rundir.status import DONE, FAILED, STOPPED, StatusFile

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.farm.launch import World

_log = logging.getLogger("dsage_mpi.outer")

_STATES = {exit_codes.DONE: DONE, exit_codes.FAILED: FAILED, exit_codes.RESUMABLE: STOPPED}
_NOT_BEGUN = (
    "stopped before all ranks were there (%s): is one stuck, on a sick node? Begin with "
    "--restart %s"
)
_SUSPECTS = (
    "unexpected error: %s\nIt may come of what this run has from elsewhere: %s. All calls that led "
    "to it are in %s; once that is mended, --restart %s goes on"
)


def run_job(world: World, request: RunRequest) -> int:
    """Runs one request on all ranks and returns the exit code (the same on each)."""
    directory = RunDirectory(request.run_dir)
    setup_logging(directory, world.rank, request.verbose)
    with crash_reports_in(directory.logs):
        return _run_rank(world, request)


def _run_rank(world: World, request: RunRequest) -> int:
    if not world.is_root:
        ignore_stop_signals()
        return _run_job(world, request, None)
    deadline = find_deadline(request.config.run.limit_seconds)
    requests = Requests(request.run_dir, deadline, heeded=request.heeded)
    requests.listen()
    try:
        code = _run_job(world, request, requests)
    except StopRequested as stop:  # while it waited for a rank, which cannot be told of it
        _log.info(_NOT_BEGUN, stop, request.run_dir)
        world.abort(exit_codes.RESUMABLE)
    ignore_stop_signals()
    return code


def _run_job(world: World, request: RunRequest, requests: Requests | None) -> int:
    directory = RunDirectory(request.run_dir)
    domain = build_domain(request.config.domain, request.config.archive.measures)
    check = _nothing if requests is None else requests.check
    payload, problem = world.bcast(_load_payload(domain) if world.is_root else None, check)
    if problem:
        if world.is_root:
            _log.error("%s", problem)
        return exit_codes.BAD_INPUT
    config = request.config
    simulator = partial(
        make_simulator, domain, payload, config.domain, config.archive.measures, config.farm
    )
    farm_arguments = (world, simulator, domain.task_dtype, domain.result_dtype, config.farm)
    if requests is None:
        from dsage_mpi.farm import Duties, serve

        serve(*farm_arguments, Duties({CALL: Partner()}, make_service(config, domain)))
        return int(world.bcast(None))

    from dsage_mpi.farm import FarmError, open_farm
    from dsage_mpi.run.parts import Resources
    from dsage_mpi.run.root import run_root

    status = _status(world, request, directory)
    try:
        with open_farm(*farm_arguments, on_wait=check) as farm:
            code = run_root(request, Resources(world.size, domain, farm, requests, status))
            status.write(state=_STATES[code])  # before the farm may have to abort all ranks
            farm.close(abort_code=code)
    except (FarmError, ComponentFailedError) as error:
        _log.error("%s", error)
        if isinstance(error, ComponentFailedError):
            _log.info("once that is mended, --restart %s goes on", request.run_dir)
        code = exit_codes.FAILED
    except StopRequested as stop:
        status.write(state=STOPPED, reason=str(stop))
        raise
    except (Exception, SystemExit) as error:
        _log.critical("unexpected error:\n%s", traceback.format_exc(), extra=FILE_ONLY)
        status.write(state=FAILED, reason=f"{type(error).__name__}: {error}")
        suspects = foreign_components(config)
        # A bug: all ranks are aborted by the hook that prints it. Of callbacks, whoever gave them
        # gets what they raised.
        if not suspects or request.listeners:
            raise
        _log.error(_SUSPECTS, told(error), ", ".join(suspects), directory.log, request.run_dir)
        code = exit_codes.FAILED
    status.write(state=_STATES[code])
    return int(world.bcast(code))


def _nothing() -> None:
    """On ranks that nobody asks for anything."""


def _status(world: World, request: RunRequest, directory: RunDirectory) -> StatusFile:
    return StatusFile(
        directory.status,
        method=request.config.algorithm.method,
        domain=request.config.domain_name,
        seed=request.config.seed,
        max_evaluations=request.config.algorithm.max_evaluations,
        ranks=world.size,
    )


def _load_payload(domain: Domain) -> tuple[Any, str]:
    try:
        return domain.simulator_payload(), ""
    except DomainError as error:
        return None, str(error)

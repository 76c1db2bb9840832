"""Rank 0's part of the main job. Imported by no other rank: what it needs takes seconds to load."""

from __future__ import annotations

import logging
import time
import traceback
from typing import TYPE_CHECKING

from dsage_mpi.checkpoint.files import checkpoints
from dsage_mpi.config.schema import Config
from dsage_mpi.core import exit_codes
from dsage_mpi.core.domain import DomainError
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.core.write_errors import remedy
from dsage_mpi.farm import FarmError
from dsage_mpi.run.announce import announce
from dsage_mpi.run.finish import finish
from dsage_mpi.run.lifecycle import Run, assemble
from dsage_mpi.run.memory import largest
from dsage_mpi.run.resume import resume
from dsage_mpi.run.stop import StopRequested
from dsage_mpi.rundir.logging import FILE_ONLY
from dsage_mpi.rundir.status import RUNNING
from dsage_mpi.surrogate.errors import SurrogateError

if TYPE_CHECKING:
    from dsage_mpi.run.parts import Resources
    from dsage_mpi.run.request import RunRequest

_log = logging.getLogger("dsage_mpi.outer")

_OUT_OF_MEMORY = (
    "rank 0 is out of memory (%s). Most of it is for %s: lower what is too much in a new run, or "
    "give this one more (--mem-per-cpu under Slurm, fewer ranks on its node); --restart %s goes on "
    "%s"
)
_NOT_SAVED = "the run is over, but its last checkpoint could not be written: %s, then --restart %s"
#: Seconds that workers have for the chunks that they simulate when the run is to stop.
_STOP_SECONDS = 10.0


def run_root(request: RunRequest, resources: Resources) -> int:
    """Runs the search, or says clearly what went wrong; returns the exit code."""
    config, run_dir = request.config, request.run_dir
    try:
        config = _resolve(config)
        with assemble(request, config, resources) as run:
            if request.checkpoint is not None:
                resume(run, request, request.checkpoint)
            announce(run.parts, request)
            code = _search(run)
    except (SurrogateError, CheckpointError, DomainError) as error:
        _log.error("%s", error)
        return exit_codes.FAILED
    except OSError as error:
        _log.error("%s; once the cause is gone, --restart %s", error, run_dir)
        _log.info("where: %s", traceback.format_exc(), extra=FILE_ONLY)
        return exit_codes.FAILED
    except MemoryError as error:
        kept = "from its last checkpoint" if checkpoints(run_dir) else "from its beginning"
        _log.error(_OUT_OF_MEMORY, error, largest(config, resources.domain), run_dir, kept)
        return exit_codes.FAILED
    return code or finish(run.parts)


def _search(run: Run) -> int:
    """Runs the outer loop to its end, a stop, or the loss of all simulators."""
    parts = run.parts
    done = len(parts.loop.record)
    parts.display.evaluations(done)
    parts.resources.status.write(state=RUNNING, first_evaluation=done, search_began=time.time())
    try:
        parts.loop.run(run.after_iteration)
    except StopRequested as stop:
        return _stop(run, str(stop))
    except FarmError:
        run.checkpoints.save_final()
        raise
    if run.checkpoints.save_iteration():
        return exit_codes.DONE
    _log.error(_NOT_SAVED, remedy(run.checkpoints.obstacle), parts.directory.path)
    return exit_codes.FAILED


def _stop(run: Run, reason: str) -> int:
    """Saves the run; workers finish what they simulate meanwhile, and the journal keeps it."""
    run.on_stop(reason)
    done, run_dir = len(run.parts.loop.record), run.parts.directory.path
    message = "stopped after %d evaluations (%s); continue with --restart %s"
    _log.info(message, done, reason, run_dir)
    run.parts.resources.farm.close(_STOP_SECONDS, abort_code=exit_codes.RESUMABLE)
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

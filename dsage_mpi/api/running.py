"""Running a search as the command does: run directory, checkpoints, lock, restart."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.api.configuring import Overrides, check_config, override_texts
from dsage_mpi.api.errors import RunError
from dsage_mpi.config.schema import Config
from dsage_mpi.core import exit_codes
from dsage_mpi.core.caches import provide_caches
from dsage_mpi.core.wording import python_wording
from dsage_mpi.farm.launch import World, open_world

if TYPE_CHECKING:
    from dsage_mpi.api.results import Run
    from dsage_mpi.api.steps import Step
    from dsage_mpi.outer.loop import OuterLoop
    from dsage_mpi.outer.loop import Step as OuterStep
    from dsage_mpi.run.request import RunRequest
    from dsage_mpi.run.resolve_run import Asked


def illuminate(
    config: Config | None = None,
    *,
    run_dir: str | os.PathLike[str] | None = None,
    restart: str | os.PathLike[str] | None = None,
    overrides: Overrides | None = None,
    callbacks: Sequence[Callable[[Step], object]] = (),
    quiet: bool = False,
) -> Run | None:
    """Runs a search to its end, as ``python -m dsage_mpi`` does, and returns what it found.

    It needs no launcher. In a script under ``mpirun`` every rank calls it: rank 0 searches, all
    others simulate, to the same result. Ctrl-C (once) saves the run and raises
    ``KeyboardInterrupt``; a time limit, a signal of a batch system or the file ``STOP`` saves it
    and returns, with ``run.state == "stopped"``. Both go on with ``illuminate(restart=run_dir)``.

    Args:
        config: What to run; left out for a restart.
        run_dir: A new or empty folder for the results; ``runs/DOMAIN-0001`` (the next free number)
            if None. With ``restart``, the run goes on there and the old folder stays as it is.
        restart: A run directory or checkpoint to continue. A finished run is left as it is.
        overrides: With ``restart``, changes to its configuration, as for ``load_config``, of keys
            that may change, e.g. ``{"algorithm.max_evaluations": 2000}``.
        callbacks: Called on rank 0 with a ``Step`` after every outer iteration, when its row is in
            metrics.csv. One that raises ``StopRequested`` stops the run like the file ``STOP``.
        quiet: Print nothing; the log in the run directory has it all, and details, too, if the
            level of the logger "dsage_mpi" is DEBUG.

    Returns:
        The run; None on all ranks but 0.

    Raises:
        ConfigError: The configuration cannot be used, or a restart cannot change a key.
        RunDirectoryError: The folder is in use, or no run directory.
        CheckpointError: There is nothing valid to continue from.
        DomainError: What the domain needs (an agent, Java) is missing.
        SurrogateError: The device that the configuration names is not there.
        RunError: The run failed on its way; says why.
        ValueError: Both or neither of ``config`` and ``restart`` are given.

    Example:
        >>> run = dm.illuminate(config, run_dir="runs/a")
        >>> run = dm.illuminate(restart="runs/a", overrides={"algorithm.max_evaluations": 200})
    """
    with python_wording():
        return _illuminate(_asked(config, run_dir, restart, overrides), callbacks, quiet)


def _illuminate(
    asked: Asked, callbacks: Sequence[Callable[[Step], object]], quiet: bool
) -> Run | None:
    provide_caches(os.environ)
    world = open_world()
    with contextlib.ExitStack() as held:
        if quiet and world.is_root:
            nowhere = held.enter_context(open(os.devnull, "w"))
            held.enter_context(contextlib.redirect_stdout(nowhere))
            held.enter_context(contextlib.redirect_stderr(nowhere))
        held.enter_context(_process_as_before())
        request = _broadcast_request(world, asked, callbacks, held)
        if request is None:
            return None
        code, errors = _run(world, request)
    return _outcome(request, code, errors) if world.is_root else None


def _asked(
    config: Config | None,
    run_dir: str | os.PathLike[str] | None,
    restart: str | os.PathLike[str] | None,
    overrides: Overrides | None,
) -> Asked:
    from dsage_mpi.run.resolve_run import Asked

    if (config is None) == (restart is None):
        raise ValueError(
            "illuminate needs one of config (a new run) and restart (a run directory or "
            f"checkpoint), got {'neither' if config is None else 'both'}"
        )
    if config is not None:
        check_config(config, "illuminate")
    if config is not None and overrides is not None:
        raise ValueError(
            "overrides of illuminate are for a restart; give those of a new run to load_config"
        )
    return Asked(
        config=config,
        source="config",
        stem="run" if config is None else config.domain_name,
        restart=None if restart is None else Path(restart),
        run_dir=None if run_dir is None else Path(run_dir),
        overrides=tuple(override_texts(overrides)),
        verbose=logging.getLogger("dsage_mpi").level == logging.DEBUG,
    )


def _broadcast_request(
    world: World,
    asked: Asked,
    callbacks: Sequence[Callable[[Step], object]],
    held: contextlib.ExitStack,
) -> RunRequest | None:
    """What to run, on every rank; None on the others where rank 0 raises what is wrong."""
    if not world.is_root:
        return world.bcast()  # type: ignore[no-any-return]
    from dsage_mpi.run.resolve_run import resolve

    try:
        request = resolve(asked, held)
    except Exception:
        world.bcast(None)
        raise
    world.bcast(request)
    return replace(request, listeners=tuple(_listener(callback) for callback in callbacks))


def _listener(callback: Callable[[Step], object]) -> Callable[[OuterLoop, OuterStep], None]:
    def listen(loop: OuterLoop, step: OuterStep) -> None:
        from dsage_mpi.api.steps import describe_step

        callback(describe_step(loop, step))

    return listen


def _run(world: World, request: RunRequest) -> tuple[int, list[str]]:
    """Runs the request; the exit code that the command would have, and what was logged as error."""
    from dsage_mpi.run.main import run_job

    errors = _Errors()
    logger = logging.getLogger("dsage_mpi")
    logger.addHandler(errors)
    try:
        return run_job(world, request), errors.messages
    finally:
        logger.removeHandler(errors)


class _Errors(logging.Handler):
    """Keeps the messages of errors, which the command prints and the API raises."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not getattr(record, "file_only", False):
            self.messages.append(record.getMessage())


def _outcome(request: RunRequest, code: int, errors: Sequence[str]) -> Run:
    """The run that has ended with this exit code.

    Raises:
        RunError: It failed.
        KeyboardInterrupt: Ctrl-C stopped it.
    """
    from dsage_mpi.api.results import open_run
    from dsage_mpi.rundir.run_directory import RunDirectory
    from dsage_mpi.rundir.status import read_status

    where = request.run_dir
    if code not in (exit_codes.DONE, exit_codes.RESUMABLE):
        why = "; ".join(errors) or "no reason is known"
        raise RunError(f"the run in {where} failed: {why} (log: {RunDirectory(where).log})")
    reason = read_status(RunDirectory(where).status).get("reason", "")
    if code == exit_codes.RESUMABLE and "SIGINT" in str(reason):
        raise KeyboardInterrupt(f"stopped; illuminate(restart={str(where)!r}) continues the run")
    return open_run(where)


@contextlib.contextmanager
def _process_as_before() -> Iterator[None]:
    """Gives signals and logging back, after the block, as the process had them before."""
    from dsage_mpi.run.stop import SIGNALS
    from dsage_mpi.rundir.logging import close_logging

    in_main = threading.current_thread() is threading.main_thread()
    handlers = {number: signal.getsignal(number) for number in SIGNALS} if in_main else {}
    level = logging.getLogger("dsage_mpi").level
    try:
        yield
    finally:
        close_logging()
        logging.getLogger("dsage_mpi").setLevel(level)
        for number, handler in handlers.items():
            if handler is not None:  # None: it was not set from Python
                signal.signal(number, handler)

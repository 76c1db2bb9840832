"""Turns what was asked for, a new run or a restart, into the request that all ranks run.

On rank 0 alone. All that can be checked is, before anything is made or started. Modules that load
h5py or torch are imported where they are needed, for ``--dry-run`` of an input needs neither.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.config.errors import Problem
from dsage_mpi.config.load import ConfigError
from dsage_mpi.config.restart import changes, restart_config
from dsage_mpi.config.schema import Config
from dsage_mpi.config.toml_writer import to_toml
from dsage_mpi.core.atomic_files import remove_remains
from dsage_mpi.core.domain import DomainError, try_simulator
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.core.wording import option
from dsage_mpi.core.write_errors import remedy
from dsage_mpi.domains import build_domain
from dsage_mpi.run.memory import check_memory
from dsage_mpi.run.restart_source import RestartSource, compare_with_file, read_source
from dsage_mpi.rundir.lock import RunLock
from dsage_mpi.rundir.metric_columns import repeated_columns
from dsage_mpi.rundir.run_directory import (
    RunDirectory,
    RunDirectoryError,
    in_use,
    never_begun,
    refuse_used,
)
from dsage_mpi.search.native_code import require_native_code
from dsage_mpi.surrogate.errors import SurrogateError

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.run.request import RunRequest
    from dsage_mpi.run.stop import Mark

#: What is raised for input that cannot be used.
UNUSABLE = (ConfigError, CheckpointError, DomainError, RunDirectoryError, SurrogateError)

_NOTHING = (
    "there is nothing in %s to go on from: its start was killed before it had begun, and nothing "
    "is lost. Start it again as before, with INPUT.toml or --restart CHECKPOINT, and --run-dir %s"
)

_log = logging.getLogger("dsage_mpi.outer")


@dataclass(frozen=True)
class Asked:
    """A run that somebody asks for, by the command line or from Python.

    Attributes:
        config: Configuration of a new run; None for a restart.
        source: Where ``config`` is from, for messages.
        stem: First part of the name of a run directory that nobody names.
        restart: Run directory or checkpoint to continue from; None for a new run.
        run_dir: Folder for the results; None for the usual one.
        overrides: What a restart changes, as ``"key.path=value"``.
        verbose: Whether to log details.
    """

    config: Config | None = None
    source: str = ""
    stem: str = "run"
    restart: Path | None = None
    run_dir: Path | None = None
    overrides: tuple[str, ...] = ()
    verbose: bool = False


def check(asked: Asked) -> Config:
    """Returns the configuration that would run, with all that it needs here; makes nothing.

    Raises:
        UNUSABLE: Something is wrong with it.
    """
    asked = _as_first_asked(asked)
    if asked.restart is None:
        config = _config_of(asked)
    else:
        from dsage_mpi.run.load_run import find_stored
        from dsage_mpi.run.restart_parts import obstacles

        stored = find_stored(asked.restart, obstacles)
        config = restart_config(stored.config, str(stored.checkpoint), asked.overrides)
        if stored.directory is not None and asked.run_dir is None:
            compare_with_file(stored.directory, stored.config, stored.checkpoint)
    _check_needs(config, str(asked.restart or asked.source))
    if asked.run_dir is not None and not never_begun(asked.run_dir):
        refuse_used(asked.run_dir)
    return _with_costs(config)


def resolve(asked: Asked, held: contextlib.ExitStack) -> RunRequest:
    """Returns the request that ``asked`` amounts to; its run directory is made and locked.

    Args:
        asked: What somebody asks for.
        held: Gets the lock of the run directory.

    Raises:
        UNUSABLE: Something is wrong with it.
    """
    try:
        asked = _as_first_asked(asked)
        return _continued(asked, held) if asked.restart else _fresh(asked, held)
    except OSError as error:
        what = remedy(error).capitalize()
        raise RunDirectoryError(
            f"cannot write into the run directory: {error}. {what}, or name another with "
            f"{option('run-dir')}"
        ) from error


def _config_of(asked: Asked) -> Config:
    if asked.config is None:
        raise ConfigError([Problem("", "nothing to run: expected a configuration or a restart")])
    return asked.config


def _fresh(asked: Asked, held: contextlib.ExitStack) -> RunRequest:
    from dsage_mpi.run.request import RunRequest

    config = _config_of(asked)
    _check_needs(config, asked.source)
    directory = _new_directory(asked.run_dir, asked.stem, held)
    config = _with_costs(config)
    # At once, not with the first checkpoint: a run that is killed before can be started again.
    directory.write_config(to_toml(config))
    return RunRequest(config, directory.path, None, asked.verbose)


def _continued(asked: Asked, held: contextlib.ExitStack) -> RunRequest:
    from dsage_mpi.run.request import RunRequest

    assert asked.restart is not None
    elsewhere = asked.run_dir is not None
    heeded: dict[str, Mark] = {}
    if not elsewhere:
        directory, heeded = _taken_over(asked.restart, held)
    source = read_source(asked.restart)
    config = restart_config(source.text, str(source.file), asked.overrides)
    if not elsewhere and source.stored is not None:
        compare_with_file(directory, source.text, source.file)
    _check_needs(config, str(source.file))
    checkpoint = None if source.stored is None else source.file
    if elsewhere:
        directory = _new_directory(asked.run_dir, "", held)
        checkpoint = _take_along(directory, source, config, asked)
    changed = changes(source.text, str(source.file), config)
    origin = source.file if elsewhere else None
    return RunRequest(config, directory.path, checkpoint, asked.verbose, changed, origin, heeded)


def _as_first_asked(asked: Asked) -> Asked:
    """What was asked for at first, where a restart means a run directory without anything in it.

    Its run was to go on from elsewhere, and was killed before it had its copy of that.

    Raises:
        RunDirectoryError: Nothing says what that run was to be.
    """
    path = asked.restart
    if path is None or not never_begun(path):
        return asked
    from dsage_mpi.run.origin import noted_origin

    if (origin := noted_origin(path)) is None:
        raise RunDirectoryError(_NOTHING % (path, path))
    return replace(
        asked,
        restart=origin.source,
        run_dir=asked.run_dir or path,
        overrides=(*origin.overrides, *asked.overrides),
    )


def _new_directory(path: Path | None, stem: str, held: contextlib.ExitStack) -> RunDirectory:
    """A fresh run directory, locked; also one that a start left which was killed at once.

    Raises:
        RunDirectoryError: It is in use.
    """
    if path is None or not never_begun(path):
        directory = RunDirectory.create(path, stem)
    else:
        directory = RunDirectory(path)
        directory.make_folders()
    _hold(directory, held)
    if not never_begun(directory.path):  # by another program, which was quicker
        raise in_use(directory.path)
    return directory


def _take_along(
    directory: RunDirectory, source: RestartSource, config: Config, asked: Asked
) -> Path | None:
    """What a run in a new directory goes on from, there: it needs the old one no more.

    Killed at any moment, the directory has a note of where that is, or all that it needs.
    """
    from dsage_mpi.run.origin import Origin, note_origin, take_along

    stored = source.stored
    origin = source.file if stored is not None or asked.restart is None else asked.restart
    note_origin(directory, Origin(origin, tuple(asked.overrides)))
    _log.info("going on from %s", source.file.absolute())
    copy = None if stored is None else take_along(directory, source.file, stored.tree, config)
    directory.write_config(to_toml(config))
    directory.origin.unlink(missing_ok=True)
    return copy


def _taken_over(restart: Path, held: contextlib.ExitStack) -> tuple[RunDirectory, dict[str, Mark]]:
    """The run directory that ``--restart`` means, locked and cleared of requests and remains.

    Returns:
        The directory, and the requests that could not be removed.
    """
    from dsage_mpi.checkpoint.files import remove_unfinished
    from dsage_mpi.run.stop import forget_requests

    directory = RunDirectory.locate(restart)
    _hold(directory, held)
    directory.make_folders()
    heeded = forget_requests(directory.path)
    remove_unfinished(directory.path)
    for folder in (directory.path, directory.figures):
        remove_remains(folder)
    return directory, heeded


def _hold(directory: RunDirectory, held: contextlib.ExitStack) -> None:
    """Locks a run directory; from then on its log, too, has what is to be said (of checkpoints)."""
    from dsage_mpi.rundir.logging import setup_logging

    lock = held.enter_context(RunLock(directory))
    setup_logging(directory, rank=0)
    if lock.weakness:
        _log.warning("%s", lock.weakness)


def _check_needs(config: Config, source: str) -> None:
    """Misses memory, an agent, Java or a GPU that the configuration needs here.

    Raises:
        ConfigError: There is not enough memory, or a method's column is there already.
        DomainError: What the domain or the search needs is missing or unusable.
        SurrogateError: There is no GPU.
    """
    if taken := repeated_columns(config.archive.measures, config.method_columns):
        message = f"COLUMNS names {', '.join(taken)}: metrics.csv has that already; rename it"
        raise ConfigError([Problem("algorithm.method", message)], source)
    domain = build_domain(config.domain, config.archive.measures)
    require_native_code()
    check_memory(config, domain, source)
    domain.simulator_payload()
    try_simulator(domain)
    _check_device(config, domain)


def _with_costs(config: Config) -> Config:
    """With what a balanced budget needs to know of this machine."""
    if not config.balances:
        return config
    from dsage_mpi.run.costs import with_costs  # loads torch

    return with_costs(config)


def _check_device(config: Config, domain: Domain) -> None:
    if not config.uses_surrogate:
        return
    if config.surrogate.device == "cuda":
        from dsage_mpi.surrogate.device import choose_device

        choose_device("cuda")
    if config.inner_loop.archive == "tensors":
        from dsage_mpi.outer.beliefs import levels_on_device  # loads torch
        from dsage_mpi.surrogate.device import choose_device

        levels_on_device(domain, config.surrogate, choose_device(config.surrogate.device))

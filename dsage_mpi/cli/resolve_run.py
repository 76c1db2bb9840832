"""From the arguments of ``run`` to what all ranks are to do; on rank 0 alone.

All that can be checked is, before anything is made or started. Modules that load h5py or torch
are imported where they are needed, for ``--dry-run`` of an input needs neither.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.config.load import ConfigError, config_from_toml, load_config
from dsage_mpi.config.restart import changes, ignored, restart_config
from dsage_mpi.config.schema import Config
from dsage_mpi.config.toml_writer import to_toml
from dsage_mpi.core import exit_codes
from dsage_mpi.core.atomic_files import remove_remains
from dsage_mpi.core.domain import DomainError, try_simulator
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.core.terminal import complain
from dsage_mpi.core.write_errors import remedy
from dsage_mpi.domains import build_domain
from dsage_mpi.run.memory import check_memory
from dsage_mpi.rundir.lock import RunLock
from dsage_mpi.rundir.run_directory import (
    RunDirectory,
    RunDirectoryError,
    in_use,
    never_begun,
    refuse_used,
)
from dsage_mpi.surrogate.errors import SurrogateError

if TYPE_CHECKING:
    from dsage_mpi.cli.load_run import Stored
    from dsage_mpi.run.request import RunRequest
    from dsage_mpi.run.stop import Mark

#: What is raised for input that cannot be used.
UNUSABLE = (ConfigError, CheckpointError, DomainError, RunDirectoryError, SurrogateError)

_NOTHING = (
    "there is nothing in %s to go on from: its start was killed before it had begun, and nothing "
    "is lost. Start it again as before, with INPUT.toml or --restart CHECKPOINT, and --run-dir %s"
)

_log = logging.getLogger("dsage_mpi.outer")


def checked(arguments: argparse.Namespace) -> Config:
    """The configuration that would run, with all that it needs on this machine; makes nothing.

    Raises:
        UNUSABLE: Something is wrong with it.
    """
    arguments = _as_it_was_asked(arguments)
    if arguments.restart is None:
        config = _load(arguments)
    else:
        from dsage_mpi.cli.load_run import find_stored
        from dsage_mpi.run.restart_parts import obstacles

        stored = find_stored(arguments.restart, obstacles)
        config = restart_config(stored.config, str(stored.checkpoint), arguments.overrides)
        if stored.directory is not None and arguments.run_dir is None:
            _compare_with_file(stored.directory, stored.config, stored.checkpoint)
    _check_needs(config, str(arguments.restart or arguments.input))
    if arguments.run_dir is not None and not never_begun(arguments.run_dir):
        refuse_used(arguments.run_dir)
    return config


def make_request(arguments: argparse.Namespace, held: contextlib.ExitStack) -> RunRequest | int:
    """Returns the request that the arguments amount to, or the exit code after printing why.

    Args:
        arguments: Of ``run``.
        held: Gets the lock of the run directory.
    """
    try:
        arguments = _as_it_was_asked(arguments)
        return (_continued if arguments.restart else _fresh)(arguments, held)
    except UNUSABLE as error:
        complain(error)
    except OSError as error:
        what = remedy(error).capitalize()
        complain(
            f"cannot write into the run directory: {error}. {what}, or name another with --run-dir"
        )
    return exit_codes.BAD_INPUT


def _fresh(arguments: argparse.Namespace, held: contextlib.ExitStack) -> RunRequest:
    from dsage_mpi.run.request import RunRequest

    config = _load(arguments)
    _check_needs(config, str(arguments.input))
    directory = _new_directory(arguments.run_dir, arguments.input.stem, held)
    # At once, not with the first checkpoint: a run that is killed before can be started again.
    directory.write_config(to_toml(config))
    return RunRequest(config, directory.path, None, arguments.verbose)


def _continued(arguments: argparse.Namespace, held: contextlib.ExitStack) -> RunRequest:
    from dsage_mpi.run.request import RunRequest

    elsewhere = arguments.run_dir is not None
    heeded: dict[str, Mark] = {}
    if not elsewhere:
        directory, heeded = _taken_over(arguments.restart, held)
    source = _read_source(arguments.restart)
    config = restart_config(source.text, str(source.file), arguments.overrides)
    if not elsewhere and source.stored is not None:
        _compare_with_file(directory, source.text, source.file)
    _check_needs(config, str(source.file))
    checkpoint = None if source.stored is None else source.file
    if elsewhere:
        directory = _new_directory(arguments.run_dir, "", held)
        checkpoint = _take_along(directory, source, config, arguments)
    changed = changes(source.text, str(source.file), config)
    origin = source.file if elsewhere else None
    return RunRequest(
        config, directory.path, checkpoint, arguments.verbose, changed, origin, heeded
    )


def _as_it_was_asked(arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments as they were first given, where ``--restart`` means a run without anything.

    It was to go on from elsewhere, and was killed before it had its copy of that.

    Raises:
        RunDirectoryError: Nothing says what that run was to be.
    """
    path = arguments.restart
    if path is None or not never_begun(path):
        return arguments
    from dsage_mpi.run.origin import noted_origin

    if (origin := noted_origin(path)) is None:
        raise RunDirectoryError(_NOTHING % (path, path))
    again = argparse.Namespace(**vars(arguments))
    again.restart = origin.source
    again.run_dir = arguments.run_dir or path
    again.overrides = [*origin.overrides, *arguments.overrides]
    return again


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
    directory: RunDirectory, source: _Source, config: Config, arguments: argparse.Namespace
) -> Path | None:
    """What a run in a new directory goes on from, there: it needs the old one no more.

    Killed at any moment, the directory has a note of where that is, or all that it needs.
    """
    from dsage_mpi.run.origin import Origin, note_origin, take_along

    stored = source.stored
    origin = arguments.restart if stored is None else source.file
    note_origin(directory, Origin(origin, tuple(arguments.overrides)))
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


@dataclass(frozen=True)
class _Source:
    """What ``--restart`` continues.

    Attributes:
        text: Configuration (TOML).
        file: The file that it is from.
        stored: The checkpoint; None if the run ended before its first one.
    """

    text: str
    file: Path
    stored: Stored | None


def _read_source(path: Path) -> _Source:
    from dsage_mpi.cli.load_run import find_stored, find_unsaved
    from dsage_mpi.run.restart_parts import obstacles

    if (unsaved := find_unsaved(path)) is not None:
        return _Source(_text_of(unsaved.config), unsaved.config, None)
    stored = find_stored(path, obstacles)
    return _Source(stored.config, stored.checkpoint, stored)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunDirectoryError(f"cannot read {file}: {error}") from error


def _compare_with_file(directory: RunDirectory, stored: str, checkpoint: Path) -> None:
    """Says what the run directory's ``config.toml`` has otherwise than the checkpoint.

    Raises:
        ConfigError: They are two different runs.
    """
    try:
        text = directory.config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    name = str(directory.config)
    config = config_from_toml(stored, str(checkpoint))
    for line in ignored(text, name, config, checkpoint.name):
        _log.warning("%s, says %s, but a restart goes by the checkpoint and --set", line, name)


def _load(arguments: argparse.Namespace) -> Config:
    return load_config(arguments.input, overrides=arguments.overrides, seed=arguments.seed)


def _check_needs(config: Config, source: str) -> None:
    """Misses memory, an agent, Java or a GPU that the configuration needs here.

    Raises:
        ConfigError: There is not enough memory.
        DomainError: What the domain needs is missing or unusable.
        SurrogateError: There is no GPU.
    """
    domain = build_domain(config.domain, config.archive.measures)
    check_memory(config, domain, source)
    domain.simulator_payload()
    try_simulator(domain)
    _check_device(config)


def _check_device(config: Config) -> None:
    if config.uses_surrogate and config.surrogate.device == "cuda":
        from dsage_mpi.surrogate.device import choose_device

        choose_device("cuda")

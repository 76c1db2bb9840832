"""From the arguments of ``run`` to what all ranks are to do; on rank 0 alone."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING

from dsage_mpi.config.load import load_config
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain
from dsage_mpi.run.resolve_run import UNUSABLE, Asked, check, resolve

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.run.request import RunRequest


def checked(arguments: argparse.Namespace) -> Config:
    """The configuration that would run, with all that it needs on this machine; makes nothing.

    Raises:
        UNUSABLE: Something is wrong with it.
    """
    return check(_asked(arguments))


def make_request(arguments: argparse.Namespace, held: contextlib.ExitStack) -> RunRequest | int:
    """Returns the request that the arguments amount to, or the exit code after printing why.

    Args:
        arguments: Of ``run``.
        held: Gets the lock of the run directory.
    """
    try:
        return resolve(_asked(arguments), held)
    except UNUSABLE as error:
        complain(error)
    return exit_codes.BAD_INPUT


def _asked(arguments: argparse.Namespace) -> Asked:
    """What the arguments ask for.

    Raises:
        ConfigError: The input of a new run cannot be used.
    """
    overrides = tuple(arguments.overrides)
    common = {"run_dir": arguments.run_dir, "overrides": overrides, "verbose": arguments.verbose}
    if arguments.restart is not None:
        return Asked(restart=arguments.restart, **common)
    config = load_config(arguments.input, overrides=overrides, seed=arguments.seed)
    return Asked(config, str(arguments.input), arguments.input.stem, **common)

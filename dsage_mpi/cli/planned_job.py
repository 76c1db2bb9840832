"""A Slurm job that is not submitted yet, from the options that ``sbatch`` would get."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import NoReturn

from dsage_mpi.config.errors import ConfigError, Problem
from dsage_mpi.core.slurm import PLANNED_VARIABLE, RESTARTS_VARIABLE, THREADS_VARIABLE, Layout

#: Between the components of a heterogeneous job.
_NEXT = ":"
_COUNT = "a whole number of 1 or more"
_TIME = "minutes, HH:MM:SS or D-HH:MM:SS"
#: Forms of ``sbatch --time``, and seconds of each of their numbers.
_TIMES = (
    (r"(\d+)", (60,)),
    (r"(\d+):(\d+)", (60, 1)),
    (r"(\d+):(\d+):(\d+)", (3600, 60, 1)),
    (r"(\d+)-(\d+)", (86400, 3600)),
    (r"(\d+)-(\d+):(\d+)", (86400, 3600, 60)),
    (r"(\d+)-(\d+):(\d+):(\d+)", (86400, 3600, 60, 1)),
)


def planned_job(environ: Mapping[str, str]) -> Layout | None:
    """The job that a job script was asked about; None if none was.

    Args:
        environ: Environment variables, in which the script says what its job would get.

    Raises:
        ConfigError: An option has no usable value.
    """
    if PLANNED_VARIABLE not in environ:
        return None
    return job_of_options(
        environ[PLANNED_VARIABLE].split(),
        threads=environ.get(THREADS_VARIABLE, ""),
        restarts=environ.get(RESTARTS_VARIABLE, ""),
    )


def job_of_options(words: Sequence[str], threads: str = "", restarts: str = "") -> Layout:
    """The job that ``sbatch`` would make of some options.

    Args:
        words: The options, ":" between the components of a heterogeneous job.
        threads: The job script's threads of the surrogate; empty if it names none.
        restarts: How often it puts its job back into the queue; empty if never.

    Raises:
        ConfigError: An option has no usable value.
    """
    components: list[list[str]] = [[]]
    for word in words:
        if word == _NEXT:
            components.append([])
        else:
            components[-1].append(word)
    first, *others = map(_options, components)
    per_task = first.cpus_per_task
    return Layout(
        ranks=first.ntasks + sum(other.ntasks for other in others),
        cores=-(-first.ntasks // first.nodes) * per_task,
        threads=int(threads) if per_task == 1 and threads.isdigit() else per_task,
        seconds=first.time,
        slots=1 + int(restarts or 0),
        gpu=any("gpu" in name for name in (first.gres, first.gpus and "gpu")),
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """As other input that cannot be used: without a usage, which would be another program's."""
        raise ConfigError([Problem("", message)], "the options for sbatch")


def _options(words: list[str]) -> argparse.Namespace:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--ntasks", "-n", type=_count, default=1)
    parser.add_argument("--cpus-per-task", "-c", type=_count, default=1)
    parser.add_argument("--nodes", "-N", type=_nodes, default=1)
    parser.add_argument("--time", "-t", type=_seconds, default=None)
    parser.add_argument("--gres", default="")
    parser.add_argument("--gpus", "-G", default="")
    return parser.parse_known_args(words)[0]


def _count(text: str) -> int:
    if re.fullmatch("[0-9]{1,6}", text) and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of them; expected {_COUNT}")


def _nodes(text: str) -> int:
    """The most nodes of ``4`` or ``2-4``."""
    return _count(text.rpartition("-")[2])


def _seconds(text: str) -> float | None:
    for form, units in _TIMES:
        if match := re.fullmatch(form, text, re.ASCII):
            # Slurm's 0 is no limit.
            return sum(int(n) * unit for n, unit in zip(match.groups(), units, strict=True)) or None
    raise argparse.ArgumentTypeError(f"{text!r} is no time; expected {_TIME}")

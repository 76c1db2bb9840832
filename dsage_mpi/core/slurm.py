"""What Slurm's variables say of the job that this process is part of, if it still is.

A shell in tmux keeps the variables of the job that it was started in when that is long over: such
variables are not this process's.
"""

from __future__ import annotations

import functools
import logging
import math
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_log = logging.getLogger("dsage_mpi.outer")

#: Threads of the surrogate that a job script names, as ``surrogate.threads`` = "auto" in its job.
THREADS_VARIABLE = "DSAGE_SURROGATE_THREADS"
#: How often a job script puts its job back into the queue at most.
RESTARTS_VARIABLE = "DSAGE_MOST_RESTARTS"
#: Options for ``sbatch`` of a job that is not submitted yet, separated by spaces.
PLANNED_VARIABLE = "DSAGE_SBATCH"
_ASK_SECONDS = 20.0
#: Slurm kills a job within half a minute of its end: one that ended longer ago is not ours.
_PAST_SECONDS = 60.0


@dataclass(frozen=True)
class Layout:
    """What a job gives a run.

    Attributes:
        ranks: Number of tasks.
        cores: Cores of the job on rank 0's node.
        threads: What ``surrogate.threads`` = "auto" means in it.
        seconds: Length of a time slot; None if there is no limit, or none is known.
        slots: How many time slots the job has; None without a limit.
        gpu: Whether it has GPUs.
    """

    ranks: int
    cores: int
    threads: int
    seconds: float | None
    slots: int
    gpu: bool


def job_layout(environ: Mapping[str, str], ranks: int | None = None) -> Layout | None:
    """Of the job that this process is part of; None outside of any.

    Args:
        environ: Environment variables.
        ranks: Number of ranks, if they are all there already.
    """
    seconds = seconds_to_end(environ)
    if not _is_ours(environ, seconds):
        return None
    if ranks is None:
        ranks = _tasks(environ)
    per_node = _first(environ, "SLURM_JOB_CPUS_PER_NODE")  # of each node: "72(x2),36"
    cores = re.match("[0-9]+", per_node)
    left = _integer(environ, RESTARTS_VARIABLE, 0) - _integer(environ, "SLURM_RESTART_COUNT", 0)
    return Layout(
        ranks,
        max(1, int(cores[0]) if cores else _cpus_per_task(environ)),
        _threads(environ),
        seconds,
        1 + max(0, left),
        any(environ.get(name) for name in ("SLURM_JOB_GPUS", "SLURM_GPUS_ON_NODE", "SLURM_GPUS")),
    )


def threads_of_job(environ: Mapping[str, str]) -> int | None:
    """What ``surrogate.threads`` = "auto" means in this job; None outside of any.

    The same for every number of ranks, on which a result must not depend.
    """
    return _threads(environ) if _is_ours(environ, seconds_to_end(environ)) else None


def is_over(environ: Mapping[str, str]) -> bool:
    """Whether the variables of Slurm are those of a job that is over."""
    seconds = seconds_to_end(environ)
    return seconds is not None and seconds < -_PAST_SECONDS


def slurm_seconds_left(environ: Mapping[str, str]) -> float | None:
    """Seconds until Slurm ends this job; None outside of Slurm or if Slurm does not say.

    Variables of a job that is over (in a tmux session that was started in it, say) are left out,
    with a warning.
    """
    left = seconds_to_end(environ)
    if left is None or left >= -_PAST_SECONDS:
        return left
    name = "SLURM_JOB_END_TIME" if _says_end(environ) else "SLURM_JOB_ID"
    when = "" if math.isinf(left) else f" {-left / 60:.0f} minutes ago"
    _log.warning(
        "%s=%s is of a Slurm job that was over%s, which this is not part of: ignored. "
        "Start from a shell without the SLURM_ variables of that job",
        name,
        environ[name],
        when,
    )
    return None


def seconds_to_end(environ: Mapping[str, str]) -> float | None:
    """Seconds to the end of the job that the variables name, negative if it is over.

    None if they name none, or Slurm does not say.
    """
    job = environ.get("SLURM_JOB_ID")
    if job is None:
        return None
    if _says_end(environ):
        return float(environ["SLURM_JOB_END_TIME"]) - time.time()
    return _ask_slurm(environ, job)


def _says_end(environ: Mapping[str, str]) -> bool:
    end = environ.get("SLURM_JOB_END_TIME", "")
    return re.fullmatch("[0-9]{1,15}", end) is not None and int(end) > 0  # 0: Slurm does not know


def _is_ours(environ: Mapping[str, str], seconds: float | None) -> bool:
    return "SLURM_JOB_ID" in environ and (seconds is None or seconds >= -_PAST_SECONDS)


def _ask_slurm(environ: Mapping[str, str], job: str) -> float | None:
    try:  # older than 23.02: Slurm has to be asked
        done = subprocess.run(
            ["scontrol", "show", "job", "-o", job_id(environ) or job],
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _cannot_ask(job, str(error))
        return None
    if "Invalid job id" in done.stderr:  # over for so long that Slurm has forgotten it
        return -math.inf
    return _end_time(done.stdout)


@functools.cache  # once is enough
def _cannot_ask(job: str, reason: str) -> None:
    _log.warning("cannot ask Slurm when job %s ends (%s); see run.time_limit", job, reason)


def job_id(environ: Mapping[str, str]) -> str | None:
    """Number of the batch job (Slurm, PBS, LSF, Flux) that the variables name; None if none.

    For a task of an array ``ARRAY_TASK``: the number alone would be that of all its tasks.
    """
    array, task = environ.get("SLURM_ARRAY_JOB_ID"), environ.get("SLURM_ARRAY_TASK_ID")
    if array and task:
        return f"{array}_{task}"
    names = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "FLUX_JOB_ID")
    return next((environ[name] for name in names if environ.get(name)), None)


def _end_time(answer: str) -> float | None:
    """Seconds to the end that ``scontrol show job`` names in local time."""
    match = re.search(r"\bEndTime=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)", answer)
    return None if match is None else datetime.fromisoformat(match[1]).timestamp() - time.time()


def _threads(environ: Mapping[str, str]) -> int:
    of_task = _cpus_per_task(environ)
    return of_task if of_task > 1 else max(1, _integer(environ, THREADS_VARIABLE, 1))


def _cpus_per_task(environ: Mapping[str, str]) -> int:
    per_task = _first(environ, "SLURM_CPUS_PER_TASK")
    return max(1, int(per_task)) if re.fullmatch("[0-9]{1,6}", per_task) else 1


def _tasks(environ: Mapping[str, str]) -> int:
    groups = [name for name in environ if re.fullmatch("SLURM_NTASKS_HET_GROUP_[0-9]+", name)]
    counts = [_integer(environ, name, 1) for name in groups or ["SLURM_NTASKS"]]
    return max(1, sum(counts) if groups else counts[0])


def _first(environ: Mapping[str, str], name: str) -> str:
    """A variable's value; of a heterogeneous job's components the first has rank 0."""
    return environ.get(f"{name}_HET_GROUP_0") or environ.get(name) or ""


def _integer(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "")
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else default


def cores_of_nodes(partition: str | None = None) -> int | None:
    """The fewest cores that a node has; None where there is no Slurm to ask.

    Args:
        partition: Whose nodes; None for the default partition's.
    """
    command = ["sinfo", "--noheader", "--format=%P %c"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_ASK_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.findall(r"^(\S+?)(\*?) (\d+)", done.stdout, re.MULTILINE)
    of_partition = [
        int(cores)
        for name, default, cores in found
        if (name == partition if partition else bool(default))
    ]
    return min(of_partition, default=None)

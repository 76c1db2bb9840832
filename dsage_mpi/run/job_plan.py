"""How long a run takes in a batch job, and whether the job's time slots are enough for that."""

from __future__ import annotations

import math

from dsage_mpi.config.schema import Config
from dsage_mpi.core.durations import seconds_text
from dsage_mpi.core.slurm import Layout
from dsage_mpi.run.estimate import Estimate, estimate

_TOO_LONG = (
    "This run will not end in this job: it takes %s of %s, and the job has %d "
    "(the first and %d restarts). %s, or lower algorithm.max_evaluations"
)
_CROWDED = (
    "The surrogate's %d threads share the %d core(s) that the job has on rank 0's node, which is "
    "slow: have %d of its tasks there (--ntasks, --nodes=1), or set surrogate.threads = %d, with "
    "which the networks come out a little differently"
)


def plan(config: Config, job: Layout) -> tuple[str, list[str]]:
    """The estimate for a run in a job.

    Args:
        config: The run; ``surrogate.threads`` may be "auto".
        job: What it gets.

    Returns:
        The estimate, and what is wrong with it, a sentence each.
    """
    threads = job.threads if config.surrogate.threads == "auto" else config.surrogate.threads
    gpu = job.gpu if config.surrogate.device == "auto" else config.surrogate.device == "cuda"
    on_cores = config.uses_surrogate and not gpu
    seconds = _seconds(estimate(config), job, threads if on_cores else 0)
    text = f"{job.ranks} task(s)"
    if config.uses_surrogate:
        text += f", {threads} thread(s) for the surrogate" if on_cores else ", a GPU"
    text += f": about {seconds_text(seconds)}"
    if config.uses_surrogate and not on_cores:
        text += " to simulate, and what the surrogate takes on the GPU"
    warnings = []
    if on_cores and threads > job.cores:
        warnings.append(_CROWDED % (threads, job.cores, threads, job.cores))
    if job.seconds is not None and job.seconds > 0:
        slots = max(1, math.ceil(seconds / job.seconds))
        text += f", {_slots(slots)} of {seconds_text(job.seconds)}; the job allows {job.slots}"
        if slots > job.slots:
            remedy = _remedy(estimate(config), job, threads if on_cores else 0)
            warnings.append(_too_long(slots, job, remedy))
    return text, warnings


def _seconds(cost: Estimate, job: Layout, threads: int) -> float:
    """Wall time; without ``threads`` that of the simulations alone."""
    simulating = max(1, job.ranks - 1)
    if not threads:
        return cost.seconds(simulating, None)
    # Threads that share cores wait for each other: it takes them longer than fewer of them.
    crowding = max(1.0, threads / job.cores)
    return cost.seconds(simulating, min(threads, job.cores), crowding)


def _slots(count: int) -> str:
    return f"{count} time slot{'s' if count > 1 else ''}"


def _too_long(slots: int, job: Layout, remedy: str) -> str:
    assert job.seconds is not None
    return _TOO_LONG % (_slots(slots), seconds_text(job.seconds), job.slots, job.slots - 1, remedy)


def _remedy(cost: Estimate, job: Layout, threads: int) -> str:
    """What makes a run faster depends on what takes the time."""
    simulating = _seconds(cost, job, 0)
    if threads and _seconds(cost, job, threads) > 2 * simulating:
        return (
            f"Give the surrogate more cores (--cpus-per-task or surrogate.threads, {threads} now) "
            "or a GPU (--gres=gpu:1), the job more time (--time) or restarts (most_restarts in the "
            "job script)"
        )
    return (
        f"Give it more tasks (--ntasks, {job.ranks} now), more time (--time) or restarts "
        "(most_restarts in the job script)"
    )

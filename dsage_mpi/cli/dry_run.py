"""``--dry-run``: the effective configuration and what the run would cost, as valid TOML."""

from __future__ import annotations

import os

from dsage_mpi.cli.console import bytes_text, count_text
from dsage_mpi.config.load import to_toml
from dsage_mpi.config.schema import Config
from dsage_mpi.config.warnings import config_warnings
from dsage_mpi.core.durations import seconds_text
from dsage_mpi.core.slurm import Layout
from dsage_mpi.run.estimate import Estimate, estimate
from dsage_mpi.run.job_plan import plan


def describe(config: Config, name: str, job: Layout | None = None) -> str:
    """TOML text: the effective configuration, and the estimate as comments below it.

    Args:
        config: The run.
        name: Where it is from.
        job: The batch job that it would run in, if any.
    """
    lines = [f"# Effective configuration of {name}", "", to_toml(config)]
    lines += [f"# {line}".rstrip() for line in _estimate_lines(config, estimate(config))]
    warnings: list[str] = []
    if job is not None:
        text, warnings = plan(config, job)
        lines.append(f"#   in the Slurm job    {text}")
    lines += [f"# Note: {line}" for line in (*config_warnings(config), *warnings)]
    return "\n".join(lines)


def _estimate_lines(config: Config, cost: Estimate) -> list[str]:
    lines = [
        "Estimate; orders of magnitude, for one core of the development machine (Zen 4, AVX-512)",
        f"  real evaluations    {count_text(cost.evaluations)}",
        f"  outer iterations    about {count_text(cost.outer_iterations)}, "
        f"of about {count_text(cost.per_iteration)} evaluations each",
    ]
    if config.uses_surrogate:
        lines += [
            f"  inner predictions   about {count_text(cost.predictions)}",
            f"  training samples    about {count_text(cost.training_samples)}, epochs counted",
        ]
    lines += [
        f"  memory on rank 0    {bytes_text(cost.memory_bytes)} "
        "for record, data set and archives, besides the libraries",
        f"  CPU time            {seconds_text(cost.simulation_seconds)} to simulate ({cost.basis})",
    ]
    if config.uses_surrogate:
        lines += [
            f"                      {seconds_text(cost.prediction_seconds)} to predict, "
            f"{seconds_text(cost.training_seconds)} to train (on a GPU a small part of that)",
        ]
    cores = len(os.sched_getaffinity(0))
    for number in dict.fromkeys((cores, 32)):
        here = " (this machine)" if number == cores else ""
        wall = seconds_text(cost.seconds(number, number))
        lines.append(f"  wall time           about {wall} on {number} cores without a GPU{here}")
    return lines

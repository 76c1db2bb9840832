"""``--dry-run``: the effective configuration and what the run would cost, as valid TOML."""

from __future__ import annotations

import os

from dsage_mpi.cli.console import bytes_text, count_text
from dsage_mpi.config.load import to_toml
from dsage_mpi.config.schema import Config
from dsage_mpi.config.warnings import config_warnings
from dsage_mpi.core.durations import seconds_text
from dsage_mpi.core.slurm import Layout
from dsage_mpi.core.text_table import text_table
from dsage_mpi.outer.balance import Work, levels_per_iteration
from dsage_mpi.run.estimate import Estimate, estimate
from dsage_mpi.run.job_plan import plan


def describe(config: Config, name: str, job: Layout | None = None) -> str:
    """TOML text: the effective configuration, and the estimate as comments below it.

    Args:
        config: The run.
        name: Where it is from.
        job: The batch job that it would run in, if any.
    """
    lines = estimate_lines(config, job, "in the Slurm job")
    return "\n".join(
        [
            f"# Effective configuration of {name}",
            "",
            to_toml(config),
            *(f"# {line}" for line in lines),
        ]
    )


def estimate_lines(config: Config, job: Layout | None, job_title: str) -> list[str]:
    """The estimate and notes on it, a line each.

    Args:
        config: The run.
        job: The batch job that it would run in, if any.
        job_title: What the estimate for the job is called.
    """
    entries = _estimate(config, estimate(config))
    warnings: list[str] = []
    if job is not None:
        text, warnings = plan(config, job)
        entries.append((job_title, text))
    return [
        "Estimate; orders of magnitude, for one core of the development machine (Zen 4, AVX-512)",
        *(f"  {line}" for line in text_table(entries).splitlines()),
        *(f"Note: {line}" for line in (*config_warnings(config), *warnings)),
    ]


def _estimate(config: Config, cost: Estimate) -> list[tuple[str, str]]:
    """(what, how much) of what a run costs."""
    entries = [
        ("real evaluations", count_text(cost.evaluations)),
        (
            "outer iterations",
            f"about {count_text(cost.outer_iterations)}, of about "
            f"{count_text(cost.per_iteration)} evaluations each",
        ),
    ]
    if config.uses_surrogate:
        entries += [
            ("inner predictions", f"about {count_text(cost.predictions)}"),
            ("training samples", _samples(config, cost)),
        ]
    if cost.work is not None:
        entries += _balance(config, cost, cost.work)
    memory = "for record, data set and archives, besides the libraries"
    entries += [
        ("memory on rank 0", f"{bytes_text(cost.memory_bytes)} {memory}"),
        ("CPU time", f"{seconds_text(cost.simulation_seconds)} to simulate ({cost.basis})"),
    ]
    if config.uses_surrogate:
        predict, train = map(seconds_text, (cost.prediction_seconds, cost.training_seconds))
        more = f"{predict} to predict, {train} to train (on a GPU a small part of that)"
        entries.append(("", more))
    cores = len(os.sched_getaffinity(0))
    for number in dict.fromkeys((cores, 32)):
        here = " (this machine)" if number == cores else ""
        wall = seconds_text(cost.seconds(number, number))
        entries.append(("wall time", f"about {wall} on {number} cores without a GPU{here}"))
    return entries


def _samples(config: Config, cost: Estimate) -> str:
    """What training passes over, and how that is spread."""
    text = f"about {count_text(cost.training_samples)}, once for every time that one is passed over"
    if (members := config.surrogate.members) == 1:
        return text
    text = f"{text}, by each of {members} members"
    if cost.trained_at_once > 1:
        return f"{text}, which ranks without tasks train at the same time"
    return text


def _balance(config: Config, cost: Estimate, work: Work) -> list[tuple[str, str]]:
    """What a balanced surrogate does, and what each phase of an outer iteration then costs."""
    costs = config.balance.costs
    assert costs is not None  # measured or set, before this is asked for
    phases = {
        "to simulate": cost.per_iteration * costs.simulation,
        "to train": work.samples * costs.training,
        "to search": work.iterations * levels_per_iteration(config) * costs.prediction,
    }
    per_iteration = (
        f"about {count_text(work.iterations)} inner iterations and {count_text(work.steps)} "
        "optimizer steps per outer iteration"
    )
    seconds = ", ".join(f"{s:.2g} s {what}" for what, s in phases.items())
    basis = "by the costs in [balance] above (those that the input leaves out: measured just now)"
    return [("balanced", per_iteration), ("", f"each about {seconds},"), ("", basis)]

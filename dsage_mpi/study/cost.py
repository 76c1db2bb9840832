"""What a study costs altogether, before it starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsage_mpi.config.schema import Config
from dsage_mpi.core.durations import seconds_text
from dsage_mpi.core.slurm import Layout
from dsage_mpi.run.estimate import FIXED_SECONDS, Estimate, estimate
from dsage_mpi.run.job_plan import plan
from dsage_mpi.study.placement import Placement
from dsage_mpi.study.plan import PlannedRun

_HOUR = 3600.0


@dataclass(frozen=True)
class Cost:
    """Rough cost of some runs.

    Attributes:
        runs: How many.
        evaluations: Real evaluations of all of them.
        core_hours: CPU time of all cores: simulations, and the surrogate where it has no GPU.
        gpu_hours: The surrogate's CPU time as it would be on a GPU; 0 without one.
        wall_seconds: From the first start to the last end.
    """

    runs: int
    evaluations: int
    core_hours: float
    gpu_hours: float
    wall_seconds: float


#: How much faster a GPU is at the surrogate's work than one core, at the published width
#: (docs/surrogate.md); rough.
_GPU_GAIN = 100.0


def cost_of(configs: Iterable[Config], placement: Placement) -> Cost:
    """Estimates what these runs cost together.

    Args:
        configs: One for each run, those that are started first in front.
        placement: What makes them.
    """
    evaluations, core, gpu = 0, 0.0, 0.0
    ends = [0.0] * placement.jobs
    known: dict[int, Estimate] = {}
    count = 0
    for config in configs:
        key = hash((config.model_copy(update={"seed": 0, "title": ""}).model_dump_json(),))
        if key not in known:
            known[key] = estimate(config)
        each = known[key]
        surrogate = each.prediction_seconds + each.training_seconds
        on_gpu = surrogate / _GPU_GAIN if placement.gpu else 0.0
        threads = None if placement.gpu else placement.threads
        count, evaluations, gpu = count + 1, evaluations + each.evaluations, gpu + on_gpu
        core += each.simulation_seconds + (0.0 if placement.gpu else surrogate)
        # The next run begins where the first of those that are under way ends.
        first = ends.index(min(ends))
        ends[first] += each.seconds(placement.simulating, threads) + on_gpu
    return Cost(count, evaluations, core / _HOUR, gpu / _HOUR, max(ends))


def cost_lines(runs: Iterable[PlannedRun], placement: Placement) -> list[str]:
    """The cost in words: one line per row, and the whole.

    Args:
        runs: Those that are still to be made.
        placement: What makes them.
    """
    rows: dict[str, list[Config]] = {}
    for run in runs:
        rows.setdefault(run.row, []).append(run.config)
    width = max(map(len, rows), default=0)
    lines = [f"{'row':<{width}}  runs  evaluations    CPU time" + "    GPU time" * placement.gpu]
    for row, configs in rows.items():
        one = cost_of(configs, placement)
        lines.append(f"{row:<{width}}  {one.runs:>4}  {_count(one.evaluations):>11}")
        lines[-1] += f"  {_hours(one.core_hours):>10}"
        if placement.gpu:
            lines[-1] += f"  {_hours(one.gpu_hours):>10}"
    whole = cost_of([config for configs in rows.values() for config in configs], placement)
    text = f"altogether {whole.runs} runs, {_count(whole.evaluations)} evaluations, "
    text += f"{_about(whole.core_hours)} of CPU time"
    if placement.gpu:
        text += f" and {_about(whole.gpu_hours)} of a GPU"
    starts = " (mostly the start of each run)" if _mostly_starts(whole) else ""
    lines += [f"{text}: {seconds_text(whole.wall_seconds)}{starts} with {placement}"]
    return [*lines, "(orders of magnitude: an input's --dry-run says what they rest on)"]


def job_lines(runs: Iterable[PlannedRun], job: Layout) -> list[str]:
    """How long one run of each row takes as a task of a job array, and what is wrong with that."""
    lines, seen = [], set()
    for run in runs:
        if run.row not in seen:
            seen.add(run.row)
            text, warnings = plan(run.config, job)
            lines += [f"{run.row}: {text}", *(f"Note: {warning}" for warning in warnings)]
    return lines


def _hours(hours: float) -> str:
    """Hours, as a cluster accounts for them; less than two as people say it."""
    if hours < 2:
        return seconds_text(hours * _HOUR)
    rounded = float(f"{hours:.3g}")
    return f"{_count(int(rounded)) if rounded >= 100 else f'{rounded:g}'} h"


def _about(hours: float) -> str:
    text = _hours(hours)
    return text if text.startswith("under") else f"about {text}"


def _mostly_starts(cost: Cost) -> bool:
    """Whether starting processes takes longer than what they do."""
    return cost.runs * FIXED_SECONDS > (cost.core_hours + cost.gpu_hours) * _HOUR


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")

"""How many nodes (or milliseconds) the planner has per tick, for each rollout."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.settings import SimulatorSettings


def draw_budgets(
    settings: SimulatorSettings, seeds: NDArray[np.uint64], rollouts: int
) -> NDArray[np.int32]:
    """Budgets of every rollout of every task, ((n, rollouts) int32).

    The published planner is cut off by the clock, so that its node count, and with it now and
    then the game, differs from run to run: per tick with a deviation of the logarithm of about
    0.2 on an idle machine and 0.4 on a busy one (mario.md section 13: 10 %, 50 % and 90 % of
    exhausted ticks below 1440, 1850, 2490 and 570, 990, 1560 nodes). With ``budget_spread`` each
    rollout draws its budget from a log-normal distribution with median ``budget``.

    Args:
        settings: Planner, budget and spread.
        seeds: (n,) seed of each evaluation, which alone decides.
        rollouts: Games per evaluation.
    """
    middle = settings.budget if settings.planner == "nodes" else settings.budget_ms
    budgets = np.full((len(seeds), rollouts), middle, np.int32)
    if settings.budget_spread:
        for row, seed in enumerate(seeds):
            normal = np.random.Generator(np.random.PCG64(int(seed))).standard_normal(rollouts)
            drawn = np.rint(middle * np.exp(settings.budget_spread * normal))
            budgets[row] = np.clip(drawn, 1, np.iinfo(np.int32).max)
    return budgets

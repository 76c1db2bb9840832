"""Measures the maze simulator: agent steps per CPU second of one core.

    python -m benchmarks.maze_simulator [--agent builtin] [--seconds 3] [--levels-per-call 1 8 32]

"coin" are uniform 0/1 levels, "mixed" have wall densities 0.05 to 0.6; 50 episodes per level. A
call gets K levels at once, as a worker gets them from the farm. "rows" are network evaluations:
episodes with the same history share one, so steps per second are higher than rows per second.
CPU time is the process's own, so other load on the machine shows little (shared caches).

The second table compares the bf16 mode with fp32: per level, z of the difference of the two means
over the episodes; agreement shows as a mean near 0 and a standard deviation near 1.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.agent import AgentWeights, load_agent

EPISODES = 50
#: What was measured on the same processor (maze.md section 11), in steps per second.
EARLIER = "original program 2 600 - 2 900; table-driven prototype 93 000 fp32, 143 000 bf16"

Levels = NDArray[np.uint8]


def coin(rng: np.random.Generator, count: int) -> Levels:
    return rng.integers(2, size=(count, 16, 16), dtype=np.uint8)


def mixed(rng: np.random.Generator, count: int) -> Levels:
    density = rng.uniform(0.05, 0.6, (count, 1, 1))
    return (rng.random((count, 16, 16)) < density).astype(np.uint8)


KINDS = {"coin": coin, "mixed": mixed}


def find_agent(given: str | None) -> str:
    """The given agent, else the published one if it is at hand, else the built-in one."""
    beside = Path(__file__).parents[2] / "shared" / "assets" / "accel_seed_1_model_20000.tar"
    published = os.environ.get("DSAGE_ACCEL_CHECKPOINT", str(beside))
    return given or (published if Path(published).is_file() else "builtin")


def measure(agent: Any, kind: str, per_call: int, seconds: float, share: bool) -> dict[str, float]:
    """Plays fresh levels for some CPU seconds."""
    rng = np.random.default_rng(0)
    agent.rollouts(KINDS[kind](rng, 1), np.zeros(1, np.uint64), EPISODES)
    steps = rows = levels = 0
    spent = 0.0
    while spent < seconds:
        batch = KINDS[kind](rng, per_call)
        seeds = rng.integers(2**63, size=per_call, dtype=np.uint64)
        began = time.process_time()
        out = agent.rollouts(batch, seeds, EPISODES, share=share)
        spent += time.process_time() - began
        steps += int(out["length"].sum())
        rows += out["network_rows"]
        levels += per_call
    return {"levels": levels / spent, "steps": steps / spent, "rows": rows / spent}


def speed_table(weights: AgentWeights, isas: list[str], calls: list[int], seconds: float) -> None:
    print(f"{'levels':7}{'K':>4}  {'precision':10}{'arithmetic':13}", end="")
    print(f"{'levels/s':>9}{'steps/s':>10}{'rows/s':>10}")
    for kind in KINDS:
        for isa in isas:
            bf16 = isa == "avx512_bf16"
            agent = _native.Agent(weights, isa, bf16)
            for per_call in calls:
                for share in (True, False) if per_call == calls[-1] else (True,):
                    rate = measure(agent, kind, per_call, seconds, share)
                    print(
                        f"{kind:7}{per_call:4}  {'bf16' if bf16 else 'fp32':10}{isa:13}"
                        f"{rate['levels']:9.1f}{rate['steps']:10.0f}{rate['rows']:10.0f}"
                        f"{'' if share else '  (no shared rows)'}",
                        flush=True,
                    )


def agreement_table(weights: AgentWeights, levels: int = 40, episodes: int = 200) -> None:
    rng = np.random.default_rng(1)
    batch = np.concatenate([coin(rng, levels // 2), mixed(rng, levels // 2)])
    outs = []
    for number, bf16 in enumerate((False, True)):
        # Seeds differ: equal ones would make the two modes look more alike than chance allows.
        seeds = np.arange(levels, dtype=np.uint64) + np.uint64(1000 * number)
        outs.append(_native.Agent(weights, bf16=bf16).rollouts(batch, seeds, episodes))
    print(
        f"\n{'bf16 - fp32':20}{'mean':>10}{'fp32 mean':>11}{'z mean':>8}{'z sd':>7}{'|z| max':>9}"
    )
    played = outs[0]["start"] >= 0
    for name in ("length", "success", "left_turns", "right_turns", "distinct_cells"):
        fp32, fast = (out[name][played].astype(np.float64) for out in outs)
        variance = (fp32.var(axis=1) + fast.var(axis=1)) / episodes
        difference = fast.mean(axis=1) - fp32.mean(axis=1)
        z = difference[variance > 0] / np.sqrt(variance[variance > 0])
        print(
            f"{name:20}{difference.mean():10.3f}{fp32.mean():11.3f}"
            f"{z.mean():8.2f}{z.std():7.2f}{np.abs(z).max():9.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--agent", help="builtin or a checkpoint (default: published, if found)")
    parser.add_argument("--seconds", type=float, default=3.0, help="CPU seconds per row")
    parser.add_argument("--levels-per-call", type=int, nargs="+", default=[1, 8, 32])
    options = parser.parse_args()
    name = find_agent(options.agent)
    weights = load_agent(name)
    supported = _native.supported_isas().split(", ")
    print(f"agent: {name}\nCPU runs: {', '.join(supported)}\nearlier: {EARLIER}\n")
    known: list[str] = ["avx512", "avx2", "avx512_bf16"]
    isas = [isa for isa in known if isa in supported] or ["generic"]
    speed_table(weights, isas, options.levels_per_call, options.seconds)
    if "avx512_bf16" in supported:
        agreement_table(weights)


if __name__ == "__main__":
    main()

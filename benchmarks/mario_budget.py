"""Compares our agent's budgets with recorded games of the original under its 40 ms clock.

    python -m benchmarks.mario_budget RECORDINGS [--budgets 500 1000 1250 ...]
                                      [--milliseconds 1 2] [--spreads 0.2 0.4] [--most 200]

RECORDINGS is a folder with the levels.json and astar_wallclock.json of recorded games. Only 16x56
levels in the 17 symbols of the generator count. Two tables: means over levels and differences to
the recorded means, for each budget of nodes and of milliseconds of our own engine's wall clock
(five games each, as recorded; they depend on the machine and its load); and how much five games of
one level differ, recorded and with budgets drawn from a log-normal distribution
(``domain.simulator.budget_spread``).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.budgets import draw_budgets
from dsage_mpi.domains.mario.records import WIN, task_dtype
from dsage_mpi.domains.mario.settings import MarioSettings, SimulatorSettings
from dsage_mpi.domains.mario.simulator import MarioSimulator
from dsage_mpi.domains.mario.tiles import TILES, from_text

#: Recorded metric -> field of a rollout.
METRICS = {"completion": "completion", "jumps": "jumps", "kills_total": "kills"}
HEADER = f"{'':22} {'completion':>11} {'jumps':>7} {'kills':>7} {'wins':>6}"


def read(folder: Path, most: int) -> tuple[NDArray[np.int8], dict[str, list[list[Any]]]]:
    """Levels ((n, 16, 56)) and, by group, the games of each (none where not recorded)."""
    texts = json.loads((folder / "levels.json").read_text())
    texts = texts.get("levels", texts)
    groups = json.loads((folder / "astar_wallclock.json").read_text())["groups"]
    names = [n for n in groups["wall40_loaded"] if usable(texts[n])]
    # The prefix tells how a level was made: some of each.
    names = sorted(names, key=lambda name: hash_of(name))[:most]
    levels = np.stack([from_text(texts[name]["text"]) for name in names])
    return levels, {key: [group.get(n, []) for n in names] for key, group in groups.items()}


def usable(entry: dict[str, Any]) -> bool:
    rows = entry["text"].split("\n")
    fits = len(rows) == 16 and all(len(row) == 56 for row in rows)
    return fits and set(entry["text"]) <= set(TILES + "\n") and entry["agent_start_state"] == 0


def hash_of(name: str) -> int:
    return int(np.random.SeedSequence(list(name.encode())).generate_state(1)[0])


def play(
    levels: NDArray[np.int8],
    budgets: NDArray[np.int32],
    planner: Literal["nodes", "wallclock"] = "nodes",
) -> NDArray[Any]:
    """Rollouts ((n, m)) under budgets ((n, m))."""
    tasks = np.zeros(len(levels), task_dtype(budgets.shape[1]))
    tasks["level"], tasks["budget"] = levels, budgets
    settings = MarioSettings(
        name="mario", rollouts=budgets.shape[1], simulator=SimulatorSettings(planner=planner)
    )
    with MarioSimulator(settings) as simulator:
        rollouts: NDArray[Any] = simulator(tasks)["rollout"]
        return rollouts


def line(label: str, values: Any, wins: float | None) -> str:
    completion, jumps, kills = values
    shown = "" if wins is None else f"{wins:6.3f}"
    return f"{label:22} {completion:11.4f} {jumps:7.3f} {kills:7.3f} {shown}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recordings", type=Path)
    parser.add_argument(
        "--budgets", type=int, nargs="*", default=[500, 750, 1000, 1250, 1500, 1850, 2500]
    )
    parser.add_argument("--milliseconds", type=int, nargs="*", default=[])
    parser.add_argument("--spreads", type=float, nargs="*", default=[0.2, 0.4])
    parser.add_argument(
        "--median", type=int, default=1250, help="budget that the spreads are about"
    )
    parser.add_argument("--most", type=int, default=200, help="levels")
    arguments = parser.parse_args()
    levels, groups = read(arguments.recordings, arguments.most)
    print(f"{len(levels)} levels\n\nmeans\n{HEADER}")
    recorded = {}
    for key, games in groups.items():
        there = np.array([len(g) > 0 for g in games])
        means = np.array([[np.mean([g[m] for g in gs]) for m in METRICS] for gs in games if gs])
        spread = np.array(
            [[np.std([g[m] for g in gs], ddof=1) for m in METRICS] for gs in games if gs]
        )
        wins = np.mean([np.mean([g["status"] == "WIN" for g in gs]) for gs in games if gs])
        recorded[key] = there, means, spread
        print(line(f"{key} ({there.sum()})", means.mean(axis=0), float(wins)))
    differences: dict[str, list[str]] = {key: [] for key in recorded}
    trials = [(f"{budget} nodes", budget, 1, "nodes") for budget in arguments.budgets]
    trials += [(f"{limit} ms", limit, 5, "wallclock") for limit in arguments.milliseconds]
    for label, budget, games, planner in trials:
        rollouts = play(levels, np.full((len(levels), games), budget, np.int32), planner)
        values = np.stack([rollouts[f].mean(axis=1) for f in METRICS.values()], axis=1)
        print(line(label, values.mean(axis=0), float((rollouts["status"] == WIN).mean())))
        for key, (there, means, _) in recorded.items():
            away = np.abs(values[there] - means).mean(axis=0)
            differences[key].append(line(label, away, None))
    for key, lines in differences.items():
        print(f"\nmean absolute difference to {key}", HEADER, *lines, sep="\n")
    print(f"\nmean standard deviation within a level\n{HEADER}")
    for key, (_, _, spread) in recorded.items():
        print(line(key, spread.mean(axis=0), None))
    for spread in arguments.spreads:
        settings = SimulatorSettings(budget=arguments.median, budget_spread=spread)
        budgets = draw_budgets(settings, np.arange(len(levels), dtype=np.uint64), 5)
        rollouts = play(levels, budgets)
        values = np.stack([rollouts[f].astype(float) for f in METRICS.values()], axis=-1)
        print(line(f"spread {spread:g}", values.std(axis=1, ddof=1).mean(axis=0), None))


if __name__ == "__main__":
    main()

"""Compares the success rates of maze agents on the same levels (independent protocol).

    python benchmarks/maze_agent_scores.py builtin ../shared/assets/accel_seed_1_model_20000.tar \
        --levels recorded=../shared/golden/maze/levels.npz --json scores.json

Every agent plays 50 complete sampled episodes per level (maze.md section 9): its own initial
direction, hidden state and random stream per episode, at most 648 steps. The random levels are
drawn from a stream that no training uses. Levels without endpoints are left out. Standard errors
are over levels; differences to the first agent are paired by level.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.seeding import Purpose, evaluation_seeds, generator
from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.agent import load_agent
from dsage_mpi.domains.maze.levels import analyse

#: Index of the random stream of test levels; the trainer uses 0 to 3.
TEST_LEVELS = 4

Levels = NDArray[np.uint8]


def random_levels(seed: int, density: float, count: int) -> Levels:
    """(count, 16, 16) levels with walls at random, all of them with endpoints."""
    rng = generator(seed, Purpose.AGENT_TRAINING, TEST_LEVELS, round(1000 * density))
    levels = (rng.random((2 * count, 16, 16)) < density).astype(np.uint8)
    solvable = _path_lengths(levels) > 0
    return np.ascontiguousarray(levels[solvable][:count])


def _path_lengths(levels: Levels) -> NDArray[np.int16]:
    return analyse(levels).optimal_path_length


def recorded_levels(path: Path) -> Levels:
    """The array ``level`` of an npz file, without degenerate levels."""
    with np.load(path) as archive:
        levels = archive["level"].astype(np.uint8)
    return np.ascontiguousarray(levels[_path_lengths(levels) > 0])


def success_rates(agent: Any, levels: Levels, seed: int, episodes: int) -> dict[str, Any]:
    """Per-level success rates and mean lengths."""
    seeds = evaluation_seeds(seed, 0, len(levels))
    results = agent.rollouts(levels, seeds, episodes)
    return {"success": results["success"].mean(1), "length": results["length"].mean(1)}


def _mean_and_error(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def compare(
    agents: dict[str, Any], sets: dict[str, Levels], seed: int, episodes: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Scores of each agent on each set of levels, and over all random sets together."""
    scores: dict[str, dict[str, dict[str, float]]] = {}
    played = {
        label: {
            name: success_rates(agent, levels, seed, episodes) for name, agent in agents.items()
        }
        for label, levels in sets.items()
    }
    random_sets = [label for label in sets if label.startswith("walls ")]
    if random_sets:
        played["all random"] = {
            name: {
                key: np.concatenate([played[label][name][key] for label in random_sets])
                for key in ("success", "length")
            }
            for name in agents
        }
    first = next(iter(agents))
    for label, by_agent in played.items():
        scores[label] = {}
        for name, result in by_agent.items():
            rate, error = _mean_and_error(result["success"])
            gain, gain_error = _mean_and_error(by_agent[first]["success"] - result["success"])
            scores[label][name] = {
                "levels": len(result["success"]),
                "success": rate,
                "success_error": error,
                "mean_length": float(result["length"].mean()),
                "first_minus_this": gain,
                "first_minus_this_error": gain_error,
            }
    return scores


def print_table(scores: dict[str, dict[str, dict[str, float]]]) -> None:
    """One line per set of levels and agent."""
    print(f"{'levels':<14} {'n':>4}  {'agent':<34} {'success':>16} {'length':>7}  first - this")
    for label, by_agent in scores.items():
        for name, row in by_agent.items():
            success = f"{row['success']:.4f} ± {row['success_error']:.4f}"
            gain = f"{row['first_minus_this']:+.4f} ± {row['first_minus_this_error']:.4f}"
            print(
                f"{label:<14} {row['levels']:>4}  {name[-34:]:<34} {success:>16}"
                f" {row['mean_length']:7.1f}  {gain}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("agents", nargs="+", help='"builtin" or weights (npz, torch checkpoint)')
    parser.add_argument("--levels", action="append", default=[], metavar="LABEL=FILE.npz")
    parser.add_argument(
        "--densities", type=float, nargs="*", default=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    )
    parser.add_argument("--count", type=int, default=100, help="random levels per density")
    parser.add_argument("--episodes", type=int, default=50, help="episodes per level")
    parser.add_argument("--seed", type=int, default=2022)
    parser.add_argument("--json", type=Path, help="write the scores here")
    options = parser.parse_args()
    sets = {
        f"walls {density:g}": random_levels(options.seed, density, options.count)
        for density in options.densities
    }
    for item in options.levels:
        label, _, path = item.partition("=")
        sets[label] = recorded_levels(Path(path))
    agents = {name: _native.Agent(load_agent(name)) for name in options.agents}
    scores = compare(agents, sets, options.seed, options.episodes)
    print_table(scores)
    if options.json:
        options.json.write_text(json.dumps(scores, indent=1) + "\n")


if __name__ == "__main__":
    main()

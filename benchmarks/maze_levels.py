"""Measures what finding start and goal costs; rank 0 does it for every surrogate input.

    python -m benchmarks.maze_levels [--count 20000]

"coin" and "density" levels are random; "labyrinth" are perfect mazes with long corridors, the
slowest kind for a search over all pairs of cells.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.maze.levels import analyse, mark_endpoints

Levels = NDArray[np.uint8]


def random_levels(density: float, count: int) -> Levels:
    rng = np.random.default_rng(0)
    return (rng.random((count, 16, 16)) < density).astype(np.uint8)


def labyrinths(count: int) -> Levels:
    """Spanning trees of an 8x8 grid of rooms, carved by random depth-first walks."""
    rng = np.random.default_rng(0)
    levels = np.ones((count, 16, 16), np.uint8)
    for level in levels:
        stack = [(0, 0)]
        level[0, 0] = 0
        while stack:
            row, col = stack[-1]
            ways = [
                (row + dr, col + dc, row + dr // 2, col + dc // 2)
                for dr, dc in ((-2, 0), (0, -2), (0, 2), (2, 0))
                if 0 <= row + dr < 16 and 0 <= col + dc < 16 and level[row + dr, col + dc]
            ]
            if not ways:
                stack.pop()
                continue
            there = ways[rng.integers(len(ways))]
            level[there[2], there[3]] = level[there[0], there[1]] = 0
            stack.append((there[0], there[1]))
    return levels


def microseconds(work: Callable[[Levels], object], levels: Levels) -> float:
    """CPU time per level, best of three."""
    times = []
    for _ in range(3):
        began = time.process_time()
        work(levels)
        times.append(time.process_time() - began)
    return 1e6 * min(times) / len(levels)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000, help="levels of each kind")
    count = parser.parse_args().count
    kinds = {
        "coin": random_levels(0.5, count),
        "density 0.1": random_levels(0.1, count),
        "density 0.3": random_levels(0.3, count),
        "density 0.4": random_levels(0.4, count),
        "labyrinth": np.tile(labyrinths(200), (max(count // 200, 1), 1, 1)),
    }
    print(f"{'levels':12}{'path':>6}{'endpoints, us':>15}{'with marks, us':>16}")
    for name, levels in kinds.items():
        path = analyse(levels).optimal_path_length.mean()
        alone = microseconds(analyse, levels)
        marked = microseconds(lambda batch: mark_endpoints(batch, analyse(batch)), levels)
        print(f"{name:12}{path:6.1f}{alone:15.1f}{marked:16.1f}", flush=True)


if __name__ == "__main__":
    main()

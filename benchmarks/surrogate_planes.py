"""Compares networks and inputs by the surrogate's error on mazes that it has not seen.

    python -m benchmarks.surrogate_planes

The mazes are those of a MAP-Elites run on the archive of inputs/maze_quick.toml with the built-in
agent: the first --train are trained on, 600 from the 2 000th on are held out. One row per network:
mean and 95 % interval over seeds of the path length's mean absolute error and R2. Boosted trees on
numbers that sum up a maze (scikit-learn's, which comes with pyribs) are what a network must beat.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.ndimage import convolve
from sklearn.ensemble import HistGradientBoostingRegressor

from benchmarks.search import Silent, interval
from dsage_mpi.config.load import load_config
from dsage_mpi.core.domain import Evaluations
from dsage_mpi.core.levels import LevelSpace, Planes
from dsage_mpi.domains import build_domain
from dsage_mpi.domains.maze.levels import WALL
from dsage_mpi.domains.maze.planes import PLANES, planes
from dsage_mpi.farm import open_farm
from dsage_mpi.farm.launch import World
from dsage_mpi.outer.loop import OuterLoop
from dsage_mpi.outer.phases import Phases
from dsage_mpi.outer.record import batches
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.demand import demand
from dsage_mpi.surrogate.model import Surrogate
from dsage_mpi.surrogate.settings import SurrogateSettings

INPUT = Path(__file__).parents[1] / "inputs" / "maze_quick.toml"
HELD_OUT = slice(2000, 2600)
PAIR = {"features": 16, "residual_blocks": 1}
ALONE = {"ancillary": False}
COMPACT = {"kind": "compact", "ancillary": False}
#: Name -> settings, whether it sees planes.
VARIANTS: dict[str, tuple[dict[str, object], bool]] = {
    "published pair, 16 features, tiles": (PAIR, False),
    "published pair, 16 features, planes": (PAIR, True),
    "predictor alone, 16 features, planes": (PAIR | ALONE, True),
    "compact, 8 features, tiles": (COMPACT | {"features": 8}, False),
    "compact, 8 features, planes": (COMPACT | {"features": 8}, True),
    "compact, 16 features, planes": (COMPACT | {"features": 16}, True),
    "five compact, 8 features, planes": (COMPACT | {"features": 8, "members": 5}, True),
    "five compact, 16 features, planes": (COMPACT | {"features": 16, "members": 5}, True),
}


def played() -> Evaluations:
    """The evaluations of a MAP-Elites run, seed 0."""
    overrides = ["algorithm.method=map_elites", "algorithm.max_evaluations=2600"]
    config = load_config(INPUT, overrides=overrides)
    domain = build_domain(config.domain, config.archive.measures)
    payload = domain.simulator_payload()
    with open_farm(
        World(),
        lambda: domain.make_simulator(payload),
        domain.task_dtype,
        domain.result_dtype,
        config.farm,
    ) as farm:
        loop = OuterLoop(config, domain, farm, Phases(Silent()))
        loop.run(lambda step: None)
    parts = [batch.evaluations for batch in batches(loop.record, domain, config.seed)]
    names = ("objective", "measures", "levels", "occupancy", "metadata")
    return Evaluations(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def scores(
    data: Evaluations, train: int, settings: SurrogateSettings, seed: int
) -> tuple[float, float]:
    """Mean absolute error and R2 of the path length on the rows held out."""
    seen = Planes(PLANES, planes) if settings.planes else None
    space = LevelSpace((16, 16), 4, planes=seen)
    rows = DataSet(train, space)
    rows.add(
        data.levels[:train], data.objective[:train], data.measures[:train], data.occupancy[:train]
    )
    model = Surrogate(settings, space, ("num_blocks", "agent_path_length"), run_seed=seed)
    model.train(rows, 0)
    real = data.measures[HELD_OUT, 1]
    error = model.predict(data.levels[HELD_OUT]).measures[:, 1] - real
    return float(np.abs(error).mean()), float(1 - np.mean(error**2) / np.var(real))


def summaries(levels: np.ndarray) -> np.ndarray:
    """Numbers that sum up mazes ((n, 16, 16) codes), (n, 49).

    Mean and maximum of every plane, free tiles by their number of free neighbours (dead ends,
    corridors, junctions), walls altogether, in every row and in every column.
    """
    seen, free = planes(levels), (levels != WALL).astype(np.int64)
    cross = np.array([[[0, 1, 0], [1, 0, 1], [0, 1, 0]]])
    neighbours = convolve(free, cross, mode="constant")
    degrees = [((neighbours == k) & (free == 1)).sum(axis=(1, 2)) for k in range(5)]
    columns = [seen.mean(axis=(2, 3)), seen.max(axis=(2, 3)), np.stack(degrees, axis=1)]
    columns += [free.sum(axis=(1, 2))[:, None], free.sum(axis=1), free.sum(axis=2)]
    # Reachable tiles are those that have steps from the start, on a shortest path or not.
    columns += [(seen[:, :3] > 0).sum(axis=(2, 3))]
    return np.concatenate(columns, axis=1)


def scores_of_trees(data: Evaluations, train: int, seed: int, tiles: bool) -> tuple[float, float]:
    """The same for boosted trees, which see the summaries, and with ``tiles`` all else, too."""
    seen = summaries(data.levels)
    if tiles:
        images = [data.levels[:, None] == WALL, planes(data.levels)[:, :3]]
        seen = np.column_stack([seen, np.concatenate(images, axis=1).reshape(len(seen), -1)])
    trees = HistGradientBoostingRegressor(
        learning_rate=0.05, max_iter=200, min_samples_leaf=10, max_features=0.5, random_state=seed
    )
    trees.fit(seen[:train], data.measures[:train, 1])
    real = data.measures[HELD_OUT, 1]
    error = trees.predict(seen[HELD_OUT]) - real
    return float(np.abs(error).mean()), float(1 - np.mean(error**2) / np.var(real))


def print_row(name: str, cost: float | None, found: np.ndarray) -> None:
    """One variant: millions of multiply-adds, errors and R2 ((seeds, 2)) of its seeds."""
    error, explained = interval(found[:, 0], 1), interval(found[:, 1], 2)
    operations = f"{'':8}" if cost is None else f"{cost:6.2f} M"
    print(f"{name:40} {operations} {error:>14} {explained:>14}", flush=True)


def main() -> None:
    """Prints one row per variant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    data = played()
    constant = np.abs(
        data.measures[HELD_OUT, 1] - data.measures[: arguments.train, 1].mean()
    ).mean()
    print(f"{'always the mean':40} {'':8} {constant:.1f}")
    seeds = range(arguments.seeds)
    for tiles in (False, True):
        rows = [scores_of_trees(data, arguments.train, seed, tiles) for seed in seeds]
        print_row(f"boosted trees, summaries{' and planes' * tiles}", None, np.array(rows))
    for name, (changes, seen) in VARIANTS.items():
        settings = SurrogateSettings.model_validate(
            {"epochs": arguments.epochs, "threads": 1, "device": "cpu", "planes": seen, **changes}
        )
        found = np.array([scores(data, arguments.train, settings, seed) for seed in seeds])
        space = LevelSpace((16, 16), 4, planes=Planes(PLANES, planes) if seen else None)
        cost = demand(settings, space, 3).multiply_adds / 1e6
        print_row(name, cost, found)


if __name__ == "__main__":
    main()

"""Compares target units and loss weights by the surrogate's error on mazes that it has not seen.

    python -m benchmarks.surrogate_targets --agent ../shared/assets/accel_seed_1_model_20000.tar

Mazes of random density are played by the agent (50 rollouts each), a part of them is trained on,
and the mean absolute errors on the rest are printed in raw units, beside those of always
predicting the mean. The figures in docs/surrogate.md say with which arguments they were made.
"""

from __future__ import annotations

import argparse

import numpy as np

from dsage_mpi.core.domain import Evaluations
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.core.seeding import evaluation_seeds
from dsage_mpi.domains.maze.domain import MazeDomain
from dsage_mpi.domains.maze.settings import MazeSettings
from dsage_mpi.surrogate.accuracy import held_out_scores
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.model import Surrogate
from dsage_mpi.surrogate.settings import SurrogateSettings

VARIANTS: dict[str, dict[str, object]] = {
    "normalised": {},
    "normalised, occupancy weight 1": {"occupancy_weight": 1.0},
    "published raw units": {"normalise_targets": False},
    "without ancillary network": {"ancillary": False},
    "normalised, trained in bfloat16": {"train_precision": "bfloat16"},
    "normalised, predicted in bfloat16": {"predict_precision": "bfloat16"},
}
HEADS = ("objective", "measure_1", "measure_2", "occupancy")


def play(agent: str, count: int) -> Evaluations:
    """Real evaluations of ``count`` mazes of densities 0.05 to 0.65."""
    domain = MazeDomain(MazeSettings(name="maze", agent=agent), ("num_blocks", "agent_path_length"))
    rng = np.random.default_rng(0)
    density = rng.uniform(0.05, 0.65, (count, 1))
    solutions = (rng.random((count, domain.solution_dim)) < density).astype(np.uint8)
    tasks = domain.tasks(solutions, evaluation_seeds(0, 0, count))
    simulate = domain.make_simulator(domain.simulator_payload())
    return domain.interpret(tasks, simulate(tasks))


def columns(played: Evaluations, rows: slice) -> tuple[np.ndarray, ...]:
    """What the data set takes of these rows."""
    return (
        played.levels[rows],
        played.objective[rows],
        played.measures[rows],
        played.occupancy[rows],
    )


def held_out(
    played: Evaluations, trained: int, settings: SurrogateSettings, seed: int
) -> dict[str, float]:
    """Errors on the rows after the first ``trained``."""
    space = LevelSpace((16, 16), tile_count=4)
    data = DataSet(trained, space)
    data.add(*columns(played, slice(trained)))
    model = Surrogate(settings, space, HEADS[1:-1], run_seed=seed, device="cpu")
    model.train(data, 0)
    levels, *real = columns(played, slice(trained, None))
    return held_out_scores(model.predict(levels), *real)


def baseline(played: Evaluations, trained: int) -> dict[str, float]:
    """Mean absolute errors of predicting the training rows' mean."""
    _, *train = columns(played, slice(trained))
    _, *test = columns(played, slice(trained, None))
    errors = [np.abs(real - known.mean(axis=0)) for known, real in zip(train, test, strict=True)]
    values = [errors[0].mean(), *errors[1].mean(axis=0), errors[2].mean()]
    return {f"{head}_mae": float(value) for head, value in zip(HEADS, values, strict=True)}


def main() -> None:
    """Prints one row per variant: mean over seeds of the held-out errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", default="builtin")
    parser.add_argument("--train", type=int, default=300, help="mazes trained on")
    parser.add_argument("--test", type=int, default=200, help="mazes held out")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--features", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    played = play(arguments.agent, arguments.train + arguments.test)
    print(f"{'':36}" + "".join(f"{head + ' MAE':>16}" for head in HEADS))
    results = {"always the mean": [baseline(played, arguments.train)]}
    for name, changes in VARIANTS.items():
        settings = SurrogateSettings(
            epochs=arguments.epochs,
            features=arguments.features,
            threads=arguments.threads,
            **changes,  # type: ignore[arg-type]
        )
        results[name] = [
            held_out(played, arguments.train, settings, seed) for seed in range(arguments.seeds)
        ]
    for name, found in results.items():
        means = (np.mean([row.get(f"{head}_mae", np.nan) for row in found]) for head in HEADS)
        print(f"{name:36}" + "".join(f"{mean:16.3f}" for mean in means))


if __name__ == "__main__":
    main()

"""A small but whole domain: 8x8 bit grids, a simulator in NumPy, and one that can fail."""

from __future__ import annotations

import numpy as np

from dsage_mpi.config.schema import Config
from dsage_mpi.core.domain import Evaluations

SIDE = 8
TASK = np.dtype([("level", np.int8, (SIDE, SIDE)), ("seed", np.uint64)])
RESULT = np.dtype(
    [("occupancy", np.float32, (SIDE, SIDE)), ("ones", np.int32, (2,)), ("score", np.float64)]
)


class GridDomain:
    name = "toy"
    solution_kind = "discrete"
    solution_dim = SIDE * SIDE
    solution_dtype = np.dtype(np.int8)
    solution_values = 2
    level_shape = (SIDE, SIDE)
    tile_count = 2
    empty_tile = 0
    metadata_names = ("score", "ones")
    task_dtype = TASK
    result_dtype = RESULT

    def __init__(self, fails=lambda task: False):
        self.fails = fails

    def initial_solutions(self, rng, count):
        return rng.integers(2, size=(count, self.solution_dim)).astype(np.int8)

    def levels(self, solutions):
        return np.asarray(solutions).reshape(-1, SIDE, SIDE)

    bare_levels = levels

    def tasks(self, solutions, seeds):
        tasks = np.zeros(len(solutions), TASK)
        tasks["level"], tasks["seed"] = self.levels(solutions), seeds
        return tasks

    def simulator_payload(self):
        return {}

    def make_simulator(self, payload):
        return self.simulate

    def simulate(self, tasks):
        results = np.zeros(len(tasks), RESULT)
        for task, result in zip(tasks, results, strict=True):
            if self.fails(task):
                raise RuntimeError(f"the simulator dislikes seed {task['seed']}")
            noise = np.random.default_rng(int(task["seed"])).random()
            result["ones"] = task["level"].reshape(2, -1).sum(axis=1)
            result["score"] = 0.5 + 0.5 * noise
            result["occupancy"] = task["level"] * np.float32(noise)
        return results

    def interpret(self, tasks, results):
        return Evaluations(
            objective=results["score"].copy(),
            measures=results["ones"].astype(np.float64),
            levels=tasks["level"].copy(),
            occupancy=results["occupancy"].copy(),
            metadata=np.stack([results["score"], results["ones"].sum(axis=1)], axis=1),
        )

    def predict_on(self, device):
        pass

    def known_measures(self, levels):
        return np.full((len(levels), 2), np.nan)

    def predicted_cost(self, measures, occupancy):
        return measures.sum(axis=1)


def config(method="dsage", **tables):
    """A small configuration (its [domain] is a maze's: the toy stands in for it)."""
    document = {
        "seed": 5,
        "algorithm": {"method": method, "max_evaluations": 90, "initial_solutions": 20},
        "domain": {"name": "maze"},
        "archive": {
            "measures": ["num_blocks", "agent_path_length"],
            "dims": [16, 16],
            "ranges": [[0, 32], [0, 32]],
        },
        "emitters": {
            "kind": {"map_elites": "map_elites", "domain_randomization": "random"}.get(
                method, "map_elites"
            ),
            "count": 2,
            "batch_size": 10,
            "initial_population": 20,
        },
        "inner_loop": {"iterations": 8},
        "selection": {"kind": "downsample", "coarse_dims": [8, 4]},
        "surrogate": {"epochs": 2, "features": 4, "residual_blocks": 1, "threads": 1},
    }
    for table, values in tables.items():
        document[table] = document.get(table, {}) | values
    return Config.model_validate(document)

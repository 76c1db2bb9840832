"""A domain of mixed parameters whose levels are vectors."""

import numpy as np

from dsage_mpi import Choice, DomainBase, Integer, Measure, Real

NAME = "tests.domains.towers:Towers"
TOML = f"""
algorithm = {{ max_evaluations = 60, initial_solutions = 24 }}
inner_loop = {{ iterations = 10 }}
selection = {{ kind = "random", count = 12 }}
surrogate = {{ epochs = 3, batch_size = 16, threads = 1, device = "cpu" }}
emitters = {{ count = 2, batch_size = 6, initial_population = 12 }}
checkpoint = {{ min_seconds = 0, keep = 100 }}
report = {{ figures = false }}
[domain]
name = "{NAME}"
[archive]
measures = ["height", "cost"]
dims = [20, 20]
ranges = [[0, 20], [0, 60]]
"""


class Towers(DomainBase):
    MEASURES = {"height": Measure(0, 20, "m"), "cost": Measure(0, 60)}
    METADATA = ("wind",)
    PARAMETERS = {
        "slope": Real(-1, 1),
        "floors": Integer(1, 6),
        "roof": Choice("flat", "gable", "dome"),
    }

    def simulate(self, given, seed):
        height = 3 * given["floors"] + {"flat": 0.0, "gable": 1.5, "dome": 2.0}[given["roof"]]
        return {
            "objective": 1 - abs(given["slope"]) / 2,
            "height": height,
            "cost": height * (2 + given["slope"]),
            "wind": np.random.default_rng(seed).normal(),
        }


class Drawn(Towers):
    """The same with pictures."""

    def draw(self, given):
        return np.full((4 * given["floors"], 8, 3), 200, np.uint8)


class Mapped(Towers):
    """Levels that are images."""

    def level(self, given):
        return np.tri(given["floors"] + 1, 7, dtype=int)[[0, 1, -1]]

    def simulate(self, level, seed):
        return super().simulate({"slope": 0, "floors": int(level.sum() % 6), "roof": "flat"}, seed)


class Vectors(Towers):
    """Continuous solutions that are levels themselves."""

    PARAMETERS = {}

    def sample(self, rng):
        return rng.normal(100, 3, size=4)

    def simulate(self, level, seed):
        assert level.dtype == np.float64
        return {"objective": 1, "height": level[0] % 20, "cost": level[1] % 60, "wind": 0}


class Counts(Vectors):
    """Discrete ones."""

    VALUES = 9

    def sample(self, rng):
        return rng.integers(9, size=5)

    def simulate(self, level, seed):
        assert level.dtype == np.int64
        return {"objective": 1, "height": level[0], "cost": level.sum(), "wind": 0}

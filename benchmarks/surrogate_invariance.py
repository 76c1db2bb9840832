"""Shows what the surrogate's bits depend on: threads, batch composition, size of a pass.

    python -m benchmarks.surrogate_invariance

Trains the published networks briefly on random levels with one and with two threads, then asks
for the same predictions in different company.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.model import Prediction, Surrogate
from dsage_mpi.surrogate.settings import SurrogateSettings

CASES = {"maze": ((16, 16), 4, 128), "mario": ((16, 56), 17, 64)}


def make(shape: tuple[int, int], tiles: int, threads: int, batch: int = 30) -> Surrogate:
    """An untrained surrogate of the published size on the CPU."""
    settings = SurrogateSettings(threads=threads, epochs=1, device="cpu", predict_batch=batch)
    return Surrogate(settings, LevelSpace(shape, tiles), ("a", "b"), run_seed=1)


def same(one: Prediction, other: Prediction) -> bool:
    """Whether two predictions are equal bit for bit."""
    assert one.occupancy is not None
    assert other.occupancy is not None
    return (
        np.array_equal(one.objective, other.objective)
        and np.array_equal(one.measures, other.measures)
        and np.array_equal(one.occupancy, other.occupancy)
    )


def part(prediction: Prediction, rows: NDArray[np.int64]) -> Prediction:
    """Some rows of a prediction."""
    assert prediction.occupancy is not None
    return Prediction(
        prediction.objective[rows], prediction.measures[rows], prediction.occupancy[rows]
    )


def show(name: str, what: str, equal: bool) -> None:
    print(f"{name:6} {what:52} {'bit-identical' if equal else 'differs'}")


def compare(name: str, shape: tuple[int, int], tiles: int, count: int) -> None:
    """All comparisons for one domain's networks."""
    rng = np.random.default_rng(0)
    levels = rng.integers(0, tiles, (count, *shape), dtype=np.int8)
    data = DataSet(count, LevelSpace(shape, tiles))
    data.add(levels, rng.random(count), rng.random((count, 2)), rng.random(levels.shape))
    one, two = make(shape, tiles, 1), make(shape, tiles, 2)
    one.train(data, 0)
    two.train(data, 0)
    weights, others = one.state()["network"], two.state()["network"]
    equal = all(np.array_equal(weights[key], others[key]) for key in weights)
    show(name, "training, 1 and 2 threads", equal)
    two.load_state(one.state())
    everything = one.predict(levels)
    show(name, "prediction, 1 and 2 threads", same(everything, two.predict(levels)))
    order = rng.permutation(count)
    show(
        name,
        "prediction, levels in another order",
        same(part(everything, order), one.predict(levels[order])),
    )
    alone = np.array([count - 1])
    show(
        name,
        "prediction, one level alone",
        same(part(everything, alone), one.predict(levels[alone])),
    )
    for batch in (1, 8, 16, 64, 150):
        other = make(shape, tiles, 1, batch)
        other.load_state(one.state())
        show(
            name,
            f"prediction, predict_batch 30 and {batch}",
            same(everything, other.predict(levels)),
        )


if __name__ == "__main__":
    for name, (shape, tiles, count) in CASES.items():
        compare(name, shape, tiles, count)

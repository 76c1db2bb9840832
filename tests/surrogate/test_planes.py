"""The compact network, and planes beside a level's tiles."""

from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.config.load import load_config
from dsage_mpi.core.levels import LevelSpace, Planes
from dsage_mpi.domains import build_domain
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.model import Surrogate
from dsage_mpi.surrogate.settings import SurrogateSettings
from tests.support import REPOSITORY
from tests.surrogate.synthetic import SHAPE, SMALL, TILES, arrays_of, evaluations

BATCH = 16


def total(levels):
    """A plane that tells what all tiles together are; another that tells nothing."""
    share = (levels == 1).mean(axis=(1, 2), dtype=np.float32)
    plane = np.broadcast_to(share[:, None, None], levels.shape)
    return np.stack([plane, np.zeros_like(plane)], axis=1)


SPACE = LevelSpace(SHAPE, TILES, planes=Planes(("walls", "nothing"), total))


def made(kind, space=SPACE, **settings):
    settings = SMALL | {"device": "cpu", "kind": kind, "epochs": 6} | settings
    settings.setdefault("ancillary", kind == "convolutional")
    return Surrogate(SurrogateSettings(**settings), space, ("m1", "m2"), run_seed=7)


def data_of(space, count=80):
    data = DataSet(count, space)
    data.add(*evaluations(count, shape=space.shape))
    return data


@pytest.mark.parametrize("kind", ["convolutional", "compact"])
def test_predictions_in_any_company_and_after_a_restart(kind):
    surrogate = made(kind)
    surrogate.train(data_of(SPACE), 0)
    levels = evaluations(37, seed=1)[0]
    together = surrogate.predict(levels)
    alone = [surrogate.predict(level[None]) for level in levels[:5]]
    for row, one in enumerate(alone):
        np.testing.assert_array_equal(one.measures[0], together.measures[row])
    assert (together.occupancy is None) == (kind == "compact")
    again = made(kind)
    again.load_state(surrogate.state())
    np.testing.assert_array_equal(again.predict(levels).measures, together.measures)
    before, after = arrays_of(surrogate.state()), arrays_of(again.state())
    assert all(np.array_equal(before[path], after[path]) for path in before)


@pytest.mark.parametrize("kind", ["convolutional", "compact"])
def test_networks_see_the_planes(kind):
    """The same tiles with other planes are predicted otherwise."""
    surrogate = made(kind)
    surrogate.train(data_of(SPACE), 0)
    other = LevelSpace(SHAPE, TILES, planes=Planes(SPACE.planes.names, lambda x: 1 - total(x)))
    misled = made(kind, other)
    misled.load_state(surrogate.state())
    levels = evaluations(8, seed=1)[0]
    assert not np.allclose(surrogate.predict(levels).measures, misled.predict(levels).measures)


def test_planes_of_another_shape_are_refused():
    space = LevelSpace(SHAPE, TILES, planes=Planes(("one",), total))
    with pytest.raises(SurrogateError, match=r"shape \(5, 2, 8, 8\): expected \(5, 1, 8, 8\)"):
        DataSet(5, space).add(*evaluations(5))


@pytest.mark.parametrize("shape", [(8, 8), (16, 56), (5, 23)])
def test_the_compact_network_takes_levels_of_any_shape_and_learns(shape):
    space = LevelSpace(shape, TILES)
    surrogate = made("compact", space, epochs=40)
    data = data_of(space, 200)
    surrogate.train(data, 0)
    levels, _, measures, _ = evaluations(60, seed=2, shape=shape)
    error = np.abs(surrogate.predict(levels).measures[:, 0] - measures[:, 0]).mean()
    constant = np.abs(measures[:, 0] - data.means()[1]).mean()
    assert error < 0.5 * constant


def test_every_tile_matters_to_the_compact_network():
    """It sees the whole level at once: a change in any corner changes what it predicts."""
    space = LevelSpace((16, 56), TILES)
    surrogate = made("compact", space)
    surrogate.train(data_of(space), 0)
    level = evaluations(1, seed=3, shape=space.shape)[0]
    before = surrogate.predict(level).measures
    for row, column in ((0, 0), (0, 55), (15, 0), (15, 55), (7, 30)):
        changed = level.copy()
        changed[0, row, column] = (changed[0, row, column] + 1) % TILES
        assert not np.array_equal(surrogate.predict(changed).measures, before)


@pytest.mark.parametrize(
    ("kind", "members"), [("convolutional", 1), ("compact", 1), ("compact", 2)]
)
def test_predictions_beside_an_agent_that_has_played(kind, members):
    """Networks are copied for prediction; a domain's agent, which is native, cannot be."""
    config = load_config(REPOSITORY / "inputs" / "maze_quick.toml")
    domain = build_domain(config.domain, config.archive.measures)
    solutions = domain.initial_solutions(np.random.default_rng(1), 20)
    levels = domain.levels(solutions)
    assert len(domain.paths(domain.tasks(solutions[:1], np.zeros(1, np.uint64)), 1)) == 1
    space = LevelSpace.of(domain, True)
    data = DataSet(20, space)
    data.add(levels, np.ones(20), np.ones((20, 2)), np.zeros((20, 16, 16), np.float32))
    surrogate = made(kind, space, members=members, epochs=1)
    surrogate.train(data, 0)
    assert surrogate.predict(levels).measures.shape == (20, 2)

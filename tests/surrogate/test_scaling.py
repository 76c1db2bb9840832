import numpy as np
import pytest
import torch

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.network import make_network
from dsage_mpi.surrogate.scaling import LARGEST_DEVIATION, SPREAD, TargetScaling, keep_function
from dsage_mpi.surrogate.settings import SurrogateSettings


def fitted(*columns, occupancy=None):
    targets = torch.tensor(np.stack(columns, axis=1), dtype=torch.float64)
    grid = torch.ones(len(targets), 4, 4) if occupancy is None else torch.tensor(occupancy)
    return TargetScaling.fitted(targets, grid), targets


def test_ordinary_targets_become_standard():
    rng = np.random.default_rng(0)
    occupancy = rng.random((500, 4, 4), dtype=np.float32) * 7
    scaling, targets = fitted(rng.normal(3, 2, 500), rng.uniform(0, 648, 500), occupancy=occupancy)
    trained = scaling.trained(targets)
    np.testing.assert_allclose(trained.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(trained.square().mean(0), SPREAD**2, rtol=1e-6)
    assert scaling.occupancy_scale == pytest.approx(
        np.sqrt(np.mean(occupancy**2)) / SPREAD, rel=1e-6
    )
    np.testing.assert_allclose(scaling.restored(trained.numpy()), targets, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 123456.789])
def test_constant_targets_keep_a_unit_scale(value):
    scaling, targets = fitted(np.full(333, value), np.arange(333.0))
    assert scaling.scale[0] == 1 / SPREAD
    assert float(scaling.trained(targets)[:, 0].abs().max()) < 1e-5


def test_a_single_outlier_stays_bounded():
    objective = np.ones(20_000)
    objective[77] = 0
    scaling, targets = fitted(objective, np.arange(20_000.0))
    assert float(scaling.trained(targets)[77, 0]) == pytest.approx(-LARGEST_DEVIATION * SPREAD)


def test_moving_constants_keep_the_function():
    settings = SurrogateSettings(features=8, residual_blocks=1)
    space = LevelSpace((8, 8), tile_count=3)
    network = make_network(space, 3, settings, 1, torch.device("cpu")).eval()
    old = TargetScaling(np.array([0.9, 120.0, 80.0]), np.array([0.2, 30.0, 55.0]), 0.7)
    new = TargetScaling(np.array([0.5, 140.0, 75.0]), np.array([0.05, 90.0, 11.0]), 1.9)
    image = torch.rand(5, 3, 8, 8)
    with torch.no_grad():
        outputs, grid = network(image)
        keep_function(network, old, new)
        moved, moved_grid = network(image)
    assert not np.allclose(outputs, moved, rtol=0.05)
    np.testing.assert_allclose(
        new.restored(moved.numpy()), old.restored(outputs.numpy()), rtol=1e-6, atol=1e-5
    )
    np.testing.assert_allclose(
        moved_grid * new.occupancy_scale, grid * old.occupancy_scale, rtol=1e-5, atol=1e-7
    )


def test_state_round_trip():
    scaling = TargetScaling(np.array([0.1, 2.0]), np.array([3.0, 0.7]), 1 / 3)
    copy = TargetScaling.from_state(scaling.state())
    np.testing.assert_array_equal(copy.centre, scaling.centre)
    np.testing.assert_array_equal(copy.scale, scaling.scale)
    assert copy.occupancy_scale == scaling.occupancy_scale

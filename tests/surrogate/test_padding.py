"""Computing padding once for all levels changes no number (`surrogate/padding.py`)."""

import copy

import numpy as np
import pytest
import torch

from dsage_mpi.core.levels import LevelSpace, Planes
from dsage_mpi.surrogate.convolutional import ConvolutionalNetwork
from dsage_mpi.surrogate.demand import demand
from dsage_mpi.surrogate.encoding import LevelEncoder
from dsage_mpi.surrogate.network import make_network
from dsage_mpi.surrogate.settings import SurrogateSettings

CPU = torch.device("cpu")
MARIO = LevelSpace((16, 56), 17, 2)
FLAT = LevelSpace(
    (5, 30),
    3,
    1,
    planes=Planes(("height",), lambda levels: levels[:, None].astype(np.float32)),
)
#: Of whose smallest maps all rows depend on levels.
HALF = LevelSpace((8, 16), 3, 1)
QUARTERS = LevelSpace((16, 20), 3)


def trained_network(space: LevelSpace, **settings) -> ConvolutionalNetwork:
    """A network whose batch norms have statistics of their own."""
    network = make_network(space, 3, SurrogateSettings(**settings), 3, CPU)
    network.train()
    with torch.no_grad():
        for seed in range(3):
            network(whole_image(space, *some_levels(space, 8, seed)))
    assert isinstance(network, ConvolutionalNetwork)
    return network


def some_levels(space: LevelSpace, count: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, space.tile_count, (count, *space.shape), dtype=np.int8)
    planes = None if space.planes is None else torch.from_numpy(space.planes.compute(levels))
    return torch.from_numpy(levels), planes


def whole_image(space: LevelSpace, levels, planes):
    return LevelEncoder(space, CPU)(levels, planes)


@pytest.mark.parametrize(
    ("space", "settings"),
    [
        (MARIO, {}),
        (MARIO, {"ancillary": False, "features": 16}),
        (FLAT, {"features": 8, "residual_blocks": 1}),
        (HALF, {"features": 8, "residual_blocks": 1}),
        (QUARTERS, {"features": 8}),
    ],
    ids=["published", "predictor alone", "planes", "half", "quarters"],
)
def test_predictions_are_the_same_to_the_last_bit(space, settings):
    network = trained_network(space, **settings).for_prediction()
    encode = network.encoder(CPU)
    for seed in (5, 6):  # the second pass uses what the first one kept
        levels, planes = some_levels(space, 30, seed)
        with torch.inference_mode():
            image = encode(levels, planes)
            assert image.shape[2] == space.shape[0]
            found = network(image)
            expected = network(whole_image(space, levels, planes))
        for mine, theirs in zip(found, expected, strict=True):
            assert (mine is None) == (theirs is None)
            assert mine is None or torch.equal(mine, theirs)


@pytest.mark.parametrize("ancillary", [True, False])
@pytest.mark.parametrize(
    "space", [MARIO, FLAT, HALF, QUARTERS], ids=["mario", "planes", "half", "quarters"]
)
def test_training_goes_over_the_same_numbers(space, ancillary):
    network = trained_network(space, features=4, ancillary=ancillary).double()
    levels, planes = some_levels(space, 6, 5)

    def trained(image):
        other = copy.deepcopy(network).train()
        outputs, occupancy = other(image.double())
        loss = outputs.square().mean()
        if occupancy is not None:
            assert occupancy.shape == (6, other.side, other.side)
            loss = loss + (occupancy - 1).square().mean()
        loss.backward()
        return outputs, {name: w.grad for name, w in other.named_parameters()}, other.state_dict()

    found = trained(network.encoder(CPU)(levels, planes))
    expected = trained(whole_image(space, levels, planes))
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


def test_statistics_without_a_momentum_are_averages_over_batches():
    found = trained_network(MARIO, features=4, ancillary=False)
    expected = copy.deepcopy(found)
    for network, encode in ((found, found.encoder(CPU)), (expected, LevelEncoder(MARIO, CPU))):
        for norm in network.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.reset_running_stats()
                norm.momentum = None
        with torch.no_grad():
            for seed in range(3):
                network(encode(some_levels(MARIO, 5, seed)[0]))
    torch.testing.assert_close(found.state_dict(), expected.state_dict(), rtol=1e-4, atol=1e-5)


def test_levels_that_fill_their_image_are_seen_whole():
    space = LevelSpace((9, 16), 3)  # more than half of 16 rows
    network = trained_network(space, features=4)
    assert network.encoder(CPU)(some_levels(space, 2)[0]).shape == (2, 3, 16, 16)


def test_estimates_count_what_is_computed():
    """Mario's published pair: 764 million multiply-adds for the whole image."""
    assert 240e6 < demand(SurrogateSettings(), MARIO, 3).multiply_adds < 270e6

import numpy as np
import pytest
import torch

from dsage_mpi.core.levels import LevelSpace, Planes
from dsage_mpi.surrogate.convolutional import ConvolutionalNetwork
from dsage_mpi.surrogate.encoding import LevelEncoder, padded_side
from dsage_mpi.surrogate.ensemble import make_surrogate_network
from dsage_mpi.surrogate.inference import Inference
from dsage_mpi.surrogate.network import make_network
from dsage_mpi.surrogate.settings import SurrogateSettings

CPU = torch.device("cpu")


def network(tile_count: int, side: int, *, ancillary: bool = True, seed: int = 3):
    space = LevelSpace((side, side), tile_count)
    return make_network(space, 3, SurrogateSettings(ancillary=ancillary), seed, CPU)


def parameters(module: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


# Counted by hand from the published layers: convolutions have no bias, batch norms have two
# numbers per channel, heads have a bias.
ANCILLARY_BODY = 4 * 64 * 64 * 9 + 4 * 2 * 64 + 64


@pytest.mark.parametrize(
    ("tiles", "side", "feature_size", "trunk"),
    [
        (4, 16, 2048, 5 * 64 * 16 + 64 * 128 * 16 + 2 * 128),
        (
            17,
            64,
            8192,
            18 * 64 * 16 + (64 * 128 + 128 * 256 + 256 * 512) * 16 + 2 * (128 + 256 + 512),
        ),
    ],
    ids=["maze", "mario"],
)
def test_published_sizes(tiles, side, feature_size, trunk):
    net = network(tiles, side)
    assert net.ancillary is not None
    assert net.predictor.feature_size == feature_size
    assert parameters(net.predictor.trunk) == trunk
    assert parameters(net.predictor.heads) == 3 * (feature_size + 1)
    assert parameters(net.ancillary) == tiles * 64 * 9 + ANCILLARY_BODY
    outputs, occupancy = net.eval()(torch.zeros(2, tiles, side, side))
    assert outputs.shape == (2, 3)
    assert occupancy.shape == (2, side, side)


def test_without_ancillary_the_predictor_sees_tiles_alone():
    net = network(17, 64, ancillary=False)
    first = net.predictor.trunk[0]
    assert isinstance(first, torch.nn.Conv2d)
    assert first.in_channels == 17
    outputs, occupancy = net.eval()(torch.zeros(2, 17, 64, 64))
    assert outputs.shape == (2, 3)
    assert occupancy is None


def test_gradients_of_the_heads_reach_the_ancillary_network():
    net = network(4, 16)
    assert net.ancillary is not None
    outputs, _ = net(torch.rand(4, 4, 16, 16))
    outputs.sum().backward()
    first = net.ancillary.layers[0].weight
    assert isinstance(first, torch.nn.Parameter)
    assert first.grad is not None
    assert first.grad.abs().sum() > 0


def test_initial_weights_depend_on_the_seed_alone():
    state = torch.random.get_rng_state()
    one, same, other = network(4, 16), network(4, 16), network(4, 16, seed=4)
    assert torch.equal(torch.random.get_rng_state(), state)
    for (name, weight), equal, different in zip(
        one.named_parameters(), same.parameters(), other.parameters(), strict=True
    ):
        assert torch.equal(weight, equal), name
        constant = weight.dim() == 1 and "heads" not in name  # batch norms start at 1 and 0
        assert constant or not torch.equal(weight, different), name


def test_initial_weights_have_torchs_default_spread():
    net = network(4, 16)
    bound = 1 / np.sqrt(64 * 16)
    weight = net.predictor.trunk[2].weight.detach()
    assert isinstance(weight, torch.Tensor)
    assert weight.abs().max() <= bound
    assert weight.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)


def test_folded_network_predicts_what_eval_mode_does():
    net = network(4, 16)
    with torch.no_grad():
        net.train()
        for _ in range(20):  # running statistics that are not the identity
            net(torch.rand(8, 4, 16, 16) * 3)
        image = torch.rand(8, 4, 16, 16)
        expected = net.eval()(image)
        got = net.for_prediction()(image)
    for mine, theirs in zip(got, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in net.for_prediction().modules())
    assert any(isinstance(m, torch.nn.BatchNorm2d) for m in net.modules())


def test_network_is_built_on_its_layers_shapes():
    net = ConvolutionalNetwork(
        LevelSpace((8, 8), 4), 4, SurrogateSettings(features=4, residual_blocks=0)
    )
    assert net.predictor.feature_size == 4 * 4 * 4
    outputs, _ = net(torch.zeros(3, 4, 8, 8))
    assert outputs.shape == (3, 4)


@pytest.mark.parametrize(
    ("shape", "side"), [((16, 16), 16), ((16, 56), 64), ((17, 3), 32), ((1, 1), 8)]
)
def test_padded_side(shape, side):
    assert padded_side(shape) == side


def test_encoding_pads_right_and_bottom_with_the_empty_tile():
    levels = torch.tensor([[[0, 1, 2], [2, 1, 0]]], dtype=torch.int8)
    image = LevelEncoder(LevelSpace((2, 3), tile_count=3, empty_tile=1), CPU)(levels)
    assert image.shape == (1, 3, 8, 8)
    assert image.is_contiguous(memory_format=torch.channels_last)
    codes = torch.full((8, 8), 1)
    codes[:2, :3] = levels[0]
    expected = torch.nn.functional.one_hot(codes.long(), 3).permute(2, 0, 1)
    assert torch.equal(image[0], expected.float())


def test_planes_follow_the_tiles_and_are_padded_with_zeros():
    planes = Planes(("one", "two"), lambda levels: np.zeros((len(levels), 2, 2, 3)))
    space = LevelSpace((2, 3), tile_count=3, empty_tile=1, planes=planes)
    levels = torch.tensor([[[0, 1, 2], [2, 1, 0]]], dtype=torch.int8)
    numbers = torch.arange(12, dtype=torch.float32).reshape(1, 2, 2, 3)
    image = LevelEncoder(space, CPU)(levels, numbers)
    assert image.shape == (1, 5, 8, 8)
    assert image.is_contiguous(memory_format=torch.channels_last)
    without = LevelEncoder(LevelSpace((2, 3), tile_count=3, empty_tile=1), CPU)(levels)
    assert torch.equal(image[:, :3], without)
    assert torch.equal(image[:, 3:, :2, :3], numbers)
    assert image[:, 3:, 2:].count_nonzero() == image[:, 3:, :, 3:].count_nonzero() == 0


@pytest.mark.parametrize(
    ("kind", "members", "usual", "levels"),
    [
        ("convolutional", 1, 150, 30),  # its maps would leave the caches
        ("compact", 1, 10, 30),  # equal kernels for few levels, too
        ("compact", 1, 70, 70),  # no more than are asked for
        ("compact", 3, 1500, 150),
    ],
)
def test_a_pass_is_as_large_as_is_fast(kind, members, usual, levels):
    settings = SurrogateSettings(
        kind=kind, members=members, features=4, residual_blocks=1, ancillary=False
    )
    network = make_surrogate_network(LevelSpace((8, 8), 3), 3, settings, 0, CPU)
    assert Inference(network, settings, CPU, usual).batch == levels
    fixed = settings.model_copy(update={"predict_batch": 17})
    assert Inference(network, fixed, CPU, usual).batch == 17

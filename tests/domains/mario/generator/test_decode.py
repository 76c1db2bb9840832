"""Decoding computes a third of the network and gives the levels of all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dsage_mpi.domains.mario.generator import Generator, load_generator
from dsage_mpi.training.mario_generator.networks import LevelNetwork
from tests.domains.mario.generator.conftest import latents, random_network


def _weights(network: LevelNetwork) -> dict[str, NDArray[np.float32]]:
    return {name: tensor.numpy() for name, tensor in network.state_dict().items()}


def _full(network: LevelNetwork, points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Scores of the whole 64x64 image, final ReLU included, as the published programs have it."""
    with torch.no_grad():
        images = network.main(torch.from_numpy(points).float()[:, :, None, None]).relu()
    assert images.shape[1:] == (17, 64, 64)
    scores: NDArray[np.float32] = images[:, :, :16, :56].numpy()
    return scores


@pytest.mark.parametrize(("channels", "count"), [(512, 32), (64, 1000)])
def test_cropped_levels_are_those_of_the_full_image(channels: int, count: int) -> None:
    network, points = random_network(channels), latents(count)
    scores = _full(network, points)
    levels = Generator(_weights(network)).decode(points)
    assert levels.shape == (count, 16, 56)
    assert levels.dtype == np.int8
    assert len(np.unique(levels)) > 5
    # Batch norm is folded in, so sums are rounded differently: other tiles only at ties.
    top = np.sort(scores, axis=1)
    tie = top[:, -1] - top[:, -2] < 1e-5 * np.abs(top[:, -1])
    assert not ((levels != scores.argmax(1)) & ~tie).any()
    assert (levels != scores.argmax(1)).mean() < 1e-5


def test_where_no_score_is_positive_the_tile_is_empty() -> None:
    """The published network ends in a ReLU, so that nothing beats the first of all zeros."""
    weights = _weights(random_network(64))
    weights["main.final:8-17:convt.weight"] = -np.abs(weights["main.final:8-17:convt.weight"])
    assert not Generator(weights).decode(latents(5)).any()


def test_a_level_depends_on_its_latent_alone() -> None:
    generator = Generator(_weights(random_network(128)))
    points = latents(70)
    levels = generator.decode(points)
    for size in (1, 30, 33):
        parts = [generator.decode(points[at : at + size]) for at in range(0, 70, size)]
        np.testing.assert_array_equal(np.concatenate(parts), levels)
    assert generator.decode(points[:0]).shape == (0, 16, 56)


def test_threads_do_not_matter(published_file: Path) -> None:
    generator = Generator(load_generator(str(published_file)))
    points, threads = latents(64), torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = generator.decode(points)
        torch.set_num_threads(3)
        np.testing.assert_array_equal(generator.decode(points), alone)
    finally:
        torch.set_num_threads(threads)


def test_wrong_shapes_are_refused() -> None:
    generator = Generator(_weights(random_network(16)))
    with pytest.raises(ValueError, match=r"shape \(3, 31\); expected \(n, 32\)"):
        generator.decode(np.zeros((3, 31)))
    with pytest.raises(ValueError, match=r"shape \(32,\)"):
        generator.decode(np.zeros(32))


def test_importing_the_generator_imports_no_torch() -> None:
    program = (
        "import sys; from dsage_mpi.domains.mario.generator import Generator, load_generator;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_levels_of_a_gpu_differ_at_ties_at_most(published_file: Path) -> None:
    weights, points = load_generator(str(published_file)), latents(500)
    there = Generator(weights, "cuda").decode(points)
    assert (there != Generator(weights).decode(points)).mean() < 1e-3

"""Gains make rare kinds frequent enough where their scores are highest, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dsage_mpi.domains.mario.tiles import TILES
from dsage_mpi.training.mario_generator.calibration import calibrate, find_gains
from tests.domains.mario.generator.conftest import latents, random_network

GOOMBA, GROUND = TILES.index("g"), TILES.index("X")


def _scores() -> torch.Tensor:
    """Sky over ground, and hedged enemies: higher on the ground's row than elsewhere."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.zeros((20, 17, 16, 56))
    scores[:, 0, :14] = 1.0
    scores[:, GROUND, 14:] = 1.0
    scores[:, GOOMBA] = 0.2 * torch.rand((20, 16, 56), generator=generator)
    scores[:, GOOMBA, 13] += 0.2
    return scores


def test_rare_tiles_come_out_half_as_often_as_in_the_corpus_where_they_belong() -> None:
    shares = np.zeros(17)
    shares[0], shares[GROUND], shares[GOOMBA] = 0.872, 0.125, 0.003
    gains = find_gains(_scores(), shares)
    assert (np.delete(gains, GOOMBA) == 1.0).all()
    scaled = _scores() * torch.from_numpy(gains.astype(np.float32))[None, :, None, None]
    tiles = scaled.argmax(1)
    assert (tiles == GOOMBA).float().mean().item() == pytest.approx(0.0015, rel=0.1)
    assert not (tiles[:, :13] == GOOMBA).any()


def test_what_the_network_never_learnt_stays_rare() -> None:
    shares = np.zeros(17)
    shares[0], shares[GROUND], shares[GOOMBA], shares[5] = 0.86, 0.125, 0.003, 0.012
    gains = find_gains(_scores(), shares)
    assert gains[5] == 8.0  # the limit: this kind has no score anywhere
    assert np.isfinite(gains).all()


def test_gains_are_built_into_the_last_layer() -> None:
    network, points = random_network(16), torch.from_numpy(latents(20)).float()
    shares = np.full(17, 0.01)
    shares[0] = 0.84
    with torch.no_grad():
        before = network(points)
        gains = calibrate(network, points, shares)
        after = network(points)
    assert gains.max() > 1.0
    factors = torch.from_numpy(gains.astype(np.float32))[None, :, None, None]
    torch.testing.assert_close(after, before * factors)

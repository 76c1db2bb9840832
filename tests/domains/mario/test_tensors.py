"""Mario levels as tensors against levels as arrays."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dsage_mpi.core.domain import DomainError
from dsage_mpi.core.tensor_levels import tensor_levels
from dsage_mpi.domains.mario.domain import MarioDomain
from dsage_mpi.domains.mario.settings import MarioSettings
from dsage_mpi.domains.mario.tiles import TILES

MEASURES = ("sky_tiles", "jumps", "num_enemies")


@pytest.fixture(scope="module")
def domain():
    return MarioDomain(MarioSettings(name="mario"), MEASURES)


@pytest.fixture(scope="module")
def made(domain):
    return tensor_levels(domain, "cpu", bare=False, planes=True)


@pytest.mark.parametrize("count", [1, 30, 32, 75])
def test_latents_become_the_same_levels(domain, made, count):
    latents = np.random.default_rng(count).normal(0, 1, (count, 32))
    with torch.inference_mode():
        levels = made.levels(torch.from_numpy(latents))
    assert levels.dtype == torch.int8
    np.testing.assert_array_equal(levels, domain.levels(latents))


def test_levels_tell_the_same(domain, made):
    rng = np.random.default_rng(0)
    levels = rng.integers(0, len(TILES), (40, 16, 56), dtype=np.int8)
    levels[:20, 8:] = rng.choice([0, 2, 5], (20, 1, 56))  # ground, and gaps
    levels[20:30] = rng.choice([0, 2], (10, 16, 56), p=[0.02, 0.98])
    levels[0], levels[1] = 2, 0
    tensor = torch.from_numpy(levels)
    planes = made.planes(tensor)
    assert planes.dtype == torch.float32
    np.testing.assert_array_equal(planes, domain.planes(levels))
    assert len(np.unique(planes[:, 3])) > 5
    known = made.known(tensor).numpy()
    assert np.isnan(known[:, 0]).all()
    np.testing.assert_array_equal(known[:, 1:], domain.known_measures(levels))


def test_what_is_made_on_the_host_alone_is_not_to_be_had(domain):
    with pytest.raises(DomainError, match=r"no levels for surrogate\.inputs"):
        tensor_levels(domain, "cuda", bare=True, planes=False)
    divergent = MarioDomain(MarioSettings(name="mario"), ("kl_level1", "jumps"))
    with pytest.raises(DomainError, match="no kl_level1 as tensors"):
        tensor_levels(divergent, "cpu", bare=False, planes=False)

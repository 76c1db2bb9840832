"""Gains of rare tile kinds, so that they come out about as often as in the corpus.

A generator hedges: where an enemy may or may not stand, both get middling scores, and in an argmax
empty wins every time. The scores are higher where enemies belong, though. A factor per tile kind,
built into the last layer, makes such kinds half as frequent as in the corpus; places stay as
learnt. Half, because the last of them would win against parts of pipes, not against empty.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dsage_mpi.training.mario_generator.networks import LevelNetwork

_ROUNDS = 40
#: Exponent of the correction in the first round, by what it falls from round to round (a kind's
#: share can be a steep function of its gain), and the largest ratio that is believed.
_PACE, _CALMING, _RATIO = 0.3, 0.88, 5.0
#: Gains end here: what the network never learnt cannot be had by force.
_HIGHEST = 8.0
#: Part of its share in the corpus below which a kind counts as rare, and which it then gets.
_RARE = 0.5


def calibrate(
    network: LevelNetwork, latents: torch.Tensor, shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Multiplies the last layer's channels by the gains found, and returns them.

    Args:
        network: A generator in use (eval mode); changed in place.
        latents: (n, 32) latents that frequencies are measured on.
        shares: (17,) share of each tile kind in the corpus.
    """
    with torch.no_grad():
        scores = torch.cat([network(batch).relu() for batch in torch.split(latents, 64)])
        gains = find_gains(scores, shares)
        *_, last = (module for module in network.main if isinstance(module, nn.ConvTranspose2d))
        last.weight.mul_(torch.from_numpy(gains.astype(np.float32))[None, :, None, None])
    return gains


def find_gains(scores: torch.Tensor, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(17,) gains with which rare kinds reach half their shares in the argmax, as far as that goes.

    Gains other than 1 are for kinds found less often than that. The others hold shapes together:
    a pipe that grows at the expense of its ground is none any more.

    Args:
        scores: (n, 17, 16, 56) scores, not negative.
        shares: (17,) share of each kind in the corpus.
    """
    gains = np.ones(len(shares))
    rare = np.zeros(len(shares), dtype=np.bool_)
    cells = len(scores) * scores.shape[2] * scores.shape[3]
    for number in range(_ROUNDS):
        scaled = scores * torch.from_numpy(gains.astype(np.float32))[None, :, None, None]
        tiles = scaled.max(1).indices
        found = torch.bincount(tiles.flatten(), minlength=len(shares)).numpy() / cells
        if number == 0:
            rare = found < _RARE * shares
        ratio = np.clip(_RARE * shares / np.maximum(found, 1e-9), 1.0 / _RATIO, _RATIO)
        gains = np.where(
            rare, np.clip(gains * ratio ** (_PACE * _CALMING**number), 1.0, _HIGHEST), 1.0
        )
    return gains

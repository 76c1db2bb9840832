"""Mazes without marks as tensors on a device: they are their own solutions."""

from __future__ import annotations

import torch
from torch import Tensor

from dsage_mpi.domains.maze.levels import SIDE, WALL


class MazeTensors:
    """Bare levels (contract: ``core/tensor_levels.py``).

    Args:
        measures: What the archive spans, in order.
        tells_objective: Whether the objective is that the agent can be put into the maze.
    """

    def __init__(self, measures: tuple[str, ...], tells_objective: bool) -> None:
        self._measures, self._tells_objective = measures, tells_objective

    def levels(self, solutions: Tensor) -> Tensor:
        """Tile codes ((n, 16, 16) int8) of tiles ((n, 256))."""
        return solutions.view(-1, SIDE, SIDE).to(torch.int8)

    def planes(self, levels: Tensor) -> Tensor:
        """Is not offered: shortest paths are found on the host."""
        raise NotImplementedError("mazes have no planes on a device")

    def known(self, levels: Tensor) -> Tensor:
        """(n, 1 + k) float64: walls, and whether the agent can be put into the maze."""
        free = levels != WALL
        walls = (~free).flatten(1).sum(dim=1).double()
        unknown = torch.full_like(walls, torch.nan)
        objective = _playable(free).double() if self._tells_objective else unknown
        measures = [walls if name == "num_blocks" else unknown for name in self._measures]
        return torch.stack([objective, *measures], dim=1)


def _playable(free: Tensor) -> Tensor:
    """Whether two free cells lie side by side ((n,) bool)."""
    upright = (free[:, 1:] & free[:, :-1]).flatten(1).any(dim=1)
    return upright | (free[:, :, 1:] & free[:, :, :-1]).flatten(1).any(dim=1)

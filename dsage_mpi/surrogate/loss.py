"""What training makes small (Bhatt et al. 2022, appendix)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def surrogate_loss(
    outputs: Tensor,
    targets: Tensor,
    occupancy: Tensor | None,
    occupancy_target: Tensor | None,
    occupancy_weight: float,
) -> tuple[Tensor, Tensor]:
    """The published loss: mean of the heads' MSEs + weight x MSE of the occupancy grid.

    Args:
        outputs: (n, 1 + k) predictions.
        targets: (n, 1 + k) what they should be.
        occupancy: (n, side, side) predicted grid at the padded size, or None.
        occupancy_target: (n, H, W); the prediction is cropped to it.
        occupancy_weight: Factor of the occupancy term.

    Returns:
        The loss, and detached its parts: MSE of every head, then of the occupancy grid.
    """
    parts = (outputs - targets).square().mean(dim=0)
    loss = parts.mean()
    if occupancy is not None and occupancy_target is not None:
        height, width = occupancy_target.shape[1:]
        grid = functional.mse_loss(occupancy[:, :height, :width], occupancy_target)
        loss = loss + occupancy_weight * grid
        parts = torch.cat([parts, grid.view(1)])
    return loss, parts.detach()

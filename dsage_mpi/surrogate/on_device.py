"""Prediction from tensors to tensors, for a search that is on the surrogate's device, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dsage_mpi.surrogate.inference import Inference
from dsage_mpi.surrogate.scaling import TargetScaling

Numbers = TypeVar("Numbers", NDArray[np.float64], Tensor)


class DevicePrediction:
    """What ``Surrogate.predict`` gives of objective and measures, bit for bit, on the device.

    But for the last bit of an ensemble's spread, as torch's square roots are not always rounded to
    the nearest number.

    Args:
        inference: The networks.
        scaling: From training to raw units.
        members: Networks whose outputs there are side by side.
        device: Where the networks are.
    """

    def __init__(
        self, inference: Inference, scaling: TargetScaling, members: int, device: torch.device
    ) -> None:
        self._inference, self._members = inference, members
        self._count = torch.tensor(float(members), dtype=torch.float64, device=device)
        self._centre = torch.from_numpy(scaling.centre).to(device)
        self._scale = torch.from_numpy(scaling.scale).to(device)

    def __call__(self, levels: Tensor, planes: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Objective and measures of levels, in raw units, without any word with the device.

        Args:
            levels: (n, H, W) int8 or (n, d) float64; at least one.
            planes: (n, P, H, W) float32, if the networks see any.

        Returns:
            (n, 1 + k) float64, whatever the networks gave, finite or not; and how far the members
            of an ensemble disagree ((n, 1 + k), or (n, 0) of a single network).
        """
        outputs = self._inference.on_device(levels, planes).double()
        each = outputs.view(len(levels), self._members, -1).unbind(dim=1)
        # Two operations: in one the product would not be rounded.
        raw = [self._centre + self._scale * member for member in each]
        if len(raw) == 1:
            return raw[0], raw[0][:, :0]
        mean, variance = mean_and_variance(raw, self._count, self._count - 1)
        return mean, variance.sqrt()


def mean_and_variance(
    parts: Sequence[Numbers], count: Numbers | int, less: Numbers | int
) -> tuple[Numbers, Numbers]:
    """Of what the members of an ensemble predict, arrays or tensors: the same to the last bit.

    Sums go from member to member, however many levels there are.

    Args:
        parts: (n, ...) of each member, at least two.
        count: How many these are; for a GPU, which would multiply by the reciprocal of a number,
            as a tensor.
        less: One less.

    Returns:
        Mean and unbiased variance, (n, ...) each.
    """
    mean = _sum(parts) / count
    return mean, _sum([(part - mean) * (part - mean) for part in parts]) / less


def _sum(parts: Sequence[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total

"""Target units: what the networks are trained to give, against what users see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dsage_mpi.core.state import Tree
from dsage_mpi.surrogate.network import Network

#: Standard deviation of trained targets. With 1, Adam's steps move the linear heads, 2048 weights
#: wide, faster than the convolutions can learn anything: they fit the noise of single levels
#: (measured, see docs/surrogate.md). The same fact helps the published raw units.
SPREAD = 10.0

#: In standard deviations: no training target is further than this from zero. A rare outlier (one
#: unsolvable level among 20 000, with a standard deviation of 0.007) would otherwise drown
#: everything else in the loss.
LARGEST_DEVIATION = 10.0


@dataclass(frozen=True)
class TargetScaling:
    """Linear maps between raw and training units: ``raw = centre + scale * trained``.

    Attributes:
        centre: (1 + k,) float64, objective first, then the measures.
        scale: (1 + k,) float64, > 0.
        occupancy_scale: > 0. Occupancy is not centred: most tiles are never visited, and the
            occupancy network, which has no bias at its end, gives exactly zero easily.
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    occupancy_scale: float

    @classmethod
    def raw(cls, outputs: int) -> TargetScaling:
        """Raw units: the published behaviour, and what training starts from."""
        return cls(np.zeros(outputs), np.ones(outputs), 1.0)

    @classmethod
    def fitted(cls, targets: Tensor, occupancy: Tensor) -> TargetScaling:
        """Units in which the window has mean 0 and standard deviation `SPREAD` (or a bit less).

        Args:
            targets: (n, 1 + k) float64 objective and measures.
            occupancy: (n, H, W) float32; scaled to a root mean square of `SPREAD`.
        """
        centre = targets.mean(dim=0)
        deviation = (targets - centre).abs()
        scale = torch.maximum(
            deviation.square().mean(dim=0).sqrt(), deviation.amax(dim=0) / LARGEST_DEVIATION
        )
        square = occupancy.square().mean(dtype=torch.float64)
        return cls(
            centre.cpu().numpy(),
            _usable(scale.cpu().numpy(), centre.cpu().numpy()) / SPREAD,
            float(_usable(np.sqrt(square.cpu().numpy()), np.float64(0)) / SPREAD),
        )

    def trained(self, targets: Tensor) -> Tensor:
        """Raw targets ((n, 1 + k) float64) in training units, as float32."""
        centre = torch.from_numpy(self.centre).to(targets.device)
        scale = torch.from_numpy(self.scale).to(targets.device)
        return ((targets - centre) / scale).to(torch.float32)

    def restored(self, outputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """Network outputs ((n, 1 + k)) in raw units."""
        return self.centre + self.scale * outputs.astype(np.float64)

    def state(self) -> Tree:
        """The constants."""
        return {
            "centre": self.centre,
            "scale": self.scale,
            "occupancy_scale": np.float64(self.occupancy_scale),
        }

    @classmethod
    def from_state(cls, tree: Mapping[str, Any]) -> TargetScaling:
        """The scaling whose `state` this is."""
        return cls(
            np.array(tree["centre"], dtype=np.float64),
            np.array(tree["scale"], dtype=np.float64),
            float(tree["occupancy_scale"]),
        )


def _usable(scale: Any, centre: Any) -> NDArray[np.float64]:
    """Constant targets have no spread but rounding errors; any unit does for them."""
    return np.where(scale > 1e-9 * (1 + np.abs(centre)), scale, 1.0)


@torch.no_grad()
def keep_function(network: Network, old: TargetScaling, new: TargetScaling) -> None:
    """Changes weights so that, in raw units, ``network`` predicts the same under ``new``.

    Training over outer iterations goes on from where it was; when the window's mean and spread
    move, the last linear maps (and what weighs the occupancy grid) absorb it.
    """
    device = network.output_layer().weight.device
    ratio = torch.from_numpy(old.scale / new.scale).to(device)
    shift = torch.from_numpy((old.centre - new.centre) / new.scale).to(device)
    network.rescale_outputs(ratio, shift)
    if network.predicts_occupancy:
        network.rescale_occupancy(old.occupancy_scale / new.occupancy_scale)

"""Fast prediction: the network's form for prediction, fixed-size passes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from dsage_mpi.surrogate.encoding import computed_planes
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.network import Network
from dsage_mpi.surrogate.settings import SurrogateSettings
from dsage_mpi.surrogate.training import divergence_advice

#: Levels per pass for "auto", at least, and at most on a GPU, which wants much work per kernel.
#: They divide both published inner batches (mazes 150, Mario 30).
SMALLEST_PASS, LARGEST_PASS = 30, 150
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Inference:
    """A snapshot of a network, ready to predict.

    Every pass has the same number of levels (the last is filled up with empty ones), so that the
    same kernels run whatever the number of levels asked for, and the prediction of a level does
    not depend on which others are asked with it.

    Args:
        network: What to take the snapshot of.
        settings: Precision and size of a pass.
        device: Where the network is.
        usual: Levels that are asked for at once, mostly.
    """

    def __init__(
        self,
        network: Network,
        settings: SurrogateSettings,
        device: torch.device,
        usual: int = LARGEST_PASS,
    ) -> None:
        self._settings, self._device = settings, device
        self._network = network.for_prediction(DTYPES[settings.predict_precision])
        self._encoder = self._network.encoder(device)
        #: Levels per pass.
        self.batch = _levels_per_pass(network, settings, device, usual)

    def __call__(
        self, levels: NDArray[Any], wants_grid: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Outputs ((n, 1 + k)) and, if wanted, grids ((n, H, W)), in training units.

        All passes are queued before the first result is read, so that a GPU does not wait.

        Raises:
            SurrogateError: An output is infinite or not a number.
        """
        count = len(levels)
        if count == 0:
            empty = np.empty((0, *self._network.space.shape), np.float32) if wants_grid else None
            return np.empty((0, self._network.outputs), np.float32), empty
        outputs: list[Tensor] = []
        grids: list[Tensor] = []
        with torch.inference_mode():
            for chunk, planes in self._passes(levels):
                output, grid = self._network(self._encoder(chunk, planes))
                outputs.append(output)
                if wants_grid:
                    height, width = self._network.space.shape
                    grids.append(grid[:, :height, :width].float())
            values = _joined(outputs, count)
            if not np.isfinite(values).all():
                raise not_finite(self._settings)
            return values, _joined(grids, count) if wants_grid else None

    def on_device(self, levels: Tensor, planes: Tensor | None) -> Tensor:
        """Outputs ((n, 1 + k) float32) in training units, without any word with the device.

        Args:
            levels: (n, H, W) int8 or (n, d) float64, where the network is; at least one.
            planes: (n, P, H, W) float32, if the network sees any.
        """
        chunks = self._chunks(levels, self._network.space.empty_tile)
        of_planes = [None] * len(chunks) if planes is None else self._chunks(planes, 0)
        outputs = [
            self._network(self._encoder(chunk, seen))[0]
            for chunk, seen in zip(chunks, of_planes, strict=True)
        ]
        return torch.cat(outputs)[: len(levels)]

    def _passes(self, levels: NDArray[Any]) -> Iterator[tuple[Tensor, Tensor | None]]:
        """Levels and planes of every pass."""
        space = self._network.space
        chunks = self._chunks(torch.from_numpy(levels), space.empty_tile)
        planes = computed_planes(space, levels)
        if planes is None:
            return zip(chunks, itertools.repeat(None), strict=False)
        return zip(chunks, self._chunks(planes, 0), strict=True)

    def _chunks(self, rows: Tensor, filling: float) -> tuple[Tensor, ...]:
        rows = rows.to(self._device)
        if missing := -len(rows) % self.batch:
            sides = (0, 0) * (rows.ndim - 1)
            rows = functional.pad(rows, (*sides, 0, missing), value=filling)
        return torch.split(rows, self.batch)


def not_finite(settings: SurrogateSettings) -> SurrogateError:
    """What to say where an output is infinite or not a number."""
    advice = divergence_advice(settings)
    return SurrogateError(f"The surrogate predicts what is not finite. {advice}")


def _levels_per_pass(
    network: Network, settings: SurrogateSettings, device: torch.device, usual: int
) -> int:
    """``surrogate.predict_batch``; "auto": what is fast, but no more than is usually asked for."""
    if settings.predict_batch != "auto":
        return settings.predict_batch
    fastest = network.fastest_pass if device.type == "cpu" else LARGEST_PASS
    return max(SMALLEST_PASS, min(fastest, usual))


def _joined(passes: list[Tensor], count: int) -> NDArray[np.float32]:
    array: NDArray[np.float32] = torch.cat(passes)[:count].cpu().numpy()
    return array

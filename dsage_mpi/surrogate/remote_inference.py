"""Prediction on several ranks: the same passes, wherever they are computed.

A level's prediction does not depend on its company (docs/surrogate.md, "Determinism"), so a pass
computed by another rank with an equal processor is the pass that this rank would have computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dsage_mpi.core.computing import Bytes, Compute
from dsage_mpi.surrogate.ensemble import make_surrogate_network
from dsage_mpi.surrogate.inference import Inference
from dsage_mpi.surrogate.remote_messages import Arrays, Shape
from dsage_mpi.surrogate.snapshot import load_network_state

#: Requests per rank, if there are passes enough: with fewer, ranks would wait for each other at the
#: end; with more, small networks would take less time than the messages.
_REQUESTS = 16

Outputs = NDArray[np.float32]


class SharedInference:
    """Outputs of many levels, pass by pass, on this rank and others.

    Args:
        compute: Spreads the passes.
        local: Outputs ((n, 1 + k)) of levels ((n, ...)), computed here.
        levels_per_pass: n, but for the last pass.
    """

    def __init__(
        self, compute: Compute, local: Callable[[NDArray[Any]], Outputs], levels_per_pass: int
    ) -> None:
        self._compute, self._local, self._batch = compute, local, levels_per_pass

    def __call__(self, levels: NDArray[Any]) -> Outputs:
        """Outputs ((n, 1 + k)) of levels ((n, H, W) or (n, d))."""
        if len(levels) <= self._batch:
            return self._local(levels)
        passes = -(-len(levels) // self._batch)
        size = self._batch * max(1, passes // (_REQUESTS * self._compute.ranks))
        shares = [levels[k : k + size] for k in range(0, len(levels), size)]
        requests = [np.ascontiguousarray(share).view(np.uint8).reshape(-1) for share in shares]
        found = self._compute.map(requests, lambda k: self._local(shares[k]))
        parts = [
            answer.view(np.float32).reshape(len(share), -1)
            for answer, share in zip(found, shares, strict=True)
        ]
        return np.concatenate(parts)


class RemoteInference:
    """Another rank's part: a network that predicts.

    Args:
        shape: What it is built from.
        weights: What ``network_state`` gave on rank 0.

    Raises:
        SurrogateError: They belong to another network.
    """

    def __init__(self, shape: Shape, weights: Arrays) -> None:
        self._space, device = shape.space, torch.device("cpu")
        network = make_surrogate_network(shape.space, shape.outputs, shape.settings, 0, device)
        load_network_state(network, weights)
        self._inference = Inference(network, shape.settings, device, shape.usual_batch)

    def __call__(self, request: Bytes, is_wanted: Callable[[], bool]) -> Bytes:
        """Outputs of some passes of levels; so few that nothing can be more urgent."""
        levels = request.copy().view(self._space.dtype).reshape(-1, *self._space.shape)
        return self._inference(levels, False)[0].view(np.uint8).reshape(-1)

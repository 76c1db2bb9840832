"""Prediction on several ranks: the same passes, wherever they are computed.

A level's prediction does not depend on its company (docs/surrogate.md, "Determinism"), so a pass
computed by another rank with an equal processor is the pass that this rank would have computed.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.computing import Bytes, Compute
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.settings import SurrogateSettings

#: The name of the processor, among the arrays of a state.
_PROCESSOR = "processor"
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


class PredictionService:
    """Another rank's part: a network that predicts, with weights that rank 0 sends.

    Args:
        settings: The table ``[surrogate]``.
        space: What levels are.
        outputs: 1 + number of measures.
        processor: What this rank's processor is called.
    """

    def __init__(
        self, settings: SurrogateSettings, space: LevelSpace, outputs: int, processor: str
    ) -> None:
        self._settings, self._space, self._outputs = settings, space, outputs
        self._processor = processor
        self._predict: Callable[[NDArray[Any]], Outputs] | None = None

    def load(self, state: Bytes) -> None:
        """Takes the weights that ``packed`` packed.

        Raises:
            SurrogateError: They belong to another network, or this rank would round differently.
        """
        import torch  # here alone: ranks that only simulate do without

        from dsage_mpi.surrogate.device import configure_determinism
        from dsage_mpi.surrogate.ensemble import make_surrogate_network
        from dsage_mpi.surrogate.errors import SurrogateError
        from dsage_mpi.surrogate.inference import Inference
        from dsage_mpi.surrogate.snapshot import load_network_state

        arrays = dict(np.load(io.BytesIO(state.tobytes()), allow_pickle=False))
        theirs = str(arrays.pop(_PROCESSOR))
        if theirs != self._processor:
            raise SurrogateError(
                f"its processor ({self._processor}) may round otherwise than rank 0's ({theirs})"
            )
        torch.set_num_threads(1)
        device = torch.device("cpu")
        configure_determinism(self._settings.deterministic, device)
        network = make_surrogate_network(self._space, self._outputs, self._settings, 0, device)
        load_network_state(network, arrays)
        inference = Inference(network, self._settings, device)
        self._predict = lambda levels: inference(levels, False)[0]

    def __call__(self, request: Bytes) -> Bytes:
        """Outputs of some passes of levels."""
        assert self._predict is not None  # a state comes before the first request
        shape = (-1, *self._space.shape)
        levels = request.copy().view(self._space.dtype).reshape(shape)
        return self._predict(levels).view(np.uint8).reshape(-1)


def packed(weights: dict[str, NDArray[Any]], processor: str) -> Bytes:
    """Weights by name, and the processor that they are to be used on, as bytes."""
    file = io.BytesIO()
    arrays: dict[str, Any] = {**weights, _PROCESSOR: np.array(processor)}
    np.savez(file, **arrays)
    return np.frombuffer(file.getvalue(), np.uint8)

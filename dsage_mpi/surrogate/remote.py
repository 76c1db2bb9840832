"""Another rank's part in what rank 0's surrogate does: predictions and trainings.

Both come out the same wherever they are computed, on equal processors (docs/surrogate.md,
"Determinism"). Rank 0 says with each state which of them its requests are about.
"""

from __future__ import annotations

from collections.abc import Callable

from dsage_mpi.core.computing import Bytes
from dsage_mpi.surrogate.remote_messages import PROCESSOR, ROLE, Shape, unpacked


class SurrogateService:
    """Computes for rank 0's surrogate (``core.computing.Service``).

    Args:
        shape: What networks are built from.
        processor: What this rank's processor is called.
    """

    def __init__(self, shape: Shape, processor: str) -> None:
        self._shape, self._processor = shape, processor
        self._answer: Callable[[Bytes, Callable[[], bool]], Bytes] | None = None

    def load(self, state: Bytes) -> None:
        """Takes what ``packed_state`` packed.

        Raises:
            SurrogateError: It belongs to another network, or this rank would round differently.
        """
        import torch  # here alone: ranks that only simulate do without

        from dsage_mpi.surrogate.device import configure_determinism
        from dsage_mpi.surrogate.errors import SurrogateError

        arrays = unpacked(state)
        theirs = str(arrays.pop(PROCESSOR))
        if theirs != self._processor:
            raise SurrogateError(
                f"its processor ({self._processor}) may round otherwise than rank 0's ({theirs})"
            )
        torch.set_num_threads(1)
        configure_determinism(self._shape.settings.deterministic, torch.device("cpu"))
        if arrays.pop(ROLE) == "train":
            from dsage_mpi.surrogate.remote_training import RemoteTraining

            self._answer = RemoteTraining(self._shape, arrays)
        else:
            from dsage_mpi.surrogate.remote_inference import RemoteInference

            self._answer = RemoteInference(self._shape, arrays)

    def __call__(self, request: Bytes, is_wanted: Callable[[], bool]) -> Bytes:
        """Answers a request of the state's role."""
        assert self._answer is not None  # a state comes before the first request
        return self._answer(request, is_wanted)

"""Work on a GPU that is queued again and again, recorded as a CUDA graph."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from dsage_mpi.surrogate.errors import SurrogateError

#: Calls before the recording. Libraries choose kernels and get memory in the first ones.
WARM_UP = 3


def can_record(device: torch.device) -> bool:
    """Whether work on a device can be recorded."""
    return device.type == "cuda"


class Repeated:
    """A function whose kernels a GPU gets one by one at first, and then all at once.

    Networks as small as these keep a GPU busy for less time than a host takes to queue their
    kernels. After some calls that queue them the next one records them, and it and all later ones
    replay the recording.

    Args:
        function: Works on tensors that stay where they are, and asks the device for nothing: what a
            recording does depends on the contents of these tensors alone.
        device: Where they are.
        record: False, or another device than a GPU: every call is just a call.
        key: The key of the input that wants this, for messages.
    """

    def __init__(
        self, function: Callable[[], None], device: torch.device, record: bool, key: str
    ) -> None:
        self._function, self._key = function, key
        self._record = record and can_record(device)
        self._stream = torch.cuda.Stream(device) if self._record else None  # type: ignore[no-untyped-call]
        self._graph: torch.cuda.CUDAGraph | None = None
        self._calls = 0

    def __call__(self) -> None:
        """Does once what the function does.

        Raises:
            SurrogateError: It cannot be recorded.
        """
        if not self._record:
            self._function()
            return
        self._calls += 1
        if self._calls <= WARM_UP:
            self._call_aside()
            return
        if self._graph is None:
            self._graph = self._recorded()
        self._graph.replay()

    def _call_aside(self) -> None:
        """On the stream of the recording: libraries keep memory for each stream."""
        assert self._stream is not None
        here = torch.cuda.current_stream(self._stream.device)
        self._stream.wait_stream(here)
        with torch.cuda.stream(self._stream):
            self._function()
        here.wait_stream(self._stream)

    def release(self) -> None:
        """Frees the recording, and the memory that it works in; for the end, whatever ended it."""
        self._graph, self._function = None, _nothing

    def _recorded(self) -> torch.cuda.CUDAGraph:
        assert self._stream is not None
        graph = torch.cuda.CUDAGraph()
        # Other threads may go on; and a recording that fails leaves its stream behind.
        here = torch.cuda.stream(torch.cuda.current_stream(self._stream.device))
        recording = torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local")
        try:
            with here, _no_collection(), recording:
                self._function()
        except torch.cuda.OutOfMemoryError:
            raise
        except RuntimeError as error:
            # What went wrong itself; the end of a recording then fails with other words.
            text = " ".join(str(error.__context__ or error).split())
            if "captur" not in f"{text} {error}":
                raise
            raise SurrogateError(
                f"{self._key} = true: what is to be recorded asks the GPU for numbers, or uses "
                f"what cannot be recorded ({text}). Set it to false."
            ) from error
        return graph


def _nothing() -> None:
    pass


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keeps Python from freeing old recordings within a block: CUDA forbids it in a recording."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()

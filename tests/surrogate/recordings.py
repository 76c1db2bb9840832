"""Stands in for CUDA graphs on a CPU: what is recorded is repeated operation by operation.

As on a GPU, a replay runs the same operations on the same places in memory, and no Python: a number
that Python would have changed, or a tensor that it would have replaced, stays what it was.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten


class Recording(TorchDispatchMode):
    """A CUDA graph, for this purpose. Recording it works already: the first replay does nothing."""

    made: list[Recording]

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[Any, Any, Any, Any]] = []
        self.replays = 0
        Recording.made.append(self)

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: Any = (), named: Any = None
    ) -> Any:
        named = named or {}
        if function.overloadpacket.__name__ == "_local_scalar_dense":
            raise RuntimeError("operation not permitted when stream is capturing")
        given = function(*arguments, **named)
        self.operations.append((function, arguments, named, given))
        return given

    def replay(self) -> None:
        """Does it all again."""
        self.replays += 1
        if self.replays == 1:
            return
        with torch.no_grad():
            for function, arguments, named, before in self.operations:
                now = function(*arguments, **named)
                for old, new in zip(tree_flatten(before)[0], tree_flatten(now)[0], strict=True):
                    if isinstance(old, torch.Tensor) and old is not new and old.numel():
                        old.copy_(new)


@contextmanager
def _recording(graph: Recording, stream: Any = None, capture_error_mode: str = "") -> Any:
    with graph:
        yield


def record_on_cpu(monkeypatch: pytest.MonkeyPatch) -> list[Recording]:
    """Has the CPU record as a GPU would; gives the list that recordings are put into."""
    Recording.made = []
    stream = SimpleNamespace(device=torch.device("cpu"), wait_stream=lambda other: None)
    monkeypatch.setattr("dsage_mpi.surrogate.graphs.can_record", lambda device: True)
    for name, stand_in in {
        "CUDAGraph": Recording,
        "graph": _recording,
        "Stream": lambda device: stream,
        "current_stream": lambda device: stream,
        "stream": lambda stream: nullcontext(),
    }.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    return Recording.made

"""What can be said of the CUDA path without a GPU.

The surrogate runs on torch's "meta" device, which has shapes but no numbers, and like a GPU
refuses operations whose tensors are on different devices. The CPU reads zeros and ones from it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dsage_mpi.domains.mario.generator import Generator, load_generator
from dsage_mpi.surrogate.dataset import DataSet
from tests.surrogate.synthetic import evaluations, surrogate

META = torch.device("meta")

#: Beginnings of the names of operations that under ``torch.use_deterministic_algorithms(True)``
#: raise on CUDA tensors (its documentation, torch 2.13).
RAISING = (
    "avg_pool3d_backward",
    "_adaptive_avg_pool2d_backward",
    "_adaptive_avg_pool3d_backward",
    "adaptive_max_pool2d_backward",
    "fractional_max_pool",
    "max_unpool",
    "upsample_linear1d_backward",
    "upsample_bilinear2d_backward",
    "upsample_bicubic2d_backward",
    "upsample_trilinear3d_backward",
    "reflection_pad",
    "nll_loss",
    "_ctc_loss_backward",
    "_embedding_bag",
    "put_",
    "histc",
    "bincount",
    "median",
    "kthvalue",
    "grid_sampler_2d_backward",
    "grid_sampler_3d_backward",
    "cumsum",
    "scatter_reduce",
    "resize_",
)


class StandInForAGpu(TorchDispatchMode):
    """Lets the CPU read (zeros) from the meta device, and notes every operation."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: set[str] = set()

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: Any = (), named: Any = None
    ) -> Any:
        named = named or {}
        name = function.overloadpacket.__name__
        self.operations.add(name)
        if name in ("_local_scalar_dense", "item") and arguments[0].device == META:
            return 1
        try:
            return function(*arguments, **named)
        except NotImplementedError as error:
            if "out of meta tensor" not in str(error):
                raise
            if name == "copy_":
                return arguments[0].zero_()
            dtype = named.get("dtype") or arguments[0].dtype
            return torch.zeros(arguments[0].shape, dtype=dtype)

    @property
    def raising(self) -> set[str]:
        """Those of the operations that have no deterministic CUDA kernel."""
        return {name for name in self.operations if name.startswith(RAISING)}


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInForAGpu]:
    """The stand-in, where ``surrogate.device = "cuda"`` finds it."""

    def supported() -> list[str]:
        return ["cpu", "cuda", "meta"]

    monkeypatch.setattr("dsage_mpi.surrogate.model.choose_device", lambda device: META)
    # Not by its name: torch.optim shows something else as its "optimizer".
    optimizer = sys.modules["torch.optim.optimizer"]
    monkeypatch.setattr(optimizer, "_get_fused_kernels_supported_devices", supported)
    monkeypatch.setattr("torch.autocast", lambda *_, **__: nullcontext())
    with StandInForAGpu() as mode:
        yield mode


@pytest.mark.parametrize("ancillary", [True, False])
def test_surrogate_mixes_no_devices_and_needs_no_random_kernel(
    gpu: StandInForAGpu, ancillary: bool
) -> None:
    model = surrogate(epochs=2, device="cuda", ancillary=ancillary)
    assert model.device == META
    data = DataSet(40, model.space, model.device)
    data.add(*evaluations(20))
    model.train(data, 0)
    data.load_state(data.state())
    data.add(*evaluations(5, 1))
    restored = surrogate(epochs=2, device="cuda", ancillary=ancillary)
    restored.load_state(model.state())
    restored.train(data, 1)  # now the units of the targets change, too
    assert restored.predict(evaluations(7)[0]).measures.shape == (7, 2)
    assert {"convolution_backward", "_fused_adam_"} <= gpu.operations
    assert gpu.raising == set()


def test_generator_mixes_no_devices_and_needs_no_random_kernel(gpu: StandInForAGpu) -> None:
    weights = load_generator("builtin")
    points = np.random.default_rng(0).standard_normal((33, 32))
    assert Generator(weights, "meta").decode(points).shape == (33, 16, 56)
    assert "argmax" in gpu.operations
    assert gpu.raising == set()


def test_the_stand_in_would_notice(gpu: StandInForAGpu) -> None:
    with pytest.raises(RuntimeError, match="device"):
        torch.zeros(3, device=META) + torch.zeros(3)
    with pytest.raises(TypeError, match="numpy"):
        torch.zeros(3, device=META).numpy()
    torch.zeros(3, device=META).cumsum(0)
    assert gpu.raising == {"cumsum"}

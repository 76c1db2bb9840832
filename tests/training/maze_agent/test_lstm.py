from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dsage_mpi.training.maze_agent.lstm import LstmSegment, SegmentStart, lstm_step

TIME, ROWS, FEATURES, SIZE = 7, 5, 11, 8


def _inputs() -> tuple[list[Tensor], tuple[Tensor, Tensor], Tensor]:
    torch.manual_seed(3)
    weights = [
        torch.randn(TIME, ROWS, FEATURES),
        torch.randn(4 * SIZE, FEATURES) * 0.3,
        torch.randn(4 * SIZE, SIZE) * 0.3,
        torch.randn(4 * SIZE) * 0.3,
    ]
    state = (torch.randn(ROWS, SIZE), torch.randn(ROWS, SIZE))
    keep = (torch.rand(TIME, ROWS, 1) > 0.3).float()
    return weights, state, keep


def _reference(tensors: list[Tensor], state: tuple[Tensor, Tensor], keep: Tensor) -> Tensor:
    inputs, weight_ih, weight_hh, bias = tensors
    hidden, cell = state
    outputs = []
    for step in range(TIME):
        gates = inputs[step] @ weight_ih.t() + bias + (hidden * keep[step]) @ weight_hh.t()
        i, f, g, o = gates.chunk(4, -1)
        cell = f.sigmoid() * (cell * keep[step]) + i.sigmoid() * g.tanh()
        hidden = o.sigmoid() * cell.tanh()
        outputs.append(hidden)
    return torch.stack(outputs)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 3e-2)])
def test_segment_and_its_gradients_equal_autograd(dtype: torch.dtype, tolerance: float) -> None:
    tensors, state, keep = _inputs()
    weighting = torch.randn(TIME, ROWS, SIZE)
    gradients = []
    outputs = []
    for function in (
        lambda t: LstmSegment.apply(*t, SegmentStart(*state, keep, dtype)),
        lambda t: _reference(t, state, keep),
    ):
        leaves = [tensor.clone().requires_grad_() for tensor in tensors]
        output = function(leaves)
        (output * weighting).sum().backward()
        outputs.append(output.detach())
        gradients.append([leaf.grad for leaf in leaves])
    torch.testing.assert_close(outputs[0], outputs[1], atol=tolerance, rtol=0.0)
    for found, expected in zip(*gradients, strict=True):
        scale = float(expected.abs().max())
        torch.testing.assert_close(found, expected, atol=tolerance * scale, rtol=0.0)


def test_single_steps_equal_the_segment() -> None:
    (inputs, weight_ih, weight_hh, bias), (hidden, cell), keep = _inputs()
    expected = LstmSegment.apply(
        inputs, weight_ih, weight_hh, bias, SegmentStart(hidden, cell, keep, torch.float32)
    )
    for step in range(TIME):
        hidden, cell = hidden * keep[step], cell * keep[step]
        hidden = lstm_step(inputs[step] @ weight_ih.t() + bias, hidden, cell, weight_hh.t())
        torch.testing.assert_close(hidden, expected[step], atol=1e-5, rtol=0.0)

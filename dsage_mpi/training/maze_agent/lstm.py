"""One LSTM layer over a segment of time, with episode resets and a hand-written backward pass.

The recurrence is the cost of the whole training. Three things make it several times faster than
autograd over single steps: input projections and weight gradients of all time steps are one matrix
product each, the gates work in preallocated buffers, and matrix products may run in bfloat16
(gates, cell state and accumulated gradients stay float32).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Gates = tuple[Tensor, Tensor, Tensor, Tensor]


def split_gates(gates: Tensor) -> Gates:
    """Views of (rows, 4 * hidden) in the checkpoint's gate order: input, forget, cell, output."""
    input_gate, forget_gate, candidate, output_gate = gates.chunk(4, dim=-1)
    return input_gate, forget_gate, candidate, output_gate


def activate_gates(gates: Tensor) -> Gates:
    """Applies the nonlinearities in place to (rows, 4 * hidden) and returns the four blocks."""
    hidden = gates.shape[-1] // 4
    gates[:, : 2 * hidden].sigmoid_()
    gates[:, 2 * hidden : 3 * hidden].tanh_()
    gates[:, 3 * hidden :].sigmoid_()
    return split_gates(gates)


def lstm_step(projected: Tensor, hidden: Tensor, cell: Tensor, weight_t: Tensor) -> Tensor:
    """One step without gradient; ``hidden`` is returned anew, ``cell`` is updated in place.

    Args:
        projected: (rows, 4 * hidden), input half of the gates with both biases, compute dtype.
        hidden: (rows, hidden) float32.
        cell: (rows, hidden) float32, overwritten.
        weight_t: (hidden, 4 * hidden) transposed recurrent weights, compute dtype.
    """
    gates = torch.addmm(projected, hidden.to(weight_t.dtype), weight_t).float()
    input_gate, forget_gate, candidate, output_gate = activate_gates(gates)
    cell.mul_(forget_gate).addcmul_(input_gate, candidate)
    return cell.tanh().mul_(output_gate)


@dataclass(frozen=True)
class SegmentStart:
    """What a segment begins with, into which no gradient flows.

    Attributes:
        hidden: (rows, hidden) before the first step.
        cell: (rows, hidden) likewise.
        keep: (time, rows, 1) float32, 0 where a new episode begins at that step.
        dtype: Of the matrix products.
    """

    hidden: Tensor
    cell: Tensor
    keep: Tensor
    dtype: torch.dtype


class LstmSegment(torch.autograd.Function):
    """Hidden states of a (time, rows) segment from its inputs and the states at its start."""

    @staticmethod
    def forward(
        ctx: Any,
        inputs: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias: Tensor,
        start: SegmentStart,
    ) -> Tensor:
        """Runs the segment.

        Args:
            ctx: Autograd context.
            inputs: (time, rows, features) float32.
            weight_ih: (4 * hidden, features).
            weight_hh: (4 * hidden, hidden).
            bias: (4 * hidden), sum of both bias vectors.
            start: States and breaks.

        Returns:
            (time, rows, hidden) float32 hidden states after each step.
        """
        time, rows, features = inputs.shape
        dtype = start.dtype
        flat_inputs = inputs.reshape(time * rows, features).to(dtype)
        recurrent_t = weight_hh.t().to(dtype).contiguous()
        projected = torch.addmm(bias.to(dtype), flat_inputs, weight_ih.t().to(dtype))
        outputs, *kept = _recur(projected.view(time, rows, -1), recurrent_t, start)
        ctx.dtype = dtype
        ctx.save_for_backward(flat_inputs, weight_ih, weight_hh, *kept, start.keep)
        return outputs

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        """Back-propagates through time; gradients of weights are one product over all steps."""
        (flat_inputs, weight_ih, weight_hh, gates, previous_hidden, previous_cell,
         squashed_cell, keep) = ctx.saved_tensors  # fmt: skip
        grad_hidden_all = grad_outputs[0]
        time, rows, size = previous_cell.shape
        recurrent = weight_hh.to(ctx.dtype)
        grad_gates = torch.empty(time, rows, 4 * size, dtype=ctx.dtype)
        grad_step = torch.empty(rows, 4 * size)
        grad_hidden = torch.zeros(rows, size)
        grad_cell = torch.zeros(rows, size)
        for step in range(time - 1, -1, -1):
            grad_hidden = grad_hidden + grad_hidden_all[step]
            i, f, g, o = split_gates(gates[step])
            tanh_c = squashed_cell[step]
            torch.mul(grad_hidden, tanh_c, out=grad_step[:, 3 * size :])
            through_output = grad_hidden * o
            grad_cell.add_(through_output)
            grad_cell.addcmul_(through_output.mul_(tanh_c), tanh_c, value=-1.0)
            torch.mul(grad_cell, g, out=grad_step[:, :size])
            torch.mul(grad_cell, previous_cell[step], out=grad_step[:, size : 2 * size])
            torch.mul(grad_cell, i, out=grad_step[:, 2 * size : 3 * size])
            _gate_derivatives(grad_step, gates[step], size)
            grad_gates[step].copy_(grad_step)
            grad_cell.mul_(f).mul_(keep[step])
            grad_hidden = torch.mm(grad_gates[step], recurrent).float().mul_(keep[step])
        flat_grad = grad_gates.view(time * rows, 4 * size)
        flat_grad_t = flat_grad.t()
        grad_inputs = torch.mm(flat_grad, weight_ih.to(ctx.dtype)).float()
        grad_weight_ih = torch.mm(flat_grad_t, flat_inputs).float()
        grad_weight_hh = torch.mm(flat_grad_t, previous_hidden.view(time * rows, size)).float()
        grad_bias = flat_grad.sum(0, dtype=torch.float32)
        shaped = grad_inputs.view(time, rows, -1)
        return shaped, grad_weight_ih, grad_weight_hh, grad_bias, None


def _recur(
    projected: Tensor, recurrent_t: Tensor, start: SegmentStart
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The steps of a segment, one after the other.

    Args:
        projected: (time, rows, 4 * hidden), input half of the gates with both biases.
        recurrent_t: (hidden, 4 * hidden) transposed recurrent weights.
        start: States and breaks.

    Returns:
        Hidden states after each step; for the way back: gates, hidden and cell states before each
        step, and tanh of the cell states after it.
    """
    time, rows, _ = projected.shape
    size, keep = start.hidden.shape[1], start.keep
    gates = torch.empty(time, rows, 4 * size)
    previous_hidden = torch.empty(time, rows, size, dtype=start.dtype)
    previous_cell, squashed_cell, outputs = (torch.empty(time, rows, size) for _ in range(3))
    hidden, cell = start.hidden, start.cell
    for step in range(time):
        torch.mul(cell, keep[step], out=previous_cell[step])
        previous_hidden[step].copy_(hidden * keep[step])
        gates[step].copy_(torch.addmm(projected[step], previous_hidden[step], recurrent_t))
        input_gate, forget_gate, candidate, output_gate = activate_gates(gates[step])
        cell = torch.mul(previous_cell[step], forget_gate).addcmul_(input_gate, candidate)
        torch.tanh(cell, out=squashed_cell[step])
        torch.mul(squashed_cell[step], output_gate, out=outputs[step])
        hidden = outputs[step]
    return outputs, gates, previous_hidden, previous_cell, squashed_cell


def _gate_derivatives(grad: Tensor, gates: Tensor, size: int) -> None:
    """Multiplies gradients of gate values in place by the derivatives of the nonlinearities."""
    for part in (slice(0, 2 * size), slice(3 * size, 4 * size)):
        value = gates[:, part]
        grad[:, part].mul_(value).mul_(1.0 - value)
    candidate = gates[:, 2 * size : 3 * size]
    grad[:, 2 * size : 3 * size].mul_(1.0 - candidate * candidate)

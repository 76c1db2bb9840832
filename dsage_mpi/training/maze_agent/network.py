"""The agent's network as it is trained: 16 float32 tensors by the names of maze.md section 5."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dsage_mpi.domains.maze.agent import TENSORS
from dsage_mpi.training.maze_agent.grid import VIEW_SIZE
from dsage_mpi.training.maze_agent.lstm import LstmSegment, SegmentStart, lstm_step

HIDDEN = 256
FEATURES = 149
_CHANNELS = 3
_FILTERS = 16
_KERNEL = 3

#: Gain of the orthogonal initialisation: a nearly uniform first policy, sqrt(2) before a relu.
_GAINS = {
    "image_conv.0.weight": 2.0**0.5,
    "actor.1.linear.weight": 0.01,
}

#: Network input of the codes empty, wall and goal: (type, colour, state) / 10.
_CODE_VALUES = torch.tensor([[0.1, 0.0, 0.0], [0.2, 0.5, 0.0], [0.8, 0.1, 0.0]])

Parameters = dict[str, Tensor]


def initial_parameters(rng: np.random.Generator) -> Parameters:
    """Orthogonal weights, zero biases, forget gates half open."""
    parameters: Parameters = {}
    for name, shape in TENSORS.items():
        if name.endswith("weight") or ".weight_" in name:
            array = _orthogonal(rng, shape) * _GAINS.get(name, 1.0)
        else:
            array = np.zeros(shape)
        parameters[name] = torch.tensor(array, dtype=torch.float32)
    parameters["rnn.rnn.bias_ih_l0"][HIDDEN : 2 * HIDDEN] = 1.0
    return parameters


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    rows = shape[0]
    columns = int(np.prod(shape[1:]))
    normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(normal)
    q = q * np.sign(np.diag(r))
    return (q if rows >= columns else q.T).reshape(shape)


def _dense_index() -> Tensor:
    """(144, 75) positions in the flattened convolution kernel, the last entry meaning zero.

    On a 5x5 image the convolution is one 75x144 matrix; as a single product it costs far less than
    a convolution call on thousands of tiny images.
    """
    side = VIEW_SIZE - _KERNEL + 1
    zero = _FILTERS * _CHANNELS * _KERNEL * _KERNEL
    index = np.full((_FILTERS, side, side, VIEW_SIZE, VIEW_SIZE, _CHANNELS), zero)
    kernel = np.arange(zero).reshape(_FILTERS, _CHANNELS, _KERNEL, _KERNEL)
    for i in range(side):
        for j in range(side):
            window = kernel.transpose(0, 2, 3, 1)
            index[:, i, j, i : i + _KERNEL, j : j + _KERNEL, :] = window
    return torch.from_numpy(index.reshape(_FILTERS * side * side, -1))


_DENSE_INDEX = _dense_index()


def features(parameters: Parameters, views: Tensor, directions: Tensor) -> Tensor:
    """(rows, 149) LSTM inputs of (rows, 25) view codes and (rows,) directions."""
    kernel = torch.cat([parameters["image_conv.0.weight"].flatten(), torch.zeros(1)])
    dense = kernel[_DENSE_INDEX]
    bias = parameters["image_conv.0.bias"].repeat_interleave(9)
    pixels = _CODE_VALUES[views.long()].flatten(1)
    image = torch.addmm(bias, pixels, dense.t()).relu()
    embedding = parameters["scalar_embed.weight"].t() + parameters["scalar_embed.bias"]
    return torch.cat([image, embedding[directions.long()]], dim=1)


def heads(parameters: Parameters, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (..., 7) and values (...) of hidden states (..., 256)."""
    linear = torch.nn.functional.linear
    actor = linear(hidden, parameters["actor.0.0.weight"], parameters["actor.0.0.bias"]).tanh()
    logits = linear(actor, parameters["actor.1.linear.weight"], parameters["actor.1.linear.bias"])
    critic = linear(hidden, parameters["critic.0.0.weight"], parameters["critic.0.0.bias"]).tanh()
    value = linear(critic, parameters["critic.1.weight"], parameters["critic.1.bias"])
    return logits, value.squeeze(-1)


def segment_hidden(
    parameters: Parameters,
    views: Tensor,
    directions: Tensor,
    state: tuple[Tensor, Tensor],
    keep: Tensor,
    dtype: torch.dtype,
) -> Tensor:
    """(time, rows, 256) hidden states of a segment, differentiable in the parameters.

    Args:
        parameters: The network.
        views: (time, rows, 25) codes.
        directions: (time, rows).
        state: Hidden and cell state, (rows, 256) each, before the first step.
        keep: (time, rows, 1), 0 where an episode begins.
        dtype: Of the LSTM's matrix products.
    """
    time, rows = directions.shape
    inputs = features(parameters, views.flatten(0, 1), directions.flatten())
    hidden: Tensor = LstmSegment.apply(  # type: ignore[no-untyped-call]
        inputs.view(time, rows, FEATURES),
        parameters["rnn.rnn.weight_ih_l0"],
        parameters["rnn.rnn.weight_hh_l0"],
        parameters["rnn.rnn.bias_ih_l0"] + parameters["rnn.rnn.bias_hh_l0"],
        SegmentStart(*state, keep, dtype),
    )
    return hidden


class Actor:
    """The network at fixed parameters, advanced step by step without gradients."""

    def __init__(self, parameters: Parameters, rows: int, dtype: torch.dtype):
        self._parameters = {name: tensor.detach() for name, tensor in parameters.items()}
        self._weight_ih_t = self._parameters["rnn.rnn.weight_ih_l0"].t().to(dtype).contiguous()
        self._weight_hh_t = self._parameters["rnn.rnn.weight_hh_l0"].t().to(dtype).contiguous()
        bias = self._parameters["rnn.rnn.bias_ih_l0"] + self._parameters["rnn.rnn.bias_hh_l0"]
        self._bias = bias.to(dtype)
        self.hidden = torch.zeros(rows, HIDDEN)
        self.cell = torch.zeros(rows, HIDDEN)

    def reset(self, keep: Tensor) -> None:
        """Forgets the state of rows whose ``keep`` ((rows, 1)) is 0."""
        self.hidden.mul_(keep)
        self.cell.mul_(keep)

    @torch.no_grad()
    def step(self, views: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Advances all rows; returns logits (rows, 7) and values (rows,)."""
        inputs = features(self._parameters, views, directions).to(self._bias.dtype)
        projected = torch.addmm(self._bias, inputs, self._weight_ih_t)
        self.hidden = lstm_step(projected, self.hidden, self.cell, self._weight_hh_t)
        return heads(self._parameters, self.hidden)


def sample_actions(logits: Tensor, rng: np.random.Generator) -> Tensor:
    """Draws (rows,) actions from softmax(logits) by the Gumbel-max rule."""
    uniform = torch.from_numpy(rng.random(tuple(logits.shape), dtype=np.float32))
    gumbel = -torch.log(-torch.log(uniform.clamp_(1e-10, 1.0 - 1e-7)))
    return (logits + gumbel).argmax(dim=1)

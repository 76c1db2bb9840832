"""The network's parameters and Adam's moments as named arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from dsage_mpi.core.state import CheckpointError
from dsage_mpi.domains.maze.agent import TENSORS
from dsage_mpi.training.arrays import Arrays
from dsage_mpi.training.maze_agent.network import Parameters


def parameters_to_arrays(parameters: Parameters) -> Arrays:
    """Float32 arrays under the checkpoint names of maze.md section 5."""
    return {name: parameters[name].detach().numpy().copy() for name in TENSORS}


def arrays_to_parameters(arrays: Mapping[str, NDArray[Any]]) -> Parameters:
    """Tensors of a full set of weights; names and shapes are checked."""
    for name, shape in TENSORS.items():
        found = arrays[name].shape if name in arrays else None
        if found != shape:
            raise CheckpointError(f"weights: {name} should have shape {shape}, found {found}")
    return {name: torch.tensor(arrays[name], dtype=torch.float32) for name in TENSORS}


def optimizer_to_arrays(optimizer: torch.optim.Optimizer) -> Arrays:
    """Adam's moments and step count by parameter name."""
    arrays: Arrays = {}
    for number, entry in optimizer.state_dict()["state"].items():
        name = list(TENSORS)[number]
        for key, value in entry.items():
            arrays[f"{key}/{name}"] = value.detach().numpy().copy()
    return arrays


def load_optimizer(optimizer: torch.optim.Optimizer, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Continues from ``optimizer_to_arrays``."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for joined, value in arrays.items():
        key, _, name = joined.partition("/")
        entry = state.setdefault(list(TENSORS).index(name), {})
        entry[key] = torch.tensor(value)
    current = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": current["param_groups"]})

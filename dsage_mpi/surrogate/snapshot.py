"""Networks and optimizer as trees of NumPy arrays and back, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dsage_mpi.core.state import Tree
from dsage_mpi.surrogate.errors import SurrogateError

MOMENTS = ("exp_avg", "exp_avg_sq")


def network_state(network: nn.Module) -> Tree:
    """Weights and batch-norm running statistics by name."""
    return {name: _array(value) for name, value in network.state_dict().items()}


def load_network_state(network: nn.Module, tree: Mapping[str, Any]) -> None:
    """Copies what `network_state` gave into ``network``.

    Raises:
        SurrogateError: The names or shapes are those of another network.
    """
    current = network.state_dict()
    if set(current) != set(tree):
        odd = ", ".join(sorted(set(current) ^ set(tree))[:4])
        raise SurrogateError(f"The saved surrogate is another network (differs in: {odd}). {_HINT}")
    with torch.no_grad():
        for name, value in current.items():
            value.copy_(_tensor(name, tree[name], value))


def adam_state(network: nn.Module, optimizer: torch.optim.Adam) -> Tree:
    """Adam's step count and moments by weight name; zeros before the first step.

    A weight that no output depends on has no state of its own: it counts as the others.
    """
    steps = 0
    moments: Tree = {}
    for name, weight in network.named_parameters():
        state = optimizer.state.get(weight, {})
        steps = max(steps, int(state.get("step", 0)))
        moments[name] = {
            key: _array(state[key]) if key in state else np.zeros(weight.shape, np.float32)
            for key in MOMENTS
        }
    return {"steps": steps, "moments": moments}


def load_adam_state(
    network: nn.Module, optimizer: torch.optim.Adam, tree: Mapping[str, Any]
) -> None:
    """Gives ``optimizer`` what `adam_state` gave.

    Raises:
        SurrogateError: A shape is that of another network.
    """
    steps = int(tree["steps"])
    optimizer.state.clear()
    if steps == 0:
        return
    fused = bool(optimizer.defaults["fused"])
    for name, weight in network.named_parameters():
        saved = tree["moments"][name]
        state: Tree = {key: torch.empty_like(weight.detach()) for key in MOMENTS}
        for key, value in state.items():
            value.copy_(_tensor(f"{name} ({key})", saved[key], value))
        # Where torch itself keeps the count: beside the weight for the fused kernel.
        state["step"] = torch.tensor(
            float(steps), dtype=torch.float32, device=weight.device if fused else "cpu"
        )
        optimizer.state[weight] = state


_HINT = (
    "Restart with the surrogate settings of the saved run (features, residual_blocks, ancillary)."
)


def _array(value: Tensor) -> np.ndarray[Any, Any]:
    return np.array(value.detach().cpu().contiguous().numpy())


def _tensor(name: str, saved: Any, like: Tensor) -> Tensor:
    array = np.ascontiguousarray(saved)
    if tuple(array.shape) != tuple(like.shape) and array.size != like.numel():
        raise SurrogateError(
            f"The saved surrogate's {name} has shape {array.shape}, expected "
            f"{tuple(like.shape)}. {_HINT}"
        )
    return torch.from_numpy(array.reshape(like.shape).copy())

"""The whole state of a GAN as named arrays: networks, moving average, Adam's moments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from dsage_mpi.training.arrays import Arrays, with_prefix, without_prefix
from dsage_mpi.training.mario_generator.gan import Gan

_NETWORKS = ("generator", "critic", "average")


def to_arrays(gan: Gan) -> Arrays:
    """Everything that changes from step to step."""
    arrays: Arrays = {}
    for name in _NETWORKS:
        tensors = getattr(gan, name).state_dict()
        arrays |= with_prefix(name, {key: value.numpy() for key, value in tensors.items()})
    for name, optimizer in gan.optimizers.items():
        for number, entry in optimizer.state_dict()["state"].items():
            moments = {key: value.numpy() for key, value in entry.items()}
            arrays |= with_prefix(f"adam/{name}/{number}", moments)
    return arrays


def from_arrays(gan: Gan, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Continues from ``to_arrays``.

    Raises:
        KeyError, RuntimeError, ValueError: If the arrays are not of such networks.
    """
    for name in _NETWORKS:
        tensors = without_prefix(name, arrays)
        getattr(gan, name).load_state_dict({key: torch.tensor(tensors[key]) for key in tensors})
    for name, optimizer in gan.optimizers.items():
        entries: dict[int, dict[str, torch.Tensor]] = {}
        for joined, value in without_prefix(f"adam/{name}", arrays).items():
            number, _, key = joined.partition("/")
            entries.setdefault(int(number), {})[key] = torch.tensor(value)
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": entries, "param_groups": groups})

"""Saves and loads training state and weights as npz files, atomically and without pickles."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dsage_mpi.checkpoint.tree import CheckpointError
from dsage_mpi.domains.maze.agent import TENSORS
from dsage_mpi.domains.maze.training.network import Parameters

Arrays = dict[str, NDArray[Any]]


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], *, compress: bool) -> None:
    """Writes an npz file under a temporary name, syncs it to disk and renames it."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as stream:
        (np.savez_compressed if compress else np.savez)(stream, **dict(arrays))  # type: ignore[arg-type]
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def read_arrays(path: Path) -> Arrays:
    """Reads an npz file.

    Raises:
        CheckpointError: If it is not there or not whole.
    """
    try:
        # Opened here because np.load leaves the file open when it is damaged.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile, KeyError) as error:
        raise CheckpointError(f"{path}: not a readable checkpoint ({error})") from error


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


def with_prefix(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """The same arrays under ``prefix/name``."""
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


def without_prefix(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """The arrays stored under ``prefix/``."""
    start = prefix + "/"
    return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}

"""Loads the agent's weights: the published checkpoint format or our npz (maze.md section 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.base import DomainError

#: Names and shapes of the network's sixteen tensors.
TENSORS: dict[str, tuple[int, ...]] = {
    "image_conv.0.weight": (16, 3, 3, 3),
    "image_conv.0.bias": (16,),
    "scalar_embed.weight": (5, 4),
    "scalar_embed.bias": (5,),
    "rnn.rnn.weight_ih_l0": (1024, 149),
    "rnn.rnn.weight_hh_l0": (1024, 256),
    "rnn.rnn.bias_ih_l0": (1024,),
    "rnn.rnn.bias_hh_l0": (1024,),
    "actor.0.0.weight": (32, 256),
    "actor.0.0.bias": (32,),
    "actor.1.linear.weight": (7, 32),
    "actor.1.linear.bias": (7,),
    "critic.0.0.weight": (32, 256),
    "critic.0.0.bias": (32,),
    "critic.1.weight": (1, 32),
    "critic.1.bias": (1,),
}

#: The agent that comes with the package, made by ``train-agent`` (see the README beside it).
BUILTIN = Path(__file__).parent / "weights" / "agent.npz"

AgentWeights = dict[str, NDArray[np.float32]]


class AgentError(DomainError):
    """The agent's file is missing, unreadable or does not hold this network."""


def load_agent(agent: str) -> AgentWeights:
    """Reads the sixteen tensors as float32.

    Args:
        agent: "builtin" or the path of a checkpoint: torch zip format (a flat dict of tensors) or
            npz.

    Raises:
        AgentError: if the file is missing, unreadable or does not hold this network.
    """
    if agent == "builtin":
        if not BUILTIN.exists():
            raise AgentError(
                f"the package has no built-in maze agent ({BUILTIN} is missing); "
                "set domain.agent to a checkpoint or train one: python -m dsage_mpi train-agent"
            )
        return _check(_read_npz(BUILTIN), BUILTIN)
    path = Path(agent).expanduser()
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise AgentError(
            f"domain.agent = {agent!r}: {path.absolute()} {what}; expected a maze agent's "
            'checkpoint (torch or npz), or "builtin"'
        )
    return _check(_read_npz(path) if _is_npz(path) else _read_torch(path), path)


def _is_npz(path: Path) -> bool:
    # Both formats are zip archives: a torch file holds a pickle, an npz only arrays.
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return all(name.endswith(".npy") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return False


def _read_npz(path: Path) -> Mapping[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:
        raise AgentError(f"maze agent {path}: cannot be read as npz: {error}") from error


def _read_torch(path: Path) -> Mapping[str, Any]:
    import torch

    try:
        # weights_only: an untrusted checkpoint can hold tensors but cannot run code.
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise AgentError(
            f"maze agent {path}: cannot be read as a torch checkpoint or npz "
            f"({reason[0] if reason else type(error).__name__})"
        ) from error
    if not isinstance(loaded, Mapping):
        raise AgentError(
            f"maze agent {path}: holds a {type(loaded).__name__}, expected a flat dict of tensors"
        )
    return {
        str(name): value.detach().numpy() if isinstance(value, torch.Tensor) else value
        for name, value in loaded.items()
    }


def _check(tensors: Mapping[str, Any], path: Path) -> AgentWeights:
    problems = [f"unexpected tensor {name!r}" for name in tensors if name not in TENSORS]
    for name, shape in TENSORS.items():
        value = tensors.get(name)
        if value is None:
            problems.append(f"{name} is missing, expected shape {shape}")
        elif not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            kind = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
            problems.append(f"{name} is of type {kind}, expected floating-point numbers")
        elif value.shape != shape:
            problems.append(f"{name} has shape {value.shape}, expected {shape}")
        elif not np.isfinite(value).all():
            problems.append(f"{name} has NaN or infinite values")
    if problems:
        listing = "\n  ".join(problems)
        raise AgentError(
            f"maze agent {path}: not a network of 16 tensors as published with DSAGE:\n  {listing}"
        )
    return {name: np.ascontiguousarray(tensors[name], dtype=np.float32) for name in TENSORS}

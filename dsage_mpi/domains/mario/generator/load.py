"""Loads a generator's weights: published ``netG`` state dicts (torch) or our npz."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.base import DomainError
from dsage_mpi.domains.mario.generator.layout import (
    LATENT,
    PUBLISHED_CHANNELS,
    PYRAMIDS,
    tensor_shapes,
)

#: The generator that comes with the package, made by ``train-generator`` (see the README there).
BUILTIN = Path(__file__).parents[1] / "weights" / "generator.npz"

GeneratorWeights = dict[str, NDArray[np.float32]]


class GeneratorError(DomainError):
    """The generator's file is missing, unreadable or does not hold this network."""


def load_generator(source: str) -> GeneratorWeights:
    """Reads the tensors that decoding needs as float32, by their published names.

    Args:
        source: "builtin" or the path of a file: a state dict of the published generator (torch)
            or an npz that ``train-generator`` wrote. The number of channels is read off it.

    Raises:
        GeneratorError: if the file is missing, unreadable or does not hold this network.
    """
    if source == "builtin":
        if not BUILTIN.exists():
            raise GeneratorError(
                f"the package has no built-in level generator ({BUILTIN} is missing); set "
                "domain.generator to a file or train one: python -m dsage_mpi train-generator"
            )
        return _check(_read_npz(BUILTIN), BUILTIN)
    path = Path(source).expanduser()
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise GeneratorError(
            f"domain.generator = {source!r}: {path.absolute()} {what}; expected a generator's "
            'state dict (torch) or npz, or "builtin"'
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
        # Opened here because np.load leaves the file open when it is damaged.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:
        raise GeneratorError(f"level generator {path}: cannot be read as npz: {error}") from error


def _read_torch(path: Path) -> Mapping[str, Any]:
    import torch

    try:
        # weights_only: an untrusted file can hold tensors but cannot run code.
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise GeneratorError(
            f"level generator {path}: cannot be read as a torch state dict or npz "
            f"({reason[0] if reason else type(error).__name__})"
        ) from error
    if not isinstance(loaded, Mapping):
        raise GeneratorError(
            f"level generator {path}: holds a {type(loaded).__name__}, expected a flat dict of "
            "tensors (a state dict)"
        )
    return {
        str(name): value.detach().numpy() if isinstance(value, torch.Tensor) else value
        for name, value in loaded.items()
    }


def _check(tensors: Mapping[str, Any], path: Path) -> GeneratorWeights:
    channels = _channels(tensors)
    shapes = tensor_shapes(channels)
    # Counts of training batches are in newer torch files only and mean nothing here.
    problems = [
        f"unexpected tensor {name!r}"
        for name in tensors
        if name not in shapes and not name.endswith(".num_batches_tracked")
    ]
    for name, shape in shapes.items():
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
        elif name.endswith(".running_var") and (value < 0).any():
            problems.append(f"{name} has negative variances")
    if problems:
        listing = "\n  ".join(problems)
        raise GeneratorError(
            f"level generator {path}: not a DCGAN generator as published with DSAGE "
            f"({LATENT} latents, 64x64, 17 tiles; here with {channels} channels at 4x4, "
            f"published {PUBLISHED_CHANNELS}):\n  {listing}"
        )
    return {name: np.ascontiguousarray(tensors[name], dtype=np.float32) for name in shapes}


def _channels(tensors: Mapping[str, Any]) -> int:
    """Channels at 4x4 according to the first layer; the published number where it does not say."""
    for name, value in tensors.items():
        if name.startswith("main.initial:") and name.endswith(":convt.weight"):
            shape: tuple[int, ...] = tuple(getattr(value, "shape", ()))
            if len(shape) == 4 and shape[1] > 0 and shape[1] % (1 << PYRAMIDS) == 0:
                return int(shape[1])
    return PUBLISHED_CHANNELS

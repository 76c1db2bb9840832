"""Loads a generator's weights: published ``netG`` state dicts (torch) or our npz."""

from __future__ import annotations

import os
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
from dsage_mpi.domains.tensor_files import read_tensors, tensor_problems, why_no_file

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
        return _check(read_tensors(BUILTIN, "level generator", GeneratorError), BUILTIN)
    path = Path(os.path.expanduser(source))
    if not os.path.isfile(path):
        raise GeneratorError(
            f"domain.generator = {source!r}: {path.absolute()} {why_no_file(path)}; expected a "
            'generator\'s state dict (torch) or npz, or "builtin"'
        )
    return _check(read_tensors(path, "level generator", GeneratorError), path)


def _check(tensors: Mapping[str, Any], path: Path) -> GeneratorWeights:
    channels = _channels(tensors)
    shapes = tensor_shapes(channels)
    # Counts of training batches are in newer torch files only and mean nothing here.
    problems = [
        f"unexpected tensor {name!r}"
        for name in tensors
        if name not in shapes and not name.endswith(".num_batches_tracked")
    ]
    problems.extend(tensor_problems(tensors, shapes))
    if not problems:
        problems.extend(
            f"{name} has negative variances"
            for name in shapes
            if name.endswith(".running_var") and (tensors[name] < 0).any()
        )
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

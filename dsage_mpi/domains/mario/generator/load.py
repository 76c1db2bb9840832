"""Loads a generator's weights: published ``netG`` state dicts (torch) or our npz."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.mario.generator.layout import (
    LATENT,
    PUBLISHED_CHANNELS,
    PYRAMIDS,
    tensor_shapes,
)
from dsage_mpi.domains.mario.tiles import TILES
from dsage_mpi.domains.tensor_files import Weights, tensor_problems
from dsage_mpi.domains.wrapped_tensors import dotted, listing, some_names, unwrapped

#: The generator that comes with the package, made by ``train-generator`` (see the README there).
BUILTIN = Path(__file__).parents[1] / "weights" / "generator.npz"

#: First and last layer, by what their names are but for the sizes in them.
_FIRST = re.compile(r"(^|\.)initial\.[^.]+\.convt\.weight$")
_LAST = re.compile(r"(^|\.)final\.[^.]+\.convt\.weight$")
#: Problems that are shown beside a cause.
_FEW = 2
_EXPECTED = (
    f"not a DCGAN generator as published with DSAGE ({LATENT} latents, 64x64, {len(TILES)} tiles)"
)

GeneratorWeights = dict[str, NDArray[np.float32]]


class GeneratorError(DomainError):
    """The generator's file is missing, unreadable or does not hold this network."""


_WEIGHTS = Weights(
    what="level generator",
    key="domain.generator",
    builtin=BUILTIN,
    expected="a generator's state dict (torch) or npz",
    trainer="train-generator",
    error=GeneratorError,
)


def load_generator(source: str) -> GeneratorWeights:
    """Reads the tensors that decoding needs as float32, by their published names.

    Args:
        source: "builtin" or the path of a file: a state dict of the published generator (torch),
            perhaps in another dict or with prefixes to its names, or an npz that
            ``train-generator`` wrote. The number of channels is read off it.

    Raises:
        GeneratorError: if the file is missing, unreadable or does not hold this network.
    """
    return _check(*_WEIGHTS.read(source))


def _check(loaded: Mapping[str, Any], path: Path) -> GeneratorWeights:
    told = f"level generator {path}"
    tensors = unwrapped(loaded, lambda table: tensor_shapes(_channels(table)), told, GeneratorError)
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
        raise GeneratorError(f"{told}: {_cause(tensors, channels, problems)}")
    return {name: np.ascontiguousarray(tensors[name], dtype=np.float32) for name in shapes}


def _cause(tensors: Mapping[str, Any], channels: int, problems: list[str]) -> str:
    """What makes this another network, in a sentence, and some of the tensors that show it."""
    begin, end = _shape(tensors, _FIRST), _shape(tensors, _LAST)
    if begin is None and end is None:
        return f"{_EXPECTED}; it has {some_names(tensors)}"
    causes = []
    if begin is not None and begin[0] != LATENT:
        causes.append(f"it takes {begin[0]} latents, not {LATENT}")
    if begin is not None and begin[1] != channels:
        causes.append(f"it has {begin[1]} channels at 4x4, which is no multiple of {1 << PYRAMIDS}")
    if end is not None and end[1] != len(TILES):
        causes.append(f"it makes {end[1]} kinds of tiles, not {len(TILES)}")
    if any("extra" in name for name in tensors):
        causes.append("it has extra layers")
    why = f": {', '.join(causes)}" if causes else ""
    if causes and len(problems) > _FEW:  # they all follow from the causes
        return f"{_EXPECTED}{why}"
    return f"{_EXPECTED}{why}:\n  {listing(problems)}"


def _channels(tensors: Mapping[str, Any]) -> int:
    """Channels at 4x4 according to the first layer; the published number where it does not say."""
    shape = _shape(tensors, _FIRST)
    usable = shape is not None and shape[1] > 0 and shape[1] % (1 << PYRAMIDS) == 0
    return shape[1] if shape is not None and usable else PUBLISHED_CHANNELS


def _shape(tensors: Mapping[str, Any], layer: re.Pattern[str]) -> tuple[int, ...] | None:
    """Shape of a layer's kernels, whatever is before its name; None if it is not there."""
    for name, value in tensors.items():
        shape: tuple[int, ...] = tuple(getattr(value, "shape", ()))
        if len(shape) == 4 and layer.search(dotted(name)):
            return shape
    return None

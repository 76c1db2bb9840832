"""Reads and checks files of network weights that a domain's agent or generator consists of."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.core.domain import DomainError
from dsage_mpi.core.paths import kind_of

#: What files of torch begin with, today's and those of old versions.
_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
#: Tables in each other that are looked into.
_DEEPEST = 5


@dataclass(frozen=True)
class Weights:
    """Weights that a key of a domain's settings names.

    Attributes:
        what: What they are ("maze agent"), for messages.
        key: The key, e.g. ``domain.agent``.
        builtin: The file that comes with the package.
        expected: What else the key may name.
        trainer: The command that makes such a file.
        error: What is raised.
    """

    what: str
    key: str
    builtin: Path
    expected: str
    trainer: str
    error: type[DomainError]

    def read(self, source: str) -> tuple[Mapping[str, Any], Path]:
        """Tensors by name, and the file that they are from.

        Args:
            source: "builtin", or the path of a file; see ``read_tensors``.

        Raises:
            DomainError: as ``error``, if the file is missing or cannot be read.
        """
        path = self.builtin if source == "builtin" else Path(os.path.expanduser(source))
        if not os.path.isfile(path):
            raise self.error(
                f"the package has no built-in {self.what} ({path} is missing); set {self.key} to a "
                f"file or train one: python -m dsage_mpi {self.trainer}"
                if source == "builtin"
                else f"{self.key} = {source!r}: {path.absolute()} {why_no_file(path)}; expected "
                f'{self.expected}, or "builtin"'
            )
        return read_tensors(path, self.what, self.error), path


def read_tensors(path: Path, what: str, error: type[DomainError]) -> Mapping[str, Any]:
    """Tensors by name: NumPy arrays, tables of them, and whatever else the file holds as it is.

    Args:
        path: An npz, or a torch file with a dict of tensors (a state dict), perhaps in others.
        what: What the file is for ("maze agent"), for messages.
        error: What to raise.

    Raises:
        DomainError: as ``error``, if the file cannot be read.
    """
    return (_read_npz if _is_npz(path) else _read_torch)(path, what, error)


def why_no_file(path: Path) -> str:
    """What a path is that is no file to be read: "does not exist", "is a folder", ..."""
    try:
        kind = kind_of(path)
    except OSError as error:  # a folder that may not be looked into
        return f"cannot be looked at ({error.strerror or error})"
    if kind is None:
        return "does not exist"
    return "is a folder" if kind == "folder" else "is no regular file"


def tensor_problems(
    tensors: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[str]:
    """What is wrong with ``tensors``, which should be floats of these shapes, all finite."""
    for name, shape in shapes.items():
        value = tensors.get(name)
        if value is None:
            yield f"{name} is missing, expected shape {shape}"
        elif not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            yield f"{name} is of type {_kind(value)}, expected floating-point numbers"
        elif value.shape != shape:
            yield f"{name} has shape {value.shape}, expected {shape}"
        elif not np.isfinite(value).all():
            yield f"{name} has NaN or infinite values"
        elif np.abs(value).max(initial=0) > np.finfo(np.float32).max:
            yield f"{name} has values beyond what float32 can hold"


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return str(value.dtype)
    # A tensor that has no array: sparse, quantised, or without any data.
    layout = getattr(value, "layout", None)
    name = type(value).__name__
    return name if layout is None else f"{name} ({value.dtype}, {layout}, {value.device})"


def _is_npz(path: Path) -> bool:
    # Both formats are zip archives: a torch file holds a pickle, an npz only arrays.
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return all(name.endswith(".npy") for name in archive.namelist())
    except Exception:  # a damaged directory makes zipfile raise nearly anything
        return False


def _read_npz(path: Path, what: str, error: type[DomainError]) -> Mapping[str, Any]:
    try:
        # Opened here because np.load leaves the file open when it is damaged.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as problem:
        raise error(f"{what} {path}: cannot be read as npz: {problem}") from problem


def _check_beginning(path: Path, what: str, error: type[DomainError]) -> None:
    """Misses what neither torch nor NumPy can have written."""
    try:
        with path.open("rb") as stream:
            beginning = stream.read(len(_ZIP))
    except OSError as problem:
        raise error(f"{what} {path}: cannot be read: {problem.strerror or problem}") from problem
    if beginning != _ZIP and not beginning.startswith(_PICKLE):
        raise error(
            f"{what} {path}: is no weights file; expected a torch state dict or npz"
            if beginning
            else f"{what} {path}: is empty; expected a torch state dict or npz"
        )
    if beginning == _ZIP:
        _check_zip(path, what, error)


def _check_zip(path: Path, what: str, error: type[DomainError]) -> None:
    """Refuses damaged archives: torch checks no sums, and would load other weights."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except Exception as problem:
        raise error(
            f"{what} {path}: cannot be read as a torch state dict or npz "
            "(damaged, or no weights file)"
        ) from problem
    if damaged is not None:
        raise error(f"{what} {path}: is damaged ({damaged} does not have its checksum)")


def _read_torch(path: Path, what: str, error: type[DomainError]) -> Mapping[str, Any]:
    import torch

    _check_beginning(path, what, error)
    try:
        # weights_only: an untrusted file can hold tensors but cannot run code.
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:
        raise error(f"{what} {path}: {_why_unreadable(problem)}") from problem
    if not isinstance(loaded, Mapping):
        raise error(
            f"{what} {path}: holds a {type(loaded).__name__}, expected a flat dict of tensors "
            "(a state dict)"
        )
    return _as_arrays(loaded)


def _why_unreadable(problem: Exception) -> str:
    """What to say of a file that torch does not load."""
    objects = re.search(r"GLOBAL (\S+)", str(problem))
    if objects and isinstance(problem, pickle.UnpicklingError):
        return (
            f"cannot be read as a torch state dict or npz: it holds Python objects ({objects[1]}), "
            "which could run any code when they are loaded; save the network's state_dict() alone"
        )
    # The first sentence alone: torch goes on to advise loading without safety.
    reason = str(problem).strip().split(". ")[0].splitlines()
    told = reason and isinstance(problem, (pickle.UnpicklingError, RuntimeError, OSError))
    return (
        "cannot be read as a torch state dict or npz "
        f"({reason[0] if told else 'damaged, or no weights file'})"
    )


def _as_arrays(loaded: Mapping[Any, Any], depth: int = 0) -> dict[str, Any]:
    return {
        str(name): _as_arrays(value, depth + 1)
        if isinstance(value, Mapping) and depth < _DEEPEST
        else _as_array(value)
        for name, value in loaded.items()
    }


def _as_array(value: Any) -> Any:
    """A tensor's array (what is narrower than half as float32), anything else as it is."""
    import torch

    if not isinstance(value, torch.Tensor):
        return value
    try:
        if value.is_floating_point() and value.dtype not in (torch.float16, torch.float64):
            value = value.to(torch.float32)
        return value.detach().resolve_conj().resolve_neg().numpy()
    except (TypeError, RuntimeError):  # sparse, quantised, without data, ...
        return value

"""One state tree in one HDF5 file, written atomically and verified when read.

The file is written under a temporary name in the same folder, fsynced and renamed, so that a
name that exists always holds a whole checkpoint, whenever the writer is killed. Every dataset
carries a SHA-256 of its bytes and the root attribute ``complete`` is set last: that HDF5 opens a
file is no proof that it is whole.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from dsage_mpi.checkpoint.tree import CheckpointError, Tree

SCHEMA = 1
FORMAT = "dsage_mpi checkpoint"


def write_tree(path: Path, tree: Tree) -> None:
    """Writes ``tree`` to ``path``, replacing it atomically.

    Raises:
        CheckpointError: The file could not be written (the old one, if any, is untouched).
        TypeError: A leaf is none of the allowed types.
    """
    temporary = path.with_name(f".{path.name}.writing")
    try:
        with h5py.File(temporary, "w") as file:
            file.attrs["format"] = FORMAT
            file.attrs["schema"] = SCHEMA
            _write_group(file, tree)
            file.attrs["complete"] = True
        _sync(temporary)
        os.replace(temporary, path)
        _sync(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise CheckpointError(f"cannot write checkpoint {path}: {error}") from error


def read_tree(path: Path) -> Tree:
    """Reads and verifies a checkpoint.

    Raises:
        CheckpointError: Missing, foreign, newer, incomplete or damaged file.
    """
    if not path.is_file():
        raise CheckpointError(f"no checkpoint at {path}")
    try:
        with h5py.File(path, "r") as file:
            _check_header(file, path)
            return _read_group(file, path)
    # h5py reports damage inside a file as any of these, depending on where it lies.
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError) as error:
        raise CheckpointError(f"{path} is damaged or no HDF5 file: {error}") from error


def _check_header(file: h5py.File, path: Path) -> None:
    if file.attrs.get("format") != FORMAT:
        raise CheckpointError(f"{path} is an HDF5 file, but no {FORMAT}")
    schema = int(file.attrs.get("schema", -1))
    if schema > SCHEMA:
        raise CheckpointError(
            f"{path} has schema {schema}, this version reads up to {SCHEMA}: update dsage_mpi"
        )
    if not file.attrs.get("complete", False):
        raise CheckpointError(f"{path} was not written to its end")


def _write_group(group: h5py.Group, tree: Tree) -> None:
    for name, value in tree.items():
        if isinstance(value, dict):
            _write_group(group.create_group(name), value)
        else:
            _write_leaf(group, name, value)


def _write_leaf(group: h5py.Group, name: str, value: Any) -> None:
    kind = type(value).__name__
    match value:
        case np.ndarray() | np.generic() if value.dtype.kind not in "OSU":
            array, kind = np.ascontiguousarray(value).reshape(np.shape(value)), "array"
        case bool() | int() | float():
            array = np.asarray(value)
        case str():
            # Fixed-length bytes: readable by h5dump, writable by parallel HDF5.
            array = np.frombuffer(value.encode(), dtype=np.uint8)
        case _:
            raise TypeError(f"{group.name}/{name}: cannot store a {kind} in a checkpoint")
    dataset = group.create_dataset(name, data=array)
    dataset.attrs["kind"] = kind
    dataset.attrs["sha256"] = _checksum(array)


def _read_group(group: h5py.Group, path: Path) -> Tree:
    return {
        name: _read_group(item, path) if isinstance(item, h5py.Group) else _read_leaf(item, path)
        for name, item in group.items()
    }


def _read_leaf(dataset: h5py.Dataset, path: Path) -> Any:
    array = np.asarray(dataset[()])
    if _checksum(array) != dataset.attrs["sha256"]:
        raise CheckpointError(f"{path}: {dataset.name} does not match its checksum")
    kind = dataset.attrs["kind"]
    if kind == "array":
        return array
    if kind == "str":
        return array.tobytes().decode()
    return array.item()


def _checksum(array: np.ndarray[Any, Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

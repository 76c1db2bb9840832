"""Saves and loads named arrays as npz files, atomically and without pickles."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.core.state import CheckpointError

Arrays = dict[str, NDArray[Any]]


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], *, compress: bool) -> None:
    """Writes an npz file under a temporary name, syncs it to disk and renames it."""
    with atomic_write(path) as stream:
        (np.savez_compressed if compress else np.savez)(stream, **dict(arrays))  # type: ignore[arg-type]


def read_arrays(path: Path) -> Arrays:
    """Reads an npz file.

    Raises:
        CheckpointError: If it is not there or not whole.
    """
    try:
        # Opened here because np.load leaves the file open when it is damaged.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    except (EOFError, ValueError, zipfile.BadZipFile, KeyError) as error:
        raise CheckpointError(f"{path}: not a readable checkpoint ({error})") from error


def read_checkpoint(path: Path, counter: str) -> Arrays:
    """Reads the npz file that a training goes on from.

    Args:
        path: The file.
        counter: Name of the array that counts what this kind of training has done.

    Raises:
        CheckpointError: It is not there, not whole, or something else.
    """
    arrays = read_arrays(path)
    if counter in arrays:
        return arrays
    what = (
        f"is the checkpoint of another kind of training (it does not count {counter})"
        if "seconds" in arrays
        else "holds weights alone, which cannot be trained on"
    )
    raise CheckpointError(
        f"{path} {what}; expected the checkpoint.npz of such a training, or its run directory"
    )


def with_prefix(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """The same arrays under ``prefix/name``."""
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


def without_prefix(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """The arrays stored under ``prefix/``."""
    start = prefix + "/"
    return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}

"""What is wrong with a checkpoint file, as far as it can be told.

A file whose seal is broken is not opened, as HDF5 may crash on damage in its own structures.

    python -m dsage_mpi.checkpoint.verify FILE

names the damaged datasets of a file without looking at its seal, at one's own risk; ``problems``
has this done by a process of its own for files that were damaged before they were sealed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import h5py

from dsage_mpi.checkpoint.contents import Contents, RefusedError
from dsage_mpi.checkpoint.hdf5 import read_tree
from dsage_mpi.checkpoint.layout import read_leaf
from dsage_mpi.checkpoint.opening import open_file
from dsage_mpi.checkpoint.seal import check_seal
from dsage_mpi.core.state import CheckpointError, Tree, UnreadableError

_SECONDS = 300


def problems(path: Path) -> list[str]:
    """One line per problem; none if the file is whole.

    Args:
        path: A checkpoint.

    Raises:
        UnreadableError: It cannot be read here and now.
    """
    return examine(path)[1]


def examine(path: Path) -> tuple[Tree, list[str]]:
    """What a checkpoint holds, or nothing and its problems, one line each.

    Raises:
        UnreadableError: It cannot be read here and now.
    """
    try:
        return read_tree(path), []
    except UnreadableError:
        raise
    except RefusedError as error:
        return {}, [str(error)]
    except CheckpointError as error:
        parts = _damaged_parts(path) if _is_sealed(path) else []
        return {}, [str(error), *(f"{path}: {line}" for line in parts)]


def _is_sealed(path: Path) -> bool:
    try:
        check_seal(path)
    except (CheckpointError, OSError):
        return False
    return True


def _damaged_parts(path: Path) -> list[str]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", __spec__.name, str(path)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ["HDF5 does not come to an end with it"]
    if done.returncode != 0:
        return [*done.stdout.splitlines(), "HDF5 cannot read it (to its end)"]
    return done.stdout.splitlines()


def _walk(group: h5py.Group, contents: Contents) -> Iterator[str]:
    for name in group:
        where = f"{group.name.rstrip('/')}/{name}"
        try:
            item = contents.item(group, name)
            if isinstance(item, h5py.Group):
                yield from _walk(item, contents)
            else:
                read_leaf(item, "here")
        except RefusedError as error:
            yield str(error)
        except CheckpointError:
            yield f"{where} does not match its checksum"
        except Exception as error:  # HDF5 raises nearly everything on damage
            yield f"{where} cannot be read: {str(error).splitlines()[0]}"


def main(path: Path) -> int:
    """Prints the damaged parts."""
    try:
        with open_file(path, "r") as file:
            count = 0
            for line in _walk(file, Contents(file, "it")):
                print(line, flush=True)
                count += 1
            if not count:
                print("all datasets match their checksums: the damage is beside them", flush=True)
    except Exception as error:
        print(f"HDF5 cannot open it: {str(error).splitlines()[0]}", flush=True)
    # At once: closing a damaged file may crash.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

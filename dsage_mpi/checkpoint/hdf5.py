"""One state tree in one HDF5 file, written atomically and verified when read.

The file is made under a temporary name in the same folder, synced to the disk and renamed, so
that a name that exists always holds a whole checkpoint, whenever the writer is killed:

1. ``prepare``: everything but the tables' rows; space for these is reserved
2. the rows are filled in, by this rank or by all of them (``parallel``)
3. ``publish``: checksums, ``complete``, the seal, the disk, the name
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

from dsage_mpi.checkpoint.checksum import checksum
from dsage_mpi.checkpoint.contents import Contents
from dsage_mpi.checkpoint.layout import Leaf, create, leaves, read_leaf, set_checksum
from dsage_mpi.checkpoint.opening import open_file
from dsage_mpi.checkpoint.seal import (
    FORMAT,
    HEAD_BYTES,
    SCHEMA,
    check_seal,
    mark_unfinished,
    seal,
)
from dsage_mpi.core.paths import create_anew, is_file
from dsage_mpi.core.state import CheckpointError, Tree, UnreadableError

#: A root attribute: text or a number.
Attributes = Mapping[str, str | int | float | bool]

#: What HDF5 needs beside the data, rounded up: for each dataset, and for the file.
_BYTES_PER_LEAF, _BYTES_PER_FILE = 1024, 2**14
#: What file systems say to what they do not know.
_UNSUPPORTED = (errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF, errno.ENOSYS)
#: h5py reports damage inside a file as any of these, depending on where it lies.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, AttributeError)


def fill_alone(file: Path, tables: Sequence[Leaf]) -> dict[str, str]:
    """Fills the tables of a prepared file; returns the checksum of each."""
    with open_file(file, "r+") as opened:
        for leaf in tables:
            opened[leaf.path].write_direct(leaf.array)
    return {leaf.path: checksum(leaf.array) for leaf in tables}


def write_tree(
    path: Path,
    tree: Tree,
    attributes: Attributes | None = None,
    tables: Collection[str] = (),
    fill: Callable[[Path, Sequence[Leaf]], dict[str, str]] = fill_alone,
    descriptions: Mapping[str, str] | None = None,
) -> int:
    """Writes ``tree`` to ``path``, replacing it atomically.

    Args:
        path: The file.
        tree: What to write.
        attributes: Root attributes.
        tables: Groups whose arrays grow by rows alone.
        fill: Fills the tables.
        descriptions: What groups and datasets are, by path; those that are not there are left out.

    Returns:
        Bytes of the file.

    Raises:
        CheckpointError: The file could not be written (the old one, if any, is untouched).
        TypeError: A leaf is none of the allowed types.
    """
    with replacing(path) as temporary:
        waiting = prepare(temporary, tree, attributes or {}, tables, descriptions or {})
        checksums = fill(temporary, waiting) if waiting else {}
        return publish(temporary, path, checksums)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The temporary name to write to; it is gone if the block fails.

    Raises:
        CheckpointError: In place of what HDF5 and the operating system raise.
    """
    temporary = path.with_name(f".{path.name}.writing")
    try:
        os.close(create_anew(temporary))
        yield temporary
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, (OSError, RuntimeError)):
            raise CheckpointError(f"cannot write checkpoint {path}: {error}") from error
        raise


def prepare(
    temporary: Path,
    tree: Tree,
    attributes: Attributes,
    tables: Collection[str],
    descriptions: Mapping[str, str],
) -> list[Leaf]:
    """Makes the file but for the tables' rows.

    Returns:
        The tables that have rows; their datasets exist and have their space.
    """
    found = list(leaves(tree, tables))
    with open_file(temporary, "w", userblock_size=HEAD_BYTES):
        pass
    mark_unfinished(temporary)
    _reserve(temporary, [leaf for leaf in found if isinstance(leaf, Leaf)])
    with open_file(temporary, "r+") as file:
        _write_attributes(file, {"format": FORMAT, "schema": SCHEMA, "complete": False})
        _write_attributes(file, attributes)
        for leaf in found:
            if isinstance(leaf, Leaf):
                create(file, leaf)
            else:
                file.create_group(leaf)
        for path, text in descriptions.items():
            if path in file:
                file[path].attrs["about"] = np.bytes_(text.encode())
    return [leaf for leaf in found if isinstance(leaf, Leaf) and leaf.is_table and leaf.array.size]


def publish(temporary: Path, path: Path, checksums: Mapping[str, str]) -> int:
    """Turns the filled file into the checkpoint ``path``; returns its size in bytes.

    Args:
        temporary: The file.
        path: Its name.
        checksums: Checksum of each table.
    """
    with open_file(temporary, "r+") as file:
        for name, digits in checksums.items():
            set_checksum(file, name, digits)
        file.attrs.modify("complete", np.bool_(True))
    seal(temporary)
    sync(temporary)
    size = temporary.stat().st_size
    os.replace(temporary, path)
    sync_folder(path.parent)
    return size


def read_tree(path: Path) -> Tree:
    """Reads and verifies a checkpoint.

    Raises:
        CheckpointError: Missing, foreign, newer, incomplete, damaged or crafted file.
    """
    try:
        if not is_file(path):
            raise CheckpointError(f"no checkpoint at {path}")
        check_seal(path)
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror or error}") from error
    with _opened(path) as file:
        return _read_group(file, str(path))


def read_items(path: Path, names: Sequence[str], optional: Sequence[str] = ()) -> Tree:
    """Reads and verifies some groups and datasets of a checkpoint, for what needs few of many.

    Args:
        path: The file.
        names: Their paths, as ``record/objective``.
        optional: Paths of those that need not be there.

    Returns:
        Path -> contents.

    Raises:
        CheckpointError: As ``read_tree``, or one is not there.
    """
    with _opened(path) as file:
        items = {name: file[name] for name in (*names, *(n for n in optional if n in file))}
        return {
            name: _read_group(item, str(path))
            if isinstance(item, h5py.Group)
            else read_leaf(item, str(path))
            for name, item in items.items()
        }


def read_attributes(path: Path) -> dict[str, Any]:
    """The root attributes of a checkpoint that ``read_tree`` has read: its bytes are whole.

    Raises:
        CheckpointError: Incomplete or crafted file.
    """
    with _opened(path) as file:
        return {name: _plain(value) for name, value in sorted(file.attrs.items())}


def _plain(value: Any) -> Any:
    """An attribute as a Python text or number."""
    return value.decode() if isinstance(value, bytes) else value.item()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    try:
        with open_file(path, "r") as file:
            Contents(file, str(path)).check(file)
            if not file.attrs["complete"]:
                raise CheckpointError(f"{path} was not written to its end")
            yield file
    except MemoryError as error:
        raise UnreadableError(f"cannot read {path}: there is not enough memory for it") from error
    except _DAMAGE as error:
        if getattr(error, "errno", None):  # the operating system's, not HDF5's
            raise UnreadableError(f"cannot read {path}: {error}") from error
        raise CheckpointError(f"{path} is damaged: {error}") from error


def _read_group(group: h5py.Group, name: str) -> Tree:
    return {
        key: _read_group(item, name) if isinstance(item, h5py.Group) else read_leaf(item, name)
        for key, item in group.items()
    }


def _write_attributes(file: h5py.File, attributes: Attributes) -> None:
    for name, value in attributes.items():
        stored = np.bytes_(value.encode()) if isinstance(value, str) else np.asarray(value)
        file.attrs.create(name, stored)


def _reserve(path: Path, found: list[Leaf]) -> None:
    """Takes the space from the disk at once.

    That a disk is full thus shows here, before HDF5, whose own recovery from it is poor, and
    before many ranks write together. HDF5 cuts the file to its true size when it closes it.
    """
    size = _BYTES_PER_FILE + sum(leaf.array.nbytes + _BYTES_PER_LEAF for leaf in found)
    if not hasattr(os, "posix_fallocate"):  # macOS
        return
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
            _write_zeros(file, size)


def _write_zeros(file: IO[bytes], size: int) -> None:
    """Takes the space where the file system cannot reserve it."""
    piece = bytes(2**20)
    file.seek(0, os.SEEK_END)
    for start in range(file.tell(), size, len(piece)):
        file.write(piece[: size - start])
    file.flush()
    os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Makes a rename in a folder last, where the file system can do that for folders."""
    try:
        sync(path)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


def sync(path: Path) -> None:
    """Pushes a file or folder to the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
